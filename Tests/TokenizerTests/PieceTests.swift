import Foundation
import TestSupport
import Testing

@testable import Tokenizer

@Suite struct PieceTests {
  /// Random vocabularies of few letters, with pieces across spaces, so that every rule is reached.
  @Test func encodesAsTheDefinitionDoes() throws {
    var random = SeededGenerator(seed: 21)
    let letters = ["a", "b", " ", "é", "日"]
    func text(_ counts: ClosedRange<Int>) -> String {
      (0..<Int.random(in: counts, using: &random)).map { _ in
        letters.randomElement(using: &random)!
      }.joined()
    }
    for _ in 0..<40 {
      var vocabulary = PieceVocabulary()
      vocabulary.add(" ")
      for letter in letters where letter != " " && Bool.random(using: &random) {
        vocabulary.add(letter)
      }
      for _ in 0..<Int.random(in: 0...25, using: &random) {
        vocabulary.add(text(2...5), score: Float(Int.random(in: -6...2, using: &random)))
      }
      let made = try vocabulary.tokenizing()
      let definition = PieceDefinition(vocabulary)
      for _ in 0..<60 {
        let sample = text(0...40)
        #expect(try made.encode(sample) == definition.ids(sample), "\(sample)")
        #expect(try made.decode(made.encode(sample)) == Array(sample.utf8))
      }
    }
  }

  @Test(
    .enabled(
      if: Files.shared("data/tokenizers/ggml-vocab-llama-spm.gguf") != nil
        && Files.shared("data/text/wiki.test.raw") != nil, "no reference data"))
  func realVocabularyAsTheDefinition() throws {
    let path = Files.sharedURL("data/tokenizers/ggml-vocab-llama-spm.gguf").path
    let file = try ModelFile(path: path)
    let made = try Tokenizing(file)
    let definition = PieceDefinition(
      tokens: file.tokens, types: file.types, scores: file.scores)
    let data = try Data(contentsOf: Files.sharedURL("data/text/wiki.test.raw"))
    let whole = [UInt8](data)
    for line in String(decoding: whole.prefix(20_000), as: UTF8.self).split(separator: "\n") {
      let text = String(line.prefix(150))
      #expect(try made.encode(text) == definition.ids(text), "\(text)")
    }
    var random = SeededGenerator(seed: 4)
    for _ in 0..<100 {
      let text = random.text(pieceCount: 20)
      let ids = try made.encode(text, parsesSpecialTokens: false)
      #expect(ids == definition.ids(text), "\(text.debugDescription)")
    }
    #expect(try made.decode(made.encode(whole)) == whole)
  }

