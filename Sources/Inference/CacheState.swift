import KVCache
import Memory
import Model
import Profile

/// The cache of one text, what the eviction policy keeps beside it, and the states of layers that keep no
/// keys.
package struct CacheState: ~Copyable {
  package var cache: KVCache
  package var eviction: Eviction
  let states: LayerStates

  init(carver: inout Carver, shape: ModelShape, settings: RunSettings) {
    let policy = settings.policy
    let cacheShape = CacheShape(layerCount: shape.layerCount) {
      settings.cacheLayer($0, of: shape)
    }
    cache = KVCache(
      carver: &carver, shape: cacheShape, keepsNorms: Eviction.usesNorms(policy)
    ) { settings.cacheLayer($0, of: shape) }
    let chunks = QueryChunks(
      tokenCount: settings.blockSize, group: shape.layers.largest { $0.group })
    eviction = Eviction(
      carver: &carver, shape: cacheShape, policy: policy, retained: settings.retained,
      weightParts: chunks.partCountMax(Eviction.weightTokens(policy)),
      takesBack: settings.takesBack, undoDepth: settings.stepCountMax)
    states = LayerStates(
      carver: &carver, shape: shape,
      undoDepth: settings.undoesSteps(of: shape) ? settings.stepCountMax : 0)
  }

  /// Empties the cache.
  mutating func reset() {
    cache.setCount(0)
    eviction.reset()
    states.reset()
  }

  /// Everything that stays with the text from block to block.
  func forEachPart<Visitor: CacheVisitor & ~Copyable>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try cache.forEachPart(&visitor)
    try eviction.forEachPart(of: cache, &visitor)
    try states.forEachPart(&visitor)
  }

  /// Bytes that stay with a text of at most `tokenCount` tokens; also of a state that is only measured.
  func byteCount(tokenCount: Int, shape: ModelShape, settings: RunSettings) -> Int {
    var counter = SnapshotCounter()
    cache.forEachPart(
      filling: tokenCount, layer: { settings.cacheLayer($0, of: shape) }, &counter)
    eviction.forEachPart(
      filling: tokenCount, layer: { settings.cacheLayer($0, of: shape) }, &counter)
    states.forEachPart(&counter)
    return counter.byteCount
  }
}

extension RunSettings {
  /// What the cache holds of a layer. If the policy does not evict, all slots stay; a layer with a window
  /// holds the window and a block, whatever the budget.
  func cacheLayer(_ index: Int, of shape: ModelShape) -> CacheLayer {
    let (layer, evicts) = (shape.layer(index), Eviction.evicts(policy))
    if case .window(let window) = layer.span {
      return CacheLayer(
        kvHeadCount: layer.keptHeadCount, headDim: layer.headDim, window: window,
        blockSize: blockSize, slotCount: evicts ? nil : slotCount)
    }
    return CacheLayer(
      kvHeadCount: layer.keptHeadCount, headDim: layer.headDim,
      budget: evicts ? cacheBudget : slotCount, blockSize: evicts ? blockSize : 0,
      shares: evicts ? headShares : nil, layer: index)
  }

  /// The positions that a run takes at most, if renumbered ones go as far as what is kept and a block; nil
  /// if there is no end to them.
  func positionCount(of shape: ModelShape) -> Int? {
    if !evicts { return slotCount }
    return renumbers ? slotCountMax(of: shape) : nil
  }

  /// Slots of a KV head in the layers that have a window; 0 if there are none.
  @export(interface)
  public func windowSlotCount(of shape: ModelShape) -> Int {
    if shape.windowLayerCount == 0 { return 0 }
    for index in 0..<shape.layerCount where shape.layer(index).span != .full {
      let layer = cacheLayer(index, of: shape)
      return layer.budget(0) + layer.blockSize
    }
    return 0
  }

  /// Slots of the largest KV head of a model.
  @export(interface)
  public func slotCountMax(of shape: ModelShape) -> Int {
    CacheShape(layerCount: shape.layerCount) { cacheLayer($0, of: shape) }.capacityMax
  }
}
