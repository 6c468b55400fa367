import Board
import Measurement
import Platform

/// What samples came to: extremes, and the energy of each phase.
struct HealthLog {
  /// Work that is summed up by itself.
  enum Phase: Int {
    case prefill, decode
  }

  /// The least and the greatest of figures, and the latest.
  struct Range {
    private(set) var least: Int?
    private(set) var greatest: Int?
    private(set) var latest: Int?

    mutating func append(_ value: Int?) {
      guard let value else { return }
      least = min(least ?? value, value)
      greatest = max(greatest ?? value, value)
      latest = value
    }
  }

  private(set) var sampleCount = 0
  private(set) var sampleNanoseconds: Int64 = 0
  /// The least that a sample took; 0 before the first one.
  private(set) var leastSampleNanoseconds: Int64 = 0
  /// Thousandths of a degree Celsius.
  private(set) var temperature = Range()
  private(set) var kilohertz = Range()
  /// All that slowed the board down while it worked.
  private(set) var throttling = Throttling()
  private(set) var throttledBlockCount = 0
  /// Samples between generated tokens, and those of them that were throttled.
  private(set) var decodeSampleCount = 0
  private(set) var throttledDecodeSampleCount = 0
  private var tokenCounts = InlineArray<2, Int>(repeating: 0)
  private var microjoules = InlineArray<2, Int>(repeating: 0)
  /// Whether some interval's energy was known, and whether one's was not.
  private var hasEnergy = InlineArray<2, Bool>(repeating: false)
  private var lacksEnergy = InlineArray<2, Bool>(repeating: false)

  mutating func append(_ sample: HealthSample, nanoseconds: Int64) {
    leastSampleNanoseconds =
      sampleCount == 0 ? nanoseconds : min(leastSampleNanoseconds, nanoseconds)
    sampleCount += 1
    sampleNanoseconds += nanoseconds
    temperature.append(sample.millidegrees)
    kilohertz.append(sample.kilohertz)
  }

  /// Of what was done since the sample before.
  mutating func append(
    _ throttling: Throttling, microjoules energy: Int?, in phase: Phase
  ) {
    self.throttling.formUnion(throttling)
    if phase == .decode {
      decodeSampleCount += 1
      if throttling.isActive { throttledDecodeSampleCount += 1 }
    } else if throttling.isActive {
      throttledBlockCount += 1
    }
    if let energy {
      microjoules[phase.rawValue] += energy
      hasEnergy[phase.rawValue] = true
    } else {
      lacksEnergy[phase.rawValue] = true
    }
  }

  /// 0 before the first one.
  var meanSampleMicroseconds: Double {
    sampleCount == 0 ? 0 : Double(sampleNanoseconds) / Double(sampleCount) / 1000
  }

  mutating func count(tokens: Int, in phase: Phase) { tokenCounts[phase.rawValue] += tokens }

  /// nil where it is not wholly known, or nothing was done.
  func joules(_ phase: Phase) -> Double? {
    if !hasEnergy[phase.rawValue] || lacksEnergy[phase.rawValue] { return nil }
    if tokenCounts[phase.rawValue] == 0 { return nil }
    return Double(microjoules[phase.rawValue]) / 1e6
  }

  func joulesPerToken(_ phase: Phase) -> Double? {
    guard let joules = joules(phase) else { return nil }
    return joules / Double(tokenCounts[phase.rawValue])
  }
}
