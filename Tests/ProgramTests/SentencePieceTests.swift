import Foundation
import Testing

/// The whole way from a GGUF file to ids and text, with a model whose tokenizer is SentencePiece's.
@Suite(
  .serialized,
  .enabled(
    if: Files.program != nil && Files.stories != nil,
    "needs .build/release/edge-infer and the shared models"))
struct SentencePieceTests {
  private func stories(_ arguments: [String]) throws -> Outcome {
    try run([Files.program!] + arguments + ["--model", Files.stories!])
  }

  /// The ids are those that llama.cpp gives.
  @Test func idsBeginWithBOS() throws {
    let outcome = try stories(["tokenize", "--prompt", "Once upon a time"])
    #expect(outcome.code == 0, "\(outcome.error)")
    #expect(outcome.output == "1 403 407 261 378\n")
    #expect(try stories(["tokenize", "--prompt", "<s>Once upon a time"]).output == outcome.output)
  }

  @Test func anAnswerContinuesTheText() throws {
    let outcome = try stories([
      "--profile", Files.hostProfile, "--raw", "--prompt", "Once upon a", "--max-tokens", "24",
      "--quiet",
    ])
    #expect(outcome.code == 0, "\(outcome.error)")
    #expect(outcome.output.hasPrefix(" time, there was a little "))
  }

  @Test func anotherPreTokenizerIsNamed() throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: Files.stories!))
    let folder = try Folder()
    let name = Data("tokenizer.ggml.model".utf8)
    let place = try #require(data.range(of: name))
    // After the key come its type (4 bytes) and the text with its length (8 bytes).
    var changed = data
    changed.replaceSubrange(
      (place.upperBound + 12)..<(place.upperBound + 17), with: Data("llamb".utf8))
    let path = try folder.write("other.gguf", changed)
    let outcome = try run([Files.program!, "tokenize", "--model", path, "--prompt", "x"])
    #expect(outcome.code == 65)
    #expect(outcome.error.contains("tokenizer.ggml.model is 'llamb'; text needs 'gpt2'"))
  }
}
