import Kernels

/// Finds the slots to evict: lowest score first, of equal scores the youngest token; retained
/// tokens after all others.
///
/// A small sample tells which score a few more slots than wanted lie below. One pass of vectors
/// collects these candidates, and only they are ordered exactly.
@safe package struct VictimSearch: BitwiseCopyable {
  /// Slots that the first guess looks at.
  static let sampleCount = 64

  /// The score is minus the product; what is not open is retained.
  private let filter: SlotFilter
  /// `[slots]`: candidates, then victims.
  private let slots: UnsafeMutablePointer<UInt32>
  /// `[slots]`: the candidates' orders.
  private let orders: UnsafeMutablePointer<UInt32>
  /// `[slots]`: the sample's orders, then the ages of tokens of one order.
  private let scratch: UnsafeMutablePointer<UInt32>

  @export(interface)
  package init(
    filter: SlotFilter, slots: UnsafeMutablePointer<UInt32>, orders: UnsafeMutablePointer<UInt32>,
    scratch: UnsafeMutablePointer<UInt32>
  ) {
    self.filter = filter
    unsafe self.slots = unsafe slots
    unsafe self.orders = unsafe orders
    unsafe self.scratch = unsafe scratch
  }

  /// Leaves the victims in `slots`, in order of slots.
  /// - Parameter victimCount: at least 1, at most `slotCount`.
  /// - Complexity: O(`slotCount`); on average little more than reading scores once.
  @export(interface)
  package func run(slotCount: Int, victimCount: Int) {
    precondition(victimCount > 0 && victimCount <= slotCount)
    let count = collectCandidates(slotCount, victimCount)
    for index in 0..<count {
      unsafe orders[index] = unsafe order(Int(slots[index]))
    }
    let last = unsafe rankLimit(orders, count: count, rank: victimCount &- 1)
    let found = keep(count) { order, _ in order <= last }
    if found > victimCount {
      let oldest = oldestVictim(last, found, victimCount)
      _ = keep(found) { order, position in order < last || position >= oldest }
    }
  }

  /// Drops candidates for which `isWanted` of order and position is false.
  /// - Returns: how many are left.
  @inline(__always)
  private func keep(_ count: Int, _ isWanted: (UInt32, UInt32) -> Bool) -> Int {
    var found = 0
    for index in 0..<count {
      let (slot, order) = unsafe (slots[index], orders[index])
      unsafe (slots[found], orders[found]) = (slot, order)
      unsafe found &+= isWanted(order, filter.positions[Int(slot)]) ? 1 : 0
    }
    return found
  }

  @inline(__always)
  private func order(_ slot: Int) -> UInt32 {
    let score = unsafe Selection.order(-(filter.first[slot] * filter.second[slot]))
    return filter.isOpen(slot) ? score : Selection.order(Selection.protected)
  }

  /// - Returns: the number of candidates, `victimCount` or more: all slots that go before the others.
  private func collectCandidates(_ slotCount: Int, _ victimCount: Int) -> Int {
    if slotCount >= 2 &* Self.sampleCount {
      let step = slotCount / Self.sampleCount
      for index in 0..<Self.sampleCount { unsafe scratch[index] = order(index &* step) }
      // So many of the sample are expected among the victims; one and a half standard deviations
      // more make it likely that enough slots pass.
      let expected = Float(victimCount &* Self.sampleCount) / Float(slotCount)
      var rank = Int(expected + 1.5 * squareRoot(expected))
      while rank < Self.sampleCount {
        let limit = unsafe rankLimit(scratch, count: Self.sampleCount, rank: rank)
        if limit >= Selection.order(Selection.protected) { break }
        let count = unsafe filter.collect(
          count: slotCount, atLeast: -Selection.score(limit), into: slots)
        if count >= victimCount { return count }
        rank = 2 &* rank &+ 1
      }
    }
    for slot in 0..<slotCount { unsafe slots[slot] = UInt32(truncatingIfNeeded: slot) }
    return slotCount
  }

  /// The least position of a victim whose order is `last`, the highest, where not all of that order
  /// leave.
  private func oldestVictim(_ last: UInt32, _ count: Int, _ victimCount: Int) -> UInt32 {
    var equal = 0
    for index in 0..<count where unsafe orders[index] == last {
      unsafe scratch[equal] = unsafe ~filter.positions[Int(slots[index])]
      equal &+= 1
    }
    let lower = count &- equal
    return unsafe ~rankLimit(scratch, count: equal, rank: victimCount &- lower &- 1)
  }
}
