import Foundation
import Memory
import Platform
import TestSupport

@testable import Tokenizer

/// A vocabulary and an encoder in an arena of their own, with the calls that tests need.
final class Tokenizing {
  private let arena: Arena
  let vocabulary: Vocabulary
  private var encoder: Encoder

  init(
    _ scheme: Scheme = .byteLevelBPE(.smollm), tokens: [[UInt8]], types: [Int32],
    scores: [Float] = [], merges: [[UInt8]]
  ) throws {
    var counts = VocabularyCounts(scheme)
    for (text, type) in zip(tokens, types) { try counts.include(token: text.span, type: type) }
    try counts.includeMerges(count: merges.count)
    var measuring = Carver.measuring
    _ = try Self.layOut(&measuring, counts)
    arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    let parts = try Self.layOut(&carver, counts)
    carver.seal()
    encoder = parts.encoder
    var vocabulary = parts.vocabulary
    for (index, text) in tokens.enumerated() {
      try vocabulary.addToken(
        text.span, type: types[index], score: scores.isEmpty ? 0 : scores[index])
    }
    for merge in merges { try vocabulary.addMerge(merge.span) }
    try vocabulary.finish()
    self.vocabulary = vocabulary
  }

  /// A vocabulary whose tables are another one's, with some bytes changed; nil where they are refused.
  init?(tablesOf other: Tokenizing, changes: [(place: Int, byte: UInt8)]) throws {
    let numbers = other.vocabulary.numbers
    guard let counts = VocabularyCounts(other.vocabulary.scheme, numbers) else { return nil }
    var measuring = Carver.measuring
    _ = try Self.layOut(&measuring, counts)
    arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    let parts = try Self.layOut(&carver, counts)
    carver.seal()
    encoder = parts.encoder
    var vocabulary = parts.vocabulary
    let tables = unsafe arena.bytes(of: .tokenizer)
    unsafe tables.copyMemory(from: UnsafeRawBufferPointer(other.arena.bytes(of: .tokenizer)))
    for (place, byte) in changes { unsafe tables[place] = byte }
    let isTaken = vocabulary.adopt(numbers)
    self.vocabulary = vocabulary
    if !isTaken { return nil }
  }

  var tableByteCount: Int { unsafe arena.bytes(of: .tokenizer).count }

  private struct Parts: ~Copyable {
    var vocabulary: Vocabulary
    var encoder: Encoder
  }

  private static func layOut(
    _ carver: inout Carver, _ counts: VocabularyCounts
  ) throws -> Parts {
    Parts(
      vocabulary: Vocabulary(carver: &carver, counts: counts),
      encoder: Encoder(carver: &carver, counts.scheme))
  }

  func encode<Source: TextSource & ~Copyable>(_ source: inout Source) throws -> [Int32] {
    encoder.reset()
    var ids: [Int32] = []
    while true {
      switch try encoder.next(from: &source, vocabulary) {
      case .token(let id): ids.append(id)
      case .end: return ids
      case .pending: break
      }
    }
  }

  /// Encodes a text that is given in pieces of `cuts` bytes, again and again from the first.
  func encode(
    _ text: [UInt8], parsesSpecialTokens: Bool = true, cuts: [Int] = [Int.max]
  ) throws -> [Int32] {
    var source = PlainText(
      CutInput(text, cuts), name: "prompt", parsesSpecialTokens: parsesSpecialTokens)
    return try encode(&source)
  }

  /// The tokens of a text with marks at its ends.
  func encode(_ text: String, _ marks: SequenceMarks, hesitates: Bool = false) throws -> [Int32] {
    var source = HesitatingText(
      PlainText(CutInput(Array(text.utf8), [3]), name: "", parsesSpecialTokens: true),
      hesitates: hesitates)
    var marks = marks
    encoder.reset()
    var ids: [Int32] = []
    while true {
      switch try marks.next(&encoder, from: &source, vocabulary) {
      case .token(let id): ids.append(id)
      case .end: return ids
      case .pending: break
      }
    }
  }

