import CInstructions

/// Reads memory in a straight line and does combines what it reads: what reading weights is
/// compared with. A measured reference, not a proven ceiling: it prefetches nothing itself.
public enum StreamingRead {
  /// A step of the loop: four independent vectors of 64 bytes.
  public static var stepByteCount: Int { 256 }

  /// - Parameters:
  ///   - bytes: the first byte, aligned to 64.
  ///   - byteCount: a multiple of `stepByteCount`.
  @inline(never)
  public static func run(_ bytes: UnsafeRawPointer, byteCount: Int) {
    precondition(byteCount % stepByteCount == 0)
    var (a, b) = (SIMD8<UInt64>(), SIMD8<UInt64>())
    var (c, d) = (a, b)
    var place = unsafe bytes
    for _ in 0..<byteCount / stepByteCount {
      unsafe a ^= place.load(as: SIMD8<UInt64>.self)
      unsafe b ^= place.load(fromByteOffset: 64, as: SIMD8<UInt64>.self)
      unsafe c ^= place.load(fromByteOffset: 128, as: SIMD8<UInt64>.self)
      unsafe d ^= place.load(fromByteOffset: 192, as: SIMD8<UInt64>.self)
      unsafe place += stepByteCount
    }
    // A combination of all bytes, so that every one must be read.
    edge_keep(((a ^ b) ^ (c ^ d)).wrappedSum())
  }
}
