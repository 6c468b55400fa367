import Foundation
import TestSupport
import Testing

/// System calls that fail or do less than was asked. Behind the lockdown strace cannot make calls fail:
/// it takes their numbers away, and the kernel kills the process.
@Suite(
  .serialized,
  .enabled(
    if: Files.canRun && Files.tool("strace") != nil,
    "needs .build/release/edge-infer, the default model and strace"))
struct InjectionTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private static let arguments = [
    "--profile", Files.hostProfile, "--budget", "64", "--block", "16", "--raw", "--prompt",
    "The capital of France is", "--max-tokens", "4", "--quiet",
  ]

  /// - Parameters:
  ///   - fault: as strace's `inject` takes it.
  ///   - path: the only file whose calls are counted and fail; nil for all calls.
  private func run(
    _ fault: String, of path: String? = nil, _ more: [String] = []
  ) throws -> Outcome {
    let call = String(fault.prefix { $0 != ":" })
    return try TestSupport.run(
      [Files.tool("strace")!, "-f", "-o", "/dev/null"] + (path.map { ["-P", $0] } ?? [])
        + ["-e", "trace=" + call, "-e", "inject=" + fault, Files.program!] + Self.arguments + more)
  }

  private func expectTold(_ outcome: Outcome, _ code: Int32, _ words: String) {
    #expect(outcome.code == code, "\(outcome.error)")
    #expect(outcome.errorLines.count == 1 && outcome.error.contains(words), "\(outcome.error)")
  }

  /// The reads of the header, of the vocabulary and of the weights on both threads.
  @Test(arguments: [1, 2, 7, 30, 90, 150, 400, 1000, 1700])
  func aReadOfTheModelFails(number: Int) throws {
    expectTold(
      try run("pread64:error=EIO:when=\(number)", of: Files.model!), 74, "input/output error")
  }

  @Test func everyReadFails() throws {
    expectTold(try run("pread64:error=EIO", of: Files.model!), 74, "input/output error")
  }

  @Test func interruptedReadsAreTakenUpAgain() throws {
    let plain = try TestSupport.run([Files.program!] + Self.arguments)
    #expect(plain.code == 0 && plain.output.contains("Paris"), "\(plain.output)")
    let outcome = try run("pread64:error=EINTR:when=3+4", of: Files.model!)
    #expect(outcome.code == 0 && outcome.output == plain.output, "\(outcome.error)")
  }

  /// Reads that give less than was asked, from a file that is regular.
  @Test(.enabled(if: Files.tool("gcc") != nil, "needs gcc")) func shortReads() throws {
    let library = folder.path("short_reads.so")
    let source = Files.repository.appendingPathComponent("Tests/ProgramTests/short_reads.c").path
    let built = try TestSupport.run(
      [Files.tool("gcc")!, "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"])
    #expect(built.code == 0, "\(built.error)")
    let plain = try TestSupport.run([Files.program!] + Self.arguments)
    let outcome = try TestSupport.run(
      ["/usr/bin/env", "LD_PRELOAD=" + library, Files.program!] + Self.arguments)
    #expect(outcome.code == 0 && outcome.output == plain.output, "\(outcome.error)")
    let traced = try TestSupport.run(
      [
        "/usr/bin/env", "LD_PRELOAD=" + library, Files.tool("strace")!, "-f", "-c", "-e",
        "trace=pread64", "-U", "name,calls", Files.program!,
      ] + Self.arguments)
    let calls =
      traced.error.split(separator: "\n").first { $0.contains("pread64") }?
      .split(separator: " ").compactMap { Int($0) }.first ?? 0
    // More than twice the calls of whole reads, so the library was in effect.
    #expect(calls > 5000, "\(traced.error)")
  }

  @Test(arguments: [
    "write:error=ENOSPC", "write:error=EIO", "fsync:error=EIO", "renameat:error=EIO",
  ])
  func aReportThatCannotBeWrittenLeavesTheOldOne(fault: String) throws {
    let path = try folder.write("report.json", Data("old".utf8))
    // Standard output is written before the report: with no tokens there is but a newline.
    let when = fault.hasPrefix("write") ? ":when=2+" : ""
    let outcome = try run(fault + when, ["--report", path, "--no-lockdown"])
    #expect(outcome.code == 74, "\(outcome.error)")
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
    #expect(!FileManager.default.fileExists(atPath: path + ".partial"))
  }

  @Test func aPromptThatCannotBeRead() throws {
    let arguments = Self.arguments.map { $0 == "--prompt" ? "--prompt-file" : $0 }
      .map { $0 == "The capital of France is" ? "-" : $0 }
    let outcome = try TestSupport.run(
      [
        Files.tool("strace")!, "-f", "-o", "/dev/null", "-P", "/dev/stdin", "-e", "trace=read",
        "-e",
        "inject=read:error=EIO", Files.program!, "--no-lockdown",
      ] + arguments, input: Data("The capital".utf8))
    // strace tells of its own what file it takes the path for.
    #expect(outcome.code == 74, "\(outcome.error)")
    #expect(outcome.errorLines.last?.contains("input/output error") == true, "\(outcome.error)")
  }

  @Test func threadsThatAreRefused() throws {
    expectTold(try run("clone3,clone:error=EAGAIN"), 71, "temporarily unavailable")
  }

  /// The options of memory are wishes: where the system refuses them the answer is the same.
  @Test func lockedMemoryAndHugePagesThatAreRefused() throws {
    let plain = try TestSupport.run([Files.program!] + Self.arguments)
    #expect(plain.code == 0)
    let arguments = Self.arguments.filter { $0 != "--quiet" }
    for (fault, option, line) in [
      ("mlock:error=ENOMEM", "--lock-memory", "   memory not locked: not enough memory; "),
      ("mlock:error=EPERM", "--lock-memory", "   memory not locked: permission denied; "),
      ("madvise:error=EINVAL", "--no-huge-pages", "   locked down: "),
      ("madvise:error=EINVAL", "--lock-memory", "   memory locked: "),
    ] {
      let report = folder.path("report.json")
      let outcome = try TestSupport.run(
        [
          Files.tool("strace")!, "-f", "-o", "/dev/null", "-e",
          "trace=" + fault.prefix { $0 != ":" }, "-e", "inject=" + fault, Files.program!, option,
          "--report", report,
        ] + arguments)
      #expect(outcome.code == 0 && outcome.output == plain.output, "\(outcome.error)")
      #expect(outcome.error.contains(line), "\(fault): \(outcome.error)")
      let isLocked = try json(report)["memoryLocked"] as! Bool
      #expect(isLocked == line.hasPrefix("   memory locked"))
    }
  }

  /// The arena is the one mapping of more than 100 MB.
  @Test func memoryThatIsRefused() throws {
    let trace = folder.path("trace")
    _ = try TestSupport.run(
      [Files.tool("strace")!, "-o", trace, "-e", "trace=mmap", Files.program!] + Self.arguments)
    let sizes = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n")
      .map { $0.split(separator: ", ").dropFirst().first.flatMap { Int($0) } ?? 0 }
    let arena = try #require(sizes.firstIndex { $0 > 100_000_000 })
    expectTold(try run("mmap:error=ENOMEM:when=\(arena + 1)"), 71, "not enough memory")
  }
}
