import Testing

@testable import Measurement

/// Median and extremes of runs, and rates.
@Suite struct SpreadTests {
  private func spread(_ times: [Int64]) -> Spread {
    var all = InlineArray<100, Int64>(repeating: -1)
    for (index, time) in times.enumerated() { all[index] = time }
    return Spread(all, count: times.count)
  }

  @Test func anOddCountOfRuns() {
    let spread = spread([50, 10, 40, 20, 30])
    #expect(spread.median == 30 && spread.medianRun == 4)
    #expect(spread.minimum == 10 && spread.maximum == 50)
  }

  /// The median is the mean of the two in the middle, and its run the shorter of them.
  @Test func anEvenCountOfRuns() {
    let spread = spread([40, 10, 30, 21])
    #expect(spread.median == 25 && spread.medianRun == 3)
    #expect(spread.minimum == 10 && spread.maximum == 40)
  }

  /// Of equal times the first run counts.
  @Test func equalTimes() {
    let spread = spread([7, 7, 7])
    #expect(spread.median == 7 && spread.medianRun == 1)
    #expect(spread.minimum == 7 && spread.maximum == 7)
  }

  @Test func oneRunAndTheMostRuns() {
    #expect(spread([5]).median == 5 && spread([5]).medianRun == 0)
    let most = spread((0..<100).map { Int64(99 - $0) })
    #expect(most.median == 49 && most.minimum == 0 && most.maximum == 99)
    #expect(most.medianRun == 50)
  }

  @Test func unitsASecond() {
    #expect(rate(50, nanoseconds: 500_000_000) == 100)
    #expect(rate(50, nanoseconds: 0) == 0)
  }
}
