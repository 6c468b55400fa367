import Foundation
import TestSupport
import Testing

@testable import Tokenizer

/// A small vocabulary and what a published tokenizer makes of texts with it (make_vocabularies.py).
private struct SmallVocabulary: Decodable {
  static let names = ["gpt-2", "smollm", "qwen2", "llama-bpe", "llama"]

  let tokens: [String]
  let types: [Int32]
  let scores: [Float]
  let merges: [String]
  let texts: [String]
  let ids: [[Int32]]

  static func url(_ name: String) -> URL {
    Files.repository.appendingPathComponent(".build-check/vocabularies/\(name).json")
  }

  init(_ name: String) throws {
    self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: Self.url(name)))
  }

  func tokenizing(_ name: String) throws -> Tokenizing {
    try Tokenizing(
      name == "llama"
        ? .sentencePiece(addsSpacePrefix: true)
        : .byteLevelBPE(PreTokenizer(name: Array(name.utf8).span)),
      tokens: tokens.map { Array($0.utf8) }, types: types, scores: scores,
      merges: merges.map { Array($0.utf8) })
  }
}

/// Byte-level BPE against Hugging Face's tokenizers and SentencePiece against its own library, with
/// vocabularies that both learned from this project's documents: what a clone can check alone.
@Suite(
  .enabled(
    if: Files.existing(SmallVocabulary.url("llama")) != nil, "needs Toolchain/make-models"))
struct SmallVocabularyTests {
  @Test(arguments: SmallVocabulary.names) func tokensAreTheirs(name: String) throws {
    let vocabulary = try SmallVocabulary(name)
    try #require(vocabulary.texts.count == vocabulary.ids.count && vocabulary.texts.count > 80)
    let made = try vocabulary.tokenizing(name)
    for (text, ids) in zip(vocabulary.texts, vocabulary.ids) {
      let shown = text.debugDescription
      #expect(try made.encode(text, parsesSpecialTokens: false) == ids, "\(shown)")
      let bytes = Array(text.utf8)
      #expect(try made.encode(bytes, parsesSpecialTokens: false, cuts: [1]) == ids, "\(shown)")
      #expect(try made.decode(ids) == bytes, "\(shown)")
    }
  }

  /// The texts tell ways to cut apart. Not each from each: a vocabulary that was learned from single
  /// digits has no merges of digits, so that Llama 3's cut and Qwen 2's give the same.
  @Test(arguments: SmallVocabulary.names.dropLast()) func anotherCutGivesOthers(name: String) throws
  {
    let vocabulary = try SmallVocabulary(name)
    let others = SmallVocabulary.names.dropLast().filter { $0 != name }
    let counts = try others.map { other in
      let made = try vocabulary.tokenizing(other)
      return try zip(vocabulary.texts, vocabulary.ids).filter {
        try made.encode($0.0, parsesSpecialTokens: false) != $0.1
      }.count
    }
    #expect(counts.max()! >= 5, "\(counts)")
  }
}
