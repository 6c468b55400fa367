import Profile

/// Memory in bytes. A control group's limits count as the machine's do.
public struct MemoryFacts: Sendable {
  /// The most that can ever be had: MemTotal, or less where a control group bounds it.
  public let byteCount: Int
  /// What can be had now.
  public let availableByteCount: Int

  /// What is assumed where the kernel says nothing: as much as the smallest published board has.
  public static let byteCountDefault = 512 * 1024 * 1024
  /// 4 EiB: more counts as no limit. (Control groups v1 write nearly 8 EiB for none.)
  private static let byteCountMax = 1 << 62

  init(below root: KernelPath, _ notes: inout BoardNotes) {
    let path = root.appending("/proc/meminfo")
    let limit = GroupLimit(below: root)
    let total = Self.byteCount(path, "MemTotal:")
    var available = Self.byteCount(path, "MemAvailable:")
    if available == nil {
      available = Self.byteCount(path, "MemFree:")
      if available != nil { notes.insert(.noAvailable) }
    }
    if available == nil && total == nil && !limit.isGiven { notes.insert(.noMemory) }
    let free = min(available ?? total ?? Self.byteCountMax, limit.availableByteCount)
    let most = min(total ?? available ?? Self.byteCountMax, limit.byteCount)
    availableByteCount = free < Self.byteCountMax ? free : Self.byteCountDefault
    byteCount = most < Self.byteCountMax ? most : Self.byteCountDefault
  }

  /// A line of /proc/meminfo; its unit is always KiB.
  private static func byteCount(_ path: KernelPath, _ label: StaticString) -> Int? {
    guard let kiB = path.readNumber(after: label), kiB < byteCountMax / 1024 else { return nil }
    return kiB * 1024
  }

  /// Kept back for the system and other programs where nobody says how much: an eighth of the
  /// memory, at least 64 MiB and at most 1 GiB.
  public var reserveMiBDefault: Int {
    min(max(byteCount / 8 / 1_048_576, 64), 1024)
  }

  /// Caps are whole steps of so many MiB, so that two probes in a row are mostly alike.
  private static let capStepMiB = 16

  /// What is available now without the reserve, in whole steps.
  func capMiB(reserveMiB: Int) throws(BoardError) -> Int {
    let availableMiB = availableByteCount / 1_048_576
    let cap = (availableMiB - reserveMiB) / Self.capStepMiB * Self.capStepMiB
    if cap < ProfileLimits.ramCapMiBMin {
      throw .tooLittleMemory(availableMiB: availableMiB, reserveMiB: reserveMiB)
    }
    return min(cap, ProfileLimits.ramCapMiBMax)
  }
}
