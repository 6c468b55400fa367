import Platform

/// What a meter shows at one moment.
public struct EnergyReading: Sendable, BitwiseCopyable {
  /// Counted microjoules of each package; negative where it cannot be read.
  var counts = InlineArray<4, Int>(repeating: -1)
  /// Power at that moment; negative where it cannot be read.
  var microwatts = -1.0

  init() {}
}

/// A meter of the board's or the processor's energy.
public struct EnergyMeter: Sendable {
  /// What a meter measures.
  public enum Kind: Sendable {
    case none
    /// The whole module of a Jetson: the rail VDD_IN behind an INA3221 (Linux,
    /// Documentation/hwmon/ina3221.rst).
    case rail
    /// The packages of an x86 processor, without memory and disks: RAPL (Linux,
    /// Documentation/power/powercap/powercap.rst).
    case packages

    public var name: StaticString {
      switch self {
      case .none: "none"
      case .rail: "ina3221 VDD_IN"
      case .packages: "RAPL packages"
      }
    }
  }

  public private(set) var kind = Kind.none
  private var volts = SensorFile.none
  private var amperes = SensorFile.none
  private var packages = SensorList<4>()
  /// Where each count begins anew; 0 where it is not known.
  private var ranges = InlineArray<4, Int>(repeating: 0)

  /// Figures that are believed: 100 V, 100 A and 10^15 microjoules, in the files' units.
  private static let millivoltsMax = 100_000
  private static let milliamperesMax = 100_000
  private static let microjoulesMax = 1_000_000_000_000_000

  init() {}

  init(below root: KernelPath) {
    openRail(root)
    if kind == .none { openPackages(root) }
  }

  /// The channels of an INA3221.
  private static let channelCount = 3

  private mutating func openRail(_ root: KernelPath) {
    var word = Word()
    var monitors = NumberedFolders(root.appending("/sys/class/hwmon/hwmon"), "/name")
    while monitors.next() {
      if !monitors.name.equals("ina3221") { continue }
      for channel in 1...Self.channelCount {
        let label = monitors.path.appending("/in").appending(channel).appending("_label")
        guard var file = label.open(), file.readWord(into: &word), word.equals("VDD_IN") else {
          continue
        }
        openRail(monitors.path, channel)
        if kind == .rail { return }
      }
    }
  }

  private mutating func openRail(_ monitor: KernelPath, _ channel: Int) {
    let (volts, amperes) = (
      SensorFile(monitor.appending("/in").appending(channel).appending("_input")),
      SensorFile(monitor.appending("/curr").appending(channel).appending("_input"))
    )
    if let volts, let amperes {
      (self.volts, self.amperes) = (volts, amperes)
      kind = .rail
    } else {
      volts?.close()
      amperes?.close()
    }
  }

  /// Domains are numbered `intel-rapl:0`, …; of a package's parts only the package counts, and not
  /// the domain of the whole machine, `psys`, which has them in it. The files are root's alone on
  /// many systems.
  private mutating func openPackages(_ root: KernelPath) {
    var domains = NumberedFolders(
      root.appending("/sys/class/powercap/intel-rapl:"), "/name")
    while !packages.isFull && domains.next() {
      if !domains.name.starts(with: "package") { continue }
      guard packages.append(domains.path.appending("/energy_uj")) else { continue }
      let range = domains.path.appending("/max_energy_range_uj").readNumber() ?? 0
      ranges[packages.count - 1] = range <= Self.microjoulesMax ? range : 0
      kind = .packages
    }
  }

  func read() -> EnergyReading {
    var reading = EnergyReading()
    switch kind {
    case .none: break
    case .rail:
      if let millivolts = volts.number(), let milliamperes = amperes.number(),
        millivolts >= 0, millivolts <= Self.millivoltsMax, milliamperes <= Self.milliamperesMax
      {
        // Currents near zero may be shown as negative.
        reading.microwatts = Double(millivolts) * Double(max(milliamperes, 0))
      }
    case .packages:
      for index in 0..<packages.count {
        if let count = packages[index].number(), count >= 0, count <= Self.microjoulesMax {
          reading.counts[index] = count
        }
      }
    }
    return reading
  }

  /// The energy between two readings; nil where it is not known. Of a rail it is the mean of both
  /// powers times the time; a count may begin anew once in between.
  @export(interface)
  public func microjoules(
    from first: EnergyReading, to last: EnergyReading, nanoseconds: Int64
  ) -> Int? {
    switch kind {
    case .none: return nil
    case .rail:
      if first.microwatts < 0 || last.microwatts < 0 { return nil }
      return Int((first.microwatts + last.microwatts) / 2 * Double(nanoseconds) / 1e9)
    case .packages:
      var sum = 0
      for index in 0..<packages.count {
        let (from, to) = (first.counts[index], last.counts[index])
        if from < 0 || to < 0 { return nil }
        if to < from && ranges[index] < from { return nil }
        sum += to >= from ? to - from : ranges[index] - from + to
      }
      return sum
    }
  }

  func close() {
    volts.close()
    amperes.close()
    packages.close()
  }
}
