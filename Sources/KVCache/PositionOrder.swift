/// Slots in the order of their tokens' positions.
enum PositionOrder {
  private static let digitBits = 11
  private static let digitCount = 1 << digitBits

  static func wordCount(slots: Int) -> Int { 2 * slots + digitCount }

  /// Sorts by eleven bits at a time, lowest first, as far as the greatest position has bits.
  /// - Parameter scratch: `wordCount(slots:)` words; the outcome lies in it.
  /// - Complexity: O(`count` + 2048) for each eleven bits.
  static func sort(
    _ positions: UnsafePointer<UInt32>, count: Int, scratch: UnsafeMutablePointer<UInt32>
  ) -> UnsafePointer<UInt32> {
    let ends = unsafe scratch
    var source = unsafe scratch + digitCount
    var target = unsafe source + count
    var greatest: UInt32 = 0
    for slot in 0..<count {
      unsafe source[slot] = UInt32(truncatingIfNeeded: slot)
      greatest = unsafe max(greatest, positions[slot])
    }
    var shift: UInt32 = 0
    while shift < 32 && greatest >> shift > 0 {
      unsafe distribute(positions, count, source, target, shift, ends)
      unsafe (source, target) = unsafe (target, source)
      shift += UInt32(digitBits)
    }
    return unsafe UnsafePointer(source)
  }

  /// One pass: slots in `target` in the order of a digit, equal ones as in `source`.
  private static func distribute(
    _ positions: UnsafePointer<UInt32>, _ count: Int, _ source: UnsafePointer<UInt32>,
    _ target: UnsafeMutablePointer<UInt32>, _ shift: UInt32, _ ends: UnsafeMutablePointer<UInt32>
  ) {
    let mask = UInt32(digitCount - 1)
    unsafe ends.update(repeating: 0, count: digitCount)
    for slot in 0..<count { unsafe ends[Int(positions[slot] >> shift & mask)] &+= 1 }
    var sum: UInt32 = 0
    for digit in 0..<digitCount {
      let number = unsafe ends[digit]
      unsafe ends[digit] = sum
      sum &+= number
    }
    for index in 0..<count {
      let slot = unsafe source[index]
      let digit = unsafe Int(positions[Int(slot)] >> shift & mask)
      unsafe target[Int(ends[digit])] = slot
      unsafe ends[digit] &+= 1
    }
  }
}