  @Test func spacePrefix() throws {
    var vocabulary = PieceVocabulary()
    for text in [" ", "a", " a", "  "] { vocabulary.add(text) }
    vocabulary.add("[u]", type: 4)
    let (space, a, spaceA, spaces) = (259 as Int32, 260 as Int32, 261 as Int32, 262 as Int32)
    let made = try vocabulary.tokenizing()
    #expect(try made.encode("") == [])
    #expect(try made.encode("a") == [spaceA])
    #expect(try made.encode(" a") == [spaces, a])
    #expect(try made.encode("\u{2581}a") == [spaces, a])
    #expect(try made.encode("a<s>a</s>") == [spaceA, 1, spaceA, 2])
    #expect(try made.encode("<s><s> ") == [1, 1, spaces])
    #expect(try made.encode("a[u]a", parsesSpecialTokens: false) == [spaceA, 263, spaceA])
    for text in ["a", " a", "  ", "a[u]a", "a<s>a</s>  a"] {
      #expect(
        try made.decode(made.encode(text), writesControlTokens: true) == Array(text.utf8), "\(text)"
      )
    }
    let bare = try vocabulary.tokenizing(addsSpacePrefix: false)
    #expect(try bare.encode("a<s> a") == [a, 1, spaceA])
    #expect(try bare.encode(" ") == [space])
    #expect(try bare.decode([spaceA]) == Array(" a".utf8))
  }

  @Test func anAnswerKeepsItsSpaceWhereItContinuesTheText() throws {
    var vocabulary = PieceVocabulary()
    vocabulary.add(" a")
    let made = try vocabulary.tokenizing()
    for (continues, expected) in [(true, " a a"), (false, "a a")] {
      let text = written { out in
        var decoder = StreamingDecoder(continuesText: continues)
        for _ in 0..<2 { decoder.write(259, made.vocabulary, to: &out) }
        decoder.finish(to: &out)
      }
      #expect(text == expected)
    }
  }

  @Test func controlTokensAreNeverMadeOfText() throws {
    var vocabulary = PieceVocabulary()
    for text in ["<", "s", ">", "<s", "0", "x", "A", "<0", "<0x", "<0x4", "<0x41"] {
      vocabulary.add(text)
    }
    let made = try vocabulary.tokenizing(addsSpacePrefix: false)
    #expect(try made.encode("<s>", parsesSpecialTokens: false) == [262, 261])
    #expect(try made.encode("<s>") == [1])
    #expect(try made.encode("<0x41>") == [269, 261])
    #expect(try made.encode("<unk>") == [0])
    #expect(try made.decode([0, 1, 2]) == [])
  }

  @Test func withoutBytesTextIsUnknown() throws {
    var vocabulary = PieceVocabulary(hasBytes: false)
    vocabulary.add("a")
    let made = try vocabulary.tokenizing(addsSpacePrefix: false)
    #expect(try made.encode("a日b") == [3, 0, 0])
    #expect(made.droppedByteCount == 0)
    vocabulary.types[0] = 3
    let bare = try vocabulary.tokenizing(addsSpacePrefix: false)
    #expect(try bare.encode("a日b") == [3])
    #expect(bare.droppedByteCount == 4)
  }

  /// Longer than the buffer, but with places where no piece can reach over.
  @Test func longTextIsCutWhereNothingChanges() throws {
    var vocabulary = PieceVocabulary()
    for text in ["a", " ", "日", "本", "aa", " a", "日本"] { vocabulary.add(text) }
    let made = try vocabulary.tokenizing()
    let ids = try made.encode(String(repeating: "日本 aaa", count: 20_000))
    #expect(ids.count == 1 + 20_000 * 3)
    #expect(Array(ids.dropFirst().prefix(3)) == [265, 264, 263])
    #expect(Array(ids.suffix(3)) == Array(ids.dropFirst().prefix(3)))
  }

  /// Text without such a place is cut at the limit of a word; nothing is lost.
  @Test func textWithoutPlacesIsCutAtTheLimit() throws {
    var vocabulary = PieceVocabulary()
    for text in ["a", " ", "aa", "aaaa", " a"] { vocabulary.add(text) }
    let made = try vocabulary.tokenizing(addsSpacePrefix: false)
    for count in [16_383, 16_384, 16_385, 100_001] {
      let text = [UInt8](repeating: 97, count: count)
      let ids = try made.encode(text)
      #expect(made.joined(ids) == text)
      #expect(ids.count == count / 4 + [0, 1, 1, 2][count % 4])
    }
  }

  @Test func badPieces() throws {
    func message(_ change: (inout PieceVocabulary) -> Void) throws -> String {
      var vocabulary = PieceVocabulary()
      change(&vocabulary)
      let error = try #require(throws: TokenizerError.self) { try vocabulary.tokenizing() }
      return TokenizerTests.message(of: error)
    }
    #expect(
      try message { $0.add("x", score: .nan) }
        == "tokenizer.ggml.tokens[259]: 'x'; its score must be a number")
    for text in ["<0x4>", "<0x041>", "<0xG0>", "x", "[0x41]"] {
      #expect(try message { $0.add(text, type: 6) }.contains("a byte must be written as '<0x00>'"))
    }
    var vocabulary = PieceVocabulary()
    vocabulary.add("x", score: -.infinity)
    vocabulary.add("x y", score: .infinity)
    #expect(try vocabulary.tokenizing().encode("x").count == 2)
  }
}
