import Foundation
import KernelChecks
import TestSupport
import Testing

/// Instructions that the kernels execute on each kind of board, as differences of two counts of the
/// emulator's. They are exact: a kernel that spills a register, or whose loop is no longer unrolled,
/// is over its bound.
@Suite struct InstructionCountTests {
  /// A workload's instructions for one multiplication, one value or one slot.
  struct Bound {
    let workload: String
    /// Multiplications, values or slots in one run.
    let size: Int
    /// What the multiply instructions alone come to; fewer would mean that work is left out.
    let least: Double
    let most: Double
  }

  private static let tile = Int8Workload.tokens * Int8Workload.outputs * Int8Workload.k
  private static let long =
    LongInt8Workload.tokens * LongInt8Workload.outputs * LongInt8Workload.k
  private static let row = Int8Workload.rowOutputs * Int8Workload.k
  private static let packedTile =
    BitsWorkload.tokens * BitsWorkload.outputs * BitsWorkload.k
  private static let packedRow = BitsWorkload.rowOutputs * BitsWorkload.k
  private static let attention = AttentionWorkload.size
  private static let evicted = EvictionWorkload.blockSize
  private static let rounding = RoundingWorkload.tokens * RoundingWorkload.k

  /// `smull`, `smlal2` and `sadalp` for 16 products.
  @Test(
    .enabled(if: isReady(.pi4), reason),
    arguments: [
      Bound(workload: "int8-tile", size: tile, least: 3.0 / 16, most: 0.2065),
      Bound(workload: "int8-row", size: row, least: 3.0 / 16, most: 0.229),
      Bound(workload: "int8-long-blocked", size: long, least: 3.0 / 16, most: 0.1985),
      Bound(workload: "round-rows", size: rounding, least: 0.5, most: 1.16),
      Bound(workload: "attention", size: attention, least: 0.25, most: 0.4),
      Bound(workload: "evict", size: evicted, least: 2, most: 7.4),
      Bound(workload: "evict-long", size: EvictionWorkload.longBlockSlots, least: 1, most: 10.92),
      Bound(workload: "evict-token", size: EvictionWorkload.tokenSlots, least: 1, most: 6.18),
    ])
  func cortexA72(bound: Bound) throws { try expect(bound, .pi4, on: "cortex-a72") }

  /// One `sdot` for 16 products.
  @Test(
    .enabled(if: isReady(.pi5), reason),
    arguments: [
      Bound(workload: "int8-tile", size: tile, least: 1.0 / 16, most: 0.0712),
      Bound(workload: "int8-row", size: row, least: 1.0 / 16, most: 0.0846),
      Bound(workload: "int8-two", size: 2 * row, least: 1.0 / 16, most: 0.0925),
      Bound(workload: "int8-four", size: 4 * row, least: 1.0 / 16, most: 0.0845),
      Bound(workload: "int8-eight", size: 8 * row, least: 1.0 / 16, most: 0.0792),
      Bound(workload: "int8-long-blocked", size: long, least: 1.0 / 16, most: 0.0678),
      Bound(workload: "q4_0-tile", size: packedTile, least: 1.0 / 16, most: 0.1106),
      Bound(workload: "q4_0-row", size: packedRow, least: 1.0 / 16, most: 0.1602),
      Bound(workload: "q4_k-tile", size: packedTile, least: 1.0 / 16, most: 0.1145),
      Bound(workload: "q4_k-row", size: packedRow, least: 1.0 / 16, most: 0.1535),
      Bound(workload: "q5_0-row", size: packedRow, least: 1.0 / 16, most: 0.249),
      Bound(workload: "q5_k-row", size: packedRow, least: 1.0 / 16, most: 0.245),
      Bound(workload: "q4_k-four", size: 4 * packedRow, least: 1.0 / 16, most: 0.1392),
      Bound(workload: "q6_k-four", size: 4 * packedRow, least: 1.0 / 16, most: 0.1501),
      Bound(workload: "q6_k-tile", size: packedTile, least: 1.0 / 16, most: 0.124),
      Bound(workload: "q6_k-row", size: packedRow, least: 1.0 / 16, most: 0.259),
      Bound(workload: "iq4_nl-row", size: packedRow, least: 1.0 / 16, most: 0.2532),
      Bound(workload: "iq4_xs-row", size: packedRow, least: 1.0 / 16, most: 0.2502),
      Bound(workload: "q8_0-row", size: packedRow, least: 1.0 / 16, most: 0.1418),
      Bound(workload: "round-rows", size: rounding, least: 0.5, most: 1.345),
      Bound(workload: "attention", size: attention, least: 0.25, most: 0.4),
      Bound(workload: "attention-half", size: attention, least: 0.125, most: 0.2125),
      Bound(workload: "evict", size: evicted, least: 2, most: 7.42),
      Bound(workload: "evict-long", size: EvictionWorkload.longBlockSlots, least: 1, most: 10.92),
      Bound(workload: "evict-token", size: EvictionWorkload.tokenSlots, least: 1, most: 6.12),
    ])
  func cortexA76(bound: Bound) throws { try expect(bound, .pi5, on: "cortex-a76") }

