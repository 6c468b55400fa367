import Platform
import TestSupport

/// A folder in .build-device: the checks as a program for one kind of processor.
enum Board: String {
  case pi4
  case pi5
  case i8mm
  case avx2 = "x86-64-v3"

  var program: String? { Files.device(rawValue, "device-checks") }

  /// The program is built, and this machine can run it.
  var isReady: Bool {
    guard program != nil else { return false }
    guard self == .avx2 else { return Files.tool("qemu-aarch64") != nil }
    return !BuildFeatures.isArm && ProcessorFeatures().vectorWidthBits >= 256
  }

  /// - Parameters:
  ///   - processor: the emulator's name for it; not used on this machine itself.
  ///   - plugin: a plugin for the emulator, or nil.
  func run(
    on processor: String, _ arguments: [String] = [], plugin: String? = nil
  ) throws -> Outcome {
    if self == .avx2 { return try TestSupport.run([program!] + arguments) }
    let plugins = plugin.map { ["-plugin", $0] } ?? []
    return try TestSupport.run(
      [Files.tool("qemu-aarch64")!, "-cpu", processor] + plugins + [program!] + arguments)
  }
}
