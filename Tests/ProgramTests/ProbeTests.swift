import Foundation
import TestSupport
import Testing

/// `probe`, of recorded machines and of this one.
@Suite(.enabled(if: Files.program != nil, "needs .build/release/edge-infer"))
struct ProbeTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private func probe(_ arguments: [String]) throws -> Outcome {
    try run([Files.program!, "probe"] + arguments)
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }

  /// The profile of a recorded machine is the published one of that board, byte for byte, but for
  /// three lines: the policy, the board's name, which the kernel gives with its revision and without its memory,
  /// and the cap, which is what is available at that moment less the reserve.
  @Test(arguments: ["pi4", "pi5", "jetson-orin-nano", "rk3588", "host-avx512"])
  func equalsThePublishedProfile(name: String) throws {
    let machines: [String: Machine] = [
      "pi4": .pi4, "pi5": .pi5, "jetson-orin-nano": .jetsonOrinNano, "rk3588": .rk3588,
      "host-avx512": .server,
    ]
    let tree = try KernelTree(machines[name]!.files)
    let outcome = try probe(["--sysroot", tree.path])
    #expect(outcome.code == 0, "\(outcome.error)")
    let published = try text(
      Files.profile(name))
    let (found, expected) = (lines(outcome.output), lines(published))
    #expect(found.count == expected.count)
    for (line, other) in zip(found, expected) {
      if line.contains("\"board\"") {
        #expect(line == "  \"board\": \"\(machines[name]!.model)\",")
      } else if line.contains("\"ramCapMiB\"") {
        #expect(other.contains("\"ramCapMiB\""))
      } else if line.contains("\"policy\"") {
        #expect(line == "  \"policy\": \"keydiff-stream\"")
        #expect(other == "  \"policy\": \"keydiff\"")
      } else {
        #expect(line == other)
      }
    }
  }

  private func lines(_ text: String) -> [Substring] {
    text.split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// The same profile in a file as on standard output, and one that `plan` takes.
  @Test func writesToAFile() throws {
    let tree = try KernelTree(Machine.rk3588.files)
    let path = folder.path("board.json")
    let outcome = try probe(["--sysroot", tree.path, "-o", path, "--quiet"])
    #expect(outcome.code == 0 && outcome.output.isEmpty && outcome.error.isEmpty)
    #expect(try probe(["--sysroot", tree.path, "--quiet"]).output == text(path))
    #expect(try text(path).contains("\"ramCapMiB\": 6432,"))
  }

  @Test func tableOfCores() throws {
    let tree = try KernelTree(Machine.rk3588.files)
    let table = try probe(["--sysroot", tree.path]).error
    #expect(table.contains("Orange Pi 5 Plus") && table.contains("NEON, FP16, dot product\n"))
    #expect(table.contains("7432 MiB available of 7945, 993 kept back: cap 6432\n"))
    #expect(table.contains("      0 to    3        0       405      1800       128         1\n"))
    #expect(table.contains(" *    6 to    7        6      1024      2352       512         1\n"))
    #expect(!table.contains("note"))
    try tree.write("proc/sys/abi/sve_default_vector_length", "32\n")
    try tree.remove("proc/meminfo")
    let other = try probe(["--sysroot", tree.path]).error
    #expect(other.contains("SVE of 256 bits") && other.contains("note: no amount of memory"))
  }

  /// Rows end where a machine has many different cores.
  @Test func longTables() throws {
    let tree = try KernelTree(Machine.server.files)
    try tree.write("sys/devices/system/cpu/online", stride(from: 0, to: 400, by: 2).list)
    let outcome = try probe(["--sysroot", tree.path])
    #expect(outcome.code == 0 && outcome.error.contains("cores more\n"))
    #expect(lines(outcome.error).count < 30)
  }

  @Test func overrides() throws {
    let tree = try KernelTree(Machine.pi5.files)
    let output = try probe([
      "--sysroot", tree.path, "--threads", "2", "--block", "64", "--budget", "512", "--policy",
      "sink", "--ram-cap-mib", "100", "--model", "modèle \"x\".gguf", "--quiet",
    ]).output
    for line in [
      "\"threads\": 2", "\"cores\": [0, 1]", "\"blockSize\": 64", "\"cacheBudget\": 512",
      "\"policy\": \"sink\"", "\"ramCapMiB\": 100", "\"model\": \"modèle \\\"x\\\".gguf\"",
    ] {
      #expect(output.contains("  " + line), "\(line) in \(output)")
    }
    let small = try probe(["--sysroot", tree.path, "--reserve-mib", "7000", "--quiet"]).output
    #expect(small.contains("\"ramCapMiB\": 592,"))
  }

  /// One line says what is wrong, and a file that was there stays as it was.
  @Test func errors() throws {
    let old = try folder.write("old.json", Data("old".utf8))
    let tree = try KernelTree(Machine.pi5.files)
    let none = folder.path("none")
    try expect(66, ["--sysroot", none, "-o", old], mentions: ["none", "proc/cpuinfo"])
    try expect(
      78, ["--sysroot", tree.path, "--reserve-mib", "2147483647", "-o", old],
      mentions: ["--reserve-mib"])
    try expect(66, ["--sysroot", tree.path, "-o", none + "/p.json"], mentions: ["p.json"])
    try expect(74, ["--sysroot", tree.path, "-o", folder.url.path], mentions: ["cannot"])
    try expect(64, ["--sysroot", "", "-o", old], mentions: ["--sysroot"])
    try expect(
      64, ["--sysroot", String(repeating: "a", count: 3000), "-o", old], mentions: ["--sysroot"])
    try expect(64, ["--profile", old, "-o", old], mentions: ["--profile"])
    try expect(64, ["--model", "", "-o", old], mentions: ["--model"])
    try expect(
      64, ["--model", String(repeating: "m", count: 1024), "-o", old], mentions: ["--model"])
    try expect(64, ["--sinks", "4", "-o", old], mentions: ["--sinks"])
    try expect(64, ["--prompt", "x", "-o", old], mentions: ["--prompt"])
    try tree.write("proc/cpuinfo", "Features : half thumb\n")
    try expect(69, ["--sysroot", tree.path, "-o", old], mentions: ["asimd"])
    try tree.write("proc/cpuinfo", "processor : 0\n")
    try expect(65, ["--sysroot", tree.path, "-o", old], mentions: ["Features"])
    #expect(try text(old) == "old")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
    #expect(names == ["old.json"])
    // Elsewhere its options are errors.
    let refused = try run([Files.program!, "plan", "--profile", old, "--sysroot", "/"])
    #expect(refused.code == 64 && refused.error.contains("--sysroot is for probe"))
  }

  private func expect(
    _ code: Int32, _ arguments: [String], mentions words: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let outcome = try probe(arguments + ["--quiet"])
    #expect(outcome.code == code, "\(outcome.error)", sourceLocation: sourceLocation)
    #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
    #expect(outcome.errorLines.count == 1, "\(outcome.error)", sourceLocation: sourceLocation)
    for word in words {
      #expect(outcome.error.contains(word), "\(outcome.error)", sourceLocation: sourceLocation)
    }
  }

  /// This machine: what `probe` writes is run with nothing edited.
  @Test(.enabled(if: Files.canRun, "needs the default model"))
  func thisMachine() throws {
    let path = folder.path("here.json")
    let outcome = try probe(["-o", path])
    #expect(outcome.code == 0 && outcome.output.isEmpty, "\(outcome.error)")
    let plan = try run([Files.program!, "plan", "--profile", path])
    #expect(plan.code == 0, "\(plan.error)")
    let answer = try run([
      Files.program!, "--profile", path, "--prompt", "What is the capital of France?",
      "--max-tokens", "16", "--quiet",
    ])
    // What it says depends on the arithmetic that the profile allows.
    #expect(answer.code == 0 && answer.output.count > 10, "\(answer.error)")
  }

  /// The cores that the process is held to are the cores of the profile.
  @Test(.enabled(if: Files.tool("taskset") != nil, "needs taskset"))
  func honoursAffinity() throws {
    let status = try text("/proc/self/status")
    let label = "Cpus_allowed_list:\t"
    let first = status[status.range(of: label)!.upperBound...].prefix { $0.isNumber }
    let command = [Files.tool("taskset")!, "-c", String(first), Files.program!]
    let outcome = try run(command + ["probe", "--quiet"])
    #expect(outcome.output.contains("\"cores\": [\(first)]"), "\(outcome.error)")
  }
}

extension Sequence<Int> {
  /// As the kernel writes lists.
  fileprivate var list: String { map(String.init).joined(separator: ",") + "\n" }
}
