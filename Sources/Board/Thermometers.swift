import Platform

/// The sensors of the processor's temperature, with the temperatures from which on the kernel slows
/// it down. Zones: Linux, Documentation/driver-api/thermal/sysfs-api.rst.
struct Thermometers: Sendable {
  /// What a zone measures, the best first.
  private enum Rank: Int {
    case processor, chip, other, none
  }

  /// Temperatures that are believed, in thousandths of a degree Celsius.
  private static let plausible = -50_000...200_000
  private static let none = Int.max
  private var sensors = SensorList<8>()
  /// Of each sensor; `none` where the kernel does nothing.
  private var passiveLimits = InlineArray<8, Int>(repeating: none)
  private var hotLimits = InlineArray<8, Int>(repeating: none)
  /// The first one's type.
  private(set) var name = Word()

  init() {}

  /// Takes all zones of the processor's cores, and those of the chip that slow it down; where the
  /// cores have none, those of the chip, and else any that is not another device's. Where there are
  /// no zones, the processor's hwmon sensor.
  init(below root: KernelPath) {
    var best = Rank.none
    var zones = Self.zones(root)
    while zones.next() {
      let rank = Self.rank(zones.name)
      if rank.rawValue < best.rawValue && Self.isAtWork(zones.path) { best = rank }
    }
    zones = Self.zones(root)
    while best != .none && !sensors.isFull && zones.next() {
      let rank = Self.rank(zones.name)
      if rank == best || rank == .chip { append(zones.path, zones.name, isNeeded: rank == best) }
    }
    if sensors.count == 0 { appendMonitor(root) }
  }

  private static func zones(_ root: KernelPath) -> NumberedFolders {
    NumberedFolders(root.appending("/sys/class/thermal/thermal_zone"), "/type")
  }

  /// Types are free text: `cpu-thermal` (Raspberry Pi, Jetson), `CPU-therm` (Jetson Nano),
  /// `bigcore0-thermal`, `package-thermal` (RK3588), `x86_pkg_temp`, `acpitz`.
  private static func rank(_ type: Word) -> Rank {
    if type.contains("gpu") || type.contains("npu") || type.contains("wifi")
      || type.contains("iwl") || type.contains("nvme") || type.contains("batt")
      || type.contains("charge") || type.contains("pmic") || type.contains("fan")
      || type.contains("modem")
    {
      return .none
    }
    if type.contains("cpu") || type.contains("core") || type.contains("pkg") { return .processor }
    if type.contains("soc") || type.contains("package") || type.contains("tj") { return .chip }
    return .other
  }

  private static func isAtWork(_ zone: KernelPath) -> Bool {
    guard let file = SensorFile(zone.appending("/temp")) else { return false }
    let value = temperature(file)
    file.close()
    return value != nil
  }

  /// - Parameter isNeeded: whether the zone counts although nothing happens at its trip points.
  private mutating func append(_ zone: KernelPath, _ type: Word, isNeeded: Bool) {
    let limits = type.equals("x86_pkg_temp") ? (Self.none, Self.none) : Self.limits(of: zone)
    if !isNeeded && limits.0 == Self.none || !Self.isAtWork(zone) { return }
    if !sensors.append(zone.appending("/temp")) { return }
    let index = sensors.count - 1
    if index == 0 { name = type }
    (passiveLimits[index], hotLimits[index]) = limits
  }

  /// Trip points of a zone that are looked at.
  private static let tripCountMax = 16

  /// The temperature from which on the processor is slowed down, and the lowest of those that are
  /// said to be too hot. The power allocator slows down at the last passive trip point and only
  /// begins to look at the first (Documentation/driver-api/thermal/power_allocator.rst); the other
  /// governors slow down at each. (The trip points of `x86_pkg_temp` belong to programs that want to
  /// be told.)
  private static func limits(of zone: KernelPath) -> (passive: Int, hot: Int) {
    var (first, last, hot) = (none, none, none)
    var word = Word()
    for index in 0..<tripCountMax {
      let trip = zone.appending("/trip_point_").appending(index)
      guard var type = trip.appending("_type").open(), type.readWord(into: &word) else { break }
      guard let value = trip.appending("_temp").readNumber(), value > 0, plausible.contains(value)
      else { continue }
      if word.equals("passive") {
        first = min(first, value)
        last = last == none ? value : max(last, value)
      } else if word.equals("hot") || word.equals("critical") {
        hot = min(hot, value)
      }
    }
    guard var policy = zone.appending("/policy").open(), policy.readWord(into: &word),
      word.equals("power_allocator")
    else { return (first, hot) }
    return (last, hot)
  }

  /// Intel's and AMD's processors, where no zone tells of them (Documentation/hwmon/coretemp.rst,
  /// k10temp.rst): the first input is the package's.
  private mutating func appendMonitor(_ root: KernelPath) {
    var monitors = NumberedFolders(root.appending("/sys/class/hwmon/hwmon"), "/name")
    while monitors.next() {
      let name = monitors.name
      if !name.equals("coretemp") && !name.equals("k10temp") && !name.equals("cpu_thermal") {
        continue
      }
      if sensors.append(monitors.path.appending("/temp1_input")) {
        self.name = name
        return
      }
    }
  }

  var isEmpty: Bool { sensors.count == 0 }

  var hasLimits: Bool {
    @export(interface) get {
      for index in 0..<sensors.count where passiveLimits[index] != Self.none { return true }
      for index in 0..<sensors.count where hotLimits[index] != Self.none { return true }
      return false
    }
  }

  private static func temperature(_ file: SensorFile) -> Int? {
    guard let value = file.number(), plausible.contains(value) else { return nil }
    return value
  }

  /// The highest of all, in thousandths of a degree Celsius; nil where none can be read now.
  /// - Parameter throttling: gets the trip points that are passed.
  @export(interface)
  func read(_ throttling: inout Throttling) -> Int? {
    var highest: Int?
    for index in 0..<sensors.count {
      guard let value = Self.temperature(sensors[index]) else { continue }
      highest = max(highest ?? value, value)
      if value >= passiveLimits[index] { throttling.insert(.passiveTrip) }
      if value >= hotLimits[index] { throttling.insert(.hotTrip) }
    }
    return highest
  }

  func close() { sensors.close() }
}
