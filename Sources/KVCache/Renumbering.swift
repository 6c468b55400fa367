import Kernels

extension CacheHead {
  /// Gives the tokens of slots 0 ..< `count` the positions 0 ..< `count`, in order, and rotates their
  /// keys to them: distances between neighbours in the text become 1. (Rotary embedding is a
  /// rotation, so turning a rotated key by the difference of positions is rotating it anew. Keys are
  /// rounded to Float16 once more.)
  /// - Parameters:
  ///   - row: scratch, `headDim` values.
  ///   - scratch: `renumberingWordCount(slots:)` words.
  func renumber(
    count: Int, _ rotary: RotaryTable, row: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<UInt32>
  ) {
    let order = PositionOrder.sort(positions, count: count, scratch: scratch)
    for position in 0..<count {
      let slot = Int(order[position])
      rows.copyKey(slot, factor: 1, into: row)
      rotary.turn(row, by: position - Int(positions[slot]))
      setKey(slot, position: position, from: row)
    }
  }
}

extension Eviction {
  /// Words of scratch that renumbering takes.
  public static func renumberingWordCount(slots: Int) -> Int {
    PositionOrder.wordCount(slots: slots)
  }

  /// Renumbers the kept tokens of one KV head of one layer, and brings up to date what depends on
  /// their keys. See `CacheHead.renumber`.
  /// - Parameter block: of no tokens.
  public func renumber(
    _ block: HeadBlock, _ rotary: RotaryTable, row: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<UInt32>
  ) {
    block.head.renumber(count: block.slotCount, rotary, row: row, scratch: scratch)
    policy.accept(Renumbered(slots: slots(block)), form)
  }
}
