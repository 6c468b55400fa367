import Foundation
import TestSupport
import Testing

/// The program under its filter of system calls.
@Suite(
  .serialized, .enabled(if: Files.canRun, "needs .build/release/edge-infer and the default model"))
struct LockdownTests {
  private static let locked = "locked down: system calls can read, write, wait and end"
  private let folder: Folder

  init() throws { folder = try Folder() }

  private var report: String { folder.path("report.json") }

  /// A run that waits for its prompt.
  private func waitingRun(_ options: [String]) throws -> RunningProgram {
    let program = try RunningProgram(
      [
        Files.program!, "--profile", Files.hostProfile, "--raw", "--prompt-file", "-",
        "--max-tokens", "4", "--threads", "2",
      ] + options)
    try #require(program.wait(for: "locked down"), "\(program.error)")
    return program
  }

  @Test func everyThreadIsUnderTheFilter() throws {
    let program = try waitingRun([])
    #expect(program.error.contains(Self.locked + "\n"))
    #expect(program.status("Seccomp") == ["2", "2"])
    #expect(program.status("NoNewPrivs") == ["1", "1"])
    program.send("The capital of France is")
    program.closeInput()
    #expect(program.finish() == 0, "\(program.error)")
  }

  @Test func itCanBeDeclined() throws {
    let program = try waitingRun(["--no-lockdown", "--report", report])
    #expect(program.error.contains("not locked down: --no-lockdown"))
    #expect(program.status("Seccomp") == ["0", "0"])
    program.send("The capital of France is")
    program.closeInput()
    #expect(program.finish() == 0)
    #expect(try json(report)["lockdown"] as? Bool == false)
    let plan = try run([
      Files.program!, "plan", "--profile", Files.hostProfile, "--no-lockdown",
    ])
    #expect(plan.code == 64 && plan.error.contains("--no-lockdown"))
  }

  @Test func eachCommandSaysWhatItMayDo() throws {
    let common = ["--profile", Files.hostProfile]
    let text = ["--raw", "--prompt", "One, two,", "--max-tokens", "2"]
    let replacing = "; put the written files in place"
    let cases: [([String], String)] = [
      (["run"] + common + text, Self.locked),
      (["run"] + common + text + ["--report", report], Self.locked + replacing),
      (["run"] + common + text + ["--save-cache", folder.path("c")], Self.locked + replacing),
      (["chat"] + common, Self.locked + "; open files by name" + replacing),
      (["score"] + common + ["--prompt", "One, two, three"], Self.locked),
      (
        ["score"] + common + ["--prompt", "One, two, three", "--json", report],
        Self.locked + replacing
      ),
      (
        ["bench"] + common + [
          "--shape", "smollm2-135m", "--prompt", "8", "--generate", "1", "--repeat", "1", "--json",
          report,
        ], Self.locked + replacing
      ),
      (["bench", "scoring"] + common + ["--kv", "256", "--repeat", "1"], Self.locked),
      (
        ["bench", "ttft"] + common + [
          "--shape", "smollm2-135m", "--prompt", "8", "--blocks", "8", "--repeat", "1",
        ], "not locked down: each case maps memory of its own"
      ),
    ]
    for (arguments, line) in cases {
      let outcome = try run([Files.program!] + arguments)
      #expect(outcome.code == 0, "\(arguments): \(outcome.error)")
      #expect(
        outcome.errorLines.contains { $0 == "   " + line }, "\(arguments): \(outcome.error)")
    }
    #expect(try json(report)["lockdown"] as? Bool == true)
  }

  /// A kernel without seccomp, or a container that forbids it.
  @Test(
    .enabled(if: Files.tool("strace") != nil, "needs strace"),
    arguments: ["seccomp:error=ENOSYS", "seccomp:error=EINVAL", "prctl:error=EINVAL"])
  func aKernelThatRefusesIsToldOf(fault: String) throws {
    let outcome = try run([
      Files.tool("strace")!, "-o", "/dev/null", "-e", "inject=" + fault, Files.program!,
      "--profile", Files.hostProfile, "--prompt", "One, two,", "--max-tokens", "2", "--report",
      report,
    ])
    #expect(outcome.code == 0)
    #expect(outcome.error.contains("not locked down: the kernel refuses to"), "\(outcome.error)")
    #expect(try json(report)["lockdown"] as? Bool == false)
  }

  @Test(
    .enabled(
      if: Files.tool("qemu-aarch64") != nil && Files.device("pi5") != nil,
      "needs qemu-aarch64 and Toolchain/build-device Profiles/pi5.json"))
  func underTheEmulatorItGoesOn() throws {
    let board = Files.profile("pi5")
    let outcome = try run([
      Files.tool("qemu-aarch64")!, "-cpu", "cortex-a76", Files.device("pi5")!, "--profile", board,
      "--threads", "2", "--raw", "--prompt", "One", "--max-tokens", "1",
    ])
    #expect(outcome.code == 0)
    #expect(outcome.error.contains("locked down"), "\(outcome.error)")
  }

  @Test func twoOutputsNeedTwoNames() throws {
    let outcome = try run([
      Files.program!, "--profile", Files.hostProfile, "--prompt", "x", "--report", report,
      "--save-cache", report,
    ])
    #expect(outcome.code == 64 && outcome.error.contains("report.json"), "\(outcome.error)")
  }
}
