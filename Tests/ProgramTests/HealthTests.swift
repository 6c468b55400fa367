import Foundation
import TestSupport
import Testing

/// Sensors in runs, reports and tables, and pauses, on recorded boards.
@Suite(
  .serialized, .enabled(if: Files.canRun, "needs .build/release/edge-infer and the default model"))
struct HealthTests {
  private static let words = String(
    repeating: "All work and no play makes a dull day.\n", count: 20)
  private static let temperature = Sensors.zone + "0/temp"
  private let folder: Folder

  init() throws { folder = try Folder() }

  private var report: String { folder.path("report.json") }

  private func command(_ tree: KernelTree?, _ options: [String]) -> [String] {
    let sysroot = tree.map { ["--sysroot", $0.path] } ?? []
    return [Files.program!] + options + ["--profile", Files.hostProfile] + sysroot
  }

  /// A run of about 190 prompt tokens in blocks of 32.
  private func runOptions(tokens: Int = 8) -> [String] {
    [
      "--raw", "--prompt", Self.words, "--block", "32", "--max-tokens", "\(tokens)", "--report",
      report,
    ]
  }

  private func health() throws -> [String: Any] {
    try #require(try json(report)["health"] as? [String: Any])
  }

  private func object(_ fields: [String: Any], _ name: String) throws -> [String: Any] {
    try #require(fields[name] as? [String: Any])
  }

