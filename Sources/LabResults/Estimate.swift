import Foundation

/// A mean and how sure it is.
public struct Estimate: Codable, Sendable, Hashable {
  public var mean: Double
  /// Standard error of the mean: deviation of the samples (n - 1) over the root of n; NaN for one.
  public var error: Double
  /// A 95 % interval: the bootstrap's percentiles.
  public var low: Double
  public var high: Double
  public var count: Int

  /// - Parameters:
  ///   - samples: at least one.
  ///   - resamples: of the bootstrap (Efron, 1979; percentile interval). The same samples always
  ///     give the same interval.
  public init(_ samples: [Double], resamples: Int = 1_000) {
    precondition(!samples.isEmpty)
    let count = Double(samples.count)
    let mean = samples.reduce(0, +) / count
    let squares = samples.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    var generator = SplitMix64(seed: 1)
    let means = (0..<resamples).map { _ in
      (0..<samples.count).reduce(0) { sum, _ in
        sum + samples[Int.random(in: 0..<samples.count, using: &generator)]
      } / count
    }.sorted()
    self.mean = mean
    error = samples.count > 1 ? (squares / (count - 1) / count).squareRoot() : .nan
    low = Self.percentile(0.025, of: means)
    high = Self.percentile(0.975, of: means)
    self.count = samples.count
  }

  /// Linear between neighbours.
  static func percentile(_ share: Double, of sorted: [Double]) -> Double {
    let place = share * Double(sorted.count - 1)
    let below = Int(place)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
  }
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014: the same numbers
/// for a seed on every machine.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
