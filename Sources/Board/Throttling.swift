import Platform

/// Reasons why a board is slower than it could be, as a set.
public struct Throttling: Equatable, Sendable {
  /// Bits 0 to 3 and 16 to 19 are those of the Raspberry Pi's firmware
  /// (raspberrypi.com/documentation/computers/os.html, vcgencmd get_throttled).
  public enum Reason: Int, Sendable {
    case underVoltage = 0
    case frequencyCapped = 1
    case throttled = 2
    case softTemperatureLimit = 3
    /// A thermal zone is as hot as a trip point at which the kernel slows the processor down.
    case passiveTrip = 4
    /// Or as one that is said to be too hot.
    case hotTrip = 5
    /// An x86 processor has throttled itself since the sample before.
    case processorThrottled = 6

    public static let count = 7

    public var name: StaticString {
      switch self {
      case .underVoltage: "under-voltage"
      case .frequencyCapped: "frequency capped"
      case .throttled: "throttled"
      case .softTemperatureLimit: "soft temperature limit"
      case .passiveTrip: "passive trip point"
      case .hotTrip: "hot trip point"
      case .processorThrottled: "processor throttled itself"
      }
    }
  }

  private static let currentBits: UInt32 = 0x7F
  private static let firmwareBits: UInt32 = 0xF
  private static let pastShift: UInt32 = 16
  private var bits: UInt32 = 0

  public init() {}

  init(firmwareWord: UInt32) {
    bits = firmwareWord & (Self.firmwareBits | Self.firmwareBits << Self.pastShift)
  }

  public mutating func insert(_ reason: Reason) { bits |= 1 << UInt32(reason.rawValue) }

  public func contains(_ reason: Reason) -> Bool { bits >> UInt32(reason.rawValue) & 1 != 0 }

  /// Whether the firmware says that it has happened since it began to note it.
  public func hasOccurred(_ reason: Reason) -> Bool {
    bits >> (UInt32(reason.rawValue) + Self.pastShift) & 1 != 0
  }

  /// Whether anything slows the board down now.
  public var isActive: Bool { bits & Self.currentBits != 0 }

  public mutating func formUnion(_ other: Throttling) { bits |= other.bits }

  /// Also what came and went: what has occurred now and had not in `earlier`.
  func including(occurredSince earlier: Throttling) -> Throttling {
    var result = self
    result.bits |= (bits & ~earlier.bits) >> Self.pastShift & Self.firmwareBits
    return result
  }
}

/// Where the board tells that it is slowed down, beside trip points.
struct ThrottleSensors: Sendable {
  /// Its firmware's word; `raspberrypi-firmware` makes the file. On a Raspberry Pi 5 with a newer
  /// device tree the folders' names have an address.
  private var firmware = SensorFile.none
  private var hasFirmware = false
  /// `raspberrypi-hwmon`: whether there was under-voltage in the latest two seconds.
  private var underVoltage = SensorFile.none
  private var hasUnderVoltage = false
  /// x86: how often each core, and the package of the first, has throttled
  /// (Documentation/ABI/testing/sysfs-devices-system-cpu).
  private var counts = SensorList<17>()

  init() {}

  init(below root: KernelPath, of cores: CoreSet) {
    openFirmware(root)
    openAlarm(root)
    for core in 0..<CoreSet.limit where cores.contains(core) && !counts.isFull {
      let path = root.appending("/sys/devices/system/cpu/cpu").appending(core)
        .appending("/thermal_throttle")
      if counts.count == 0 { counts.append(path.appending("/package_throttle_count")) }
      counts.append(path.appending("/core_throttle_count"))
    }
  }

  private mutating func openFirmware(_ root: KernelPath) {
    let devices = root.appending("/sys/devices/platform/")
    guard
      let file = SensorFile(devices.appending("soc/soc:firmware/get_throttled"))
        ?? SensorFile(
          devices.appending("soc@107c000000/soc@107c000000:firmware/get_throttled"))
    else { return }
    firmware = file
    hasFirmware = true
  }

  private mutating func openAlarm(_ root: KernelPath) {
    var monitors = NumberedFolders(root.appending("/sys/class/hwmon/hwmon"), "/name")
    while monitors.next() {
      if !monitors.name.equals("rpi_volt") { continue }
      if let file = SensorFile(monitors.path.appending("/in0_lcrit_alarm")) {
        underVoltage = file
        hasUnderVoltage = true
        return
      }
    }
  }

  var isEmpty: Bool { !hasFirmware && !hasUnderVoltage && counts.count == 0 }

  /// - Returns: the sum of the processor's counts; nil where one cannot be read now.
  func read(_ throttling: inout Throttling) -> Int? {
    if hasFirmware, let word = firmware.hexadecimal(), let bits = UInt32(exactly: word) {
      throttling.formUnion(Throttling(firmwareWord: bits))
    }
    if hasUnderVoltage, underVoltage.number() == 1 { throttling.insert(.underVoltage) }
    if counts.count == 0 { return nil }
    var sum = 0
    for index in 0..<counts.count {
      guard let count = counts[index].number(), count >= 0 else { return nil }
      let (next, isOver) = sum.addingReportingOverflow(count)
      if isOver { return nil }
      sum = next
    }
    return sum
  }

  func close() {
    firmware.close()
    underVoltage.close()
    counts.close()
  }
}
