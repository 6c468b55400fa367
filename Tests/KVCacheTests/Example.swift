import Kernels
import Memory
import Profile

@testable import KVCache

/// One block of given keys in one head, evicted down to a budget.
struct Example {
  /// Positions that stay, in order.
  let kept: [Int]

  init(keys: [[Float]], budget: Int) throws {
    let headDim = keys[0].count
    let layer = CacheLayer(
      kvHeadCount: 1, headDim: headDim, budget: budget, blockSize: keys.count - budget)
    let shape = CacheShape(layerCount: 1) { _ in layer }
    var measuring = Carver.measuring
    _ = KVCache(carver: &measuring, shape: shape, keepsNorms: true) { _ in layer }
    _ = Self.makeEviction(&measuring, shape)
    let arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    let cache = KVCache(carver: &carver, shape: shape, keepsNorms: true) { _ in layer }
    let eviction = Self.makeEviction(&carver, shape)
    let block = cache.block(layer: 0, kvHead: 0, tokenCount: keys.count, nextPosition: keys.count)
    let head = block.head
    for (slot, key) in keys.enumerated() {
      head.setToken(slot: slot, position: slot, key: key, value: key)
    }
    eviction.beforeAttention(block, nil)
    let row = eviction.extraRow(block)!
    head.rows.multiply(row.values, slotCount: keys.count, into: row.products)
    eviction.score(block)
    eviction.evict(block)
    kept = (0..<budget).map { Int(head.positions[$0]) }.sorted()
    withExtendedLifetime(arena) {}
  }

  private static func makeEviction(
    _ carver: inout Carver, _ shape: CacheShape
  ) -> Eviction {
    Eviction(
      carver: &carver, shape: shape, policy: .keydiff,
      retained: Retained(sinkCount: 0, recentCount: 0), weightParts: 0)
  }
}
