import KVCache
import Memory
import Model
import Profile

/// The cache of one text and what the eviction policy keeps beside it.
package struct CacheState: ~Copyable {
  package var cache: KVCache
  package var eviction: Eviction

  init(carver: inout Carver, shape: ModelShape, settings: RunSettings) {
    let policy = settings.policy
    let cacheShape = CacheShape(
      layerCount: shape.layerCount, kvHeadCount: shape.kvHeadCount, headDim: shape.headDim,
      slotCount: settings.slotCount)
    cache = KVCache(
      carver: &carver, shape: cacheShape, budget: settings.headBudget,
      keepsNorms: Eviction.usesNorms(policy))
    let chunks = QueryChunks(
      tokenCount: settings.blockSize, group: shape.headCount / shape.kvHeadCount)
    eviction = Eviction(
      carver: &carver, shape: cacheShape, policy: policy, retained: settings.retained,
      weightParts: chunks.partCountMax(Eviction.weightTokens(policy)),
      takesBack: settings.takesBack)
  }

  /// Empties the cache.
  mutating func reset() {
    cache.setCount(0)
    eviction.reset()
  }

  /// Everything that stays with the text from block to block.
  /// - Parameter filling: filled slots of every head, in place of what is filled.
  func forEachPart<Visitor: CacheVisitor & ~Copyable>(
    filling: Int? = nil, _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try cache.forEachPart(filling: filling, &visitor)
    try eviction.forEachPart(of: cache, filling: filling, &visitor)
  }
}

extension RunSettings {
  /// Slots that eviction leaves each KV head; all, if the policy does not evict.
  var headBudget: Int { Eviction.evicts(policy) ? cacheBudget : slotCount }
}
