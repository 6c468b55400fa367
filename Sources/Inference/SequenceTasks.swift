import KVCache
import Kernels
import Memory
import Model
import Platform

/// Scores and evicts after a pass, on all heads of the cache. Each member has KV heads of its own, in all
/// layers: what scoring works with is there once a KV head.
@safe struct CommitTask {
  let state: UnsafeMutablePointer<CacheState>
  let shape: ModelShape
  let rotary: RotaryTables
  /// `[threads]`
  let times: UnsafeMutablePointer<BlockTimes>
  /// Tokens that are committed, and dropped ones behind them.
  let tokenCount: Int
  let droppedCount: Int
  let nextPosition: Int

  init(
    _ sequence: borrowing TokenSequence, _ machine: borrowing Machine, tokenCount: Int,
    droppedCount: Int
  ) {
    unsafe state = unsafe sequence.state
    shape = sequence.shape
    rotary = machine.workspace.rotary
    unsafe times = unsafe machine.workspace.times
    self.tokenCount = tokenCount
    self.droppedCount = droppedCount
    nextPosition = sequence.position + tokenCount
  }

  func run(_ member: Member) -> BlockTimes {
    var timer = LapTimer()
    for kvHead in unsafe member.ownRun(of: state.pointee.cache.shape.kvHeadCountMax) {
      for layer in 0..<shape.layerCount
      where unsafe kvHead < state.pointee.cache.kvHeadCount(layer: layer) {
        commit(layer: layer, kvHead: kvHead, &timer)
      }
    }
    return timer.finish()
  }

  private func commit(layer: Int, kvHead: Int, _ timer: inout LapTimer) {
    let block = unsafe state.pointee.cache.block(
      layer: layer, kvHead: kvHead, tokenCount: tokenCount, nextPosition: nextPosition,
      isProvisional: true)
    if droppedCount > 0 {
      unsafe state.pointee.eviction.takeBack(
        droppedCount, behind: block, rotary[shape.layer(layer)])
    }
    if tokenCount > 0 { unsafe state.pointee.eviction.score(block) }
    timer.times.score += timer.lap()
    if tokenCount > 0 { unsafe state.pointee.eviction.evict(block) }
    timer.times.evict += timer.lap()
  }
}

/// Takes back the last tokens of a block whose tokens came one by one. Each member has KV heads of its own,
/// in all layers.
@safe struct UndoTask {
  let state: UnsafeMutablePointer<CacheState>
  let shape: ModelShape
  let rotary: RotaryTables
  /// The tokens' numbers in the block.
  let steps: Range<Int>

  func run(_ member: Member) {
    for kvHead in unsafe member.ownRun(of: state.pointee.cache.shape.kvHeadCountMax) {
      for layer in 0..<shape.layerCount
      where unsafe kvHead < state.pointee.cache.kvHeadCount(layer: layer) {
        unsafe state.pointee.eviction.undo(
          steps, layer: layer, kvHead: kvHead, in: state.pointee.cache,
          rotary[shape.layer(layer)])
      }
    }
  }
}

@safe struct RenumberingTask {
  let state: UnsafeMutablePointer<CacheState>
  let shape: ModelShape
  let workspace: Workspace
  /// Of the next token, once all heads are renumbered.
  let nextPosition: Int

  func run(_ member: Member) {
    let row = unsafe workspace.rowScratch[member.index]
    let scratch =
      unsafe workspace.renumberingScratch[member.index]
    while let layer = member.nextShare(below: shape.layerCount) {
      let spec = shape.layer(layer)
      for kvHead in 0..<spec.keptHeadCount {
        let block = unsafe state.pointee.cache.block(
          layer: layer, kvHead: kvHead, tokenCount: 0, nextPosition: 0)
        unsafe state.pointee.eviction.renumber(
          block, nextPosition: nextPosition, workspace.rotary[spec], row: row, scratch: scratch)
      }
    }
  }
}
