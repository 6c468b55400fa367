import Kernels

extension CacheHead {
  /// Gives the tokens of slots 0 ..< `count` the positions from `first` on, in order, and rotates their
  /// keys to them: distances between neighbours in the text become 1. (Rotary embedding is a
  /// rotation, so turning a rotated key by the difference of positions is rotating it anew. Keys are
  /// rounded to Float16 once more.)
  /// - Parameters:
  ///   - row: scratch, `headDim` values.
  ///   - scratch: `renumberingWordCount(slots:)` words.
  func renumber(
    count: Int, first: Int = 0, _ rotary: RotaryTable, row: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<UInt32>
  ) {
    let order = unsafe PositionOrder.sort(positions, count: count, scratch: scratch)
    for position in first..<first + count {
      let slot = unsafe Int(order[position - first])
      unsafe rows.copyKey(slot, factor: 1, into: row)
      unsafe rotary.turn(row, by: position - Int(positions[slot]))
      unsafe setKey(slot, position: position, from: row)
    }
  }
}

extension Eviction {
  /// Words of scratch that renumbering takes.
  public static func renumberingWordCount(slots: Int) -> Int {
    PositionOrder.wordCount(slots: slots)
  }

  /// Renumbers the kept tokens of one KV head of one layer, and brings up to date what depends on
  /// their keys. See `CacheHead.renumber`. If the latest tokens of the head stay, they get the latest
  /// positions, so that the next tokens see as many of them as before.
  /// - Parameters:
  ///   - block: of no tokens.
  ///   - nextPosition: of the next token, after all heads are renumbered.
  public func renumber(
    _ block: HeadBlock, nextPosition: Int, _ rotary: RotaryTable,
    row: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<UInt32>
  ) {
    let count = block.slotCount
    if block.keepsLatest {
      unsafe block.head.renumber(
        count: count, first: nextPosition - count, rotary, row: row, scratch: scratch)
      return
    }
    unsafe block.head.renumber(count: count, rotary, row: row, scratch: scratch)
    policy.accept(Renumbered(slots: slots(block)), form)
  }
}