  /// A board's samples are in each block, in the sums, and in the table.
  @Test func aJetsonsReport() throws {
    let tree = try KernelTree(Sensors.orinNano)
    let outcome = try run(command(tree, runOptions()))
    #expect(outcome.code == 0, "\(outcome.error)")
    let health = try health()
    let temperature = try object(health, "temperatureC")
    #expect(temperature["sensor"] as? String == "cpu-thermal")
    #expect(temperature["min"] as? Double == 51.3 && temperature["last"] as? Double == 51.3)
    #expect(try object(health, "frequencyMHz")["min"] as? Int == 1510)
    let throttling = try object(health, "throttling")
    #expect(
      throttling["throttledBlocks"] as? Int == 0 && (throttling["reasons"] as? [Any])?.count == 0)
    #expect(health["pauses"] is NSNull)
    #expect((health["samples"] as? Int ?? 0) >= 5)
    #expect((health["sampleMeanUs"] as? Double ?? 0) > 0)
    try checkJetsonsEnergy(object(health, "energy"))
    #expect(outcome.error.contains("°C    MHz         J\n"), "\(outcome.error)")
    #expect(outcome.error.contains("   health 51.3 °C, 1510 MHz, not throttled, 0."))
  }

  /// 6 W all the time.
  private func checkJetsonsEnergy(_ energy: [String: Any]) throws {
    #expect(energy["meter"] as? String == "ina3221 VDD_IN")
    let prefill = try object(json(report), "prefill")
    let seconds = try #require(prefill["seconds"] as? Double)
    let joules = try #require(energy["prefillJoules"] as? Double)
    #expect(abs(joules - 6 * seconds) < 0.1 * joules + 0.01)
    let tokens = try #require(prefill["tokens"] as? Int)
    let perToken = try #require(energy["prefillJoulesPerToken"] as? Double)
    #expect(abs(perToken * Double(tokens) - joules) < 0.001)
    #expect((energy["decodeJoulesPerToken"] as? Double ?? 0) > 0)
    let blocks = try #require(try json(report)["blocks"] as? [[String: Any]])
    let sum = blocks.compactMap { $0["joules"] as? Double }.reduce(0, +)
    #expect(abs(sum - joules) < 0.001)
    #expect(blocks.contains { $0["temperatureC"] != nil })
    for block in blocks where block["temperatureC"] != nil {
      #expect(block["temperatureC"] as? Double == 51.3 && block["frequencyMHz"] as? Int == 1510)
      #expect(block["throttled"] as? Bool == false)
    }
  }

  /// A virtual machine: null, and a table without the columns.
  @Test func withoutSensors() throws {
    let outcome = try run(command(KernelTree([:]), runOptions()))
    #expect(outcome.code == 0)
    #expect(try json(report)["health"] is NSNull)
    let blocks = try #require(try json(report)["blocks"] as? [[String: Any]])
    for name in ["temperatureC", "frequencyMHz", "throttled", "joules"] {
      #expect(blocks.allSatisfy { $0[name] == nil })
    }
    #expect(outcome.error.contains("other  tokens/s\n"))
    for word in ["°C", "MHz", "health", "throttled", " J "] {
      #expect(!outcome.error.contains(word), "\(outcome.error)")
    }
    // This machine, whatever it has.
    let here = try run(command(nil, runOptions()))
    #expect(here.code == 0 && here.output == outcome.output)
    #expect(try json(report)["health"] != nil)
  }

  /// Blocks that ran throttled are marked, and the reasons are named.
  @Test func throttledBlocks() throws {
    let tree = try KernelTree(Sensors.pi4)
    try tree.write(Sensors.throttled, "50005\n")
    let outcome = try run(command(tree, runOptions()))
    #expect(outcome.code == 0)
    let throttling = try object(health(), "throttling")
    let blocks = try #require(try json(report)["blocks"] as? [[String: Any]])
    let marked = blocks.filter { $0["throttled"] as? Bool == true }.count
    #expect(marked > 0 && throttling["throttledBlocks"] as? Int == marked)
    #expect(throttling["reasons"] as? [String] == ["under-voltage", "throttled"])
    #expect(outcome.errorLines.filter { $0.hasSuffix("  !") }.count == marked + 1)
    #expect(outcome.error.contains("THROTTLED in \(marked) blocks"), "\(outcome.error)")
    #expect(outcome.error.contains("(under-voltage, throttled)"))
  }

  /// Files that say nothing are the same as no files, wherever they are read.
  @Test(arguments: ["", "text\n", "99999999999999999999\n"])
  func damagedFiles(text: String) throws {
    for files in [Sensors.pi5, Sensors.x86] {
      let tree = try KernelTree(files.mapValues { _ in text })
      let outcome = try run(command(tree, runOptions(tokens: 2)))
      #expect(outcome.code == 0, "\(outcome.error)")
      #expect(!outcome.error.contains("THROTTLED"))
    }
  }

  @Test func scoreAndBenchReport() throws {
    let tree = try KernelTree(Sensors.orinNano)
    let score = try run(
      command(tree, ["score", "--prompt", Self.words, "--block", "32", "--json", report]))
    #expect(score.code == 0 && score.error.contains("   health 51.3 °C"), "\(score.error)")
    #expect(try object(health(), "energy")["prefillJoules"] is Double)
    let shape = ["--shape", "smollm2-135m", "--json", report, "--block", "32", "--repeat", "2"]
    let bench = try run(
      command(tree, ["bench", "--prompt", "96", "--generate", "4"] + shape))
    #expect(bench.code == 0 && bench.error.contains("   health 51.3 °C"), "\(bench.error)")
    #expect(try object(health(), "temperatureC")["max"] as? Double == 51.3)
    let results = try #require(try json(report)["results"] as? [[String: Any]])
    let blocks = try #require(results[0]["blocks"] as? [[String: Any]])
    #expect(blocks.contains { $0["temperatureC"] as? Double == 51.3 })
    let first = try run(
      command(
        tree,
        ["bench", "ttft", "--prompt", "64"]
          + shape.filter {
            !["--block", "32"].contains($0)
          } + ["--blocks", "32"]))
    #expect(first.code == 0 && first.error.contains("   health 51.3 °C"), "\(first.error)")
    #expect((try health()["samples"] as? Int ?? 0) > 2)
    let scoring = try run(
      command(
        tree, ["bench", "scoring", "--kv", "256", "--repeat", "1", "--json", report]))
    #expect(scoring.code == 0 && scoring.error.contains("   health 51.3 °C"), "\(scoring.error)")
    #expect((try health()["samples"] as? Int ?? 0) > 2)
  }

  @Test func chatTellsOfIt() throws {
    let tree = try KernelTree(Sensors.pi5)
    let outcome = try run(
      command(tree, ["chat", "--max-tokens", "4"]), input: Data("Hello\n/stats\n".utf8))
    #expect(outcome.code == 0 && outcome.error.contains("   health 52.7 °C"), "\(outcome.error)")
  }
}

