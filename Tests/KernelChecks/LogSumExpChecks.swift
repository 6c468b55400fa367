import Kernels

/// logSumExp against Double, for counts that fill vectors and counts that do not.
enum LogSumExpChecks {
  private enum Spread: Int {
    case narrow
    /// Most terms vanish.
    case wide
    case equal
    /// One value far above the rest.
    case peaked
    /// All far from zero.
    case shifted
    case negative

    static let count = 6

    func value(_ index: Int, of count: Int, _ random: inout RandomSource) -> Float {
      let x = random.float()
      switch self {
      case .narrow: return x * 5
      case .wide: return x * 2000
      case .equal: return 1.25
      case .peaked: return index == count - 1 ? 60 : x
      case .shifted: return 20_000 + x * 10
      case .negative: return -1e6 + x * 30
      }
    }
  }

  static func values(_ context: inout CheckContext) {
    let counts: InlineArray<12, Int> = [1, 2, 3, 4, 5, 15, 16, 17, 31, 33, 1003, 49_152]
    for choice in counts.indices {
      for spread in 0..<Spread.count {
        let count = counts[choice]
        context.begin("count", count, "spread", spread)
        // Bytes past the last value are 0xFF, NaN: reading one would show.
        let values = context.take(Float.self, count)
        for index in 0..<count {
          values[index] = Spread(rawValue: spread)!.value(index, of: count, &context.random)
        }
        compare(values, count, &context)
      }
    }
  }

  /// Each term exp(-d), d = peak - value, is off by exp2's error, and by three roundings of d
  /// (difference, product, log2(e) itself); vectors are summed in at most four roundings; the
  /// logarithm and the last sum round once each.
  private static func compare(
    _ values: UnsafeMutablePointer<Float>, _ count: Int, _ context: inout CheckContext
  ) {
    var peak = Double(values[0])
    for index in 0..<count { peak = max(peak, Double(values[index])) }
    var sum = 0.0
    var weighted = 0.0
    for index in 0..<count {
      let distance = peak - Double(values[index])
      let term = distance > 700 ? 0 : Elementary.exp(-distance)
      sum += term
      weighted += term * distance
    }
    let logarithm = Elementary.log(sum)
    let expected = peak + logarithm
    let termError =
      ElementwiseChecks.exp2Error + 3 * roundoff * weighted / sum + 4 * roundoff
    let tolerance =
      1.01 * (termError + roundoff * (logarithm.magnitude + expected.magnitude))
    context.expectClose(
      Double(logSumExp(values, count: count)), expected, within: tolerance, "log(sum(exp))")
  }
}
