/// Choice of the slots to evict by score and position.
///
/// Each slot becomes one UInt64 whose order is the order of eviction: the score in the high half,
/// the complement of the position in the low half. So the lowest score goes first, and of equal
/// scores the youngest token; all keys differ, because positions do.
public enum Selection {
  /// Above every score: the slot is kept as long as any other can go.
  package static let protected = Float.infinity

  /// - Parameter score: not NaN.
  @inline(__always)
  package static func key(score: Float, position: UInt32) -> UInt64 {
    // The bits of a Float order like integers once negative numbers are turned around; -0 is 0.
    let bits = (score + 0).bitPattern
    let ordered = bits & 0x8000_0000 != 0 ? ~bits : bits | 0x8000_0000
    return UInt64(ordered) << 32 | UInt64(~position)
  }

  /// The `rank`-th smallest value (from 0). The values are reordered.
  /// - Complexity: O(`count`) on average; the pivot is a median of three.
  package static func select(_ values: UnsafeMutablePointer<UInt64>, count: Int, rank: Int)
    -> UInt64
  {
    precondition(rank >= 0 && rank < count)
    var low = 0
    var high = count - 1
    while low < high {
      let pivot = median(values[low], values[low + (high - low) / 2], values[high])
      var left = low
      var right = high
      while left <= right {
        while values[left] < pivot { left += 1 }
        while values[right] > pivot { right -= 1 }
        if left <= right {
          (values[left], values[right]) = (values[right], values[left])
          left += 1
          right -= 1
        }
      }
      if rank <= right {
        high = right
      } else if rank >= left {
        low = left
      } else {
        return values[rank]
      }
    }
    return values[rank]
  }

  @inline(__always)
  private static func median(_ a: UInt64, _ b: UInt64, _ c: UInt64) -> UInt64 {
    max(min(a, b), min(max(a, b), c))
  }
}
