import TestSupport
import Testing

@testable import Tokenizer

/// Any bytes, UTF-8 or not, come back, and do not depend on how they are cut into reads.
@Suite struct FuzzTests {
  private static let preTokenizers = ["smollm", "gpt-2", "llama-bpe", "qwen2", "default"]

  static func byteLevel(_ name: String) throws -> Tokenizing {
    var tiny = TinyVocabulary()
    for pair in [
      ("t", "h"), ("th", "e"), (" ", "the"), (" ", " "), ("'", "s"), ("\n", "\n"), ("1", "2"),
    ] { tiny.merge(pair.0, pair.1) }
    tiny.merge([0xC3], [0xA9])
    tiny.merge([0xE2], [0xC3, 0xA9])
    return try tiny.tokenizing(PreTokenizer(name: Array(name.utf8).span))
  }

  static func pieces(addsSpacePrefix: Bool = true) throws -> Tokenizing {
    var vocabulary = PieceVocabulary()
    for (rank, text) in [" ", "t", "h", "e", "th", "the", " the", "  ", "é", "日", "日本", "12"]
      .enumerated()
    { vocabulary.add(text, score: -Float(rank)) }
    return try vocabulary.tokenizing(addsSpacePrefix: addsSpacePrefix)
  }

  /// Random bytes, among them well-formed text.
  private static func bytes(_ random: inout SeededGenerator) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: 0...40, using: &random) {
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes.append(UInt8.random(in: 0...255, using: &random))
      case 1:
        bytes.append([0xC3, 0xE2, 0x82, 0xF0, 0x9F, 0xBF, 0xED].randomElement(using: &random)!)
      default: bytes += Array(random.text(pieceCount: 1).utf8.prefix(30))
      }
    }
    return bytes
  }

  private func check(_ made: Tokenizing, prefix: [UInt8], _ random: inout SeededGenerator) throws {
    for _ in 0..<250 {
      let text = Self.bytes(&random)
      // U+2581 means a space in SentencePiece.
      if !prefix.isEmpty && text.contains(0x96) { continue }
      let ids = try made.encode(unchecked: text)
      #expect(made.joined(ids) == (text.isEmpty ? [] : prefix + text))
      #expect(made.droppedByteCount == 0)
      for cut in 1...max(text.count, 1) where cut < 24 || cut % 16 == 0 {
        #expect(try made.encode(unchecked: text, cuts: [cut]) == ids)
      }
    }
  }

  @Test(arguments: preTokenizers) func byteLevelBPE(_ name: String) throws {
    var random = SeededGenerator(seed: 31)
    try check(Self.byteLevel(name), prefix: [], &random)
  }

  @Test func sentencePiece() throws {
    var random = SeededGenerator(seed: 32)
    try check(Self.pieces(), prefix: [UInt8(ascii: " ")], &random)
  }

  /// Through the buffer's end several times, with special tokens.
  @Test func longTextsDoNotDependOnTheCuts() throws {
    var random = SeededGenerator(seed: 33)
    var text = Array(random.text(pieceCount: 6000).utf8)
    text += [UInt8](repeating: 32, count: 40_000) + Array("the end</s>".utf8)
    text += Array(random.text(pieceCount: 6000).utf8)
    for made in try [Self.pieces(), Self.byteLevel("llama-bpe"), Self.byteLevel("default")] {
      let whole = try made.encode(text)
      for cut in [1, 2, 3, 7, 63, 255, 4095, 4096, 4097, 16_384, 65_535] {
        #expect(try made.encode(text, cuts: [cut]) == whole)
      }
      #expect(try made.decode(whole, writesControlTokens: true) == text)
    }
  }

  @Test func sentencePieceTakesLinearTime() throws {
    let made = try Self.pieces()
    for letter in ["t", " ", "the ", "日本", "\n", "é"] {
      func seconds(_ byteCount: Int) throws -> Double {
        let text = Array(String(repeating: letter, count: byteCount / letter.utf8.count).utf8)
        let start = ContinuousClock.now
        _ = try made.encode(text)
        return (ContinuousClock.now - start) / .seconds(1)
      }
      let short = try seconds(250_000)
      #expect(try seconds(2_000_000) < 24 * short + 0.5)
    }
  }
}
