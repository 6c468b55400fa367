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
    let shape = CacheShape(
      layerCount: 1, kvHeadCount: 1, headDim: headDim, slotCount: keys.count)
    var measuring = Carver.measuring
    _ = KVCache(carver: &measuring, shape: shape, keepsNorms: true)
    _ = Self.makeEviction(&measuring, shape, budget)
    let arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    let cache = KVCache(carver: &carver, shape: shape, keepsNorms: true)
    let eviction = Self.makeEviction(&carver, shape, budget)
    let head = cache.head(layer: 0, kvHead: 0)
    for (slot, key) in keys.enumerated() {
      head.setToken(slot: slot, position: slot, key: key, value: key)
    }
    eviction.addBlock(head, slots: 0..<keys.count, layer: 0, kvHead: 0)
    let anchor = eviction.anchor(kvHead: 0, slotCount: keys.count)!
    head.rows.multiply(anchor, slotCount: keys.count, into: eviction.dots(kvHead: 0))
    let step = EvictionStep(
      head: head, layer: 0, kvHead: 0, slotsBefore: 0, slotCount: keys.count,
      nextPosition: keys.count)
    eviction.score(step, partCount: 0)
    eviction.evict(step)
    kept = (0..<budget).map { Int(head.positions[$0]) }.sorted()
    withExtendedLifetime(arena) {}
  }

  private static func makeEviction(
    _ carver: inout Carver, _ shape: CacheShape, _ budget: Int
  ) -> Eviction {
    Eviction(
      carver: &carver, shape: shape, policy: .keydiff, budget: budget,
      retained: Retained(sinkCount: 0, recentCount: 0), weightParts: 0)
  }
}