  /// As `encode`, of a source that has nothing yet before each of its pieces.
  func encode(hesitating text: [UInt8], cuts: [Int]) throws -> [Int32] {
    var source = HesitatingText(
      PlainText(CutInput(text, cuts), name: "prompt", parsesSpecialTokens: true), hesitates: true)
    return try encode(&source)
  }

  /// As `encode`, for bytes that need not be UTF-8.
  func encode(unchecked text: [UInt8], cuts: [Int] = [Int.max]) throws -> [Int32] {
    var source = UncheckedText(CutInput(text, cuts))
    return try encode(&source)
  }

  func encode(_ text: String, parsesSpecialTokens: Bool = true) throws -> [Int32] {
    try encode(Array(text.utf8), parsesSpecialTokens: parsesSpecialTokens)
  }

  func bytes(of id: Int32) -> [UInt8] { Self.bytes(of: id, vocabulary) }

  private static func bytes(of id: Int32, _ vocabulary: borrowing Vocabulary) -> [UInt8] {
    let span = vocabulary.bytes(of: id)
    return (0..<span.count).map { span[$0] }
  }

  var droppedByteCount: Int { encoder.droppedByteCount }

  /// The bytes of all tokens, one after the other.
  func joined(_ ids: [Int32]) -> [UInt8] { ids.flatMap { bytes(of: $0) } }

  func isSpecial(_ id: Int32) -> Bool { vocabulary.kind(of: id).isSpecial }

  func decode(_ ids: [Int32], writesControlTokens: Bool = false) throws -> [UInt8] {
    writtenBytes { out in
      var decoder = StreamingDecoder(writesControlTokens: writesControlTokens)
      for id in ids { decoder.write(id, vocabulary, to: &out) }
      decoder.finish(to: &out)
    }
  }
}

/// Bytes given in pieces of given sizes.
struct CutInput: ~Copyable, ByteSource {
  private let bytes: [UInt8]
  private let cuts: [Int]
  private var index = 0
  private var readCount = 0

  init(_ bytes: [UInt8], _ cuts: [Int]) {
    self.bytes = bytes
    self.cuts = cuts
  }

  mutating func read(into target: UnsafeMutableRawBufferPointer) throws(SystemFailure) -> Int {
    let count = min(target.count, bytes.count - index, cuts[readCount % cuts.count])
    bytes.withUnsafeBytes { source in
      if count > 0 {
        target.baseAddress!.copyMemory(from: source.baseAddress! + index, byteCount: count)
      }
    }
    index += count
    readCount += 1
    return count
  }
}

/// A source that is pending before each portion.
struct HesitatingText<Source: TextSource & ~Copyable>: ~Copyable, TextSource {
  private var source: Source
  private let hesitates: Bool
  private var isPending = false
  var parsesSpecialTokens: Bool { source.parsesSpecialTokens }

  init(_ source: consuming Source, hesitates: Bool) {
    self.source = source
    self.hesitates = hesitates
  }

  mutating func read(
    into target: UnsafeMutableRawBufferPointer
  ) throws(TokenizerError) -> TextPortion {
    isPending = hesitates && !isPending
    return isPending ? .pending : try source.read(into: target)
  }
}

/// Bytes as they are, without special tokens.
struct UncheckedText: ~Copyable, TextSource {
  private var input: CutInput
  var parsesSpecialTokens: Bool { false }

  init(_ input: consuming CutInput) { self.input = input }

  mutating func read(
    into target: UnsafeMutableRawBufferPointer
  ) throws(TokenizerError) -> TextPortion {
    do throws(SystemFailure) {
      let count = try input.read(into: target)
      return count == 0 ? .end : .bytes(count)
    } catch {
      throw .unreadable(error)
    }
  }
}

func message(of error: TokenizerError) -> String { written { error.write(to: &$0) } }
