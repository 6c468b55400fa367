/// Scores as integers.
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
}
