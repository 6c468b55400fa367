import Platform

/// Sixteen 32-bit xorshift generators side by side (Marsaglia, "Xorshift RNGs", 13-17-5).
struct RandomLanes {
  /// Of the odd numbers from -127 to 127: the root of (128^2 - 1) / 3.
  static var standardDeviation: Float { 73.898_58 }
  private var state: SIMD16<UInt32>

  init(seed: UInt64, stream: UInt64) {
    var source = SplitMix64(seed: seed ^ (stream &* 0xD6E8_FEB8_6659_FD93))
    state = SIMD16(repeating: 0)
    for lane in 0..<16 { state[lane] = UInt32(truncatingIfNeeded: source.next()) | 1 }
  }

  /// Writes groups of four bytes (a, b, -a, -b) with a and b odd.
  /// - Parameter byteCount: a multiple of 64, as packed matrices' sizes are.
  mutating func fill(_ target: UnsafeMutableRawPointer, byteCount: Int) {
    precondition(byteCount % 64 == 0)
    var lanes = state
    for offset in stride(from: 0, to: byteCount, by: 64) {
      lanes ^= lanes &<< 13
      lanes ^= lanes &>> 17
      lanes ^= lanes &<< 5
      // An odd byte is negated by turning all of its bits but the lowest.
      let pair = (lanes & 0xFFFF) | 0x0101
      let quad = pair | ((pair ^ 0xFEFE) &<< 16)
      unsafe target.storeBytes(of: quad, toByteOffset: offset, as: SIMD16<UInt32>.self)
    }
    state = lanes
  }
}
