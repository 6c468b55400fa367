import Board
import Platform

/// What the sensors said, for reports and summaries.
public enum HealthReport {
  /// An object; `null` on a board without sensors.
  @export(interface)
  public static func writeJSON(_ health: borrowing HealthMonitor, to out: inout TextOutput) {
    if health.sensors.isEmpty {
      out.write("null")
      return
    }
    out.write("{\"temperatureC\": ")
    writeTemperature(health, &out)
    out.write(",\n  \"frequencyMHz\": ")
    writeFrequency(health.log.kilohertz, &out)
    out.write(",\n  \"throttling\": ")
    writeThrottling(health, &out)
    out.write(",\n  \"energy\": ")
    writeEnergy(health, &out)
    out.write(",\n  \"pauses\": ")
    writePauses(health, &out)
    ReportText.writeMember(",\n  \"samples\": ", health.log.sampleCount, &out)
    out.write(", \"sampleMeanUs\": ")
    out.write(health.log.meanSampleMicroseconds, decimals: 1)
    out.write(", \"sampleMinUs\": ")
    ReportText.writeMicroseconds(health.log.leastSampleNanoseconds, &out)
    out.write("}")
  }

  private static func writeTemperature(
    _ health: borrowing HealthMonitor, _ out: inout TextOutput
  ) {
    let temperature = health.log.temperature
    guard let least = temperature.least, let greatest = temperature.greatest,
      let latest = temperature.latest
    else {
      out.write("null")
      return
    }
    out.write("{\"sensor\": ")
    health.sensors.writeThermometer(to: &out)
    writeThousandths(", \"min\": ", least, &out)
    writeThousandths(", \"max\": ", greatest, &out)
    writeThousandths(", \"last\": ", latest, &out)
    out.write("}")
  }

  private static func writeFrequency(_ kilohertz: HealthLog.Range, _ out: inout TextOutput) {
    guard let least = kilohertz.least, let greatest = kilohertz.greatest else {
      out.write("null")
      return
    }
    ReportText.writeMember("{\"min\": ", rounded(least), &out)
    ReportText.writeMember(", \"max\": ", rounded(greatest), &out)
    out.write("}")
  }

  private static func writeThrottling(
    _ health: borrowing HealthMonitor, _ out: inout TextOutput
  ) {
    if !health.sensors.hasThrottling {
      out.write("null")
      return
    }
    ReportText.writeMember("{\"throttledBlocks\": ", health.log.throttledBlockCount, &out)
    ReportText.writeMember(", \"decodeSamples\": ", health.log.decodeSampleCount, &out)
    ReportText.writeMember(
      ", \"throttledDecodeSamples\": ", health.log.throttledDecodeSampleCount, &out)
    out.write(", \"reasons\": [")
    var isFirst = true
    for index in 0..<Throttling.Reason.count {
      guard let reason = Throttling.Reason(rawValue: index),
        health.log.throttling.contains(reason)
      else { continue }
      if !isFirst { out.write(", ") }
      isFirst = false
      out.write(jsonString: reason.name)
    }
    out.write("]}")
  }

  private static func writeEnergy(_ health: borrowing HealthMonitor, _ out: inout TextOutput) {
    if health.sensors.meter.kind == .none {
      out.write("null")
      return
    }
    out.write("{\"meter\": ")
    out.write(jsonString: health.sensors.meter.kind.name)
    writeJoules(", \"prefillJoules\": ", health.log.joules(.prefill), &out)
    writeJoules(", \"prefillJoulesPerToken\": ", health.log.joulesPerToken(.prefill), &out)
    writeJoules(", \"decodeJoules\": ", health.log.joules(.decode), &out)
    writeJoules(", \"decodeJoulesPerToken\": ", health.log.joulesPerToken(.decode), &out)
    out.write("}")
  }

