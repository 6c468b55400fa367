import Foundation
import TestSupport

@testable import Tokenizer

/// The part of a GGUF file that tests of the tokenizer need: its metadata, read with Foundation.
struct ModelFile {
  private(set) var tokens: [[UInt8]] = []
  private(set) var types: [Int32] = []
  private(set) var scores: [Float] = []
  private(set) var merges: [[UInt8]] = []
  private var kind: [UInt8] = []
  private var preTokenizer: [UInt8] = []

  private let data: Data
  private var offset = 0

  init(path: String = Files.model!) throws {
    data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
    offset = 16
    let fieldCount = number(8)
    for _ in 0..<fieldCount {
      let name = String(decoding: string(), as: UTF8.self)
      let type = number(4)
      switch name {
      case "tokenizer.ggml.tokens": tokens = strings()
      case "tokenizer.ggml.merges": merges = strings()
      case "tokenizer.ggml.token_type": types = integers()
      case "tokenizer.ggml.scores":
        scores = integers().map { Float(bitPattern: UInt32(bitPattern: $0)) }
      case "tokenizer.ggml.model": kind = string()
      case "tokenizer.ggml.pre": preTokenizer = string()
      default: skip(type)
      }
    }
  }

  /// How the file says that text is cut.
  func scheme() throws -> Scheme {
    if kind == Array("llama".utf8) { return .sentencePiece(addsSpacePrefix: true) }
    if kind == Array("gemma4".utf8) { return .rankedPieces }
    return .byteLevelBPE(try PreTokenizer(name: preTokenizer.span))
  }

  private mutating func number(_ byteCount: Int) -> Int {
    var value = 0
    for place in 0..<byteCount { value |= Int(data[offset + place]) << (8 * place) }
    offset += byteCount
    return value
  }

  private mutating func string() -> [UInt8] {
    let count = number(8)
    offset += count
    return [UInt8](data[(offset - count)..<offset])
  }

  private mutating func strings() -> [[UInt8]] {
    _ = number(4)
    let count = number(8)
    return (0..<count).map { _ in string() }
  }

  private mutating func integers() -> [Int32] {
    _ = number(4)
    let count = number(8)
    return (0..<count).map { _ in Int32(truncatingIfNeeded: number(4)) }
  }

  private mutating func skip(_ type: Int) {
    switch type {
    case 0, 1, 7: offset += 1
    case 2, 3: offset += 2
    case 8: _ = string()
    case 9:
      let element = number(4)
      let count = number(8)
      for _ in 0..<count { skip(element) }
    case 10, 11, 12: offset += 8
    default: offset += 4
    }
  }
}

extension Tokenizing {
  convenience init(_ model: ModelFile) throws {
    try self.init(
      model.scheme(), tokens: model.tokens, types: model.types, scores: model.scores,
      merges: model.merges)
  }
}