/// Pauses above `--max-temperature`.
extension HealthTests {
  private func start(_ tree: KernelTree, _ options: [String]) throws -> RunningProgram {
    try RunningProgram(command(tree, options + ["--max-temperature", "70"]))
  }

  private func pauses() throws -> (count: Int, seconds: Double) {
    let pauses = try object(health(), "pauses")
    #expect(pauses["maxTemperatureC"] as? Double == 70)
    #expect(pauses["resumeTemperatureC"] as? Double == 67)
    return (
      try #require(pauses["count"] as? Int), try #require(pauses["seconds"] as? Double)
    )
  }

  /// It waits until it is cooler by the hysteresis, and gives the same answer.
  @Test func waitsUntilItIsCooler() throws {
    let expected = try run(command(nil, runOptions())).output
    let tree = try KernelTree(Sensors.pi4)
    try tree.write(Self.temperature, "70000\n")
    let program = try start(tree, runOptions())
    #expect(program.wait(for: "paused at 70.0 °C; goes on at 67.0 °C"), "\(program.error)")
    try tree.write(Self.temperature, "67001\n")
    usleep(1_000_000)
    #expect(program.isRunning && !program.error.contains("block  tokens"))
    try tree.write(Self.temperature, "67000\n")
    #expect(String(decoding: program.readAllOutput(), as: UTF8.self) == expected)
    #expect(program.finish() == 0, "\(program.error)")
    let (count, seconds) = try pauses()
    #expect(count == 1 && seconds >= 1)
    #expect(program.error.contains("   paused 1 time, "), "\(program.error)")
    // No other time has the pause in it.
    let prefill = try #require(try object(json(report), "prefill")["seconds"] as? Double)
    let first = try #require(try json(report)["timeToFirstTokenUs"] as? Double)
    #expect(prefill > 0 && first / 1e6 >= prefill)
    let blocks = try #require(try json(report)["blocks"] as? [[String: Any]])
    let inBlocks = blocks.compactMap { $0["totalUs"] as? Double }.reduce(0, +) / 1e6
    #expect(prefill - inBlocks < 0.5)
  }

  /// Between blocks of a prompt that is still coming.
  @Test func waitsBetweenBlocks() throws {
    let tree = try KernelTree(Sensors.pi4)
    let program = try start(
      tree,
      ["--tokens", "-", "--block", "16", "--max-tokens", "2", "--report", report])
    #expect(program.wait(for: "locked down"), "\(program.error)")
    usleep(500_000)
    try tree.write(Self.temperature, "85500\n")
    program.send(String(repeating: "1000 1001 1002 1003\n", count: 16))
    #expect(program.wait(for: "paused at 85.5 °C"), "\(program.error)")
    try tree.write(Self.temperature, "50000\n")
    program.closeInput()
    #expect(program.finish() == 0, "\(program.error)")
    let (count, seconds) = try pauses()
    #expect(count == 1 && seconds > 0)
    #expect(try object(object(json(report), "health"), "temperatureC")["max"] as? Double == 85.5)
    #expect(try object(json(report), "prefill")["tokens"] as? Int == 64)
  }

