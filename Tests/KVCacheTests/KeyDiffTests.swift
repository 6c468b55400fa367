import Testing

@testable import KVCache

/// KeyDiff through the cache against the slow definition; `Simulation` compares after each block.
@Suite struct KeyDiffTests {
  private func blocks(_ count: Int, of size: Int, last: Int? = nil) -> [Int] {
    Array(repeating: size, count: count) + (last.map { [$0] } ?? [])
  }

  /// Every kind of keys, many blocks, the last one shorter; two layers with two heads.
  @Test(arguments: KeyPattern.allCases)
  func patterns(pattern: KeyPattern) throws {
    let simulation = try Simulation(
      Scenario(
        pattern: pattern, headDim: 16, budget: 48, blocks: blocks(12, of: 16, last: 5), sinks: 0,
        recents: 0, layerCount: 2))
    simulation.run()
    #expect(simulation.evictionCount == 2 * 2 * 10)
    if pattern == .random || pattern == .mixedLengths { #expect(simulation.closeCount == 0) }
  }

  /// Sizes at their limits, each with random keys: one slot, a block larger than the budget, head
  /// lengths of models, more slots than a tile, protected tokens up to all of the budget.
  @Test(arguments: [
    Scenario(budget: 1, blocks: [8, 8, 1, 1, 3]),
    Scenario(budget: 1, blocks: Array(repeating: 1, count: 30)),
    Scenario(budget: 5, blocks: [64, 64, 64]),
    Scenario(headDim: 8, budget: 63, blocks: [64, 64, 1]),
    Scenario(headDim: 64, budget: 128, blocks: Array(repeating: 128, count: 4) + [77]),
    Scenario(headDim: 80, budget: 65, blocks: [30, 30, 30, 30, 7]),
    Scenario(headDim: 128, budget: 200, blocks: [100, 100, 100, 100]),
    Scenario(budget: 32, blocks: [32, 32, 32], sinks: 4, recents: 8),
    Scenario(budget: 32, blocks: [32, 32, 32], sinks: 0, recents: 32),
    Scenario(budget: 32, blocks: [32, 32, 32], sinks: 32, recents: 0),
    Scenario(budget: 16, blocks: [32, 32, 5], sinks: 10, recents: 12),
    Scenario(pattern: .identical, budget: 20, blocks: [16, 16, 16], sinks: 3, recents: 6),
    Scenario(pattern: .copies, budget: 20, blocks: [16, 16, 16, 16], sinks: 2, recents: 5),
  ])
  func sizes(scenario: Scenario) throws {
    let simulation = try Simulation(scenario)
    simulation.run()
    #expect(simulation.evictionCount > 0)
    #expect(simulation.closeCount == 0 || scenario.pattern != .random)
  }

  /// A prompt, then one token at a time: N + 1 slots each time.
  @Test(arguments: [KeyPattern.random, .drifting, .mixedLengths])
  func decoding(pattern: KeyPattern) throws {
    let simulation = try Simulation(
      Scenario(
        pattern: pattern, budget: 40, blocks: [32, 32] + Array(repeating: 1, count: 300), sinks: 2,
        recents: 4))
    simulation.run()
    #expect(simulation.evictionCount == 2 * 301)
    #expect(simulation.closeCount < simulation.evictionCount / 50)
  }

  /// The running sum over a long text of keys whose lengths span 2^28.
  @Test func longText() throws {
    let simulation = try Simulation(
      Scenario(
        pattern: .mixedLengths, headDim: 8, budget: 32, blocks: blocks(400, of: 16),
        kvHeadCount: 1))
    simulation.run()
    #expect(simulation.closeCount == 0)
  }

  /// Nothing is evicted up to the budget.
  @Test func fullBudgetStays() throws {
    let simulation = try Simulation(Scenario(budget: 24, blocks: [8, 8, 8]))
    simulation.run()
    #expect(simulation.evictionCount == 0)
    #expect(simulation.positions() == Array(0..<24))
  }

  /// Equal scores keep the older tokens: of equal keys, or of zero keys, the first ones stay.
  @Test(arguments: [KeyPattern.identical, .zero])
  func equalKeysKeepTheFirst(pattern: KeyPattern) throws {
    let simulation = try Simulation(
      Scenario(pattern: pattern, budget: 10, blocks: [16, 7, 1, 16]))
    simulation.run()
    #expect(simulation.positions() == Array(0..<10))
    let withRecents = try Simulation(
      Scenario(pattern: pattern, budget: 10, blocks: [16, 7, 1, 16], recents: 3))
    withRecents.run()
    #expect(withRecents.positions() == Array(0..<7) + [37, 38, 39])
  }
}

/// Small cases with outcomes worked out by hand.
@Suite struct KeyDiffExampleTests {
  /// mean (3/4, 1/4): the cosines are 0.949 for (1, 0) and 0.316 for (0, 1). The one that differs
  /// stays, and of the equal ones the oldest.
  @Test func differentKeyStays() throws {
    let kept = try kept([[1, 0], [1, 0], [1, 0], [0, 1]], budget: 2)
    #expect(kept == [0, 3])
  }

  /// The mean points along (1, 0). Scores: -1, 0 for the zero key, -1, and 1 for the key that points
  /// the other way.
  @Test func zeroKeyScoresZero() throws {
    #expect(try kept([[4, 0], [0, 0], [4, 0], [-1, 0]], budget: 1) == [3])
    #expect(try kept([[4, 0], [0, 0], [4, 0], [-1, 0]], budget: 2) == [1, 3])
    #expect(try kept([[4, 0], [0, 0], [4, 0], [-1, 0]], budget: 3) == [0, 1, 3])
  }

  /// The mean is of the keys as they are: it points along (10, 1), and the first key resembles it
  /// most. The mean of their directions would point along (1, 2), and the first key would stay.
  @Test func meanOfUnnormalizedKeys() throws {
    #expect(try kept([[10, 0], [0, 0.5], [0, 0.5]], budget: 1) == [1])
  }

  /// The length of a key does not count: both point the same way.
  @Test func lengthDoesNotCount() throws {
    #expect(try kept([[0.5, 0], [8, 0], [0, 1], [0.25, 0]], budget: 2) == [0, 2])
  }

  private func kept(_ keys: [[Float]], budget: Int) throws -> [Int] {
    let example = try Example(keys: keys, budget: budget)
    return example.kept
  }
}