  /// One `smmla` for 32 products; one `sdot` for 16 of a single token's.
  @Test(
    .enabled(if: isReady(.i8mm), reason),
    arguments: [
      Bound(workload: "int8-tile", size: tile, least: 1.0 / 32, most: 0.0415),
      Bound(workload: "int8-row", size: row, least: 1.0 / 16, most: 0.0942),
      Bound(workload: "int8-long-blocked", size: long, least: 1.0 / 32, most: 0.0367),
      Bound(workload: "q4_0-tile", size: packedTile, least: 1.0 / 32, most: 0.0918),
      Bound(workload: "q4_k-tile", size: packedTile, least: 1.0 / 32, most: 0.0936),
      Bound(workload: "q4_k-row", size: packedRow, least: 1.0 / 16, most: 0.153),
      Bound(workload: "q6_k-tile", size: packedTile, least: 1.0 / 32, most: 0.1097),
      Bound(workload: "q6_k-row", size: packedRow, least: 1.0 / 16, most: 0.2584),
      Bound(workload: "round-rows", size: rounding, least: 0.5, most: 1.22),
      Bound(workload: "attention", size: attention, least: 0.25, most: 0.4),
      Bound(workload: "attention-half", size: attention, least: 0.125, most: 0.2125),
      Bound(workload: "evict", size: evicted, least: 2, most: 7.38),
      Bound(workload: "evict-long", size: EvictionWorkload.longBlockSlots, least: 1, most: 10.92),
      Bound(workload: "evict-token", size: EvictionWorkload.tokenSlots, least: 1, most: 5.89),
    ])
  func matrixMultiply(bound: Bound) throws { try expect(bound, .i8mm, on: "max") }

  private func expect(_ bound: Bound, _ board: Board, on processor: String) throws {
    let plugin = try Self.plugin.get()
    func count(_ repetitions: Int) throws -> Int {
      let run = try board.run(
        on: processor, ["--repeat", bound.workload, "\(repetitions)"], plugin: plugin)
      #expect(run.code == 0, "\(run.error)")
      return try #require(Int(run.error.split(separator: " ").last?.dropLast() ?? ""))
    }
    let share = try Double(count(7) - count(2)) / Double(5 * bound.size)
    #expect(share >= bound.least && share <= bound.most, "\(bound.workload): \(share)")
  }

  /// A name that is none, and counts that are none, are refused.
  @Test(
    .enabled(if: Board.pi5.isReady, "needs .build-device/pi5/device-checks and qemu-aarch64"),
    arguments: [["no-such", "1"], ["int8-tile", "0"], ["int8-tile", "x"], ["int8-til", "1"]])
  func wrongRepeatArguments(_ arguments: [String]) throws {
    let run = try Board.pi5.run(on: "cortex-a76", ["--repeat"] + arguments)
    #expect(run.code == 64)
    #expect(run.error.contains("int8-row"))
  }

  private static let reason: Comment =
    "needs the board's device-checks (Toolchain/check builds it), qemu-aarch64 and gcc"

  private static func isReady(_ board: Board) -> Bool {
    board.isReady && Files.tool("gcc") != nil
  }

  /// The emulator's plugin, compiled once.
  static let plugin = Result<String, any Error> {
    let target = FileManager.default.temporaryDirectory
      .appendingPathComponent("instruction-counter-\(ProcessInfo.processInfo.processIdentifier).so")
    let source = Files.repository.appendingPathComponent("Toolchain/instruction-counter.c").path
    let run = try TestSupport.run([
      Files.tool("gcc")!, "-O2", "-Wall", "-Werror", "-fPIC", "-shared", "-o", target.path, source,
    ])
    try #require(run.code == 0, "\(run.error)")
    return target.path
  }
}
