import Foundation
import KernelChecks
import TestSupport
import Testing

/// The same checks as programs for the boards, run by the emulator of their processor. The programs
/// are built by `Toolchain/build-device … --product device-checks`.
@Suite struct EmulatorTests {
  @Test(
    .enabled(if: Board.pi4.isReady, "needs .build-device/pi4/device-checks and qemu-aarch64"),
    arguments: ["cortex-a72", "cortex-a76", "max"])
  func pi4(processor: String) throws { try expectChecksHold(.pi4, on: processor) }

  @Test(
    .enabled(if: Board.pi5.isReady, "needs .build-device/pi5/device-checks and qemu-aarch64"),
    arguments: ["cortex-a76"])
  func pi5(processor: String) throws { try expectChecksHold(.pi5, on: processor) }

  @Test(
    .enabled(if: Board.i8mm.isReady, "needs .build-device/i8mm/device-checks and qemu-aarch64"),
    arguments: ["max"])
  func i8mm(processor: String) throws { try expectChecksHold(.i8mm, on: processor) }

  /// The AVX2 program is x86-64 and runs as it is.
  @Test(
    .enabled(
      if: Board.avx2.isReady,
      "needs .build-device/x86-64-v3/device-checks (Toolchain/check builds it) and AVX2"))
  func avx2() throws { try expectChecksHold(.avx2, on: "") }

  /// A processor of 2008, without AVX: told so in one line, not by an illegal instruction.
  @Test(
    .enabled(
      if: Board.avx2.isReady && Files.tool("qemu-x86_64") != nil,
      "needs .build-device/x86-64-v3/device-checks and qemu-x86_64"))
  func aProcessorWithoutAVX2IsRefused() throws {
    let run = try TestSupport.run(
      [Files.tool("qemu-x86_64")!, "-cpu", "Nehalem", Board.avx2.program!])
    #expect(run.code == 69)
    #expect(run.error.contains("AVX2"), "\(run.error)")
  }

  /// A program that dies of a signal, such as an illegal instruction, does not count as one that
  /// ran, whatever it wrote before.
  private func expectChecksHold(_ board: Board, on processor: String) throws {
    let run = try board.run(on: processor)
    let lines = run.output.split(separator: "\n")
    #expect(run.code == 0, "\(run.error)")
    #expect(lines.count > 1)
    #expect(lines.last?.hasSuffix(" passed, 0 failed") == true, "\(run.output)")
    #expect(lines.dropLast().allSatisfy { $0.hasPrefix("ok ") })
    #expect(lines.last?.hasPrefix("\(lines.count - 1) passed") == true)
    let hasFloat16 = lines.contains { $0.hasPrefix("ok attention.half ") }
    #expect(hasFloat16 == (board == .pi5 || board == .i8mm))
    for name in sameBits + (hasFloat16 && CheckList.computesInFloat16 ? ["attention.half"] : []) {
      let line = lines.first { $0.hasPrefix("ok \(name) ") }
      let digest = line?.split(separator: "digest ").last?.dropLast()
      #expect(digest == "\(NamedRun(name: name).digest)", "\(name) gives other bits than here")
    }
  }

  /// Checks whose results are the same on every instruction set, bit for bit. The others compare
  /// for equality anyway.
  private let sameBits = [
    "matmul.store", "matmul.add", "matmul.gated", "packed-matrix.rows", "hadamard.real",
    "activations.rows", "activations.normalized", "exp2", "silu", "log-sum-exp", "elementary.table",
    "rotary.frequencies", "rotary.rotate", "attention.shapes", "attention.extreme-scores",
    "cache-rows.float16",
  ]
}
