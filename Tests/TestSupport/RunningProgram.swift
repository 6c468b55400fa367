import Foundation
import Glibc

/// A program at work, with pipes as its standard input, output and error.
public final class RunningProgram {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private let folder: Folder
  private let errorPath: String

  /// Starts `command`; its standard output is read by nobody but `readOutput`.
  public init(_ command: [String]) throws {
    signal(SIGPIPE, SIG_IGN)
    folder = try Folder()
    errorPath = folder.path("err")
    _ = FileManager.default.createFile(atPath: errorPath, contents: nil)
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle(forWritingAtPath: errorPath)
    try process.run()
    try output.fileHandleForWriting.close()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  public var identifier: pid_t { process.processIdentifier }
  public var isRunning: Bool { process.isRunning }

  /// Standard error so far.
  public var error: String { (try? String(contentsOfFile: errorPath, encoding: .utf8)) ?? "" }

  public func send(_ text: String) { send(bytes: Array(text.utf8)) }

  public func send(bytes: [UInt8]) {
    try? input.fileHandleForWriting.write(contentsOf: Data(bytes))
  }

  public func closeInput() { try? input.fileHandleForWriting.close() }

  /// At least one byte of standard output, or none at its end.
  public func readOutput() -> Data { output.fileHandleForReading.availableData }

  /// Standard output to its end.
  public func readAllOutput() -> Data { output.fileHandleForReading.readDataToEndOfFile() }

  /// No one reads standard output from here on.
  public func closeOutput() { try? output.fileHandleForReading.close() }

  public func end(_ signal: Int32) { kill(process.processIdentifier, signal) }

  public func wait(seconds: Double = 60, until holds: () -> Bool) -> Bool {
    let end = Date(timeIntervalSinceNow: seconds)
    while !holds() {
      if Date() > end { return false }
      usleep(5_000)
    }
    return true
  }

  public func wait(for text: String) -> Bool { wait { self.error.contains(text) } }

  /// The exit code, negative for a signal; nil where the program does not end.
  public func finish(seconds: Double = 60) -> Int32? {
    if !wait(seconds: seconds, until: { !self.process.isRunning }) { return nil }
    return process.terminationReason == .exit
      ? process.terminationStatus : -process.terminationStatus
  }

  /// Lines of `name` in /proc/PID/task/*/status, one a thread.
  public func status(_ name: String) -> [String] {
    let tasks = "/proc/\(identifier)/task"
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
    return threads.compactMap { thread in
      let text = try? String(contentsOfFile: "\(tasks)/\(thread)/status", encoding: .utf8)
      let line = text?.split(separator: "\n").first { $0.hasPrefix(name + ":") }
      return line?.split(whereSeparator: { $0 == ":" || $0 == "\t" }).last.map(String.init)
    }
  }
}
