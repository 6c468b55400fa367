import Platform

/// The frequencies of cores (Linux, Documentation/admin-guide/pm/cpufreq.rst).
struct CoreClocks: Sendable {
  /// 100 GHz: more is not believed.
  private static let kilohertzMax = 100_000_000
  private var sensors = SensorList<16>()

  init() {}

  /// One file for all cores that always have the same frequency.
  init(below root: KernelPath, of cores: CoreSet) {
    var known = CoreSet()
    for core in 0..<CoreSet.limit where cores.contains(core) && !known.contains(core) {
      let path = root.appending("/sys/devices/system/cpu/cpu").appending(core)
        .appending("/cpufreq")
      if sensors.isFull { return }
      if !sensors.append(path.appending("/scaling_cur_freq")) { continue }
      known.insert(core)
      if var related = path.appending("/related_cpus").open() {
        while let other = related.readNumber() { known.insert(other) }
      }
    }
  }

  var isEmpty: Bool { sensors.count == 0 }

  /// The lowest of all, in kHz: the threads wait for the slowest. nil where none can be read now.
  func read() -> Int? {
    var lowest: Int?
    for index in 0..<sensors.count {
      guard let value = sensors[index].number(), value > 0, value <= Self.kilohertzMax else {
        continue
      }
      lowest = min(lowest ?? value, value)
    }
    return lowest
  }

  func close() { sensors.close() }
}
