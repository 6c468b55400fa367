import Foundation
import Glibc

/// A program at work, with pipes as its standard input, output and error.
final class RunningProgram {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private let folder: Folder
  private let errorPath: String

  /// Starts `command`; its standard output is read by nobody but `readOutput`.
  init(_ command: [String]) throws {
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

  var identifier: pid_t { process.processIdentifier }
  var isRunning: Bool { process.isRunning }

  /// Standard error so far.
  var error: String { (try? String(contentsOfFile: errorPath, encoding: .utf8)) ?? "" }

  func send(_ text: String) { send(bytes: Array(text.utf8)) }

  func send(bytes: [UInt8]) { try? input.fileHandleForWriting.write(contentsOf: Data(bytes)) }

  func closeInput() { try? input.fileHandleForWriting.close() }

  /// At least one byte of standard output, or none at its end.
  func readOutput() -> Data { output.fileHandleForReading.availableData }

  /// Standard output to its end.
  func readAllOutput() -> Data { output.fileHandleForReading.readDataToEndOfFile() }

  /// No one reads standard output from here on.
  func closeOutput() { try? output.fileHandleForReading.close() }

  func end(_ signal: Int32) { kill(process.processIdentifier, signal) }

  func wait(seconds: Double = 60, until holds: () -> Bool) -> Bool {
    let end = Date(timeIntervalSinceNow: seconds)
    while !holds() {
      if Date() > end { return false }
      usleep(5_000)
    }
    return true
  }

  func wait(for text: String) -> Bool { wait { self.error.contains(text) } }

  /// The exit code, negative for a signal; nil where the program does not end.
  func finish(seconds: Double = 60) -> Int32? {
    if !wait(seconds: seconds, until: { !self.process.isRunning }) { return nil }
    return process.terminationReason == .exit
      ? process.terminationStatus : -process.terminationStatus
  }

  /// Lines of `name` in /proc/PID/task/*/status, one a thread.
  func status(_ name: String) -> [String] {
    let tasks = "/proc/\(identifier)/task"
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
    return threads.compactMap { thread in
      let text = try? String(contentsOfFile: "\(tasks)/\(thread)/status", encoding: .utf8)
      let line = text?.split(separator: "\n").first { $0.hasPrefix(name + ":") }
      return line?.split(whereSeparator: { $0 == ":" || $0 == "\t" }).last.map(String.init)
    }
  }
}

/// A report, or any JSON object, in a file.
func json(_ path: String) throws -> [String: Any] {
  try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path)))
    as! [String: Any]
}
