import Inference
import KVCache
import Kernels
import Memory
import Model
import Platform

/// What made-up keys are like.
enum SyntheticKeys {
  /// The length of what all keys of a head have in common, where the rest of a key has length 1: a
  /// mean cosine of 0.6 with the mean key, as trained models' heads have (KeyDiff, figure 13).
  static var commonShare: Float { 0.8 }
}

/// Fills every head's slots up to the budget; each thread has KV heads of its own.
@safe private struct SyntheticCache {
  let state: UnsafeMutablePointer<CacheState>
  /// A row for each thread.
  let rows: ArenaRows<Float>
  /// KV heads of the layer that has most.
  let kvHeadCountMax: Int
  /// For policies that keep all slots.
  let slotCountMax: Int
  let evicts: Bool
  let seed: UInt64

  init(_ engine: borrowing Engine, seed: UInt64) {
    unsafe state = unsafe engine.cacheState
    rows = engine.rowScratch
    kvHeadCountMax = engine.shape.layers.largest { $0.kvHeadCount }
    slotCountMax = max(engine.settings.cacheBudget, engine.settings.headBudgets.upperBound)
    evicts = engine.settings.evicts
    self.seed = seed
  }

  func run(_ member: Member) {
    for kvHead in member.ownRun(of: kvHeadCountMax) {
      for layer in unsafe 0..<state.pointee.cache.shape.layerCount
      where unsafe kvHead < state.pointee.cache.kvHeadCount(layer: layer) {
        fill(layer: layer, kvHead: kvHead, member)
      }
    }
  }

  private func fill(layer: Int, kvHead: Int, _ member: Member) {
    let key = unsafe rows[member.index]
    let budget = unsafe state.pointee.cache.budget(layer: layer, kvHead: kvHead)
    let slotCount = evicts ? budget : min(slotCountMax, budget)
    let block = unsafe state.pointee.cache.block(
      layer: layer, kvHead: kvHead, tokenCount: slotCount, nextPosition: slotCount)
    let headDim = block.head.rows.headDim
    let stream = UInt64(layer * kvHeadCountMax + kvHead)
    var random = NormalNumbers(seed: seed &+ 2 &* stream)
    for slot in 0..<slotCount {
      var common = NormalNumbers(seed: seed &+ 2 &* stream &+ 1)
      for index in 0..<headDim {
        unsafe key[index] = random.next() + SyntheticKeys.commonShare * common.next()
      }
      unsafe block.head.setToken(slot: slot, position: slot, key: key, value: key)
    }
    unsafe state.pointee.eviction.beforeAttention(block, nil)
  }
}

extension Engine {
  /// Makes up a cache that is filled to the budget, in place of a prompt that long: for measuring what
  /// the next block and the next token take. What a policy sums up over blocks is as at the start.
  @export(interface)
  public mutating func fillCacheSynthetic(seed: UInt64) {
    reset()
    var task = SyntheticCache(self, seed: seed)
    unsafe team.run(&task) { context, team, index in
      unsafe context.assumingMemoryBound(to: SyntheticCache.self).pointee
        .run(Member(team: team, index: index))
    }
    rewindToBudget()
  }

  /// The cache is filled to the budget again: `full` forgets what came after, the policies that evict
  /// have kept so many anyway.
  public mutating func rewindToBudget() { setPlaceAtBudget() }
}
