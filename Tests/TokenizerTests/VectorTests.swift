import Foundation
import TestSupport
import Testing

@testable import Tokenizer

/// llama.cpp's own test texts and ids (its folder `models`, ggml-vocab-*.inp and .out). The ids are
/// those of a text without marks at its ends and without special tokens.
@Suite(.serialized) struct VectorTests {
  private struct Vector {
    let text: [UInt8]
    let ids: [Int32]
  }

  private static let folder = "data/tokenizers"
  private static let caseCountMin = 46

  /// The texts are parted by lines of `__ggml_vocab_test__`, the ids by ends of lines; the last text
  /// is empty.
  private func vectors(_ name: String) throws -> [Vector] {
    let url = Files.sharedURL("\(Self.folder)/ggml-vocab-\(name).gguf")
    let input = try String(contentsOf: url.appendingPathExtension("inp"), encoding: .utf8)
    let output = try String(contentsOf: url.appendingPathExtension("out"), encoding: .utf8)
    let texts = input.components(separatedBy: "\n__ggml_vocab_test__\n")
    let lines = output.components(separatedBy: "\n")
    // A file without the last, empty text has a line end behind the last ids all the same.
    let rest = lines.dropFirst(texts.count)
    try #require(texts.count >= Self.caseCountMin && rest.allSatisfy(\.isEmpty))
    try #require(rest.count == (texts.last!.isEmpty ? 0 : 1))
    return zip(texts, lines).map { text, line in
      Vector(text: Array(text.utf8), ids: line.split(separator: " ").map { Int32($0)! })
    }
  }

  private func check(_ made: Tokenizing, _ name: String) throws {
    for vector in try vectors(name) {
      let shown = String(decoding: vector.text, as: UTF8.self).debugDescription
      let ids = try made.encode(vector.text, parsesSpecialTokens: false)
      #expect(ids == vector.ids, "\(shown)")
      #expect(
        try made.encode(vector.text, parsesSpecialTokens: false, cuts: [1]) == vector.ids,
        "\(shown)")
      #expect(try made.decode(ids) == vector.text, "\(shown)")
    }
  }

  /// A vocabulary, and whose vectors are checked with it.
  @Test(
    .enabled(if: Files.shared("\(folder)/ggml-vocab-gpt-2.gguf") != nil, "needs ../shared"),
    arguments: [
      ("llama-spm", ["llama-spm"]), ("phi-3", ["phi-3"]), ("gpt-2", ["gpt-2"]),
      ("qwen2", ["qwen2", "deepseek-r1-qwen"]), ("refact", ["refact"]),
      ("qwen35", ["qwen35"]), ("gemma-4", ["gemma-4"]),
    ])
  func published(vocabulary: String, names: [String]) throws {
    let file = Files.sharedURL("\(Self.folder)/ggml-vocab-\(vocabulary).gguf")
    let made = try Tokenizing(ModelFile(path: file.path))
    for name in names { try check(made, name) }
  }

  @Test(.enabled(if: MergeFiles.exist("llama3"), "no reference data"))
  func llamaBPE() throws {
    try check(MergeFiles("llama3").tokenizing(.llama3), "llama-bpe")
  }
}

/// A vocabulary as the two files `encoder.json`, an object of ids by tokens in GPT-2's alphabet, and
/// `vocab.bpe`, a merge a line, in some after a line with a version.
struct MergeFiles {
  private let folder: URL

  init(_ name: String) { folder = Self.folder(name) }

  static func exist(_ name: String) -> Bool {
    ["encoder.json", "vocab.bpe"].allSatisfy {
      FileManager.default.fileExists(atPath: folder(name).appendingPathComponent($0).path)
    }
  }

  private static func folder(_ name: String) -> URL {
    Files.sharedURL("data/tokenizers/\(name)")
  }

  func tokenizing(_ preTokenizer: PreTokenizer) throws -> Tokenizing {
    let data = try Data(contentsOf: folder.appendingPathComponent("encoder.json"))
    let ids = try JSONDecoder().decode([String: Int].self, from: data)
    var tokens = [[UInt8]](repeating: [], count: ids.count)
    for (text, id) in ids { tokens[id] = Array(text.utf8) }
    let lines = try String(
      contentsOf: folder.appendingPathComponent("vocab.bpe"), encoding: .utf8)
    let merges = lines.split(separator: "\n").filter { !$0.hasPrefix("#version") }
      .map { Array($0.utf8) }
    return try Tokenizing(
      .byteLevelBPE(preTokenizer), tokens: tokens,
      types: [Int32](repeating: TokenKind.normal.rawValue, count: tokens.count), merges: merges)
  }
}
