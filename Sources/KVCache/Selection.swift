/// Choice by rank.
public enum Selection {
  /// Above every score: the slot is kept as long as any other can go.
  package static let protected = Float.infinity

  /// An integer that orders like the score; -0 is 0.
  /// - Parameter score: not NaN.
  @inline(__always)
  package static func order(_ score: Float) -> UInt32 {
    // The bits of a Float order like integers once negative numbers are turned around.
    let bits = (score + 0).bitPattern
    let sign = UInt32(bitPattern: Int32(bitPattern: bits) >> 31)
    return bits ^ (sign | 0x8000_0000)
  }

  /// The score of an order.
  @inline(__always)
  package static func score(_ order: UInt32) -> Float {
    Float(bitPattern: order & 0x8000_0000 != 0 ? order & 0x7FFF_FFFF : ~order)
  }

  /// The `rank`-th smallest value (from 0). The values are reordered.
  /// - Complexity: O(`count`) on average; the pivot is a median of three.
  package static func select(_ values: UnsafeMutablePointer<UInt32>, count: Int, rank: Int)
    -> UInt32
  {
    precondition(rank >= 0 && rank < count)
    var low = 0
    var high = count &- 1
    while low < high {
      let pivot = median(values[low], values[low &+ (high &- low) / 2], values[high])
      var left = low
      var right = high
      while left <= right {
        while values[left] < pivot { left &+= 1 }
        while values[right] > pivot { right &-= 1 }
        if left <= right {
          (values[left], values[right]) = (values[right], values[left])
          left &+= 1
          right &-= 1
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
  private static func median(_ a: UInt32, _ b: UInt32, _ c: UInt32) -> UInt32 {
    max(min(a, b), min(max(a, b), c))
  }
}
