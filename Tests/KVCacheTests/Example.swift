import Kernels
import Memory

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
    _ = KVCache(carver: &measuring, shape: shape)
    _ = KeyDiff(carver: &measuring, shape: shape)
    let arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    let cache = KVCache(carver: &carver, shape: shape)
    let keyDiff = KeyDiff(carver: &carver, shape: shape)
    let head = cache.head(layer: 0, kvHead: 0)
    for (slot, key) in keys.enumerated() {
      head.setToken(slot: slot, position: slot, key: key, value: key)
    }
    keyDiff.addBlock(head, slots: 0..<keys.count, layer: 0, kvHead: 0)
    let dots = keyDiff.dots(kvHead: 0)
    for (slot, key) in keys.enumerated() {
      dots[slot] = (0..<headDim).reduce(0) { $0 + keyDiff.anchor(kvHead: 0)[$1] * key[$1] }
    }
    keyDiff.evict(
      head, layer: 0, kvHead: 0, slotCount: keys.count, budget: budget,
      retained: Retained(sinkCount: 0, recentCount: 0), nextPosition: keys.count)
    kept = (0..<budget).map { Int(head.positions[$0]) }.sorted()
    withExtendedLifetime(arena) {}
  }
}
