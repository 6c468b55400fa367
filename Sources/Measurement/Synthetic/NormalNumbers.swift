import Platform

/// Nearly normal numbers of mean 0 and variance 1.
struct NormalNumbers {
  private var source: SplitMix64

  init(seed: UInt64) { source = SplitMix64(seed: seed) }

  mutating func fill(_ target: UnsafeMutablePointer<Float>, count: Int) {
    for index in 0..<count { unsafe target[index] = next() }
  }

  /// Four numbers of 16 bits, each of variance 2^32 / 12.
  mutating func next() -> Float {
    let bits = source.next()
    let sum = bits & 0xFFFF + bits >> 16 & 0xFFFF + bits >> 32 & 0xFFFF + bits >> 48
    return (Float(sum) - 131_070) * (1.732_050_8 / 65_536)
  }
}
