import Foundation
import KernelChecks
import Profile
import TestSupport
import Testing

/// What each policy adds to a block of one KV head, in instructions and in bytes that loads and
/// stores move, counted by the emulator: it grows as KeyDiff's table 2 says when the slots double,
/// and does not grow with the text.
@Suite struct PolicyCostTests {
  private static let isReady = Board.pi5.isReady && Files.tool("gcc") != nil
  private static let reason: Comment =
    "needs .build-device/pi5/device-checks (Toolchain/check builds it), qemu-aarch64 and gcc"

  /// Costs of 1,024 and 2,048 slots: twice as much, less a part that the block alone determines
  /// (sums of its keys, moves); pairs of keys grow with the square.
  @Test(
    .enabled(if: isReady, reason),
    arguments: [
      Growth(.keydiff, 1.2...2.05), Growth(.keydiffNormalized, 1.5...2.05),
      Growth(.keydiffPairwise, 3.5...4.05), Growth(.keydiffMedian, 1.7...2.2),
      Growth(.keydiffDot, 1.5...2.05), Growth(.keydiffEuclidean, 1.5...2.05),
      Growth(.sink, 1.0...1.6), Growth(.tova, 1.5...2.05), Growth(.h2o, 1.9...2.05),
      Growth(.snapkv, 1.8...2.05), Growth(.l2, 1.0...1.7),
    ])
  func doublesWithTheSlots(_ growth: Growth) throws {
    let small = try cost(growth.policy, slots: 1024, start: 3000)
    let large = try cost(growth.policy, slots: 2048, start: 3000)
    let (operations, bytes) = (
      large.instructions / small.instructions, large.bytes / small.bytes
    )
    print("\(growth.policy): \(small), \(large): \(operations), \(bytes)")
    #expect(growth.range.contains(operations), "instructions")
    #expect(growth.range.contains(bytes), "bytes")
  }

  /// The same block after 3,000 and after 1,000,000 tokens. (SnapKV sorts positions by eleven bits at
  /// a time: with more bits come more passes, which is the one part that grows.)
  @Test(
    .enabled(if: isReady, reason), arguments: [Policy.keydiff, .sink, .tova, .h2o, .snapkv, .l2])
  func staysTheSameInLongTexts(policy: Policy) throws {
    let early = try cost(policy, slots: 1024, start: 3000)
    let late = try cost(policy, slots: 1024, start: 1_000_000)
    #expect((late.instructions / early.instructions - 1).magnitude < 0.05)
    #expect((late.bytes / early.bytes - 1).magnitude < 0.05)
  }

  /// H2O reads all rows of attention, SnapKV 32 tokens', TOVA one token's, KeyDiff none.
  @Test(.enabled(if: isReady, reason))
  func costsRankAsTheRowsTheyRead() throws {
    let costs = try [Policy.keydiff, .tova, .snapkv, .h2o].map {
      try cost($0, slots: 2048, start: 3000).instructions
    }
    #expect(costs == costs.sorted())
  }

  @Test(
    .enabled(if: Board.pi5.isReady, "needs .build-device/pi5/device-checks and qemu-aarch64"),
    arguments: [
      ["lru", "1024", "2000", "1"], ["sink", "128", "2000", "1"], ["sink", "1024", "1000", "1"],
      ["sink", "1024", "2000", "0"], ["sink", "20000", "30000", "1"],
    ])
  func wrongArguments(_ arguments: [String]) throws {
    #expect(try Board.pi5.run(on: "cortex-a76", ["--policy"] + arguments).code == 64)
  }

  struct Growth {
    let policy: Policy
    let range: ClosedRange<Double>

    init(_ policy: Policy, _ range: ClosedRange<Double>) {
      (self.policy, self.range) = (policy, range)
    }
  }

  private struct Cost {
    var instructions: Double
    var bytes: Double
  }

  /// Of one block: a difference of two runs.
  private func cost(_ policy: Policy, slots: Int, start: Int) throws -> Cost {
    let plugin = try InstructionCountTests.plugin.get()
    func counts(_ repetitions: Int) throws -> [Double] {
      let run = try Board.pi5.run(
        on: "cortex-a76",
        ["--policy", "\(policy.name)", "\(slots)", "\(start)", "\(repetitions)"],
        plugin: plugin + ",bytes=on")
      try #require(run.code == 0, "\(run.error)")
      let words = run.error.split(whereSeparator: \.isWhitespace)
      return try [#require(Double(words[1])), #require(Double(words[3]))]
    }
    let (one, three) = (try counts(1), try counts(3))
    return Cost(instructions: (three[1] - one[1]) / 2, bytes: (three[0] - one[0]) / 2)
  }
}
