import CInstructions

/// Slots by the product of two of their numbers, and by position.
@safe public struct SlotFilter: BitwiseCopyable {
  public let first: UnsafePointer<Float>
  public let second: UnsafePointer<Float>
  public let positions: UnsafePointer<UInt32>
  /// Positions `openStart ..< openStart + openCount` pass.
  public let openStart: UInt32
  public let openCount: UInt32

  public init(
    first: UnsafePointer<Float>, second: UnsafePointer<Float>, positions: UnsafePointer<UInt32>,
    openStart: UInt32, openCount: UInt32
  ) {
    unsafe self.first = first
    unsafe self.second = second
    unsafe self.positions = positions
    self.openStart = openStart
    self.openCount = openCount
  }

  @inline(__always)
  public func isOpen(_ slot: Int) -> Bool { unsafe positions[slot] &- openStart < openCount }

  /// Writes the slots below `count` that are open and whose product is at least `limit`, in order.
  /// - Parameter slots: room for `count`.
  /// - Returns: how many there are.
  @export(interface)
  public func collect(count: Int, atLeast limit: Float, into slots: UnsafeMutablePointer<UInt32>)
    -> Int
  {
    var found = 0
    var start = 0
    while start &+ 16 <= count {
      var bits = unsafe edge_lanes_at_least(first.lanes(start) * second.lanes(start), limit)
      while bits != 0 {
        let slot = start &+ bits.trailingZeroBitCount / edge_bits_per_lane()
        unsafe slots[found] = UInt32(truncatingIfNeeded: slot)
        if isOpen(slot) { found &+= 1 }
        bits &= bits &- 1
      }
      start &+= 16
    }
    while start < count {
      if unsafe first[start] * second[start] >= limit && isOpen(start) {
        unsafe slots[found] = UInt32(truncatingIfNeeded: start)
        found &+= 1
      }
      start &+= 1
    }
    return found
  }
}
