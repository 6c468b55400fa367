import Foundation
import TestSupport
import Testing

/// `probe --tune`: the profile has what the table says is best, and nothing is written where the
/// search is broken off.
@Suite(.serialized, .enabled(if: Files.program != nil, "needs .build/release/edge-infer"))
struct TuneTests {
  /// A row of the table.
  private struct Row {
    let isBest: Bool
    let threads: Int
    let block: Int
    /// nil where it was not timed.
    let prompt: Double?
    let answer: Double?
    let mebibytes: Double
    let turns: Int
    let text: Substring

    init?(_ line: Substring) {
      let words = line.split(separator: " ")
      let fields = words.first == "*" ? Array(words.dropFirst()) : words
      isBest = words.first == "*"
      guard fields.count >= 7, let threads = Int(fields[0]), let block = Int(fields[1]) else {
        return nil
      }
      let rest = Double(fields[2]) == nil ? Array(fields[4...]) : Array(fields[3...])
      guard rest.count == 4, let size = Double(rest[1]), let turns = Int(rest[2]) else {
        return nil
      }
      (self.threads, self.block, self.turns) = (threads, block, turns)
      (prompt, answer, mebibytes, text) = (Double(fields[2]), Double(rest[0]), size, line)
    }
  }

  private let folder: Folder

  init() throws { folder = try Folder() }

  private static let tune = [Files.program!, "probe", "--tune", "--ram-cap-mib", "600"]
  /// Seconds a case at most.
  private static let small = ["--shape", "smollm2-135m", "--budget", "256"]

  private func rows(_ outcome: Outcome) -> [Row] {
    let lines = outcome.error.split(separator: "\n")
    return lines.drop { !$0.contains("tuning:") }.compactMap { Row($0) }
  }

