import Foundation
import Platform

/// A folder in .build-device: the checks as a program for one kind of processor.
enum Board: String {
  case pi4
  case pi5
  case i8mm
  case avx2 = "x86-64-v3"

  static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  var program: String {
    Self.repository.appendingPathComponent(".build-device/\(rawValue)/device-checks").path
  }

  /// The program is built, and this machine can run it.
  var isReady: Bool {
    guard FileManager.default.isExecutableFile(atPath: program) else { return false }
    guard self == .avx2 else { return Tool.path("qemu-aarch64") != nil }
    return !Processor.isArm && Processor().vectorWidthBits >= 256
  }

  /// - Parameters:
  ///   - processor: the emulator's name for it; not used on this machine itself.
  ///   - plugin: a plugin for the emulator, or nil.
  func run(
    on processor: String, _ arguments: [String] = [], plugin: String? = nil
  ) throws -> Tool.Run {
    if self == .avx2 { return try Tool.run(program, arguments) }
    let plugins = plugin.map { ["-plugin", $0] } ?? []
    return try Tool.run(
      Tool.path("qemu-aarch64")!, ["-cpu", processor] + plugins + [program] + arguments)
  }
}

/// Programs of this machine.
enum Tool {
  static func path(_ name: String) -> String? {
    ["/usr/bin", "/usr/local/bin", "/opt/bin"].map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  struct Run {
    let output: String
    let error: String
    let reason: Process.TerminationReason
    let status: Int32
  }

  /// For programs that write little to standard error: it is read when they have ended.
  static func run(_ program: String, _ arguments: [String]) throws -> Run {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let (output, error) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = error
    try process.run()
    let written = output.fileHandleForReading.readDataToEndOfFile()
    let complaint = error.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Run(
      output: String(decoding: written, as: UTF8.self),
      error: String(decoding: complaint, as: UTF8.self), reason: process.terminationReason,
      status: process.terminationStatus)
  }
}
