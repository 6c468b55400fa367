import Foundation
import Inference
import KVCache
import Memory
import Platform
import Profile
import TestSupport
import Testing

@testable import Measurement

/// Reports and tables, byte by byte.
@Suite struct ReportTests {
  private func times(
    _ total: Int64, _ linear: Int64, _ attention: Int64, _ score: Int64, _ evict: Int64
  ) -> BlockTimes {
    var times = BlockTimes()
    (times.total, times.linear, times.attention) = (total, linear, attention)
    (times.score, times.evict) = (score, evict)
    return times
  }

  private var health: BlockHealth {
    BlockHealth(millidegrees: 61_250, kilohertz: 1_799_600, isThrottled: true, microjoules: 12_345)
  }

  private func record(_ health: BlockHealth) -> LatencyRecord {
    let block = BlockRecord(
      tokenCount: 128, slotsBefore: 2048,
      times: times(10_000_000, 6_000_000, 2_500_000, 1_000_000, 250_050))
    return LatencyRecord(block, index: 3, health: health)
  }

  @Test func aBlockAsJSON() {
    let start =
      "{\"index\": 3, \"blocks\": 1, \"tokens\": 128, \"slotsBefore\": 2048, "
      + "\"slotsBeforeLeast\": 2048, \"totalUs\": 10000.0, \"linearUs\": 6000.0, \"attentionUs\": 2500.0, "
      + "\"scoreUs\": 1000.0, \"evictUs\": 250.1, \"otherUs\": 250.0"
    let plain = written { ReportText.writeBlock(record(BlockHealth()), &$0) }
    #expect(plain == start + "}")
    let hot = written { ReportText.writeBlock(record(health), &$0) }
    #expect(
      hot == start
        + ", \"temperatureC\": 61.3, \"frequencyMHz\": 1800, \"throttled\": true, "
        + "\"joules\": 0.012345}")
  }

  @Test func aSpreadAsJSON() {
    var all = InlineArray<100, Int64>(repeating: 0)
    (all[0], all[1], all[2]) = (2_000, 1_000, 4_500)
    let text = written { ReportText.writeSpread(Spread(all, count: 3), &$0) }
    #expect(text == "\"medianUs\": 2.0, \"minUs\": 1.0, \"maxUs\": 4.5")
  }

  @Test func settingsOfARunAsJSON() {
    let settings = RunSettings(
      blockSize: 128, cacheBudget: 2048, policy: .tova,
      retained: Retained(sinkCount: 4, recentCount: 16), threadCount: 3, logitRowCount: 1,
      l2ByteCount: 1 << 20)
    let text = written { ReportText.writeRun(settings, &$0) }
    #expect(
      text == "{\"policy\": \"tova\", \"blockSize\": 128, \"cacheBudget\": 2048, \"threads\": 3, "
        + "\"decodeThreads\": 3, \"workingThreads\": 3, \"sinks\": 4, \"recent\": 16, "
        + "\"build\": \"\(BuildFeatures.name)\"}"
    )
  }

  /// Calls `body` with records of so many equal blocks.
  private func table(_ count: Int, _ health: BlockHealth) throws -> [String] {
    var measuring = Carver.measuring
    _ = BlockRecords(carver: &measuring, capacity: 64)
    let arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    var records = BlockRecords(carver: &carver, capacity: 64)
    for block in 0..<count {
      records.append(
        BlockRecord(
          tokenCount: 100, slotsBefore: 100 * block,
          times: times(10_000_000, 5_000_000, 2_000_000, 1_000_000, 500_000)), health: health)
    }
    let text = written { LatencyTable.write(records, to: &$0) }
    arena.unmap()
    return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  @Test func theLatencyTable() throws {
    let lines = try table(2, BlockHealth())
    #expect(
      lines == [
        "",
        "   block  tokens   slots      total     linear  attention      score      evict"
          + "      other  tokens/s",
        "       0     100       0      10.00       5.00       2.00       1.00       0.50"
          + "       1.50   10000.0",
        "       1     100     100      10.00       5.00       2.00       1.00       0.50"
          + "       1.50   10000.0",
        "     all     200       0      20.00      10.00       4.00       2.00       1.00"
          + "       3.00   10000.0",
        "   share                     100.0 %     50.0 %     20.0 %     10.0 %      5.0 %"
          + "     15.0 %   (times in ms)",
        "",
      ])
    #expect(try table(0, BlockHealth()) == [""])
  }

  /// A long run's middle is left out, and a sensor brings a column.
  @Test func aLongLatencyTable() throws {
    let lines = try table(30, health)
    #expect(lines[1].hasSuffix("tokens/s      °C    MHz         J"))
    #expect(lines[2].hasSuffix("10000.0    61.3   1800     0.012  !"))
    #expect(lines[9].hasPrefix("       7 ") && lines[10] == "     …")
    #expect(lines[11].hasPrefix("      26 ") && lines[15].hasPrefix("     all    3000 "))
    #expect(lines[17] == "   ! the board was slowed down in 30 of these blocks")
  }

  @Test func linesOfErrors() {
    #expect(
      line(HealthError.limit) == "--max-temperature is from 30 to 120 degrees Celsius")
    #expect(HealthError.limit.exitCode == .usage)
    #expect(HealthError.noThermometer.exitCode == .unavailable)
    #expect(MeasurementError.interrupt.exitCode == .interrupted)
  }
}
