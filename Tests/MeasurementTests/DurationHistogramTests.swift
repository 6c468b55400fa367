import Measurement
import Memory
import Testing

/// Durations in bounded memory.
@Suite struct DurationHistogramTests {
  /// Calls `body` with a histogram of some durations.
  private func with(
    _ durations: [Int64], _ body: (borrowing DurationHistogram) -> Void
  ) throws {
    var measuring = Carver.measuring
    _ = DurationHistogram(carver: &measuring)
    let arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    var histogram = DurationHistogram(carver: &carver)
    for duration in durations { histogram.append(nanoseconds: duration) }
    body(histogram)
    arena.unmap()
  }

  @Test func noDurations() throws {
    try with([]) { #expect($0.count == 0 && $0.quantile(0.5) == 0 && $0.sumNanoseconds == 0) }
  }

  /// Short durations have steps of their own.
  @Test func shortDurationsAreExact() throws {
    try with([3, 1, 2, 255]) {
      #expect($0.quantile(0.25) == 1 && $0.quantile(0.5) == 2 && $0.quantile(0.75) == 3)
      #expect($0.quantile(1) == 255 && $0.maximumNanoseconds == 255 && $0.sumNanoseconds == 261)
    }
  }

  /// From microseconds to minutes a quantile is within 0.4 % of the duration at its rank.
  @Test func longDurationsAreNearlyExact() throws {
    let durations = (0..<1000).map { Int64(1000 * pow(1.02, Double($0))) }
    try with(durations) {
      for percent in [1, 10, 50, 90, 99] {
        let exact = Double(durations[percent * 10 - 1])
        #expect(abs(Double($0.quantile(Double(percent) / 100)) / exact - 1) <= 0.004)
      }
    }
  }

  /// No quantile is above the longest duration, though the middle of its step may be.
  @Test func aQuantileIsAtMostTheMaximum() throws {
    try with([1_000_001]) { #expect($0.quantile(0.99) <= 1_000_001) }
  }

  private func pow(_ base: Double, _ exponent: Double) -> Double {
    (0..<Int(exponent)).reduce(1) { product, _ in product * base }
  }
}
