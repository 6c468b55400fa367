import Foundation
import TestSupport
import Testing

@testable import Tokenizer

/// The vocabulary of SmolLM2, against ids from Hugging Face's tokenizers.
@Suite(
  .enabled(if: Files.model != nil, "SmolLM2-135M-Instruct.Q4_1.gguf is not in the cache"),
  .serialized)
struct ModelTests {
  private struct Vectors: Decodable {
    let inputs: [String]
    let ids: [[Int32]]
  }

  @Test(
    .enabled(
      if: Files.shared("data/tokenizers/smollm2_hf_vectors.json") != nil, "no reference data"))
  func referenceVectors() throws {
    let made = try Tokenizing(ModelFile())
    let file = Files.sharedURL("data/tokenizers/smollm2_hf_vectors.json")
    let vectors = try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: file))
    #expect(vectors.inputs.count == 47 && vectors.ids.count == 47)
    for (text, ids) in zip(vectors.inputs, vectors.ids) {
      #expect(try made.encode(text) == ids, "\(text.debugDescription)")
      #expect(try made.encode(Array(text.utf8), cuts: [1]) == ids)
      #expect(try made.decode(ids) == Array(text.utf8))
    }
  }

  @Test(
    .enabled(
      if: Files.shared("data/text/wiki.test.raw") != nil
        && Files.shared("golden/wikitext.tokens") != nil,
      "no reference data"))
  func wikiText() throws {
    let made = try Tokenizing(ModelFile())
    let text = try Data(contentsOf: Files.sharedURL("data/text/wiki.test.raw"))
    let golden = try String(
      contentsOf: Files.sharedURL("golden/wikitext.tokens"), encoding: .utf8)
    let ids = try made.encode([UInt8](text), cuts: [4096])
    let expected = golden.split(whereSeparator: \.isWhitespace).map { Int32($0)! }
    #expect(expected.count == 8192)
    #expect(Array(ids.prefix(8192)) == expected)
    #expect(try made.decode(ids) == [UInt8](text))
  }

  @Test func randomTextComesBack() throws {
    let made = try Tokenizing(ModelFile())
    // The vocabulary has no tokens for these bytes.
    let missing: Set<UInt8> = [0x04, 0x06, 0x13, 0x14, 0x16, 0x1D, 0xF1, 0xF2]
    var random = SeededGenerator(seed: 17)
    for _ in 0..<200 {
      let text = Array(random.text(pieceCount: 100).utf8)
      #expect(!text.contains { missing.contains($0) })
      let ids = try made.encode(text, cuts: [Int.random(in: 1...99, using: &random)])
      #expect(try made.decode(ids, writesControlTokens: true) == text)
      #expect(made.droppedByteCount == 0)
    }
  }
}
