import TestSupport
import Testing

@testable import Tokenizer

/// A vocabulary's tables that are copied as they lie in memory.
@Suite struct VocabularyImageTests {
  private static let text = Array("Lower the lowest <|end|> löwe\n\n 123".utf8)

  private static func byteLevel() throws -> Tokenizing {
    var vocabulary = TinyVocabulary()
    vocabulary.merge("l", "o")
    vocabulary.merge("lo", "w")
    vocabulary.merge("e", "s")
    vocabulary.merge("es", "t")
    vocabulary.add("<|end|>", type: 3)
    vocabulary.add("löwe", type: 4)
    return try vocabulary.tokenizing()
  }

  private static func pieces() throws -> Tokenizing {
    var tokens = ["<unk>", "<s>", "</s>"].map { Array($0.utf8) }
    var types: [Int32] = [2, 3, 3]
    for byte in 0..<256 {
      tokens.append(
        Array((byte < 16 ? "<0x0" : "<0x").utf8)
          + Array(String(byte, radix: 16, uppercase: true).utf8) + [UInt8(ascii: ">")])
      types.append(6)
    }
    for piece in ["▁", "l", "o", "w", "e", "s", "t", "lo", "low", "▁low", "es", "est"] {
      tokens.append(Array(piece.utf8))
      types.append(1)
    }
    return try Tokenizing(
      .sentencePiece(addsSpacePrefix: true), tokens: tokens, types: types,
      scores: types.indices.map { -Float($0) }, merges: [])
  }

  @Test(arguments: [false, true]) func aCopyEncodesAlike(usesPieces: Bool) throws {
    let original = try usesPieces ? Self.pieces() : Self.byteLevel()
    let copy = try #require(try Tokenizing(tablesOf: original, changes: []))
    let ids = try original.encode(Self.text)
    #expect(try copy.encode(Self.text) == ids && ids.count > 5)
    #expect(try copy.decode(ids) == original.decode(ids))
  }

  @Test func numbersPastTheLimitsAreRefused() {
    for index in 0..<5 {
      var numbers = InlineArray<12, UInt64>(repeating: 16)
      #expect(VocabularyCounts(.byteLevelBPE(.smollm), numbers) != nil)
      for number: UInt64 in [1 << 29, 1 << 31, 1 << 63, .max] {
        numbers[index] = number
        #expect(VocabularyCounts(.byteLevelBPE(.smollm), numbers) == nil)
      }
    }
  }

  /// Tables with any bytes are refused, or can be used without harm.
  @Test(arguments: [false, true]) func spoiledTables(usesPieces: Bool) throws {
    let original = try usesPieces ? Self.pieces() : Self.byteLevel()
    let byteCount = original.tableByteCount
    var random = SeededGenerator(seed: usesPieces ? 5 : 4)
    var refusedCount = 0
    for _ in 0..<3000 {
      let changes = (0..<Int.random(in: 1...8, using: &random)).map { _ in
        (
          Int.random(in: 0..<byteCount, using: &random),
          [0, 1, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &random)]
            .randomElement(using: &random)!
        )
      }
      guard let copy = try Tokenizing(tablesOf: original, changes: changes) else {
        refusedCount += 1
        continue
      }
      let ids = try copy.encode(Self.text)
      _ = copy.joined(ids)
    }
    #expect(refusedCount > 100 && refusedCount < 3000)
  }
}
