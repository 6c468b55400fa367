/// Something that the kernel does not say, and what was taken in its place.
public enum BoardNote: Int, Sendable {
  case noOnlineList
  case noAllowedList
  case noAllowedCore
  case noCore
  case noSpeeds
  case noL2
  case noMemory
  case noAvailable
  case manyCores
  case quota

  public static let count = 10

  public var text: StaticString {
    switch self {
    case .noOnlineList:
      "no list of online cores in sys/devices/system/cpu/online: taken are those of proc/cpuinfo"
    case .noAllowedList:
      "no Cpus_allowed_list in proc/self/status: every online core counts as allowed"
    case .noAllowedCore:
      "none of the cores that the process may use is online: every online core is taken"
    case .noCore: "no core is named: one thread is taken, bound to no core"
    case .noSpeeds:
      "neither capacities nor maximum frequencies of all cores are known: all count as equally fast"
    case .noL2: "no size of a second-level cache is given for each core: 256 KiB are assumed"
    case .noMemory: "no amount of memory in proc/meminfo: 512 MiB are assumed"
    case .noAvailable: "no MemAvailable in proc/meminfo: what is free counts as available"
    case .quota:
      "a control group gives less processor time than there are cores: taken are as many as it gives"
    case .manyCores: "a profile has at most 64 threads: the first 64 cores are taken"
    }
  }
}

public struct BoardNotes: Sendable {
  private var bits: UInt32 = 0

  public init() {}

  public mutating func insert(_ note: BoardNote) { bits |= 1 << UInt32(note.rawValue) }

  public func contains(_ note: BoardNote) -> Bool { bits >> UInt32(note.rawValue) & 1 != 0 }
}
