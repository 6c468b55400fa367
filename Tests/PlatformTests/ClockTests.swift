import Testing

@testable import Platform

struct ClockTests {
  @Test func durationsAreNeverNegative() {
    let (earlier, later) = (Instant(nanoseconds: 1_000), Instant(nanoseconds: 1_500))
    #expect(later.nanoseconds(since: earlier) == 500)
    #expect(earlier.nanoseconds(since: later) == 0)
  }
}
