import Foundation

/// Where an axis has its ticks.
enum Ticks {
  /// The least of 1, 2 and 5 times a power of ten that makes at most `count` steps of `range`.
  static func step(_ range: Double, count: Int) -> Double {
    guard range.isFinite, range > 0, count > 0 else { return 1 }
    let raw = range / Double(count)
    let power = pow(10, log10(raw).rounded(.down))
    // A little slack, so that 0.2999… / 3 is 0.1.
    let factor = [1, 2, 5, 10].first { $0 * power >= raw * (1 - 1e-9) } ?? 10
    return factor * power
  }

  /// Multiples of the step within the range.
  static func linear(from low: Double, to high: Double, count: Int) -> [Double] {
    guard low.isFinite, high.isFinite, high > low else { return low.isFinite ? [low] : [] }
    let step = step(high - low, count: count)
    guard step.isNormal else { return [low, high] }
    let first = (low / step - 1e-9).rounded(.up)
    let last = (high / step + 1e-9).rounded(.down)
    guard first <= last, last - first < 1_000 else { return [low, high] }
    return stride(from: first, through: last, by: 1).map { $0 * step }
  }

  /// Powers of two within the range, every second, third … where there would be more than `count`.
  static func powersOfTwo(from low: Double, to high: Double, count: Int) -> [Double] {
    guard low > 0, low.isFinite, high.isFinite, high >= low else { return [] }
    let first = (log2(low) - 1e-9).rounded(.up)
    let last = (log2(high) + 1e-9).rounded(.down)
    guard first <= last else { return [] }
    let step = ((last - first + 1) / Double(max(count, 1))).rounded(.up)
    return stride(from: first, through: last, by: step).map { exp2($0) }
  }

  /// 1, 2 and 5 times powers of ten within the range; powers of ten alone where these are more than
  /// `count`.
  static func decades(from low: Double, to high: Double, count: Int) -> [Double] {
    guard low > 0, low.isFinite, high.isFinite, high >= low else { return [] }
    let exponents = stride(from: log10(low).rounded(.down), through: log10(high), by: 1)
    let powers = exponents.map { pow(10, $0) }
    let all = powers.flatMap { [$0, 2 * $0, 5 * $0] }.filter { inside($0, low, high) }
    if all.count <= count { return all }
    let few = powers.filter { inside($0, low, high) }
    let skip = max(1, (few.count + count - 1) / max(count, 1))
    return few.enumerated().filter { $0.offset % skip == 0 }.map(\.element)
  }

  /// The nearest of 1, 2 and 5 times powers of ten with both values between them.
  static func decadesAround(_ low: Double, _ high: Double) -> (Double, Double) {
    let powers = (pow(10, log10(low).rounded(.down)), pow(10, log10(high).rounded(.down)))
    let below = [5, 2, 1].map { $0 * powers.0 }.first { $0 <= low * (1 + 1e-9) } ?? powers.0
    let above = [1, 2, 5, 10].map { $0 * powers.1 }.first { $0 >= high * (1 - 1e-9) }
    return below < above ?? below ? (below, above!) : (below, below * 2)
  }

  private static func inside(_ value: Double, _ low: Double, _ high: Double) -> Bool {
    value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)
  }

  /// Decimals that tell multiples of the step apart.
  static func decimals(step: Double) -> Int {
    guard step.isNormal else { return 0 }
    return min(9, max(0, Int(-(log10(step) + 1e-9).rounded(.down))))
  }
}
