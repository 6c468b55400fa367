import Foundation

/// What an axis shows.
struct Axis: Sendable {
  enum Kind: Sendable {
    /// From about the least value to about the greatest.
    case linear
    /// From 0.
    case fromZero
    /// 0 to 1.
    case unit
    /// 0 to 100 in quarters.
    case percent
    /// A doubling takes the same way everywhere: for lengths.
    case lengths
    /// A factor takes the same way everywhere.
    case factors
  }

  /// With the unit.
  var label: String
  var kind: Kind

  init(_ label: String, _ kind: Kind) {
    self.label = label
    self.kind = kind
  }
}

/// From values to places along an axis.
struct Scale {
  struct Tick: Equatable {
    var value: Double
    var label: String
  }

  private(set) var low: Double
  private(set) var high: Double
  private(set) var ticks: [Tick]
  private let isLogarithmic: Bool
  private let start: Double
  private let end: Double

  /// - Parameters:
  ///   - values: what must be on it; those that are no numbers count for nothing, nor do those below
  ///     zero on a logarithmic axis.
  ///   - start: the place of the least value; `end` that of the greatest.
  ///   - count: ticks at most, about.
  init(_ kind: Axis.Kind, _ values: [Double], from start: Double, to end: Double, count: Int) {
    self.start = start
    self.end = end
    isLogarithmic = kind == .lengths || kind == .factors
    let isOnIt = isLogarithmic ? { $0 > 0 } : { (_: Double) in true }
    let drawn = values.filter { Self.isOrdinary($0) && isOnIt($0) }
    let range = (drawn.min() ?? (isLogarithmic ? 1 : 0), drawn.max() ?? 1)
    switch kind {
    case .linear: (low, high) = Self.widened(range.0, range.1)
    case .fromZero: (low, high) = Self.widened(min(0, range.0), max(0, range.1))
    case .unit: (low, high) = (min(0, range.0), max(1, range.1))
    case .percent: (low, high) = (min(0, range.0), max(100, range.1))
    case .lengths: (low, high) = range.0 < range.1 ? range : (range.0 / 2, range.1 * 2)
    case .factors: (low, high) = Ticks.decadesAround(range.0, range.1)
    }
    ticks = []
    if kind == .percent, low == 0, high == 100 {
      ticks = [0, 25, 50, 75, 100].map { Tick(value: $0, label: Format.fixed($0, 0)) }
    } else if isLogarithmic {
      setLogarithmicTicks(kind, drawn, count)
    } else {
      setLinearTicks(count)
    }
  }

  private static func widened(_ low: Double, _ high: Double) -> (Double, Double) {
    if low < high { return (low, high) }
    if low == 0 { return (0, 1) }
    return low > 0 ? (low * 0.9, low * 1.1) : (low * 1.1, low * 0.9)
  }

  /// Makes the range whole steps.
  private mutating func setLinearTicks(_ count: Int) {
    let step = Ticks.step(high - low, count: count)
    let bounds = ((low / step + 1e-9).rounded(.down), (high / step - 1e-9).rounded(.up))
    if step.isNormal, abs(bounds.0) < 1e15, abs(bounds.1) < 1e15 {
      (low, high) = (bounds.0 * step, bounds.1 * step)
    }
    ticks = Ticks.linear(from: low, to: high, count: count).map {
      Tick(value: $0, label: Self.label($0, step: step))
    }
  }

  private static func label(_ value: Double, step: Double) -> String {
    let size = max(abs(value), step)
    if size >= 1e7 || size < 1e-6 { return value == 0 ? "0" : String(format: "%.3g", value) }
    return Format.fixed(value, Ticks.decimals(step: step))
  }

  private mutating func setLogarithmicTicks(
    _ kind: Axis.Kind, _ values: [Double], _ count: Int
  ) {
    let regular =
      kind == .lengths
      ? Ticks.powersOfTwo(from: low, to: high, count: count)
      : Ticks.decades(from: low, to: high, count: count)
    let own = Set(values).sorted()
    // Lengths are mostly chosen ones, which make the best ticks.
    let isOwn = own.count <= count && (kind == .lengths || regular.count < 2)
    let chosen = isOwn ? own : regular
    ticks = chosen.map { Tick(value: $0, label: String(format: "%.6g", $0)) }
  }

  /// Within the axis for every number that is on it.
  func place(_ value: Double) -> Double {
    let share =
      isLogarithmic
      ? (log(max(value, .leastNormalMagnitude)) - log(low)) / (log(high) - log(low))
      : (value - low) / (high - low)
    return start + (end - start) * share
  }

  /// Whether the value can be drawn.
  func has(_ value: Double) -> Bool {
    Self.isOrdinary(value) && (!isLogarithmic || value > 0)
  }

  /// Products and differences of what is drawn are neither infinite nor lost.
  private static func isOrdinary(_ value: Double) -> Bool {
    value == 0 || (1e-100...1e100).contains(abs(value))
  }
}