  /// Between tokens of an answer, silently.
  @Test func waitsBetweenTokens() throws {
    let tree = try KernelTree(Sensors.pi4)
    let program = try start(
      tree,
      [
        "--prompt", "Tell a very long story about the sea.", "--max-tokens", "300", "--report",
        report,
      ])
    #expect(program.readOutput().count > 0)
    try tree.write(Self.temperature, "90000\n")
    usleep(1_500_000)
    #expect(program.isRunning)
    try tree.write(Self.temperature, "60000\n")
    _ = program.readAllOutput()
    #expect(program.finish() == 0, "\(program.error)")
    #expect(!program.error.contains("paused at"))
    let (count, seconds) = try pauses()
    #expect(count == 1 && seconds > 0.5)
    // The longest token has no pause in it.
    let longest = try #require(try object(json(report), "decode")["maxUs"] as? Double)
    #expect(longest < seconds * 1e6)
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func aSignalEndsThePause(signal: Int32) throws {
    let tree = try KernelTree(Sensors.pi4)
    try tree.write(Self.temperature, "75000\n")
    let program = try start(tree, runOptions())
    #expect(program.wait(for: "paused at"), "\(program.error)")
    program.end(signal)
    #expect(program.finish(seconds: 5) == 128 + signal, "\(program.error)")
    #expect(try object(json(report), "output")["stop"] as? String == "interrupt")
    #expect(try pauses().count == 1)
    #expect(program.readAllOutput().isEmpty)
  }

  /// A sensor that no longer answers does not hold the program for ever.
  @Test func aSensorThatGoesAwayEndsThePause() throws {
    let tree = try KernelTree(Sensors.pi4)
    try tree.write(Self.temperature, "75000\n")
    let program = try start(tree, runOptions())
    #expect(program.wait(for: "paused at"), "\(program.error)")
    try tree.write(Self.temperature, "")
    #expect(program.finish() == 0, "\(program.error)")
    #expect(try pauses().count == 1)
  }

  @Test func scoreAndBenchWaitToo() throws {
    let tree = try KernelTree(Sensors.pi4)
    for options in [
      ["score", "--prompt", Self.words, "--json", report],
      [
        "bench", "--shape", "smollm2-135m", "--prompt", "32", "--generate", "2", "--repeat", "1",
        "--json", report,
      ],
    ] {
      try tree.write(Self.temperature, "80000\n")
      let program = try start(tree, options)
      #expect(program.wait(for: "paused at 80.0 °C"), "\(program.error)")
      try tree.write(Self.temperature, "60000\n")
      #expect(program.finish() == 0, "\(program.error)")
      #expect(try pauses().count == 1)
    }
  }

  @Test func errors() throws {
    let bare = try KernelTree([:])
    let pi = try KernelTree(Sensors.pi4)
    try expectError(
      69, command(bare, ["--prompt", "x", "--max-temperature", "70"]),
      mentions: ["--max-temperature", "sensor"])
    for degrees in ["29", "121", "0", "70.5", "hot"] {
      try expectError(
        64, command(pi, ["--prompt", "x", "--max-temperature", degrees]),
        mentions: ["--max-temperature"])
    }
    try expectError(
      64, command(nil, ["plan", "--max-temperature", "70"]), mentions: ["--max-temperature"])
    try expectError(64, command(pi, ["plan"]), mentions: ["--sysroot"])
    try expectError(
      64, command(nil, ["--prompt", "x", "--sysroot", ""]), mentions: ["--sysroot"])
  }

  /// Sensors are read after the lockdown, in one call each, and nothing is opened.
  @Test(.enabled(if: Files.tool("strace") != nil, "needs strace"))
  func nothingIsOpenedAfterTheLockdown() throws {
    let tree = try KernelTree(Sensors.pi4)
    let trace = folder.path("trace")
    let outcome = try run(
      [
        Files.tool("strace")!, "-f", "-y", "-o", trace, "-e",
        "trace=%file,seccomp,pread64,futex,nanosleep,clock_nanosleep",
      ] + command(tree, runOptions() + ["--max-temperature", "70"]))
    #expect(outcome.code == 0, "\(outcome.error)")
    let lines = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n")
    let start = try #require(lines.firstIndex { $0.contains("seccomp(") })
    let before = lines[..<start].filter { $0.contains("openat(") }
    #expect(before.contains { $0.contains(Self.temperature) })
    let after = lines[start...]
    let reads = after.filter { $0.contains("pread64(") && $0.contains(Self.temperature) }
    // How many depends on the time that a traced one takes; at least one at the start and at the end.
    #expect(reads.count == (try health()["samples"] as? Int) && reads.count >= 2)
    #expect(after.contains { $0.contains("pread64(") && $0.contains("get_throttled") })
    for call in ["open(", "openat(", "openat2(", "stat", "access"] {
      #expect(!after.contains { $0.contains(" " + call) }, "\(call)")
    }
  }
}
