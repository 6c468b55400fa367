import Board
import Inference
import Platform
import Profile

/// Asks the board's sensors between blocks and between tokens, and waits while the processor is
/// hotter than `--max-temperature`. All files are open before the lockdown.
public struct HealthMonitor: ~Copyable {
  /// Between generated tokens samples are taken at most so often.
  private static let decodeIntervalNanoseconds: Int64 = 100_000_000
  /// Samples take at most a hundredth of the time: where one takes longer, for some sensors are
  /// behind slow buses, blocks and tokens go without.
  private static let costFactor: Int64 = 100
  /// A pause ends at so much below the limit, in thousandths of a degree.
  private static let hysteresis = 3_000
  /// How often the temperature is looked at in a pause.
  public static let pauseStepNanoseconds: Int64 = 200_000_000
  /// The limits that `--max-temperature` takes, in degrees Celsius.
  private static let limitRange = 30...120

  public let sensors: HealthSensors
  public private(set) var log = HealthLog()
  /// Thousandths of a degree Celsius; nil where nothing waits.
  public let limit: Int?
  public private(set) var pauseCount = 0
  public private(set) var pausedNanoseconds: Int64 = 0
  private var phase = HealthLog.Phase.prefill
  private var last: HealthSample?
  /// Tokens since the latest sample.
  private var pendingTokenCount = 0

  /// No sensors.
  public init() {
    sensors = HealthSensors()
    limit = nil
  }

  /// Finds and opens the sensors of a machine.
  /// - Parameters:
  ///   - root: of the kernel's files.
  ///   - limit: degrees Celsius at which work waits; nil where nothing waits.
  @export(interface)
  public init(
    below root: KernelPath, _ profile: DeviceProfile, limit degrees: Int?
  ) throws(HealthError) {
    if let degrees, !Self.limitRange.contains(degrees) { throw .limit }
    let sensors = HealthSensors(below: root, of: Self.cores(profile))
    if degrees != nil && sensors.readMillidegrees() == nil { throw .noThermometer }
    self.sensors = sensors
    limit = degrees.map { $0 * 1000 }
  }

  /// Those of the profile; where it binds no threads, as many as it has threads.
  private static func cores(_ profile: DeviceProfile) -> CoreSet {
    var cores = CoreSet()
    let named = profile.cores
    for index in 0..<named.count { cores.insert(Int(named[index])) }
    if named.count == 0 {
      for core in 0..<profile.threads { cores.insert(core) }
    }
    return cores
  }

  /// What a pause waits for.
  public var resumeMillidegrees: Int? { limit.map { $0 - Self.hysteresis } }

  /// Forgets what was measured but not the pauses.
  public mutating func forget() { log = HealthLog() }
}

extension HealthMonitor {
  /// What is done from here on belongs to `phase`; what was done since the latest sample is not
  /// counted.
  @export(interface)
  public mutating func begin(_ phase: HealthLog.Phase) {
    self.phase = phase
    pendingTokenCount = 0
    if !sensors.isEmpty { _ = read() }
  }

  private mutating func read() -> HealthSample {
    let start = Instant.now()
    let sample = sensors.read(after: last)
    log.append(sample, nanoseconds: Instant.now().nanoseconds(since: start))
    last = sample
    pendingTokenCount = 0
    return sample
  }

  /// A sample, with the energy since the one before.
  @export(interface)
  private mutating func measure() -> BlockHealth {
    let before = last
    let sample = read()
    var energy: Int?
    if let before {
      energy = sensors.meter.microjoules(
        from: before.energy, to: sample.energy,
        nanoseconds: sample.instant.nanoseconds(since: before.instant))
    }
    log.append(sample.throttling, microjoules: energy, in: phase)
    return BlockHealth(
      millidegrees: sample.millidegrees, kilohertz: sample.kilohertz,
      isThrottled: sensors.hasThrottling ? sample.throttling.isActive : nil, microjoules: energy)
  }

  private func isDue(_ now: Instant, intervalNanoseconds: Int64) -> Bool {
    if sensors.isEmpty { return false }
    guard let last else { return true }
    let passed = now.nanoseconds(since: last.instant)
    return passed >= max(intervalNanoseconds, Self.costFactor * log.leastSampleNanoseconds)
  }

  /// After a block. Nothing is known of one that was over too soon; the next one's energy is that of
  /// both.
  @export(interface)
  public mutating func endBlock(tokenCount: Int) -> BlockHealth {
    count(tokens: tokenCount)
    if !isDue(Instant.now(), intervalNanoseconds: 0) { return BlockHealth() }
    return measure()
  }

  /// After a generated token.
  /// - Returns: whether a sample was taken.
  @export(interface)
  public mutating func endToken(_ now: Instant) -> Bool {
    count(tokens: 1)
    if !isDue(now, intervalNanoseconds: Self.decodeIntervalNanoseconds) { return false }
    _ = measure()
    return true
  }

  private mutating func count(tokens: Int) {
    log.count(tokens: tokens, in: phase)
    pendingTokenCount += tokens
  }

  /// What was done since the latest sample is counted.
  @export(interface)
  public mutating func end() {
    if !sensors.isEmpty && pendingTokenCount > 0 { _ = measure() }
  }

  /// The answer follows at once.
  @export(interface)
  public mutating func enterDecode() {
    end()
    phase = .decode
  }
}

extension HealthMonitor {
  /// The pause that is due: the latest sample is at the limit or above. nil if there is none.
  public var pause: HealthPause? {
    guard isTooHot, let hot = last?.millidegrees, let resume = resumeMillidegrees else {
      return nil
    }
    return HealthPause(millidegrees: hot, resumeMillidegrees: resume)
  }

  /// Waits until it is cooler, or a signal comes, or the sensor no longer answers.
  @export(interface)
  public mutating func waitUntilCool() {
    let start = Instant.now()
    while !Interrupt.isRaised {
      Interrupt.wait(nanoseconds: Self.pauseStepNanoseconds)
      if isCool { break }
    }
    endPause(since: start)
  }

  /// Whether the latest sample was at the limit or above.
  public var isTooHot: Bool {
    guard let limit, let hot = last?.millidegrees else { return false }
    return hot >= limit
  }

  /// Asks the sensor whether a pause may end; one that no longer answers ends it.
  public var isCool: Bool {
    guard let resume = resumeMillidegrees, let now = sensors.readMillidegrees() else { return true }
    return now <= resume
  }

  /// Counts a pause. Work goes on from here.
  @export(interface)
  public mutating func endPause(since start: Instant) {
    begin(phase)
    pauseCount += 1
    pausedNanoseconds += Instant.now().nanoseconds(since: start)
  }
}
