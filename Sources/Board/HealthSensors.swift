import Platform

/// What a board's sensors say at one moment. nil stands for what cannot be read.
public struct HealthSample: Sendable {
  public let instant: Instant
  /// The hottest of the processor's sensors, in thousandths of a degree Celsius.
  public let millidegrees: Int?
  /// The slowest core used.
  public let kilohertz: Int?
  /// What slows the board down now or has done so since the sample before.
  public let throttling: Throttling
  /// How often an x86 processor has throttled.
  let throttleCount: Int?
  public let energy: EnergyReading
}

/// A board's sensors of temperature, frequency, throttling and energy. Their files are found and
/// opened once and kept, at most 47 of them; a sample reads each in one call, and opens nothing. What
/// is not there is left out.
public struct HealthSensors: ~Copyable {
  private let thermometers: Thermometers
  private let clocks: CoreClocks
  private let throttles: ThrottleSensors
  public let meter: EnergyMeter

  /// - Parameter cores: those whose frequencies and throttling count; of more than sixteen that can
  ///   differ, the first.
  @export(interface)
  public init(below root: KernelPath, of cores: CoreSet) {
    thermometers = Thermometers(below: root)
    clocks = CoreClocks(below: root, of: cores)
    throttles = ThrottleSensors(below: root, of: cores)
    meter = EnergyMeter(below: root)
  }

  /// No sensors.
  @export(interface)
  public init() {
    thermometers = Thermometers()
    clocks = CoreClocks()
    throttles = ThrottleSensors()
    meter = EnergyMeter()
  }

  deinit {
    thermometers.close()
    clocks.close()
    throttles.close()
    meter.close()
  }

  public var isEmpty: Bool {
    !hasTemperature && !hasFrequency && !hasThrottling && meter.kind == .none
  }

  public var hasTemperature: Bool { !thermometers.isEmpty }
  public var hasFrequency: Bool { !clocks.isEmpty }
  public var hasThrottling: Bool { !throttles.isEmpty || thermometers.hasLimits }

  /// The kernel's name of the first thermometer, in printable ASCII, between quotation marks.
  @export(interface)
  public func writeThermometer(to out: inout TextOutput) {
    out.write("\"")
    for index in 0..<thermometers.name.count {
      let byte = thermometers.name[index]
      out.write(jsonByte: byte < 0x7F ? byte : UInt8(ascii: "?"))
    }
    out.write("\"")
  }

  /// - Parameter earlier: the sample before, for what came and went since.
  @export(interface)
  public func read(after earlier: HealthSample? = nil) -> HealthSample {
    var throttling = Throttling()
    let millidegrees = thermometers.read(&throttling)
    let count = throttles.read(&throttling)
    if let earlier {
      throttling = throttling.including(occurredSince: earlier.throttling)
      if let count, let before = earlier.throttleCount, count > before {
        throttling.insert(.processorThrottled)
      }
    }
    let energy = meter.read()
    return HealthSample(
      instant: Instant.now(), millidegrees: millidegrees, kilohertz: clocks.read(),
      throttling: throttling, throttleCount: count, energy: energy)
  }

  /// The temperature alone.
  public func readMillidegrees() -> Int? {
    var throttling = Throttling()
    return thermometers.read(&throttling)
  }
}
