import Profile

/// What the kernel says of one core. 0 stands for what it does not say.
public struct Core: Sendable {
  public let number: Int
  /// `cpu_capacity`: the work a second at the highest frequency, of 1,024 for the machine's fastest.
  public let capacity: Int
  /// `cpuinfo_max_freq`, in kHz.
  public let maxKilohertz: Int
  /// The second-level cache, whole where it is shared.
  public let l2KiB: Int
  /// The cores that share it.
  public let l2CoreCount: Int
  /// The lowest core of its cluster: of `cluster_cpus_list`, or of the package where a cluster is
  /// but one core, or the kernel knows of none (Linux before 5.16 made packages of clusters).
  public let cluster: Int
  /// The lowest of the usable hardware threads of its core.
  public let firstSibling: Int

  /// The largest capacity and frequency that are believed: a thousand times what there is.
  private static let figureMax = 1_000_000_000_000

  init(_ number: Int, below root: KernelPath, usable: CoreSet) {
    self.number = number
    let path = root.appending("/sys/devices/system/cpu/cpu").appending(number)
    capacity = Self.figure(path.appending("/cpu_capacity"))
    maxKilohertz = Self.figure(path.appending("/cpufreq/cpuinfo_max_freq"))
    (l2KiB, l2CoreCount) = Self.readL2(path)
    let topology = CoreTopology(number, path.appending("/topology"))
    cluster = topology.cluster
    firstSibling = topology.siblings.intersection(usable).first ?? number
  }

  private static func figure(_ path: KernelPath) -> Int {
    guard let value = path.readNumber(), value <= figureMax else { return 0 }
    return value
  }

  /// Caches of a core that are looked at: there are three or four.
  private static let cacheCountMax = 16

  private static func readL2(_ path: KernelPath) -> (kiB: Int, coreCount: Int) {
    for index in 0..<cacheCountMax {
      let cache = path.appending("/cache/index").appending(index)
      guard let level = cache.appending("/level").readNumber() else { return (0, 0) }
      if level != 2 || isForInstructions(cache) { continue }
      guard var file = cache.appending("/size").open(), let kiB = file.readKiB() else {
        return (0, 0)
      }
      let sharing = cache.appending("/shared_cpu_list").readCores()
      return (kiB, sharing?.count ?? 0)
    }
    return (0, 0)
  }

  private static func isForInstructions(_ cache: KernelPath) -> Bool {
    guard var file = cache.appending("/type").open() else { return false }
    return file.peek() == UInt8(ascii: "I")
  }
}

/// Which cores belong together. The files' older names are tried where the newer are missing.
private struct CoreTopology {
  /// The hardware threads of the core, or the core alone.
  let siblings: CoreSet
  let cluster: Int

  init(_ number: Int, _ path: KernelPath) {
    var alone = CoreSet()
    alone.insert(number)
    siblings =
      path.appending("/core_cpus_list").readCores()
      ?? path.appending("/thread_siblings_list").readCores() ?? alone
    if let cores = path.appending("/cluster_cpus_list").readCores(), cores != siblings,
      cores != alone, let first = cores.first
    {
      cluster = first
    } else {
      let package =
        path.appending("/package_cpus_list").readCores()
        ?? path.appending("/core_siblings_list").readCores()
      cluster = package?.first ?? 0
    }
  }
}

extension KernelFile {
  /// A cache's size in KiB: `512K` as the kernel writes it; also `1M`, and bytes without a letter.
  /// nil for none, and for one that a profile cannot state.
  mutating func readKiB() -> Int? {
    guard let number = readNumber(), number <= ProfileLimits.l2CacheKiBMax * 1024 else {
      return nil
    }
    let kiB: Int
    if take(UInt8(ascii: "K")) {
      kiB = number
    } else if take(UInt8(ascii: "M")) {
      kiB = number * 1024
    } else {
      kiB = number / 1024
    }
    return isAtLineEnd() && ProfileField.l2CacheKiB.allows(kiB) ? kiB : nil
  }
}

extension Core {
  /// Fills a list's unused places.
  static let none = Core()

  private init() {
    number = -1
    capacity = 0
    maxKilohertz = 0
    l2KiB = 0
    l2CoreCount = 0
    cluster = 0
    firstSibling = -1
  }
}
