import Inference
import Measurement
import Memory
import Testing

/// Records of blocks that are taken together when there is no room for more.
struct LatencyRecordTests {
  /// What records of so many places come to.
  private func records(
    capacity: Int, _ healths: [BlockHealth]
  ) throws -> (records: [LatencyRecord], sum: LatencyRecord) {
    var measuring = Carver.measuring
    _ = BlockRecords(carver: &measuring, capacity: capacity)
    let arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    var records = BlockRecords(carver: &carver, capacity: capacity)
    for (index, health) in healths.enumerated() {
      let block = BlockRecord(
        tokenCount: 10, slotsBefore: 10 * index, times: BlockTimes())
      records.append(block, health: health)
    }
    let all = (0..<records.count).map { records[$0] }
    let sum = records.sum
    arena.unmap()
    return (all, sum)
  }

  private func health(_ degrees: Int, _ megahertz: Int, _ isThrottled: Bool) -> BlockHealth {
    BlockHealth(
      millidegrees: degrees * 1000, kilohertz: megahertz * 1000, isThrottled: isThrottled,
      microjoules: degrees)
  }

  @Test func theWorstOfBothAndTheSumOfEnergies() throws {
    let (all, sum) = try records(
      capacity: 2,
      [health(60, 2400, false), health(85, 1500, true), health(70, 1800, true)])
    #expect(all.map(\.blockCount) == [2, 1] && all.map(\.tokenCount) == [20, 10])
    #expect(all[0].health.millidegrees == 85_000 && all[0].health.kilohertz == 1_500_000)
    #expect(all[0].health.throttledBlockCount == 1 && all[0].health.microjoules == 145)
    #expect(all[1].health.millidegrees == 70_000)
    #expect(sum.blockCount == 3 && sum.health.throttledBlockCount == 2)
    #expect(sum.health.kilohertz == 1_500_000 && sum.health.microjoules == 215)
  }

  /// What is not known of one block is taken from the other.
  @Test func unknownFigures() throws {
    let none = BlockHealth()
    #expect(none.millidegrees == nil && none.kilohertz == nil)
    #expect(none.throttledBlockCount == nil && none.microjoules == nil)
    for order in [[none, health(60, 2400, true)], [health(60, 2400, true), none]] {
      let (_, sum) = try records(capacity: 2, order)
      #expect(sum.health.millidegrees == 60_000 && sum.health.kilohertz == 2_400_000)
      #expect(sum.health.throttledBlockCount == 1 && sum.health.microjoules == 60)
    }
    let (all, sum) = try records(capacity: 2, [none, none, none, none, none])
    #expect(all.map(\.blockCount) == [4, 1])
    #expect(sum.health.millidegrees == nil && sum.health.kilohertz == nil)
    #expect(sum.health.throttledBlockCount == nil && sum.health.microjoules == nil)
  }

  /// Below freezing, and what does not fit.
  @Test func extremes() {
    let cold = BlockHealth(
      millidegrees: -5_000, kilohertz: Int.max, isThrottled: nil, microjoules: 0)
    #expect(cold.millidegrees == -5_000 && cold.kilohertz == Int(Int32.max))
    #expect(cold.throttledBlockCount == nil && cold.microjoules == 0)
  }
}
