import Foundation
import TestSupport
import Testing

/// The program under limits that the system enforces: its own plan and no more. Where it asked for
/// more it would end with an error or be killed.
@Suite(
  .serialized,
  .enabled(
    if: Files.canRun && MemoryLimit.isAvailable,
    "needs .build/release/edge-infer, the default model and prlimit"))
struct LimitTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  /// What a run came to: bytes of peak and plan, tokens read and generated.
  private struct Measured {
    let peak: Int
    let plan: Int
    let read: Int
    let generated: Int
    /// Of positions past the trained length.
    let warningCount: Int
  }

  /// Runs a prompt under the limits.
  private func measure(
    _ options: [String], prompt: Data
  ) throws -> Measured {
    let report = folder.path("report.json")
    let options = ["--profile", Files.hostProfile] + options
    let plan = try plannedByteCount(options)
    let limit = MemoryLimit(plan)
    if !limit.hasGroup { print("no control group can be made here: the address space alone") }
    let outcome = try run(
      limit.command(
        [Files.program!] + options + ["--raw", "--prompt-file", "-", "--report", report]),
      input: prompt)
    #expect(outcome.code == 0, "\(options): \(outcome.error)")
    let result = try json(report)
    #expect(result["lockdown"] as! Bool)
    return Measured(
      peak: (result["memory"] as! [String: Int])["peakResidentBytes"]!, plan: plan,
      read: Int((result["prefill"] as! [String: Double])["tokens"]!),
      generated: ((result["output"] as! [String: Any])["tokens"] as! [Int]).count,
      warningCount: outcome.error.components(separatedBy: "trained length").count - 1)
  }

  @Test(arguments: PolicyNames.all) func everyPolicyStaysInItsPlan(policy: String) throws {
    let run = try measure(
      [
        "--policy", policy, "--budget", policy == "full" ? "2048" : "384", "--max-tokens", "24",
      ], prompt: BoundTests.text(tokenCount: 1_500))
    #expect(run.peak <= run.plan)
  }

  @Test func aLongPromptTakesNoMoreThanAShortOne() throws {
    let runs = try [2_000, 200_000].map { count in
      try measure(
        ["--budget", "512", "--max-tokens", "4"], prompt: BoundTests.text(tokenCount: count))
    }
    for run in runs {
      print("\(run.read) tokens: peak \(run.peak), plan \(run.plan)")
      #expect(run.peak <= run.plan)
    }
    #expect(runs[1].read >= 190_000)
    #expect(abs(runs[1].peak - runs[0].peak) <= 2 << 20)
    #expect(runs.map(\.warningCount) == [0, 1])
  }

  @Test func aLongAnswerStaysInItsPlan() throws {
    let run = try measure(
      [
        "--budget", "256", "--block", "64", "--max-tokens", "2000", "--temperature", "2", "--top-k",
        "0", "--min-p", "0", "--top-p", "1", "--seed", "5",
      ], prompt: Data("Once upon a time".utf8))
    print("\(run.generated) generated tokens: peak \(run.peak), plan \(run.plan)")
    #expect(run.peak <= run.plan)
    #expect(run.generated >= 1000)
  }

  @Test func aConversationOfFiftyTurnsStaysInItsPlan() throws {
    let options = ["--profile", Files.hostProfile, "--budget", "256", "--block", "64"]
    // The start says the arena's size, to a tenth of a MiB.
    let chat = [Files.program!, "chat"] + options + ["--max-tokens", "16"]
    let start = try run(chat)
    let words = start.error.split(separator: " ")
    let place = try #require(words.firstIndex(of: "MiB"))
    let arena = try #require(Double(words[place - 1]))
    let plan = Int((arena + 0.05) * 1_048_576) + (5 << 20)
    let lines = (1...50).map { "Tell me something about the number \($0).\n" }.joined()
    let limit = MemoryLimit(plan)
    let outcome = try run(limit.command(chat), input: Data((lines + "/stats\n").utf8))
    #expect(outcome.code == 0, "\(outcome.error)")
    #expect(outcome.error.contains("50 messages, "), "\(outcome.error)")
    #expect(outcome.error.contains("256 of 256 slots filled"))
    let line = try #require(outcome.errorLines.first { $0.contains("peak resident") })
    let peak = try #require(Double(line.split(separator: " ")[2]))
    print("50 turns: peak \(peak) MiB, plan \(Double(plan) / 1_048_576) MiB")
    #expect(peak <= Double(plan) / 1_048_576)
  }

  /// The limits do hold: without what the program itself may take, the arena cannot be mapped.
  @Test func aSmallerLimitIsAnError() throws {
    let options = ["--profile", Files.hostProfile]
    let plan = try plannedByteCount(options)
    let outcome = try run(
      [
        Files.tool("prlimit")!, "--as=\(plan - (5 << 20))", Files.program!, "--prompt", "x",
        "--quiet",
      ] + options)
    #expect(outcome.code == 71 && outcome.errorLines.count == 1, "\(outcome.error)")
  }

  /// What the system kept of the model file while it was read is given back.
  @Test(.enabled(if: Files.tool("fincore") != nil, "needs fincore"))
  func thePageCacheOfTheModelIsReleased() throws {
    let model = folder.path("model.gguf")
    try FileManager.default.copyItem(atPath: Files.model!, toPath: model)
    // Pages that are not yet on the disk cannot go.
    _ = try run(["/bin/sync", model])
    let outcome = try run([
      Files.program!, "--profile", Files.hostProfile, "--model", model, "--prompt", "x",
      "--max-tokens", "1", "--quiet",
    ])
    #expect(outcome.code == 0, "\(outcome.error)")
    let cached = try run([
      Files.tool("fincore")!, "--bytes", "--noheadings", "--output", "RES", model,
    ])
    let byteCount = Int(cached.output.trimmingCharacters(in: .whitespacesAndNewlines)) ?? -1
    #expect(byteCount >= 0 && byteCount <= 1 << 20, "\(cached.output)")
  }
}
