import CInstructions

/// Reads memory in a straight line and does nothing else worth mentioning: the upper limit that
/// reading weights is compared with.
public enum StreamingRead {
  /// A step of the loop: four vectors of 64 bytes, enough loads in flight for any of the boards.
  public static var stepByteCount: Int { 256 }

  /// - Parameters:
  ///   - bytes: the first byte, aligned to 64.
  ///   - byteCount: a multiple of `stepByteCount`.
  @inline(never)
  public static func run(_ bytes: UnsafeRawPointer, byteCount: Int) {
    precondition(byteCount % stepByteCount == 0)
    var (a, b) = (SIMD8<UInt64>(), SIMD8<UInt64>())
    var (c, d) = (a, b)
    var place = bytes
    for _ in 0..<byteCount / stepByteCount {
      a ^= place.load(as: SIMD8<UInt64>.self)
      b ^= place.load(fromByteOffset: 64, as: SIMD8<UInt64>.self)
      c ^= place.load(fromByteOffset: 128, as: SIMD8<UInt64>.self)
      d ^= place.load(fromByteOffset: 192, as: SIMD8<UInt64>.self)
      place += stepByteCount
    }
    // A combination of all bytes, so that every one must be read.
    edge_keep(((a ^ b) ^ (c ^ d)).wrappedSum())
  }
}