  /// The rule of --help, from the numbers that are shown, with what rounding may change.
  private func expectRule(_ rows: [Row], sourceLocation: SourceLocation = #_sourceLocation) {
    let best = rows.filter(\.isBest)
    #expect(best.count == 1, sourceLocation: sourceLocation)
    guard let best = best.first, let prompt = best.prompt, let answer = best.answer else {
      Issue.record("the best was not timed", sourceLocation: sourceLocation)
      return
    }
    let fastest = rows.compactMap(\.answer).max()!
    // Answers are made by as few of the threads as is fastest.
    func fastestAnswer(threads: Int) -> Double {
      rows.filter { $0.threads <= threads }.compactMap(\.answer).max() ?? 0
    }
    #expect(
      max(answer, fastestAnswer(threads: best.threads)) >= 0.9 * fastest - 0.2,
      sourceLocation: sourceLocation)
    for row in rows
    where row.answer != nil && fastestAnswer(threads: row.threads) >= 0.9 * fastest + 0.2 {
      #expect(prompt >= 0.98 * row.prompt! - 0.2, "\(row.text)", sourceLocation: sourceLocation)
    }
  }

  @Test func theProfileHasTheBest() throws {
    let path = folder.path("board.json")
    let outcome = try run(Self.tune + Self.small + ["--tune-seconds", "60", "-o", path])
    #expect(outcome.code == 0 && outcome.output.isEmpty, "\(outcome.error)")
    let rows = rows(outcome)
    expectRule(rows)
    let profile = try json(path)
    let best = try #require(rows.filter(\.isBest).first)
    #expect(profile["threads"] as? Int == best.threads)
    #expect(profile["blockSize"] as? Int == best.block)
    #expect((profile["cores"] as! [Int]).count == best.threads)
    #expect(profile["cacheBudget"] as? Int == 256)
    // Every block with the best threads.
    #expect(Set(rows.filter { $0.threads == best.threads }.map(\.block)) == [32, 64, 128, 256])
    #expect(rows.allSatisfy { $0.mebibytes <= 600 && $0.turns <= 6 })
    #expect(outcome.error.contains("at most 10 % slower than the fastest"))
    // Memory is given back between the cases.
    let peak = try #require(outcome.error.firstMatch(of: /peak resident ([0-9.]+) MiB of 600/))
    #expect(Double(peak.1)! <= rows.map(\.mebibytes).max()!)
    let plan = try run([
      Files.program!, "bench", "--profile", path, "--shape", "smollm2-135m", "--prompt", "8",
      "--generate", "1", "--repeat", "1",
    ])
    #expect(plan.code == 0, "\(plan.error)")
  }

  /// A model's header gives the sizes, and the model's name is in the profile.
  @Test(.enabled(if: Files.stories != nil, "needs ../shared/data/models"))
  func sizesOfAModel() throws {
    let outcome = try run(
      Self.tune + ["--model", Files.stories!, "--budget", "64", "--block", "32", "--quiet"])
    #expect(outcome.code == 0 && outcome.error.isEmpty, "\(outcome.error)")
    let profile =
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as! [String: Any]
    #expect(profile["model"] as? String == Files.stories!)
    #expect(profile["blockSize"] as? Int == 32)
  }

  @Test func oneCase() throws {
    let rows = rows(
      try run(Self.tune + Self.small + ["--threads", "1", "--block", "64", "--policy", "full"]))
    #expect(rows.count == 1 && rows[0].isBest && rows[0].threads == 1 && rows[0].block == 64)
    #expect(rows[0].turns == 3)
  }

  /// More threads than cores are bound to none.
  @Test func threadsWithoutCores() throws {
    let outcome = try run(Self.tune + Self.small + ["--threads", "64", "--block", "32"])
    #expect(outcome.code == 0, "\(outcome.error)")
    #expect(outcome.output.contains("\"threads\": 64") && outcome.output.contains("\"cores\": []"))
    #expect(rows(outcome).first?.text.hasSuffix("  any") ?? false)
  }

  /// Blocks that do not fit are left out, and the first that fits is what cores are compared with.
  @Test func plansOverTheCap() throws {
    let options = [
      "--shape", "smollm2-135m", "--budget", "512", "--threads", "1", "--tune-seconds", "40",
    ]
    let all = rows(try run(Self.tune + options))
    let size = Dictionary(uniqueKeysWithValues: all.map { ($0.block, $0.mebibytes) })
    let cap = Int(size[128]!.rounded(.up))
    try #require(size[256]! > Double(cap))
    let outcome = try run(
      [Files.program!, "probe", "--tune", "--ram-cap-mib", "\(cap)"] + options)
    let some = rows(outcome)
    #expect(some.first { $0.block == 256 }.map { $0.prompt == nil && $0.turns == 0 } ?? false)
    #expect(outcome.error.contains("over cap"))
    expectRule(some.filter { $0.prompt != nil })
    #expect(some.allSatisfy { $0.prompt == nil || $0.mebibytes <= Double(cap) })
    let old = try folder.write("old.json", Data("old".utf8))
    try expectError(
      78,
      [
        Files.program!, "probe", "--tune", "--quiet", "--ram-cap-mib", "100", "-o", old,
      ] + options, mentions: ["MiB over the cap", "a cap of"])
    #expect(try String(contentsOfFile: old, encoding: .utf8) == "old")
    #expect(!FileManager.default.fileExists(atPath: old + ".partial"))
  }

  /// The first case is always timed; what would take longer than there is time is not begun.
  @Test func theTimeLimit() throws {
    let outcome = try run(
      Self.tune + ["--shape", "smollm2-135m", "--budget", "2048", "--tune-seconds", "1"])
    #expect(outcome.code == 0, "\(outcome.error)")
    let rows = rows(outcome)
    #expect(rows.contains { $0.prompt != nil } && rows.contains { $0.turns == 0 })
    #expect(outcome.error.contains("no time"))
    #expect(outcome.error.contains("the time ended before all was measured"))
    expectRule(rows.filter { $0.prompt != nil })
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func aSignalWritesNoProfile(signal: Int32) throws {
    let old = try folder.write("old.json", Data("old".utf8))
    let program = try RunningProgram(
      Self.tune + ["--shape", "smollm2-135m", "--tune-seconds", "600", "-o", old])
    #expect(program.wait(for: "(* used)"))
    usleep(800_000)
    #expect(program.isRunning)
    program.end(signal)
    #expect(program.finish(seconds: 30) == 128 + signal, "\(program.error)")
    #expect(program.readOutput().isEmpty && !program.error.contains("tuning:"))
    #expect(try String(contentsOfFile: old, encoding: .utf8) == "old")
    #expect(!FileManager.default.fileExists(atPath: old + ".partial"))
  }

  @Test(.enabled(if: TerminalSession.isAvailable, "needs setsid"))
  func progressOnATerminal() throws {
    let session = try TerminalSession(Self.tune + Self.small + ["--tune-seconds", "20"])
    #expect(session.wait(for: " threads, block "))
    #expect(session.wait(for: " s left"))
    #expect(session.wait(for: "tuning:"))
  }

  @Test(arguments: [
    (64, ["--sysroot", "/"], "--sysroot"), (64, ["--tune-seconds", "0"], "3600"),
    (64, ["--tune-seconds", "3601"], "3600"), (64, ["--shape", "none"], "llama-3.2-1b"),
    (66, ["--model", "/none/such.gguf"], "/none/such.gguf"),
    (66, ["--shape", "smollm2-135m", "-o", "/none/p.json"], "/none/p.json"),
    (74, ["--shape", "smollm2-135m", "-o", "/"], "cannot"),
  ])
  func errors(code: Int32, options: [String], word: String) throws {
    try expectError(code, Self.tune + ["--quiet"] + options, mentions: [word])
  }

  @Test func optionsOfTuningAlone() throws {
    let probe = [Files.program!, "probe", "--quiet"]
    try expectError(64, probe + ["--tune-seconds", "9"], mentions: ["--tune"])
    try expectError(64, probe + ["--shape", "smollm2-135m"], mentions: ["--tune"])
    try expectError(
      64, [Files.program!, "plan", "--profile", Files.hostProfile, "--tune"],
      mentions: ["probe alone"])
  }
}
