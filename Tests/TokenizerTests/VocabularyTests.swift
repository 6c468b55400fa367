import Memory
import Testing

@testable import Tokenizer

@Suite struct VocabularyTests {
  @Test func alphabetCoversEveryByte() throws {
    let tiny = try TinyVocabulary().tokenizing()
    for byte in 0..<256 {
      #expect(tiny.vocabulary.token(of: [UInt8(byte)].span) == Int32(byte))
      #expect(tiny.bytes(of: Int32(byte)) == [UInt8(byte)])
    }
  }

  @Test func literalTextAndKinds() throws {
    var tiny = TinyVocabulary()
    tiny.add("<end>", type: 3)
    tiny.add("Ġ", type: 4)
    tiny.add("  ", type: 4)
    tiny.add("[PAD0]", type: 5)
    let made = try tiny.tokenizing()
    #expect(made.vocabulary.tokenCount == 260)
    #expect(made.vocabulary.token(of: Array("Ġ".utf8).span) == 257)
    #expect(made.vocabulary.kind(of: 256) == .control)
    #expect(made.vocabulary.kind(of: 258) == .userDefined)
    #expect(made.vocabulary.kind(of: 259) == .unused)
    #expect(try made.encode("a<end>  [PAD0]").prefix(3) == [97, 256, 258])
  }

  @Test func theFirstOfEqualTokensCounts() throws {
    var tiny = TinyVocabulary()
    tiny.add("ab", type: 4)
    tiny.add("ab")
    tiny.add("ab")
    let made = try tiny.tokenizing()
    #expect(made.vocabulary.token(of: Array("ab".utf8).span) == 257)
    #expect(try made.encode("ab") == [256])
  }

  @Test func theLastOfEqualMergesCounts() throws {
    var tiny = TinyVocabulary()
    tiny.merge("a", "b")
    tiny.merge("b", "c")
    #expect(try tiny.tokenizing().encode("abc") == [256, 99])
    tiny.merge("a", "b")
    #expect(try tiny.tokenizing().encode("abc") == [97, 257])
  }

  @Test func missingBytesAreLeftOutAndCounted() throws {
    var tiny = TinyVocabulary()
    tiny.merge("a", "b")
    tiny.tokens[0x2D] = Array("unlike".utf8)
    let made = try tiny.tokenizing()
    #expect(try made.encode("-") == [])
    #expect(made.droppedByteCount == 1)
    #expect(try made.encode("-x--y") == [120, 121])
    #expect(made.droppedByteCount == 3)
  }

  @Test func theMeasuredPlanIsWhatIsTaken() throws {
    _ = try Tokenizing(tokens: [[97]], types: [1], merges: [])
    var tiny = TinyVocabulary()
    tiny.merge("a", "b")
    _ = try tiny.tokenizing()
  }
}

@Suite struct HostileVocabularyTests {
  private func message(
    _ change: (inout TinyVocabulary) -> Void
  ) throws -> String {
    var tiny = TinyVocabulary()
    change(&tiny)
    do {
      _ = try tiny.tokenizing()
    } catch let error as TokenizerError {
      #expect(error.exitCode == .malformedData)
      return TokenizerTests.message(of: error)
    }
    return "no error"
  }

