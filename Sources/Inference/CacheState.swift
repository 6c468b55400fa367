import KVCache
import Memory
import Profile

/// The cache and what the eviction policy keeps beside it.
package struct CacheState: ~Copyable {
  package var cache: KVCache
  package var eviction: Eviction

  /// - Parameter group: query heads a KV head.
  init(carver: inout Carver, shape: CacheShape, settings: RunSettings, group: Int) {
    let policy = settings.policy
    cache = KVCache(
      carver: &carver, shape: shape, keepsNorms: Eviction.usesNorms(policy))
    eviction = Eviction(
      carver: &carver, shape: shape, policy: policy, budget: settings.cacheBudget,
      retained: settings.retained,
      weightParts: QueryChunks(tokenCount: settings.blockSize, group: group)
        .partCountMax(Eviction.weightTokens(policy)))
  }

  /// Empties the cache.
  mutating func reset() {
    cache.setCount(0)
    eviction.reset()
  }
}
