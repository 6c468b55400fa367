/// Where the keys of a text come from.
enum KeyPattern: String, CaseIterable {
  case random
  /// All keys are one.
  case identical
  case zero
  /// Every third key is zero.
  case someZero
  /// Copies of five keys.
  case copies
  /// k, -k, k, -k, …: the sum is zero after each pair.
  case opposites
  /// All near one direction, which turns slowly, as rotated keys do.
  case drifting
  /// Near the largest Float16, some past it.
  case huge
  /// Subnormal Float16.
  case tiny
  /// Lengths over many powers of two, so that Float32 sums would round.
  case mixedLengths

  func key(
    position: Int, headDim: Int, _ random: inout some RandomNumberGenerator
  ) -> [Float] {
    let noise = (0..<headDim).map { _ in Float.random(in: -1...1, using: &random) }
    switch self {
    case .random: return noise
    case .identical: return Self.fixed(3, headDim)
    case .zero: return noise.map { _ in 0 }
    case .someZero: return position % 3 == 1 ? noise.map { _ in 0 } : noise
    case .copies: return Self.fixed(position * 7 % 5, headDim)
    case .opposites:
      let sign: Float = position & 1 == 0 ? 1 : -1
      return Self.fixed(position / 2, headDim).map { $0 * sign }
    case .drifting:
      return noise.enumerated().map { index, x in
        index == position / 40 % headDim ? 3 + x * 0.1 : index == 0 ? 2 : x * 0.2
      }
    case .huge: return noise.map { $0 * 65_600 }
    case .tiny: return noise.map { $0 * 3e-7 }
    case .mixedLengths:
      let exponent = Float(sign: .plus, exponent: position * 11 % 28 - 14, significand: 1)
      return noise.map { $0 * exponent }
    }
  }

  private static func fixed(_ which: Int, _ headDim: Int) -> [Float] {
    (0..<headDim).map { Float(($0 * 37 + which * 11 + $0 * $0 * which) % 17) / 16 - 0.4 }
  }
}