  @Test func badTokens() throws {
    #expect(try message { $0.add("x", type: 0) }.contains("must be 1 to 6"))
    #expect(try message { $0.add("x", type: 7) }.contains("must be 1 to 6"))
    #expect(try message { $0.add("x", type: .min) }.contains("must be 1 to 6"))
    #expect(
      try message { $0.add(String(repeating: "x", count: 257), type: 3) }.contains("256 bytes"))
  }

  /// Tokens that no text becomes: without text, special ones that are not UTF-8, and normal ones that
  /// are not written in the byte alphabet. They have their ids, and whatever a text holds is read as
  /// if they were not there.
  @Test(arguments: [0, 1, 2, 3, 4, 5, 6, 7, 8])
  func tokensThatAreNeverMade(index: Int) throws {
    let (bytes, type): ([UInt8], Int32) = [
      ([], 1), ([], 3), ([], 5), ([0x20], 1), ([0xC4], 1), ([0xC1, 0x81], 1),
      (Array("漢字".utf8), 1), ([0xFF, 0x80], 4), ([0], 1),
    ][index]
    var tiny = TinyVocabulary()
    tiny.tokens.append(bytes)
    tiny.types.append(type)
    tiny.add("<end>", type: 3)
    let made = try tiny.tokenizing()
    let text = "a 漢字\0"
    #expect(try made.encode(text) == Array(text.utf8).map { Int32($0) })
    #expect(try made.encode("a<end>") == [97, 257])
    #expect(made.vocabulary.tokenCount == 258)
  }

  /// A merge of what are no tokens is counted, and never made; those behind it keep their places.
  @Test func mergesThatAreNeverMade() throws {
    for text in ["a b", " ", "a ", " a", "a  b", "a b c", "x日 b", "zz a"] {
      var tiny = TinyVocabulary()
      tiny.merges = [Array(text.utf8)]
      tiny.merge("c", "d")
      let made = try tiny.tokenizing()
      #expect(try made.encode("abcd") == [97, 98, 256], "\(text)")
    }
    let long = Array(String(repeating: "a", count: 500).utf8)
    var tiny = TinyVocabulary()
    tiny.merges = [long + [0x20] + long]
    #expect(try tiny.tokenizing().encode("ab") == [97, 98])
  }

  @Test func badMerges() throws {
    for text in ["ab", ""] {
      #expect(
        try message { $0.merges = [Array(text.utf8)] }.contains("two tokens with a space"),
        "\(text)")
    }
  }

  @Test func wrongCounts() throws {
    var counts = VocabularyCounts(.byteLevelBPE(.smollm))
    try counts.include(token: [97].span, type: 1)
    try counts.include(token: [98].span, type: 1)
    try counts.includeMerges(count: 1)
    var measuring = Carver.measuring
    _ = Vocabulary(carver: &measuring, counts: counts)
    let arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    var vocabulary = Vocabulary(carver: &carver, counts: counts)
    #expect(throws: TokenizerError.self) { try vocabulary.finish() }
    try vocabulary.addToken([97].span, type: 1)
    #expect(throws: TokenizerError.self) { try vocabulary.addToken([97, 98].span, type: 1) }
    #expect(throws: TokenizerError.self) { try vocabulary.addToken([97, 98].span, type: 3) }
    try vocabulary.addToken([98].span, type: 1)
    #expect(throws: TokenizerError.self) { try vocabulary.addToken([99].span, type: 1) }
    #expect(throws: TokenizerError.self) { try vocabulary.finish() }
    #expect(throws: TokenizerError.self) { try counts.includeMerges(count: .max) }
    #expect(throws: TokenizerError.self) { try counts.includeMerges(count: 1 << 21) }
  }

  @Test func noTokenOfASingleByte() throws {
    #expect(throws: TokenizerError.self) {
      try Tokenizing(tokens: [Array("ab".utf8)], types: [1], merges: [])
    }
    #expect(throws: TokenizerError.self) { try Tokenizing(tokens: [], types: [], merges: []) }
  }

  /// Tokens chosen so that all of them belong into the same few slots.
  @Test func equalHashesAreAnErrorAndNotASlowProgram() throws {
    var tokens: [[UInt8]] = []
    let slotCount = HashTable.slotCount(entryCount: 400)
    var number = 0
    while tokens.count < 400 {
      let text = Array("t\(number)".utf8)
      let hash = text.withUnsafeBufferPointer {
        Bytes.hash($0.baseAddress!, count: $0.count)
      }
      if hash & UInt64(slotCount - 1) < 4 { tokens.append(text) }
      number += 1
    }
    let types = [Int32](repeating: 1, count: tokens.count)
    #expect(throws: TokenizerError.self) {
      try Tokenizing(tokens: tokens, types: types, merges: [])
    }
  }

  @Test func manyEqualTokens() throws {
    var tiny = TinyVocabulary()
    for _ in 0..<20000 { tiny.add("abc") }
    #expect(try tiny.tokenizing().vocabulary.token(of: Array("abc".utf8).span) == 256)
  }
}
