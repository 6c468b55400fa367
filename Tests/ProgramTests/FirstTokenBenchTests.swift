import Foundation
import TestSupport
import Testing

/// `bench ttft`: table, report and comma-separated values agree, and what it cannot do it says in
/// one line.
@Suite(.serialized, .enabled(if: Files.program != nil, "needs .build/release/edge-infer"))
struct FirstTokenBenchTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private static let command = [
    Files.program!, "bench", "ttft", "--profile", Files.hostProfile, "--shape", "smollm2-135m",
  ]

  private func measure(
    _ arguments: [String]
  ) throws -> (outcome: Outcome, report: JSON, values: [[Substring]]) {
    let (json, csv) = (folder.path("ttft.json"), folder.path("ttft.csv"))
    let outcome = try run(Self.command + ["--json", json, "--csv", csv] + arguments)
    #expect(outcome.code == 0, "\(outcome.error)")
    let lines = try String(contentsOfFile: csv, encoding: .utf8).split(separator: "\n")
    return (outcome, try JSON(path: json), lines.map { $0.split(separator: ",") })
  }

  @Test func theFiguresAgree() throws {
    let (outcome, report, values) = try measure([
      "--prompt", "20,50", "--policies", "full,keydiff,snapkv", "--blocks", "16,32", "--budget",
      "24", "--repeat", "2",
    ])
    #expect(outcome.errorLines.count == 1 && outcome.error.contains("not locked down"))
    let results = report.objects("results")
    #expect(results.count == 12)
    #expect(values.count == 13)
    #expect(values[0].joined(separator: ",").hasPrefix("policy,block,budget,prompt,median_us,"))
    for (index, (result, value)) in zip(results, values.dropFirst()).enumerated() {
      let policy = ["full", "keydiff", "snapkv"][index / 4]
      let (block, prompt) = ([16, 32][index / 2 % 2], [20, 50][index % 2])
      #expect(result["policy"] as! String == policy && value[0] == policy)
      #expect(result["blockSize"] as! Int == block && Int(value[1]) == block)
      #expect(result["promptTokens"] as! Int == prompt && Int(value[3]) == prompt)
      let budget = policy == "full" ? max(1, prompt - block) : 24
      #expect(result["cacheBudget"] as! Int == budget && Int(value[2]) == budget)
      let times = Spread(result["timeToFirstToken"])
      times.check()
      #expect(value[4...6].map { Double($0) } == [times.median, times.minimum, times.maximum])
      let rate = Double(prompt) / (times.median / 1e6)
      #expect(abs((result["tokensPerSecond"] as! Double) / rate - 1) < 1e-3)
      #expect(abs(Double(value[7])! / rate - 1) < 1e-3)
      let cap = report.object["ramCapBytes"] as! Int
      #expect((result["plannedBytes"] as! Int) <= cap)
    }
    let table = BenchTableText(outcome.output)
    for (index, policy) in ["full", "keydiff", "snapkv"].enumerated() {
      let rows = table.numbers(policy)
      #expect(rows.map { $0[0] } == [16, 32])
      for (row, first) in zip(rows, [4 * index, 4 * index + 2]) {
        for (shown, result) in zip(row.dropFirst(), results[first..<first + 2]) {
          #expect(abs(shown - Spread(result["timeToFirstToken"]).median / 1000) < 0.051)
        }
      }
    }
    // Memory is given back between the cases.
    let planned = results.map { $0["plannedBytes"] as! Int }.max()!
    #expect((report.object["peakResidentBytes"] as! Int) <= planned)
  }

  /// A full cache that is over the cap is left out; shorter prompts are not.
  @Test func aFullCacheIsLeftOut() throws {
    let (outcome, report, values) = try measure([
      "--prompt", "8,100000", "--policy", "full", "--block", "32", "--repeat", "1",
      "--ram-cap-mib", "500",
    ])
    #expect(outcome.errorLines.count == 2)
    for word in ["left out", "100000", "block 32", "MiB over"] {
      #expect(outcome.error.contains(word))
    }
    let isLeftOut = report.objects("results").map { $0["leftOut"] as! Bool }
    #expect(isLeftOut == [false, true])
    #expect(values.count == 2)
    #expect(outcome.output.contains("over cap"))
  }

  @Test func overridesNameOnePolicyAndBlock() throws {
    let (_, report, _) = try measure([
      "--prompt", "9", "--policy", "l2", "--block", "8", "--repeat", "1",
    ])
    let results = report.objects("results")
    #expect(results.map { $0["policy"] as! String } == ["l2"])
    #expect(results.map { $0["blockSize"] as! Int } == [8])
  }

  @Test(arguments: [
    (["--prompt", "0"], "--prompt"), (["--blocks", "64,"], "64,"), (["--blocks", "4097"], "4096"),
    (["--policies", "keydiff-alone"], "keydiff-alone"), (["--policies", "full full"], "snapkv"),
    (["--block", "8", "--blocks", "8"], "--block and --blocks"), (["--kv", "8"], "bench scoring"),
    (["--generate", "8"], "bench speed"), (["--repeat", "101"], "100"),
    (["--prompt-file", "x"], "--prompt"),
    (["--policies", "all", "--blocks", "1,2,3,4,5,6,7,8", "--prompt", "1,2,3"], "at most 256"),
  ])
  func badArguments(arguments: [String], word: String) throws {
    try expectError(64, Self.command + arguments, mentions: [word])
  }

  @Test func overTheCap() throws {
    try expectError(
      78, Self.command + ["--policies", "full,keydiff", "--ram-cap-mib", "120"],
      mentions: ["MiB over the cap", "a cap of"])
  }
}
