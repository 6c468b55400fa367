import Foundation
import TestSupport
import Testing

/// Signals, readers and writers that go away, and a machine with less than the profile names.
@Suite(
  .serialized, .enabled(if: Files.canRun, "needs .build/release/edge-infer and the default model"))
struct SignalTests {
  private static let lockedDown = "locked down"
  private let folder: Folder

  init() throws { folder = try Folder() }

  private var report: String { folder.path("report.json") }

  private func start(_ options: [String]) throws -> RunningProgram {
    let program = try RunningProgram(
      [Files.program!] + options + ["--profile", Files.hostProfile])
    try #require(program.wait(for: Self.lockedDown), "\(program.error)")
    return program
  }

  private func stop() throws -> String {
    (try json(report)["output"] as! [String: Any])["stop"] as! String
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func aSignalEndsTheAnswer(signal: Int32) throws {
    let program = try start([
      "--prompt", "Tell a very long story about the sea.", "--max-tokens", "100000",
      "--report", report,
    ])
    #expect(program.readOutput().count > 0)
    program.end(signal)
    #expect(program.finish() == 128 + signal, "\(program.error)")
    #expect(try stop() == "interrupt")
    let tokens = (try json(report)["output"] as! [String: Any])["tokens"] as! [Int]
    #expect(tokens.count > 0 && tokens.count < 100_000)
    #expect(program.error.contains("stop: interrupt"))
    #expect(!FileManager.default.fileExists(atPath: report + ".partial"))
  }

  private static let words = String(
    repeating: "All work and no play makes a dull day.\n", count: 800)

  /// Standard input that stalls.
  @Test(arguments: [SIGINT, SIGTERM])
  func aSignalEndsTheReading(signal: Int32) throws {
    let cache = folder.path("cache")
    let program = try start([
      "--raw", "--prompt-file", "-", "--block", "16", "--report", report, "--save-cache", cache,
    ])
    program.send(Self.words)
    usleep(500_000)
    program.end(signal)
    #expect(program.finish() == 128 + signal, "\(program.error)")
    #expect(try stop() == "interrupt")
    let blocks = try json(report)["blocks"] as! [Any]
    #expect(blocks.count > 0)
    // The prompt was not read to its end: there is nothing to go on from.
    #expect(!FileManager.default.fileExists(atPath: cache))
    #expect(!FileManager.default.fileExists(atPath: cache + ".partial"))
  }

  /// Bytes without end, whether or not the model has tokens for them.
  @Test func aSignalEndsAnEndlessPrompt() throws {
    let program = try start(["--raw", "--prompt-file", "/dev/zero", "--report", report])
    usleep(500_000)
    #expect(program.isRunning)
    program.end(SIGINT)
    #expect(program.finish() == 130, "\(program.error)")
    #expect(try stop() == "interrupt")
  }

  @Test func aSignalBeforeTheFirstByte() throws {
    let program = try start(["--raw", "--prompt-file", "-", "--report", report])
    program.end(SIGINT)
    #expect(program.finish() == 130, "\(program.error)")
    #expect(try stop() == "interrupt")
    let ids = try start(["--tokens", "-", "--report", folder.path("ids.json")])
    ids.end(SIGTERM)
    #expect(ids.finish() == 143, "\(ids.error)")
  }

  /// A block that takes seconds is not waited for.
  @Test func aSecondInterruptEndsAtOnce() throws {
    try "old".write(toFile: report, atomically: true, encoding: .utf8)
    let ids = try folder.write(
      "ids", Data((0..<8192).map { "\(100 + $0 % 40_000)" }.joined(separator: " ").utf8))
    let program = try start([
      "--tokens", ids, "--block", "4096", "--threads", "1", "--report", report,
    ])
    usleep(200_000)
    program.end(SIGINT)
    usleep(300_000)
    #expect(program.isRunning)
    let start = Date()
    program.end(SIGINT)
    #expect(program.finish() == 130)
    #expect(Date().timeIntervalSince(start) < 0.5)
    #expect(try String(contentsOfFile: report, encoding: .utf8) == "old")
  }

  @Test func killingLeavesTheOldReport() throws {
    try "old".write(toFile: report, atomically: true, encoding: .utf8)
    let program = try start(["--raw", "--prompt-file", "-", "--report", report])
    program.send("Some text.\n")
    program.end(SIGKILL)
    #expect(program.finish() == -SIGKILL)
    #expect(try String(contentsOfFile: report, encoding: .utf8) == "old")
    // What it left is no hindrance.
    let next = try start(["--raw", "--prompt", "One", "--max-tokens", "1", "--report", report])
    #expect(next.finish() == 0)
    #expect(try stop() == "length")
    #expect(!FileManager.default.fileExists(atPath: report + ".partial"))
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func aSignalEndsScoring(signal: Int32) throws {
    let logits = folder.path("logits.f32")
    let program = try start(
      ["score", "--prompt-file", "-", "--block", "16", "--json", report, "--logits", logits])
    program.send(Self.words)
    usleep(500_000)
    program.end(signal)
    #expect(program.finish() == 128 + signal, "\(program.error)")
    #expect(try json(report)["stop"] as! String == "interrupt")
    #expect(try json(report)["tokens"] as! Int > 0)
    #expect(!FileManager.default.fileExists(atPath: logits))
    #expect(!FileManager.default.fileExists(atPath: logits + ".partial"))
  }

  @Test(arguments: [
    ["--shape", "smollm2-135m", "--prompt", "64,40000", "--generate", "2", "--repeat", "1"],
    ["scoring", "--kv", "256,8192", "--repeat", "100"],
    ["ttft", "--shape", "smollm2-135m", "--prompt", "64,40000", "--policies", "keydiff"],
  ])
  func aSignalEndsMeasuring(options: [String]) throws {
    // The first case is short, but not of one length on every machine.
    for seconds in [2.5, 5, 10] {
      let program = try start(["bench"] + options + ["--json", report])
      Thread.sleep(forTimeInterval: seconds)
      program.end(SIGINT)
      #expect(program.finish(seconds: 20) == 130, "\(program.error)")
      let result = try json(report)
      #expect(result["stop"] as! String == "interrupt")
      if (result["results"] as! [Any]).count >= 1 { return }
    }
    Issue.record("no case was measured")
  }

  @Test func aReaderThatGoesAwayEndsTheRunQuietly() throws {
    let program = try start([
      "--prompt", "Tell a very long story about the sea.", "--max-tokens", "100000", "--report",
      report,
    ])
    #expect(program.readOutput().count > 0)
    program.closeOutput()
    #expect(program.finish() == 141)
    #expect(!program.error.contains("edge-infer:"), "\(program.error)")
    #expect(!FileManager.default.fileExists(atPath: report))
    #expect(!FileManager.default.fileExists(atPath: report + ".partial"))
    let commands = [
      "tokenize --model \"$1\" --prompt-file /usr/share/common-licenses/GPL-3 | true",
      "plan --profile \"$2\" --json | true",
    ]
    for command in commands {
      let outcome = try run([
        "/bin/bash", "-c", "\"$0\" \(command); exit ${PIPESTATUS[0]}", Files.program!, Files.model!,
        Files.hostProfile,
      ])
      #expect([0, 141].contains(outcome.code) && outcome.error.isEmpty, "\(outcome.error)")
    }
  }

  /// An answer never goes to another file, and a closed descriptor is an error.
  @Test func closedDescriptors() throws {
    let arguments = "--profile '\(Files.hostProfile)' --prompt One --max-tokens 2 --quiet"
    let output = try run([
      "/bin/bash", "-c", "'\(Files.program!)' \(arguments) --report '\(report)' >&-",
    ])
    #expect(output.code == 74 && output.errorLines.count == 1, "\(output.error)")
    #expect(!FileManager.default.fileExists(atPath: report))
    let error = try run([
      "/bin/bash", "-c", "'\(Files.program!)' \(arguments) --report '\(report)' 2>&-",
    ])
    #expect(error.code == 0)
    #expect(try stop() == "length")
    let input = try run([
      "/bin/bash", "-c", "'\(Files.program!)' --profile '\(Files.hostProfile)' --quiet <&-",
    ])
    #expect(input.code == 74 && input.errorLines.count == 1, "\(input.error)")
    let full = try run(["/bin/bash", "-c", "'\(Files.program!)' \(arguments) >/dev/full"])
    #expect(full.code == 74 && full.error.contains("no space left"), "\(full.error)")
  }

  /// Bytes of one character that come apart, and one whose end never comes.
  @Test func charactersInPieces() throws {
    let whole = try run([
      Files.program!, "--profile", Files.hostProfile, "--raw", "--prompt", "Itály, “日本”", "--quiet",
      "--max-tokens", "8",
    ])
    let program = try RunningProgram([
      Files.program!, "--profile", Files.hostProfile, "--raw", "--prompt-file", "-", "--quiet",
      "--max-tokens", "8", "--no-lockdown",
    ])
    for byte in Array("Itály, “日本”".utf8) {
      program.send(bytes: [byte])
      usleep(3_000)
    }
    program.closeInput()
    var answer = Data()
    while case let part = program.readOutput(), part.count > 0 { answer += part }
    #expect(program.finish() == 0)
    #expect(String(decoding: answer, as: UTF8.self) == whole.output)
    let cut = try RunningProgram([
      Files.program!, "--profile", Files.hostProfile, "--raw", "--prompt-file", "-", "--quiet",
    ])
    cut.send(bytes: [0x61, 0xE6, 0x97])
    cut.closeInput()
    #expect(cut.finish() == 65)
    #expect(cut.error.contains("byte 1") && cut.error.contains("UTF-8"), "\(cut.error)")
  }

  /// Cores that are not there or not given, and more threads than cores: the same tokens.
  @Test(.enabled(if: Files.tool("taskset") != nil, "needs taskset"))
  func fewerCoresThanTheProfileNames() throws {
    func output(
      _ fields: [String: Any], _ prefix: [String] = [], says: String = " threads, policy "
    ) throws -> String {
      let path = try profile(folder, fields)
      let outcome = try run(
        prefix + [
          Files.program!, "--profile", path, "--prompt", "What is the capital of France?",
          "--max-tokens", "12",
        ])
      #expect(outcome.code == 0 && outcome.error.contains(says), "\(outcome.error)")
      return outcome.output
    }
    let expected = try output([:])
    let oneCore = [Files.tool("taskset")!, "-c", "0"]
    let one = "threads (1 at work, on the one core that this process may use), policy "
    #expect(try output(["threads": 2, "cores": [0, 1]], oneCore, says: "2 " + one) == expected)
    #expect(try output(["threads": 2, "cores": [0, 900]]) == expected)
    #expect(try output(["threads": 2, "cores": [901, 902]]) == expected)
    #expect(
      try output(["threads": 8, "cores": [0, 1, 2, 3, 4, 5, 6, 7]], oneCore, says: "8 " + one)
        == expected)
  }

  /// Calls that only make things better may fail: huge pages, binding to cores, the release of what
  /// the system keeps of the model file.
  @Test(
    .enabled(if: Files.tool("strace") != nil, "needs strace"),
    arguments: ["madvise:error=EINVAL", "sched_setaffinity:error=EINVAL", "fadvise64:error=EINVAL"])
  func helpThatIsRefusedIsDoneWithout(fault: String) throws {
    let path = try profile(folder, ["threads": 2, "cores": [0, 1]])
    let outcome = try run([
      Files.tool("strace")!, "-f", "-o", "/dev/null", "-e", "inject=" + fault, Files.program!,
      "--profile", path, "--prompt", "What is the capital of France?", "--max-tokens", "12",
      "--quiet",
    ])
    #expect(outcome.code == 0 && outcome.output.contains("Paris"), "\(outcome.error)")
  }
}
