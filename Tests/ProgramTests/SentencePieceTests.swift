import Foundation
import TestSupport
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

  /// Its first tokens are those that the float64 model of make_models.py goes on with too; their
  /// logits are compared in SmallModelTests.
  @Test(
    .enabled(if: Files.smallModelNames.contains("stories260K-f32"), "needs Toolchain/make-models"),
    arguments: ["stories260K-f32", "stories260K-f16"])
  func theAnswerReadsAsAStory(name: String) throws {
    let model = Files.smallModels.appendingPathComponent(name + ".gguf").path
    let outcome = try run([
      Files.program!, "--profile", Files.hostProfile, "--model", model, "--raw", "--prompt",
      "Once upon a time", "--max-tokens", "200", "--quiet",
    ])
    #expect(outcome.code == 0, "\(outcome.error)")
    let text = "Once upon a time" + outcome.output
    let ids = try run([Files.program!, "tokenize", "--model", model, "--prompt", text]).output
    let expected = try String(contentsOfFile: model.dropLast(4) + "tokens", encoding: .utf8)
    #expect(expected.split(separator: " ").count == 40 && ids.hasPrefix(expected + " "))
    #expect(text.filter { $0 == "." }.count >= 8 && text.contains("Lily"), "\(text)")
  }

  /// What follows a saved cache gets no mark of a beginning.
  @Test func aTextThatGoesOnHasNoBOS() throws {
    let folder = try Folder()
    let cache = folder.path("cache")
    let common = ["--profile", Files.hostProfile, "--raw", "--block", "4", "--budget", "64"]
    // Five tokens with BOS, of which blocks of four leave one; then one more block begins.
    let first = try stories(
      common + ["--prompt", "Once upon a", "--max-tokens", "0", "--save-cache", cache, "--quiet"])
    #expect(first.code == 0, "\(first.error)")
    let then = try stories(
      common + ["--load-cache", cache, "--prompt", "time", "--max-tokens", "16", "--quiet"])
    let ids = try folder.write("ids", Data("1 403 407 261 378".utf8))
    let whole = try stories(common + ["--tokens", ids, "--max-tokens", "16", "--quiet"])
    #expect(then.code == 0 && then.output == whole.output, "\(then.error)")
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
