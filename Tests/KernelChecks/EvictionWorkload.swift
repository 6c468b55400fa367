import KVCache
import Kernels
import Memory
import Platform
import Profile

/// KeyDiff's choice and the moves it asks for, in one head; no attention pass and no new tokens.
public enum EvictionWorkload {
  public static let headDim = 64
  /// Key elements that a block's eviction exchanges, and the slots it looks at.
  public static let blockSize = 128 * headDim
  public static let longBlockSlots = 8192 + 128
  public static let tokenSlots = 2048 + 1

  /// One run: the block of 128 that a budget of 2048 has to let go.
  static func block(_ context: inout CheckContext, count: Int) {
    run(&context, budget: 2048, victims: 128, count: count)
  }

  /// As `block`, with four times the budget.
  static func longBlock(_ context: inout CheckContext, count: Int) {
    run(&context, budget: 8192, victims: 128, count: count)
  }

  /// One run: the one slot that a decoded token asks for.
  static func token(_ context: inout CheckContext, count: Int) {
    run(&context, budget: 2048, victims: 1, count: count)
  }

  private static func run(
    _ context: inout CheckContext, budget: Int, victims: Int, count: Int
  ) {
    context.begin("budget", budget, "victims", victims)
    guard let fixture = EvictionFixture(&context, budget: budget, victims: victims) else { return }
    for run in 0..<count { fixture.evict(run) }
  }
}

/// A full cache of one head with random keys, and dot products that are others in each run.
private struct EvictionFixture: ~Copyable {
  private let arena: Arena
  private let cache: KVCache
  private let eviction: Eviction
  private let budget: Int
  private let slotCount: Int
  /// `[tableCount]`
  private let dots: UnsafeMutablePointer<Float>
  private static let tableCount = 1 << 15

  init?(_ context: inout CheckContext, budget: Int, victims: Int) {
    self.budget = budget
    slotCount = budget + victims
    let layer = CacheLayer(
      kvHeadCount: 1, headDim: EvictionWorkload.headDim, budget: budget, blockSize: victims)
    let shape = CacheShape(layerCount: 1) { _ in layer }
    var measuring = Carver.measuring
    _ = KVCache(carver: &measuring, shape: shape, keepsNorms: true) { _ in layer }
    _ = Self.makeEviction(&measuring, shape)
    do throws(SystemFailure) {
      arena = try Arena(plan: measuring.measured())
    } catch {
      context.expect(false, "memory for the cache")
      return nil
    }
    var carver = arena.carver()
    cache = KVCache(carver: &carver, shape: shape, keepsNorms: true) { _ in layer }
    eviction = Self.makeEviction(&carver, shape)
    dots = context.take(Float.self, Self.tableCount)
    for index in 0..<Self.tableCount { dots[index] = context.random.float() }
    fill(&context)
  }

  private func fill(_ context: inout CheckContext) {
    let row = context.take(Float.self, EvictionWorkload.headDim)
    let head = cache.head(layer: 0, kvHead: 0)
    for slot in 0..<slotCount {
      for index in 0..<EvictionWorkload.headDim { row[index] = context.random.float() }
      head.setToken(slot: slot, position: slot, key: row, value: row)
    }
    eviction.beforeAttention(
      cache.block(layer: 0, kvHead: 0, tokenCount: slotCount, nextPosition: slotCount), nil)
    cache.setCount(budget)
  }

  /// What the last run moved away stays behind the budget, as new tokens.
  func evict(_ run: Int) {
    let firstPosition = slotCount &+ run &* (slotCount &- budget)
    let block = cache.block(
      layer: 0, kvHead: 0, tokenCount: slotCount &- budget,
      nextPosition: firstPosition &+ slotCount &- budget)
    for slot in block.slots {
      block.head.positions[slot] = UInt32(truncatingIfNeeded: firstPosition &+ slot &- budget)
    }
    let start = run &* 977 & (Self.tableCount / 2 - 1)
    if let row = eviction.extraRow(block) {
      copy(dots + start, to: row.products, count: slotCount)
    }
    eviction.evict(block)
  }

  private static func makeEviction(
    _ carver: inout Carver, _ shape: CacheShape
  ) -> Eviction {
    Eviction(
      carver: &carver, shape: shape, policy: .keydiff,
      retained: Retained(sinkCount: 0, recentCount: 0), weightParts: 0)
  }
}
