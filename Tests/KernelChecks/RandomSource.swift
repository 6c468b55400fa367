/// Repeatable pseudo-random numbers: splitmix64 (Steele, Lea and Flood, "Fast splittable
/// pseudorandom number generators", 2014).
public struct RandomSource {
  private var state: UInt64

  public init(seed: UInt64) {
    state = seed
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// From 0 up to `bound`, which is left out; the bias of the remainder does not matter here.
  public mutating func index(below bound: Int) -> Int { Int(next() % UInt64(bound)) }

  public mutating func integer(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + index(below: range.count)
  }

  /// Even in [-1, 1), a multiple of 2^-23.
  public mutating func float() -> Float {
    Float(Int32(truncatingIfNeeded: next() >> 40)) * 0x1p-23 - 1
  }

  /// Even in [-1, 1), a multiple of 2^-52.
  public mutating func double() -> Double { Double(next() >> 11) * 0x1p-52 - 1 }
}
