import Foundation
import TestSupport
import Testing

@Suite(
  .serialized, .enabled(if: Files.canRun, "needs .build/release/edge-infer and the default model"))
struct RunTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private static let prompt = "What is the capital of France?"

  @Test func aQuestionIsAnswered() throws {
    let report = folder.path("report.json")
    let outcome = try run([
      Files.program!, "--profile", Files.hostProfile, "--prompt", Self.prompt, "--max-tokens",
      "48", "--report", report,
    ])
    #expect(outcome.code == 0, "\(outcome.error)")
    #expect(outcome.output.contains("Paris"))
    #expect(outcome.error.contains("KV keys"))
    #expect(outcome.error.contains("attention"))
    let json =
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: report)))
      as! [String: Any]
    for key in [
      "profile", "model", "plan", "run", "blocks", "prefill", "timeToFirstTokenUs", "decode",
      "memory", "output",
    ] { #expect(json[key] != nil, "\(key)") }
    let blocks = json["blocks"] as! [[String: Double]]
    for block in blocks {
      let parts = ["linearUs", "attentionUs", "scoreUs", "evictUs", "otherUs"]
      let sum = parts.reduce(0) { $0 + block[$1]! }
      #expect(abs(sum - block["totalUs"]!) < 1)
    }
    let plan = json["plan"] as! [String: Any]
    let regions = (plan["regions"] as! [[String: Any]]).reduce(0) { $0 + ($1["bytes"] as! Int) }
    #expect(regions == plan["totalBytes"] as! Int)
    let memory = json["memory"] as! [String: Int]
    #expect(memory["peakResidentBytes"]! <= plan["totalBytes"] as! Int)
    let tokens = (json["output"] as! [String: Any])["tokens"] as! [Int]
    #expect(!tokens.isEmpty && tokens.count <= 48)
  }

  @Test func quietSaysNothing() throws {
    let outcome = try run([
      Files.program!, "--profile", Files.hostProfile, "--prompt", Self.prompt, "--max-tokens", "4",
      "--quiet",
    ])
    #expect(outcome.code == 0)
    #expect(outcome.error.isEmpty)
    #expect(!outcome.output.isEmpty)
  }

  @Test func promptFromFileArgumentAndInputAreTheSame() throws {
    let file = try folder.write("prompt.txt", Data(Self.prompt.utf8))
    let common = [Files.program!, "--profile", Files.hostProfile, "--max-tokens", "8", "--quiet"]
    let argument = try run(common + ["--prompt", Self.prompt])
    #expect(try run(common + ["--prompt-file", file]).output == argument.output)
    #expect(
      try run(common + ["--prompt-file", "-"], input: Data(Self.prompt.utf8)).output
        == argument.output)
    #expect(argument.output.utf8.count > 4)
  }

  @Test func planNeedsNoWeightsAndAddsUp() throws {
    let outcome = try run([Files.program!, "plan", "--json", "--profile", Files.hostProfile])
    #expect(outcome.code == 0)
    let plan = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as! [String: Any]
    let regions = (plan["regions"] as! [[String: Any]]).reduce(0) { $0 + ($1["bytes"] as! Int) }
    #expect(regions == plan["totalBytes"] as! Int)
    #expect(plan["fits"] as! Bool)
  }

  @Test func inspectAndHelp() throws {
    let inspected = try run([Files.program!, "inspect", Files.model!])
    #expect(inspected.code == 0)
    for word in ["llama", "smollm", "Q4_1", "49152"] { #expect(inspected.output.contains(word)) }
    for command in ["run", "plan", "bench", "score", "tokenize", "inspect"] {
      let help = try run([Files.program!, command, "--help"])
      #expect(help.code == 0)
      #expect(help.output.contains("edge-infer"))
    }
  }

  @Test func tokenizeAndRunOnTokensAgreeWithRunOnText() throws {
    let ids = try run([
      Files.program!, "tokenize", "--model", Files.model!, "--prompt", Self.prompt,
    ])
    #expect(ids.code == 0)
    let file = try folder.write("prompt.tokens", Data(ids.output.utf8))
    let common = [Files.program!, "--profile", Files.hostProfile, "--max-tokens", "8", "--quiet"]
    let fromIds = try run(common + ["--tokens", file])
    let fromText = try run(common + ["--raw", "--prompt", Self.prompt])
    #expect(fromIds.output == fromText.output)
    #expect(!fromIds.output.isEmpty)
  }

  @Test(.enabled(if: Files.hasGolden("full.json"), "needs the golden files"))
  func scorePrintsTheReferencesFigure() throws {
    let golden =
      try JSONSerialization.jsonObject(
        with: Data(contentsOf: Files.golden("full.json")))
      as! [String: Any]
    let ids = (golden["tokens"] as! [Int]).map(String.init).joined(separator: " ")
    let file = try folder.write("full.tokens", Data(ids.utf8))
    let logits = folder.path("logits.f32")
    let outcome = try run([
      Files.program!, "score", "--profile", Files.hostProfile, "--policy", "full", "--tokens", file,
      "--logits", logits, "--quiet",
    ])
    #expect(outcome.code == 0, "\(outcome.error)")
    let fields = outcome.output.split(separator: " ")
    #expect(fields.count == 6 && fields[0] == "tokens" && fields[1] == "1024")
    let perplexity = Double(fields[5].trimmingCharacters(in: .whitespacesAndNewlines))!
    #expect(abs(perplexity / 13.8218 - 1) < 0.006)
    let bytes = try FileManager.default.attributesOfItem(atPath: logits)[.size] as! Int
    #expect(bytes == 1024 * 49_152 * 4)
  }
}
