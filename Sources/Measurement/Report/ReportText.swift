import Inference
import KVCache
import Memory
import Platform
import Profile

/// The parts of which reports are made. Times are in microseconds, sizes in bytes.
public enum ReportText {
  @export(interface)
  public static func writeRun(_ settings: RunSettings, _ out: inout TextOutput) {
    out.write("{\"policy\": ")
    out.write(jsonString: settings.policy.name)
    writeMember(", \"blockSize\": ", settings.blockSize, &out)
    writeMember(", \"cacheBudget\": ", settings.cacheBudget, &out)
    writeMember(", \"threads\": ", settings.threadCount, &out)
    writeMember(", \"decodeThreads\": ", settings.decodeThreadCount, &out)
    writeMember(", \"workingThreads\": ", settings.workingThreadCount, &out)
    writeMember(", \"sinks\": ", settings.retained.sinkCount, &out)
    writeMember(", \"recent\": ", settings.retained.recentCount, &out)
    out.write(", \"build\": ")
    out.write(jsonString: BuildFeatures.name)
    out.write("}")
  }

  /// One object a record; `blocks` says how many consecutive blocks it covers.
  @export(interface)
  public static func writeBlocks(_ records: borrowing BlockRecords, _ out: inout TextOutput) {
    out.write("[")
    for index in 0..<records.count {
      out.write(index == 0 ? "\n  " : ",\n  ")
      writeBlock(records[index], &out)
    }
    out.write("]")
  }

  @export(interface)
  public static func writeBlock(_ record: LatencyRecord, _ out: inout TextOutput) {
    writeMember("{\"index\": ", record.index, &out)
    writeMember(", \"blocks\": ", record.blockCount, &out)
    writeMember(", \"tokens\": ", record.tokenCount, &out)
    writeMember(", \"slotsBefore\": ", record.slotsBefore, &out)
    writeMember(", \"slotsBeforeLeast\": ", record.slotsBeforeLeast, &out)
    out.write(", ")
    writeTimes(record.times, &out)
    writeHealth(record.health, &out)
    out.write("}")
  }

  /// Members for what the sensors said.
  private static func writeHealth(_ health: BlockHealth, _ out: inout TextOutput) {
    if let millidegrees = health.millidegrees {
      HealthReport.writeThousandths(", \"temperatureC\": ", millidegrees, &out)
    }
    if let kilohertz = health.kilohertz {
      writeMember(", \"frequencyMHz\": ", HealthReport.rounded(kilohertz), &out)
    }
    if let count = health.throttledBlockCount {
      out.write(count > 0 ? ", \"throttled\": true" : ", \"throttled\": false")
    }
    if let microjoules = health.microjoules {
      out.write(", \"joules\": ")
      out.write(Double(microjoules) / 1e6, decimals: 6)
    }
  }

  /// The members of an object.
  @export(interface)
  public static func writeTimes(_ times: BlockTimes, _ out: inout TextOutput) {
    writePart("\"totalUs\": ", times.total, &out)
    writePart(", \"linearUs\": ", times.linear, &out)
    writePart(", \"attentionUs\": ", times.attention, &out)
    writePart(", \"scoreUs\": ", times.score, &out)
    writePart(", \"evictUs\": ", times.evict, &out)
    writePart(", \"otherUs\": ", times.other, &out)
  }

  /// Without the closing brace, so that more can follow.
  @export(interface)
  public static func writeRate(tokens: Int, nanoseconds: Int64, _ out: inout TextOutput) {
    let seconds = Double(nanoseconds) / 1e9
    writeMember("{\"tokens\": ", tokens, &out)
    out.write(", \"seconds\": ")
    out.write(seconds, decimals: 6)
    out.write(", \"tokensPerSecond\": ")
    out.write(seconds > 0 ? Double(tokens) / seconds : 0, decimals: 2)
  }

  @export(interface)
  public static func writeDecode(
    _ durations: borrowing DurationHistogram, _ out: inout TextOutput
  ) {
    writeRate(tokens: durations.count, nanoseconds: durations.sumNanoseconds, &out)
    writePart(", \"p50Us\": ", durations.quantile(0.5), &out)
    writePart(", \"p99Us\": ", durations.quantile(0.99), &out)
    writePart(", \"maxUs\": ", durations.maximumNanoseconds, &out)
    out.write("}")
  }

  @export(interface)
  public static func writePlan(
    _ plan: MemoryPlan, _ profile: DeviceProfile, _ out: inout TextOutput
  ) {
    out.write("{")
    PlanTable.writeJSON(plan, capByteCount: profile.ramCapByteCount, to: &out)
    out.write("}")
  }

  @export(interface)
  public static func writeMemory(_ plan: MemoryPlan, _ out: inout TextOutput) {
    out.write("{\"peakResidentBytes\": ")
    out.write(peakResidentByteCount())
    writeMember(", \"arenaBytes\": ", plan.residentByteCount, &out)
    writeMember(", \"programBytes\": ", PlanTable.programByteCount, &out)
    out.write("}")
  }

  /// The members of an object.
  @export(interface)
  public static func writeSpread(_ times: Spread, _ out: inout TextOutput) {
    writePart("\"medianUs\": ", times.median, &out)
    writePart(", \"minUs\": ", times.minimum, &out)
    writePart(", \"maxUs\": ", times.maximum, &out)
  }

  public static func writeMember(_ name: StaticString, _ value: Int, _ out: inout TextOutput) {
    out.write(name)
    out.write(value)
  }

  private static func writePart(
    _ name: StaticString, _ nanoseconds: Int64, _ out: inout TextOutput
  ) {
    out.write(name)
    writeMicroseconds(nanoseconds, &out)
  }

  public static func writeMicroseconds(_ nanoseconds: Int64, _ out: inout TextOutput) {
    out.write(Double(nanoseconds) / 1000, decimals: 1)
  }
}
