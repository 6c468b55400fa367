import Foundation
import TestSupport
import Testing

/// Disks that are full, and a program that is killed, while it writes: the old file stays whole.
@Suite(
  .serialized,
  .enabled(if: Files.canRun, "needs .build/release/edge-infer and the default model"))
struct FaultTests {
  private let folder: Folder
  private let old = Data("old".utf8)

  init() throws { folder = try Folder() }

  /// The option, and the file that it names.
  private static let outputs = ["--report", "--save-cache"]

  private func command(_ option: String, _ path: String) -> [String] {
    [
      Files.program!, "--profile", Files.hostProfile, "--budget", "64", "--block", "32", "--quiet",
      "--raw", "--prompt", "x", "--max-tokens", "1", option, path,
    ]
  }

  private func expectOld(_ path: String) throws {
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == old)
    #expect(!FileManager.default.fileExists(atPath: path + ".partial"))
  }

  @Test(arguments: outputs) func aFullDiskLeavesTheOldFile(option: String) throws {
    let path = try folder.write("out", old)
    try FileManager.default.createSymbolicLink(
      atPath: path + ".partial", withDestinationPath: "/dev/full")
    let outcome = try run(command(option, path))
    #expect(outcome.code == 74, "\(outcome.error)")
    #expect(outcome.errorLines.count == 1 && outcome.error.contains("no space left on the device"))
    try expectOld(path)
  }

  /// A limit on the size of files: its signal does not end the program.
  @Test(arguments: outputs) func aFileThatGetsTooLargeLeavesTheOldOne(option: String) throws {
    let path = try folder.write("out", old)
    let outcome = try run(
      ["/bin/sh", "-c", "ulimit -f 1; exec \"$0\" \"$@\""] + command(option, path))
    #expect(outcome.code == 74, "\(outcome.error)")
    #expect(outcome.errorLines.count == 1)
    try expectOld(path)
  }

  /// What is written beside its place goes to a pipe that is full, so that the program is killed within.
  @Test(arguments: outputs) func killedWhileWriting(option: String) throws {
    let path = try folder.write("out", old)
    #expect(mkfifo(path + ".partial", 0o600) == 0)
    let pipe = open(path + ".partial", O_RDWR | O_NONBLOCK)
    defer { close(pipe) }
    while write(pipe, [UInt8](repeating: 0, count: 512), 512) > 0 {}
    let process = Process()
    let command = command(option, path)
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    #expect(waits(process.processIdentifier))
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == old)
  }

  /// Whether the process comes to wait within the system call `write`.
  private func waits(_ id: pid_t) -> Bool {
    #if arch(x86_64)
      let number = "1 "
    #else
      let number = "64 "
    #endif
    var count = 0
    for _ in 0..<1000 where count < 3 {
      usleep(20_000)
      let call = try? String(contentsOfFile: "/proc/\(id)/syscall", encoding: .utf8)
      count = call?.hasPrefix(number) == true ? count + 1 : 0
    }
    return count == 3
  }

  /// A model that is cut short while the program reads it.
  @Test(arguments: [5, 50, 150]) func aModelThatIsCut(milliseconds: UInt32) throws {
    let path = folder.path("model.gguf")
    try FileManager.default.copyItem(atPath: Files.model!, toPath: path)
    let arguments = Array(command("--model", path).dropFirst())
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Files.program!)
    process.arguments = arguments
    let error = Pipe()
    process.standardOutput = FileHandle.nullDevice
    process.standardError = error
    try process.run()
    usleep(1000 * milliseconds)
    #expect(truncate(path, 60_000_000) == 0)
    let text = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    // All weights may have been read before, or nothing of the header.
    let hasLoaded = process.terminationStatus == 0 && text.isEmpty
    let isRefused = text.contains("truncated") || text.contains("expected them within")
    #expect(hasLoaded || process.terminationStatus == 65 && isRefused, "\(text)")
  }
}
