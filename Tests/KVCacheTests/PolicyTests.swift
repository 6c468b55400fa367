import Profile
import TestSupport
import Testing

@testable import KVCache

/// Every policy through the cache against its slow definition; `Simulation` compares after each
/// block.
@Suite struct PolicyTests {
  static let evicting = (0..<Policy.count).compactMap(Policy.init(rawValue:)).filter {
    Eviction.evicts($0)
  }

  private func run(_ scenario: Scenario) throws -> Simulation {
    let simulation = try Simulation(scenario)
    simulation.run()
    return simulation
  }

  /// Every kind of keys; the last block is shorter, then tokens are decoded one by one.
  @Test(arguments: evicting, KeyPattern.allCases)
  func patterns(policy: Policy, pattern: KeyPattern) throws {
    let simulation = try run(
      Scenario(
        policy: policy, pattern: pattern, budget: 48,
        blocks: Array(repeating: 16, count: 6) + [5] + Array(repeating: 1, count: 8)))
    #expect(simulation.evictionCount == 2 * 12)
    if pattern == .random { #expect(simulation.closeCount <= simulation.evictionCount / 20) }
  }

  /// One slot, a block larger than the budget, more rows than a chunk of attention, one head, odd
  /// groups, protected tokens that overlap and fill the budget.
  @Test(
    arguments: evicting,
    [
      Scenario(budget: 1, blocks: [8, 8, 1, 1, 3]),
      Scenario(budget: 5, blocks: [64, 64, 64]),
      Scenario(headDim: 64, budget: 96, blocks: [80, 80, 80, 41], kvHeadCount: 1, group: 3),
      Scenario(headDim: 80, budget: 65, blocks: [30, 30, 30, 30, 7], group: 1),
      Scenario(headDim: 128, budget: 60, blocks: [50, 50, 50], group: 7),
      Scenario(budget: 40, blocks: [64, 64, 33, 1, 1, 1], sinks: 4, recents: 8),
      Scenario(budget: 32, blocks: [32, 32, 32], sinks: 0, recents: 32),
      Scenario(budget: 16, blocks: [32, 32, 5], sinks: 10, recents: 12),
    ])
  func sizes(policy: Policy, scenario: Scenario) throws {
    var scenario = scenario
    scenario.policy = policy
    let simulation = try run(scenario)
    #expect(simulation.evictionCount > 0)
  }

  /// Equations 7 and 8 rank alike: the same tokens stay.
  @Test(arguments: [KeyPattern.random, .drifting, .mixedLengths, .someZero])
  func pairwiseAndNormalizedKeepTheSame(pattern: KeyPattern) throws {
    let blocks = Array(repeating: 24, count: 8)
    var kept: [[Int]] = []
    for policy in [Policy.keydiffPairwise, .keydiffNormalized] {
      let simulation = try run(
        Scenario(policy: policy, pattern: pattern, headDim: 32, budget: 64, blocks: blocks))
      kept.append(simulation.positions())
    }
    #expect(kept[0] == kept[1])
  }

  /// The window keeps the first four and the latest tokens.
  @Test func sinkKeepsTheEnds() throws {
    let simulation = try run(Scenario(policy: .sink, budget: 20, blocks: [16, 16, 16, 3]))
    #expect(simulation.positions() == [0, 1, 2, 3] + Array(35..<51))
  }

  /// SnapKV keeps the latest 32 tokens, whatever their weights.
  @Test func snapKVKeepsItsWindow() throws {
    let simulation = try run(Scenario(policy: .snapkv, budget: 40, blocks: [64, 64, 10]))
    #expect(Set(106..<138).isSubset(of: simulation.positions()))
  }

  /// Random directions are a weak anchor, keys near one direction a strong one.
  @Test(arguments: [Policy.keydiff, .keydiffNormalized])
  func weakAnchorsAreCounted(policy: Policy) throws {
    let blocks = Array(repeating: 32, count: 12)
    let random = try run(
      Scenario(policy: policy, headDim: 64, budget: 256, blocks: blocks))
    #expect(random.weakAnchorCount == random.evictionCount)
    let alike = try run(
      Scenario(policy: policy, pattern: .identical, headDim: 64, budget: 256, blocks: blocks))
    #expect(alike.weakAnchorCount == 0)
  }

  /// KeyDiff in passes of its own ranks as the fused one does.
  @Test func aloneScoresAsFused() throws {
    let simulation = try Simulation(Scenario(headDim: 64, budget: 300, blocks: [128, 128, 100]))
    simulation.run(compareAlone: true)
    #expect(simulation.aloneDifference < 1e-5)
    #expect(simulation.aloneDifference > 0)
  }
}

/// Slots in the order of positions.
@Suite struct PositionOrderTests {
  @Test(arguments: [1, 2, 77, 3000], [UInt32(1), 1 << 11, 1 << 22, .max])
  func sorts(count: Int, range: UInt32) {
    var random = SeededGenerator(seed: 3)
    let positions = (0..<count).map { _ in UInt32.random(in: 0..<range, using: &random) }
    var scratch = [UInt32](repeating: 7, count: PositionOrder.wordCount(slots: count))
    let order = scratch.withUnsafeMutableBufferPointer { scratch in
      let sorted = PositionOrder.sort(positions, count: count, scratch: scratch.baseAddress!)
      return (0..<count).map { Int(sorted[$0]) }
    }
    #expect(order == positions.indices.sorted { (positions[$0], $0) < (positions[$1], $1) })
  }
}
