import Foundation
import Inference
import KVCache
import Profile
import TestSupport
import Testing

/// An engine whose budget is made smaller does as one that was planned for the smaller budget.
@Suite(.enabled(if: Files.stories != nil, "../shared/data/models is absent"))
struct BudgetLimitTests {
  private static let tokens = (0..<90).map { Int32(3 + $0 * 37 % 500) }
  private static let sizes: [(budget: Int, sinks: Int, recent: Int)] = [
    (48, 0, 0), (16, 4, 6), (48, 2, 12), (40, 0, 8),
  ]

  /// -log p of each token, and the positions kept at the end by the last layer's first head.
  private static func run(_ fixture: inout Fixture) throws -> (values: [Double], kept: [UInt32]) {
    let values = try fixture.negativeLogLikelihoods(tokens)
    return (values, Array(fixture.engine.keptPositions(layer: 4, kvHead: 0)))
  }

  @Test(arguments: (1..<Policy.count).compactMap(Policy.init(rawValue:)))
  func isAsPlannedSmaller(policy: Policy) throws {
    var one = try Fixture.open(Files.stories!, settings(policy, block: 16, budget: 48))
    for size in Self.sizes {
      one.engine.reset()
      one.engine.limit(
        cacheBudget: size.budget,
        retained: Retained(sinkCount: size.sinks, recentCount: size.recent))
      let limited = try Self.run(&one)
      var planned = try Fixture.open(
        Files.stories!,
        settings(
          policy, block: 16, budget: size.budget, sinks: size.sinks, recent: size.recent))
      let expected = try Self.run(&planned)
      #expect(limited.kept.count == size.budget && limited.kept == expected.kept)
      #expect(limited.values == expected.values)
    }
  }

  @Test func fullHasFewerSlots() throws {
    var fixture = try Fixture.open(Files.stories!, settings(.full, block: 16, budget: 48))
    fixture.engine.limit(cacheBudget: 20, retained: Retained(sinkCount: 0, recentCount: 0))
    // 36 slots: two blocks of 16, and 4 tokens more.
    _ = try fixture.engine.append(16)
    _ = try fixture.engine.append(16)
    _ = try fixture.engine.append(4)
    let isFull = fixture.engine.isFull
    #expect(isFull)
    #expect(throws: AppendError.self) { _ = try fixture.engine.append(1) }
  }
}
