import Foundation
import TestSupport
import Testing

/// `bench scoring`: table and report agree, and what it cannot do it says in one line.
@Suite(.serialized, .enabled(if: Files.program != nil, "needs .build/release/edge-infer"))
struct ScoringBenchTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private static let command = [
    Files.program!, "bench", "scoring", "--profile", Files.hostProfile, "--shape", "smollm2-135m",
  ]
  /// All that evict; KeyDiff in both of its forms.
  private static let names = PolicyNames.all.filter { $0 != "full" }.flatMap {
    $0 == "keydiff" ? [$0, "keydiff-alone"] : [$0]
  }

  private func measure(_ arguments: [String]) throws -> (table: BenchTableText, report: JSON) {
    let path = folder.path("scoring.json")
    let outcome = try run(Self.command + ["--json", path] + arguments)
    #expect(outcome.code == 0, "\(outcome.error)")
    #expect(outcome.errorLines.count == 1 && outcome.error.contains("   locked down"))
    return (BenchTableText(outcome.output), try JSON(path: path))
  }

  /// Every policy at every count, in the order of the command line; sums hold, medians lie between
  /// the extremes, and the table shows them.
  @Test func theTableIsTheReports() throws {
    let (table, report) = try measure(["--kv", "200,96", "--block", "40", "--repeat", "4"])
    let results = report.objects("results")
    let policies: [String] = results.map { $0["policy"] as! String }
    let slots: [Int] = results.map { $0["slots"] as! Int }
    #expect(policies == Self.names.flatMap { [$0, $0] })
    #expect(slots == Self.names.flatMap { _ in [200, 96] })
    let medians = results.map { Spread($0["total"]).median }
    for result in results {
      let name = result["policy"] as! String
      #expect(result["repeat"] as! Int == (name == "keydiff-pairwise" ? 3 : 4))
      let parts = ["score", "evict", "total"].map { Spread(result[$0]) }
      for part in parts { part.check() }
      #expect(parts[2].minimum >= parts[0].minimum + parts[1].minimum - 0.2)
      #expect(parts[2].maximum <= parts[0].maximum + parts[1].maximum + 0.2)
      #expect(result["paperRelative"] == nil)
    }
    for (row, name) in Self.names.enumerated() {
      let numbers = table.numbers(name)
      let (times, scores, ratios) = (numbers[0], numbers[1], numbers[2])
      for column in 0..<2 {
        let median: Double = medians[2 * row + column]
        #expect(times[column] == median)
        #expect(scores[column] == Spread(results[2 * row + column]["score"]).median)
        let ratio: Double = median / medians[1]
        #expect(abs(ratios[column] - ratio) < 0.006 + 0.002 * ratio)
      }
    }
    let reads = report.objects("keyReads").map { Spread($0).median }
    #expect(table.numbers("one read of all keys")[0] == reads)
    let memory = report.object("memory") as! [String: Int]
    let planned = report.object("plan")["totalBytes"] as! Int
    #expect(memory["peakResidentBytes"]! <= planned)
    #expect(table.text.contains("relative to keydiff at 96"))
  }

  /// The paper's figures stand beside counts of the paper alone.
  @Test func thePapersFigures() throws {
    let (table, report) = try measure([
      "--kv", "512,600,1024", "--policies", "snapkv,sink", "--repeat", "1",
    ])
    let figures = report.objects("results").map { $0["paperRelative"] as? Double }
    #expect(figures == [1.92, nil, 2.46, nil, nil, nil])
    #expect(table.numbers("snapkv")[2].suffix(2) == [1.92, 2.46])
    #expect(table.numbers("sink")[2].count == 3)
    #expect(table.text.contains("relative to snapkv at 512; on the right"))
  }

  /// Blocks of one token, one slot that is kept, chunks that a window ends in, more threads than heads.
  @Test(arguments: [
    ["--kv", "9,2", "--block", "1"], ["--kv", "101", "--block", "100"],
    ["--kv", "400", "--block", "67", "--threads", "5"],
    ["--kv", "64", "--block", "33", "--sinks", "2", "--recent", "3"],
  ])
  func unusualSizes(arguments: [String]) throws {
    let (_, report) = try measure(arguments + ["--repeat", "2"])
    for result in report.objects("results") { Spread(result["total"]).check() }
  }

  @Test func theShape() throws {
    let layers = try measure(["--kv", "64", "--block", "8", "--policies", "sink"]).report
      .object("bench")["layers"]
    #expect(layers as! Int == 30)
    // Without a shape and without the profile's model it is the default's.
    let path = try profile(folder, ["model": "no-such-model.gguf"])
    let outcome = try run([
      Files.program!, "bench", "scoring", "--profile", path, "--kv", "64", "--block", "8",
      "--policies", "sink", "--repeat", "1",
    ])
    #expect(outcome.code == 0, "\(outcome.error)")
    #expect(outcome.output.contains("smollm2-135m"))
  }

  @Test(arguments: [
    (["--kv", "128"], "128"), (["--kv", "512,0"], "512,0"), (["--kv", "x"], "--kv"),
    (["--kv", "1048577"], "1048576"), (["--policies", "best"], "keydiff-alone"),
    (["--policies", "full"], "--policies"), (["--policies", "tova,"], "tova,"),
    (["--policies", ""], "--policies"), (["--policy", "full"], "full"),
    (["--policies", "tova", "--policy", "tova"], "--policy and --policies"),
    (["--repeat", "0"], "--repeat"), (["--prompt", "8"], "--kv"),
    (["--blocks", "8"], "bench ttft"),
    (["--csv", "x"], "bench ttft"), (["--generate", "8"], "bench speed"),
    (["--model", "m.gguf"], "--model and --shape"), (["--tokens", "x"], "--prompt"),
  ])
  func badArguments(arguments: [String], word: String) throws {
    try expectError(64, Self.command + arguments, mentions: [word])
  }

  @Test func otherErrors() throws {
    let command = [Files.program!, "bench", "--profile", Files.hostProfile]
    try expectError(64, command + ["--kv", "512"], mentions: ["bench scoring"])
    try expectError(64, command + ["--policies", "l2"], mentions: ["bench scoring"])
    try expectError(
      66, Array(Self.command.prefix(5)) + ["--model", "no.gguf"], mentions: ["no.gguf"])
    let quick = ["--kv", "64", "--block", "8", "--policies", "sink", "--repeat", "1", "--quiet"]
    try expectError(
      66, Self.command + quick + ["--json", folder.path("none/x.json")], mentions: ["x.json"])
  }

  /// What the error says would fit does fit.
  @Test func theAdviceFits() throws {
    let arguments = Self.command + ["--ram-cap-mib", "16", "--policies", "all", "--repeat", "1"]
    let refused = try run(arguments + ["--kv", "30000"])
    #expect(refused.code == 78)
    #expect(refused.errorLines.count == 1)
    let advice = try #require(refused.error.range(of: "--kv of at most "))
    let most = Int(refused.error[advice.upperBound...].prefix { $0.isNumber })!
    #expect(try run(arguments + ["--kv", "\(most + 64)"]).code == 78)
    let cost = ["--ram-cap-mib", "16", "--policies", "sink", "--repeat", "1", "--quiet"]
    #expect(try run(Self.command + cost + ["--kv", "\(most)"]).code == 0)
  }
}
