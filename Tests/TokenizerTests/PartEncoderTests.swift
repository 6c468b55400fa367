import Memory
import TestSupport
import Testing

@testable import Tokenizer

/// Short texts have the tokens that they have as whole texts.
@Suite struct PartEncoderTests {
  private func tokens(
    _ made: Tokenizing, _ text: String, countMax: Int = .max
  ) throws -> [Int32] {
    var measuring = Carver.measuring
    _ = PartEncoder(carver: &measuring, made.vocabulary.scheme)
    let arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    var encoder = PartEncoder(carver: &carver, made.vocabulary.scheme)
    carver.seal()
    encoder.encode(Array(text.utf8).span, countMax: countMax, made.vocabulary)
    return (0..<encoder.count).map { encoder[$0] }
  }

  private func check(_ made: Tokenizing) throws {
    var random = SeededGenerator(seed: 8)
    let parts = [
      "the", " the", "\n", "  ", "\":", " \"", "12", "é", "日本", "<|im_end|>", "{", "it's", "<s>",
    ]
    for _ in 0..<400 {
      var text = ""
      for _ in 0..<Int.random(in: 0...12, using: &random) {
        text += parts.randomElement(using: &random)!
      }
      let found = try tokens(made, text)
      #expect(try found == made.encode(text), "\(text)")
      let first = try tokens(made, text, countMax: 3)
      #expect(first.count >= min(3, found.count) && Array(found.prefix(first.count)) == first)
    }
  }

  @Test(arguments: ["smollm", "llama-bpe", "default"]) func byteLevel(name: String) throws {
    try check(FuzzTests.byteLevel(name))
  }

  @Test func pieces() throws { try check(FuzzTests.pieces(addsSpacePrefix: false)) }

  /// Bytes that no token has end a part.
  @Test func unknownBytes() throws {
    let made = try Tokenizing(
      tokens: [Array("a".utf8), Array("b".utf8)], types: [1, 1], merges: [])
    #expect(try tokens(made, "ab1b") == [0, 1])
  }
}