  private static func writePauses(_ health: borrowing HealthMonitor, _ out: inout TextOutput) {
    guard let limit = health.limit, let resume = health.resumeMillidegrees else {
      out.write("null")
      return
    }
    writeThousandths("{\"maxTemperatureC\": ", limit, &out)
    writeThousandths(", \"resumeTemperatureC\": ", resume, &out)
    ReportText.writeMember(", \"count\": ", health.pauseCount, &out)
    out.write(", \"seconds\": ")
    out.write(Double(health.pausedNanoseconds) / 1e9, decimals: 3)
    out.write("}")
  }

  static func writeThousandths(_ name: StaticString, _ value: Int, _ out: inout TextOutput) {
    out.write(name)
    out.write(Double(value) / 1000, decimals: 1)
  }

  private static func writeJoules(
    _ name: StaticString, _ joules: Double?, _ out: inout TextOutput
  ) {
    out.write(name)
    if let joules { out.write(joules, decimals: 6) } else { out.write("null") }
  }

  /// kHz as MHz.
  static func rounded(_ kilohertz: Int) -> Int { (kilohertz + 500) / 1000 }
}

/// Lines of a summary.
extension HealthReport {
  /// One line, and one more where there were pauses; none on a board without sensors.
  @export(interface)
  public static func writeSummary(_ health: borrowing HealthMonitor, to out: inout TextOutput) {
    var line = Line()
    if let least = health.log.temperature.least, let greatest = health.log.temperature.greatest {
      line.begin(&out)
      writeDegrees(least, &out)
      if least != greatest {
        out.write(" to ")
        writeDegrees(greatest, &out)
      }
      out.write(" °C")
    }
    if let least = health.log.kilohertz.least, let greatest = health.log.kilohertz.greatest {
      line.begin(&out)
      out.write(rounded(least))
      if least != greatest {
        out.write(" to ")
        out.write(rounded(greatest))
      }
      out.write(" MHz")
    }
    if health.sensors.hasThrottling && health.log.sampleCount > 0 {
      line.begin(&out)
      writeThrottled(health.log, &out)
    }
    if let joules = health.log.joulesPerToken(.prefill) {
      line.begin(&out)
      out.write(joules, decimals: 4)
      out.write(" J a prompt token")
    }
    if let joules = health.log.joulesPerToken(.decode) {
      line.begin(&out)
      out.write(joules, decimals: 4)
      out.write(" J an answer's token")
    }
    line.end(&out)
    writePauseSummary(health, &out)
  }

  private static func writeDegrees(_ millidegrees: Int, _ out: inout TextOutput) {
    out.write(Double(millidegrees) / 1000, decimals: 1)
  }

  /// Parts of a line with commas between them.
  private struct Line {
    private var hasBegun = false

    mutating func begin(_ out: inout TextOutput) {
      out.write(hasBegun ? ", " : "   health ")
      hasBegun = true
    }

    func end(_ out: inout TextOutput) { if hasBegun { out.write("\n") } }
  }

  private static func writeThrottled(_ log: HealthLog, _ out: inout TextOutput) {
    if !log.throttling.isActive {
      out.write("not throttled")
      return
    }
    out.write("THROTTLED in ")
    out.write(log.throttledBlockCount)
    out.write(log.throttledBlockCount == 1 ? " block and " : " blocks and ")
    out.write(log.throttledDecodeSampleCount)
    out.write(" of ")
    out.write(log.decodeSampleCount)
    out.write(" samples of the answer (")
    var isFirst = true
    for index in 0..<Throttling.Reason.count {
      guard let reason = Throttling.Reason(rawValue: index), log.throttling.contains(reason)
      else { continue }
      if !isFirst { out.write(", ") }
      isFirst = false
      out.write(reason.name)
    }
    out.write(")")
  }

  private static func writePauseSummary(
    _ health: borrowing HealthMonitor, _ out: inout TextOutput
  ) {
    guard let limit = health.limit, health.pauseCount > 0 else { return }
    out.write("   paused ")
    out.write(health.pauseCount)
    out.write(health.pauseCount == 1 ? " time, " : " times, ")
    out.write(Double(health.pausedNanoseconds) / 1e9, decimals: 1)
    out.write(" s in all, at ")
    out.write(limit / 1000)
    out.write(" °C; no other time has them in it\n")
  }
}
