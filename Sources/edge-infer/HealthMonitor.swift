import Board
import Inference
import Measurement
import Platform
import Profile

/// Asks the board's sensors between blocks and between tokens, and waits while the processor is
/// hotter than `--max-temperature`. All files are open before the lockdown.
struct HealthMonitor: ~Copyable {
  /// Between generated tokens samples are taken at most so often.
  private static let decodeIntervalNanoseconds: Int64 = 100_000_000
  /// Samples take at most a hundredth of the time: where one takes longer, for some sensors are
  /// behind slow buses, blocks and tokens go without.
  private static let costFactor: Int64 = 100
  /// A pause ends at so much below the limit, in thousandths of a degree.
  private static let hysteresis = 3_000
  /// How often the temperature is looked at in a pause.
  static let pauseStepNanoseconds: Int64 = 200_000_000
  /// The limits that `--max-temperature` takes, in degrees Celsius.
  private static let maxTemperatureRange = 30...120

  let sensors: HealthSensors
  private(set) var log = HealthLog()
  /// Thousandths of a degree Celsius; nil where nothing waits.
  let limit: Int?
  private(set) var pauseCount = 0
  private(set) var pausedNanoseconds: Int64 = 0
  private var phase = HealthLog.Phase.prefill
  private var last: HealthSample?
  /// Tokens since the latest sample.
  private var pendingTokenCount = 0

  /// No sensors.
  init() {
    sensors = HealthSensors()
    limit = nil
  }

  /// Finds and opens the sensors of this machine, or of the one below `--sysroot`.
  init(
    _ arguments: Arguments, _ profile: DeviceProfile, _ console: inout Console
  ) throws(Exit) {
    var limit: Int?
    if let degrees = arguments.maxTemperature {
      if !Self.maxTemperatureRange.contains(degrees) {
        throw console.fail(.usage, "--max-temperature is from 30 to 120 degrees Celsius")
      }
      limit = degrees * 1000
    }
    let root = try KernelPath(arguments, &console)
    let sensors = HealthSensors(below: root, of: Self.cores(profile))
    if limit != nil && sensors.readMillidegrees() == nil {
      throw console.fail(
        .unavailable,
        "--max-temperature: no sensor of the processor's temperature can be read here")
    }
    self.sensors = sensors
    self.limit = limit
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
  var resumeMillidegrees: Int? { limit.map { $0 - Self.hysteresis } }

  /// Forgets what was measured but not the pauses.
  mutating func forget() { log = HealthLog() }
}

extension HealthMonitor {
  /// What is done from here on belongs to `phase`; what was done since the latest sample is not
  /// counted.
  mutating func begin(_ phase: HealthLog.Phase) {
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
  mutating func endBlock(tokenCount: Int) -> BlockHealth {
    count(tokens: tokenCount)
    if !isDue(Instant.now(), intervalNanoseconds: 0) { return BlockHealth() }
    return measure()
  }

  /// After a generated token.
  /// - Returns: whether a sample was taken.
  mutating func endToken(_ now: Instant) -> Bool {
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
  mutating func end() {
    if !sensors.isEmpty && pendingTokenCount > 0 { _ = measure() }
  }

  /// The answer follows at once.
  mutating func enterDecode() {
    end()
    phase = .decode
  }
}

extension HealthMonitor {
  /// Waits where the latest sample is at the limit or above, until it is cooler, or a signal comes,
  /// or the sensor no longer answers.
  /// - Parameter isQuiet: whether nothing is said of it.
  mutating func coolDown(isQuiet: Bool, _ console: inout Console) {
    if !isTooHot { return }
    if !isQuiet, let hot = last?.millidegrees, let resume = resumeMillidegrees {
      Self.writePause(hot, resume, &console)
    }
    let start = Instant.now()
    while !Interrupt.isRaised {
      Interrupt.wait(nanoseconds: Self.pauseStepNanoseconds)
      if isCool { break }
    }
    endPause(since: start)
  }

  /// Whether the latest sample was at the limit or above.
  var isTooHot: Bool {
    guard let limit, let hot = last?.millidegrees else { return false }
    return hot >= limit
  }

  /// Asks the sensor whether a pause may end; one that no longer answers ends it.
  var isCool: Bool {
    guard let resume = resumeMillidegrees, let now = sensors.readMillidegrees() else { return true }
    return now <= resume
  }

  /// Counts a pause. Work goes on from here.
  mutating func endPause(since start: Instant) {
    begin(phase)
    pauseCount += 1
    pausedNanoseconds += Instant.now().nanoseconds(since: start)
  }

  private static func writePause(_ hot: Int, _ resume: Int, _ console: inout Console) {
    // In place of a line of progress.
    if console.isTerminal { console.error.write("\r\u{1B}[K") }
    console.error.write("   paused at ")
    console.error.write(Double(hot) / 1000, decimals: 1)
    console.error.write(" °C; goes on at ")
    console.error.write(Double(resume) / 1000, decimals: 1)
    console.error.write(" °C\n")
    console.error.flush()
  }
}

extension KernelPath {
  /// The folder of `--sysroot`, or the machine's own files.
  init(_ arguments: Arguments, _ console: inout Console) throws(Exit) {
    guard let path = unsafe arguments.sysroot else {
      self = KernelPath.machine
      return
    }
    guard let given = unsafe KernelPath(root: cStringSpan(path)) else {
      throw console.fail(.usage, "--sysroot names a folder in 1 to 2048 bytes")
    }
    self = given
  }
}
