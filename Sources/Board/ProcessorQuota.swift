/// How much processor time the process's control groups give it.
/// Source: Linux, Documentation/admin-guide/cgroup-v2.rst (`cpu.max`) and scheduler/sched-bwc.rst.
struct ProcessorQuota {
  /// Threads that can run all the time: the whole part of the least quota, at least 1; `Int.max` without
  /// a quota. One thread more would be stopped in each period, and the others wait for it.
  private(set) var threadCountMax = Int.max

  init(below root: KernelPath) {
    for version in 1...2 {
      guard var path = GroupPath("cpu", version: version, below: root) else { continue }
      repeat {
        let folder = path.folder(below: root)
        if version == 1 { takeFirst(folder) } else { takeSecond(folder) }
      } while path.goUp()
    }
  }

  /// Version 1 writes -1 for no quota, which is no number here.
  private mutating func takeFirst(_ folder: KernelPath) {
    take(
      quota: folder.appending("/cpu.cfs_quota_us").readNumber(),
      period: folder.appending("/cpu.cfs_period_us").readNumber())
  }

  /// Version 2 writes `max` for no quota, and the period behind it.
  private mutating func takeSecond(_ folder: KernelPath) {
    guard var file = folder.appending("/cpu.max").open(), let quota = file.readNumber() else {
      return
    }
    take(quota: quota, period: file.readNumber())
  }

  /// In microseconds.
  private mutating func take(quota: Int?, period: Int?) {
    guard let quota, let period, period > 0 else { return }
    threadCountMax = min(threadCountMax, max(quota / period, 1))
  }
}
