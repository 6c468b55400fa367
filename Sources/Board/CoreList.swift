import Profile

/// The cores that are online and that the process may use, by number, and those that a profile
/// names.
public struct CoreList: ~Copyable {
  private var cores = InlineArray<1024, Core>(repeating: .none)
  public private(set) var count = 0
  /// The cores that a profile names.
  public private(set) var chosen = CoreSet()
  /// Threads that a control group's quota lets run all the time.
  let threadCountMax: Int

  init(below root: KernelPath, _ notes: inout BoardNotes) {
    threadCountMax = ProcessorQuota(below: root).threadCountMax
    let usable = Self.readUsable(root, &notes)
    for number in 0..<CoreSet.limit where usable.contains(number) {
      cores[count] = Core(number, below: root, usable: usable)
      count += 1
    }
    if count == 0 { notes.insert(.noCore) }
    choose(&notes)
  }

  public subscript(index: Int) -> Core {
    precondition(index >= 0 && index < count)
    return cores[index]
  }

  /// The process's affinity, which the kernel holds to its cpuset, is in /proc/self/status.
  private static func readUsable(_ root: KernelPath, _ notes: inout BoardNotes) -> CoreSet {
    var online = root.appending("/sys/devices/system/cpu/online").readCores() ?? CoreSet()
    if online.count == 0 {
      notes.insert(.noOnlineList)
      online = readNamed(root)
    }
    guard var status = root.appending("/proc/self/status").open(),
      status.find("Cpus_allowed_list:"), let allowed = status.readCores(), allowed.count > 0
    else {
      notes.insert(.noAllowedList)
      return online
    }
    let usable = online.intersection(allowed)
    if usable.count > 0 || online.count == 0 { return usable }
    notes.insert(.noAllowedCore)
    return online
  }

  /// The cores that /proc/cpuinfo has a part for.
  private static func readNamed(_ root: KernelPath) -> CoreSet {
    var named = CoreSet()
    guard var file = root.appending("/proc/cpuinfo").open() else { return named }
    while file.find("processor") {
      file.skipBlanks()
      if file.take(UInt8(ascii: ":")), let number = file.readNumber() { named.insert(number) }
      file.skipLine()
    }
    return named
  }
}

// MARK: - Choice

extension CoreList {
  /// Of a hardware core with several threads the first. Of these the fast ones: those with at least
  /// seven eighths of the highest capacity, or of the highest frequency where the kernel does not
  /// know every capacity. Cores of one kind may differ so far: RK3588's, by their grade, run at
  /// 2,256 to 2,400 MHz. No more than a quota of processor time gives.
  private mutating func choose(_ notes: inout BoardNotes) {
    let highest = highestSpeeds()
    if count > 1 && highest.capacity == 0 && highest.kilohertz == 0 { notes.insert(.noSpeeds) }
    for index in 0..<count {
      let core = cores[index]
      if core.firstSibling != core.number { continue }
      if highest.capacity > 0 {
        if core.capacity * 8 < highest.capacity * 7 { continue }
      } else if highest.kilohertz > 0 {
        if core.maxKilohertz * 8 < highest.kilohertz * 7 { continue }
      }
      if chosen.count == ProfileLimits.threadCountMax {
        notes.insert(.manyCores)
        break
      }
      if chosen.count == threadCountMax {
        notes.insert(.quota)
        break
      }
      chosen.insert(core.number)
    }
    if count > 0 && l2KiB == nil { notes.insert(.noL2) }
  }

  /// 0 where a core's is not known.
  private func highestSpeeds() -> (capacity: Int, kilohertz: Int) {
    var (capacity, kilohertz) = (0, 0)
    var (knowsCapacities, knowsFrequencies) = (true, true)
    for index in 0..<count {
      capacity = max(capacity, cores[index].capacity)
      kilohertz = max(kilohertz, cores[index].maxKilohertz)
      if cores[index].capacity == 0 { knowsCapacities = false }
      if cores[index].maxKilohertz == 0 { knowsFrequencies = false }
    }
    return (knowsCapacities ? capacity : 0, knowsFrequencies ? kilohertz : 0)
  }

  /// The smallest second-level cache that one of the chosen cores reads through; nil where one is
  /// not known.
  var l2KiB: Int? {
    var smallest: Int?
    for index in 0..<count where chosen.contains(cores[index].number) {
      if cores[index].l2KiB == 0 { return nil }
      smallest = min(smallest ?? Int.max, cores[index].l2KiB)
    }
    return smallest
  }
}
