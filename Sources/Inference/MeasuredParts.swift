import KVCache
import Kernels
import Memory
import Model

/// What module Measurement needs of an engine's parts: to make up weights and a cache where there is
/// no file and no text, and to let the engine's own threads do other work.
extension Engine {
  /// The cache and what the policy keeps beside it.
  package var cacheState: UnsafeMutablePointer<CacheState> { unsafe sequence.state }

  /// What a member of the team saw of the latest block.
  package func times(ofMember index: Int) -> BlockTimes { unsafe machine.workspace.times[index] }

  /// A row for each member: at least as many values as the longest row of a matrix, and as a head.
  package var rowScratch: ArenaRows<Float> { machine.workspace.rowScratch }

  /// Makes the rotary table's frequencies from the shape, as `load` does.
  package func setRotaryFrequencies() {
    machine.workspace.rotary.setFrequencies(shape)
  }

  /// The cache is filled to the budget: `full` forgets what came after, the policies that evict have
  /// kept so many anyway.
  @export(interface)
  package mutating func setPlaceAtBudget() {
    if Eviction.evicts(settings.policy) {
      unsafe sequence.state.pointee.cache.fillToBudgets()
    } else {
      unsafe sequence.state.pointee.cache.setCount(settings.cacheBudget)
    }
    let count = slotsFilled
    sequence.setPlace(tokenCount: count, position: count, fixedCount: count)
  }
}
