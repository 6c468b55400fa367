/// What the process's memory control group and those around it leave it.
/// Source: Linux, Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst.
struct GroupLimit {
  /// The least limit of all groups, hard (`memory.max`) or one above which the kernel slows the group down
  /// (`memory.high`); `Int.max` where there is none.
  private(set) var byteCount = Int.max
  /// The least of what is left below a limit. Of what a group uses, pages of files that were not
  /// used of late do not count: the kernel drops them first.
  private(set) var availableByteCount = Int.max

  var isGiven: Bool { byteCount < Int.max }

  init(below root: KernelPath) {
    for version in 1...2 {
      guard var path = GroupPath("memory", version: version, below: root) else { continue }
      repeat { take(path.folder(below: root), version: version) } while path.goUp()
    }
  }

  private mutating func take(_ folder: KernelPath, version: Int) {
    let isFirst = version == 1
    // Version 2 writes `max` for none, version 1 the largest multiple of a page.
    let hard = folder.appending(isFirst ? "/memory.limit_in_bytes" : "/memory.max").readNumber()
    let soft = isFirst ? nil : folder.appending("/memory.high").readNumber()
    let limit = min(hard ?? Int.max, soft ?? Int.max)
    if limit >= 1 << 62 { return }
    let used = folder.appending(isFirst ? "/memory.usage_in_bytes" : "/memory.current")
      .readNumber()
    let dropped = folder.appending("/memory.stat")
      .readNumber(after: isFirst ? "total_inactive_file " : "inactive_file ")
    let kept = max((used ?? 0) - (dropped ?? 0), 0)
    byteCount = min(byteCount, limit)
    availableByteCount = min(availableByteCount, max(limit - kept, 0))
  }
}
