import KVCache
import Memory
import Profile

/// The cache and what the eviction policy keeps beside it.
struct CacheState: ~Copyable {
  var cache: KVCache
  let keyDiff: KeyDiff

  init(carver: inout Carver, shape: CacheShape, policy: Policy) {
    cache = KVCache(carver: &carver, shape: shape)
    keyDiff = KeyDiff(carver: &carver, shape: policy == .keydiff ? shape : CacheShape.empty)
  }

  /// Empties the cache.
  mutating func reset() {
    cache.setCount(0)
    keyDiff.reset()
  }
}
