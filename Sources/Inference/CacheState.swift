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
    let cacheShape = CacheShape(layerCount: shape.layerCount) {
      settings.cacheLayer(shape.layer($0))
    }
    cache = KVCache(
      carver: &carver, shape: cacheShape, keepsNorms: Eviction.usesNorms(policy)
    ) { settings.cacheLayer(shape.layer($0)) }
    let chunks = QueryChunks(
      tokenCount: settings.blockSize, group: shape.layers.largest { $0.group })
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
  func forEachPart<Visitor: CacheVisitor & ~Copyable>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try cache.forEachPart(&visitor)
    try eviction.forEachPart(of: cache, &visitor)
  }

  /// Bytes that stay with a text of at most `tokenCount` tokens; also of a state that is only measured.
  func byteCount(tokenCount: Int, shape: ModelShape, settings: RunSettings) -> Int {
    var counter = SnapshotCounter()
    cache.forEachPart(
      filling: tokenCount, layer: { settings.cacheLayer(shape.layer($0)) }, &counter)
    eviction.forEachPart(
      filling: tokenCount, layer: { settings.cacheLayer(shape.layer($0)) }, &counter)
    return counter.byteCount
  }
}

extension RunSettings {
  /// Slots that eviction leaves each KV head; all, if the policy does not evict.
  private var headBudget: Int { Eviction.evicts(policy) ? cacheBudget : slotCount }

  /// What the cache holds of a layer.
  func cacheLayer(_ layer: LayerSpec) -> CacheLayer {
    CacheLayer(
      kvHeadCount: layer.kvHeadCount, headDim: layer.headDim, budget: headBudget,
      blockSize: slotCount - headBudget)
  }
}
