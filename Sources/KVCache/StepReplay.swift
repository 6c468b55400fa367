import Kernels

// Layers that share keys attend to a block's tokens one by one, and each to the slots as they were when the
// token came. The layer that keeps the keys evicts; every other one goes back to the slots before the block
// and does the same writes and evictions again. The log's memory serves for it: while an eviction is taken
// back, the log has the new token in place of the evicted one.

extension Eviction {
  /// Takes back the eviction of a block's token, for another layer that attends to the same keys. To be called
  /// for the block's tokens in their reverse order.
  @export(interface)
  public func rewind(_ block: HeadBlock) {
    guard let step = block.step else { return }
    log.exchange(block, step)
  }

  /// Writes the token whose eviction was taken back behind the filled slots again.
  @export(interface)
  public func writeAgain(_ block: HeadBlock) {
    guard let step = block.step else { return }
    log.writeToken(block, step)
  }

  /// Evicts as was done for the token, once attention has seen it.
  @export(interface)
  public func evictAgain(_ block: HeadBlock) { rewind(block) }
}

extension StepLog {
  /// The token in the emptied slot and the one in the log take each other's places. Norms and numbers stay, since
  /// attention reads none, and the second exchange leaves all as it was.
  fileprivate func exchange(_ block: HeadBlock, _ step: Int) {
    let hole = hole(block, step)
    // A token that was evicted itself never lay in a slot of those that are kept.
    if hole < 0 || hole == block.slotsBefore { return }
    let token = token(block, step)
    unsafe block.head.rows.exchange(hole, key: token.key, value: token.value)
    unsafe swap(&block.head.positions[hole], &token.position.pointee)
  }

  fileprivate func writeToken(_ block: HeadBlock, _ step: Int) {
    if hole(block, step) < 0 { return }
    let (token, slot) = (token(block, step), block.slotsBefore)
    unsafe block.head.rows.write(slot, key: token.key, value: token.value)
    unsafe block.head.positions[slot] = unsafe token.position.pointee
  }
}
