import Board
import Platform

/// What samples came to: extremes, and the energy of each phase.
public struct HealthLog {
  /// Work that is summed up by itself.
  public enum Phase: Int {
    case prefill, decode
  }

  /// The least and the greatest of figures, and the latest.
  public struct Range {
    public private(set) var least: Int?
    public private(set) var greatest: Int?
    public private(set) var latest: Int?

    mutating func append(_ value: Int?) {
      guard let value else { return }
      least = min(least ?? value, value)
      greatest = max(greatest ?? value, value)
      latest = value
    }
  }

  public private(set) var sampleCount = 0
  public private(set) var sampleNanoseconds: Int64 = 0
  /// The least that a sample took; 0 before the first one.
  public private(set) var leastSampleNanoseconds: Int64 = 0
  /// Thousandths of a degree Celsius.
  public private(set) var temperature = Range()
  public private(set) var kilohertz = Range()
  /// All that slowed the board down while it worked.
  public private(set) var throttling = Throttling()
  public private(set) var throttledBlockCount = 0
  /// Samples between generated tokens, and those of them that were throttled.
  public private(set) var decodeSampleCount = 0
  public private(set) var throttledDecodeSampleCount = 0
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
  public var meanSampleMicroseconds: Double {
    sampleCount == 0 ? 0 : Double(sampleNanoseconds) / Double(sampleCount) / 1000
  }

  mutating func count(tokens: Int, in phase: Phase) { tokenCounts[phase.rawValue] += tokens }

  /// nil where it is not wholly known, or nothing was done.
  @export(interface)
  public func joules(_ phase: Phase) -> Double? {
    if !hasEnergy[phase.rawValue] || lacksEnergy[phase.rawValue] { return nil }
    if tokenCounts[phase.rawValue] == 0 { return nil }
    return Double(microjoules[phase.rawValue]) / 1e6
  }

  public func joulesPerToken(_ phase: Phase) -> Double? {
    guard let joules = joules(phase) else { return nil }
    return joules / Double(tokenCounts[phase.rawValue])
  }
}
