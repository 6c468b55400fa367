import KVCache
import Kernels
import Memory
import Profile

/// The cache and what the eviction policy keeps beside it.
struct CacheState: ~Copyable {
  var cache: KVCache
  let eviction: Eviction

  /// - Parameter group: query heads a KV head.
  init(carver: inout Carver, shape: CacheShape, settings: RunSettings, group: Int) {
    let policy = settings.policy
    cache = KVCache(
      carver: &carver, shape: shape, keepsNorms: Eviction.usesNorms(policy))
    let window = min(Eviction.weightTokens(policy), settings.blockSize) * group
    eviction = Eviction(
      carver: &carver, shape: shape, policy: policy, budget: settings.cacheBudget,
      retained: settings.retained,
      weightParts: Self.parts(rowCount: settings.blockSize * group, window: window))
  }

  /// Chunks of rows that a window at the end may reach into; the block may end anywhere in a chunk.
  private static func parts(rowCount: Int, window: Int) -> Int {
    let chunk = AttentionGeometry.chunkRows
    if window == 0 { return 0 }
    return min((rowCount + chunk - 1) / chunk, (window + chunk - 1) / chunk + 1)
  }

  /// Empties the cache.
  mutating func reset() {
    cache.setCount(0)
    eviction.reset()
  }
}
