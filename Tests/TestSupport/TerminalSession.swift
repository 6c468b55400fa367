import Foundation
import Glibc

/// A program with a terminal as its standard input and error, and with a file as its standard output.
public final class TerminalSession {
  public static let isAvailable = Files.tool("setsid") != nil
  /// TIOCSPTLCK and TIOCGPTN of asm-generic/ioctls.h.
  private static let setLock: UInt = 0x4004_5431
  private static let getNumber: UInt = 0x8004_5430
  private let process = Process()
  private let master: Int32
  private let slave: Int32
  private let folder: Folder
  private let outputPath: String
  /// What the terminal has shown.
  public private(set) var screen = ""
  /// Up to where `wait` has looked.
  private var seenCount = 0

  public init(_ command: [String]) throws {
    folder = try Folder()
    outputPath = folder.path("out")
    _ = FileManager.default.createFile(atPath: outputPath, contents: nil)
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    var (lock, number): (Int32, Int32) = (0, 0)
    precondition(
      master >= 0 && ioctl(master, Self.setLock, &lock) == 0
        && ioctl(master, Self.getNumber, &number) == 0)
    slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
    // A session of its own, whose controlling terminal this one becomes: Ctrl-C is a signal to it.
    process.executableURL = URL(fileURLWithPath: Files.tool("setsid")!)
    process.arguments = ["--ctty", "--wait"] + command
    process.standardInput = FileHandle(fileDescriptor: slave)
    process.standardError = FileHandle(fileDescriptor: slave)
    process.standardOutput = FileHandle(forWritingAtPath: outputPath)
    try process.run()
  }

  deinit {
    if process.isRunning { end(SIGKILL) }
    process.waitUntilExit()
    close(master)
    close(slave)
  }

  /// The program itself.
  private var processID: pid_t? {
    let parent = process.processIdentifier
    let children = try? String(
      contentsOfFile: "/proc/\(parent)/task/\(parent)/children", encoding: .utf8)
    // setsid starts a process only where it leads a group of its own.
    return children?.split(separator: " ").first.flatMap { pid_t($0) } ?? parent
  }

  public func end(_ signal: Int32) {
    if let processID { kill(processID, signal) }
  }

  /// Bytes of standard output so far.
  public var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }

  /// Whether the terminal shows what is typed, by itself.
  public var echoes: Bool {
    var settings = termios()
    tcgetattr(slave, &settings)
    return settings.c_lflag & tcflag_t(ECHO) != 0 && settings.c_lflag & tcflag_t(ICANON) != 0
  }

  public func send(_ text: String) {
    let bytes = Array(text.utf8)
    precondition(write(master, bytes, bytes.count) == bytes.count)
  }

  /// Reads what the terminal shows until `text` is there, behind what was waited for before.
  public func wait(for text: String, seconds: Double = 60) -> Bool {
    wait(seconds: seconds) {
      guard let range = self.screen.dropFirst(self.seenCount).range(of: text) else { return false }
      self.seenCount = self.screen.distance(from: self.screen.startIndex, to: range.upperBound)
      return true
    }
  }

  /// Reads what the terminal shows until something holds.
  public func wait(seconds: Double = 60, until holds: () -> Bool) -> Bool {
    let end = Date(timeIntervalSinceNow: seconds)
    while !holds() {
      if Date() > end { return false }
      read(milliseconds: 20)
    }
    return true
  }

  private func read(milliseconds: Int32) {
    var request = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
    guard poll(&request, 1, milliseconds) > 0 else { return }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = Glibc.read(master, &bytes, bytes.count)
    if count > 0 { screen += String(decoding: bytes[..<count], as: UTF8.self) }
  }

  /// The exit code, or nil where the program does not end.
  public func finish(seconds: Double = 60) -> Int32? {
    wait(seconds: seconds) { !self.process.isRunning } ? process.terminationStatus : nil
  }
}
