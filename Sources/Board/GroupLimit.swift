import Profile
import Text

/// What the process's memory control group and those around it leave it, where the control groups
/// are mounted as they usually are: version 2 at /sys/fs/cgroup, version 1's memory controller at
/// /sys/fs/cgroup/memory.
/// Source: Linux, Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst.
struct GroupLimit {
  /// The least limit of all groups; `Int.max` where there is none.
  private(set) var byteCount = Int.max
  /// The least of what is left below a limit. Of what a group uses, pages of files that were not
  /// used of late do not count: the kernel drops them first.
  private(set) var availableByteCount = Int.max

  var isGiven: Bool { byteCount < Int.max }

  init(below root: KernelPath) {
    for version in 1...2 {
      guard var path = GroupPath(version: version, below: root) else { continue }
      repeat { take(path.folder(below: root), version: version) } while path.goUp()
    }
  }

  private mutating func take(_ folder: KernelPath, version: Int) {
    let isFirst = version == 1
    let limit = folder.appending(isFirst ? "/memory.limit_in_bytes" : "/memory.max").readNumber()
    // Version 2 writes `max` for none, version 1 the largest multiple of a page.
    guard let limit, limit < 1 << 62 else { return }
    let used = folder.appending(isFirst ? "/memory.usage_in_bytes" : "/memory.current")
      .readNumber()
    let dropped = folder.appending("/memory.stat")
      .readNumber(after: isFirst ? "total_inactive_file " : "inactive_file ")
    let kept = max((used ?? 0) - (dropped ?? 0), 0)
    byteCount = min(byteCount, limit)
    availableByteCount = min(availableByteCount, max(limit - kept, 0))
  }
}

/// The process's group in a hierarchy, from /proc/self/cgroup, and the groups around it.
private struct GroupPath {
  private let version: Int
  /// Without a slash at its end: empty for the hierarchy's root.
  private var name = FixedText<1536>()

  /// nil where the process is in no memory group of that version.
  init?(version: Int, below root: KernelPath) {
    self.version = version
    guard var file = root.appending("/proc/self/cgroup").open() else { return nil }
    while file.peek() != nil {
      if Self.isLine(of: version, &file) {
        readName(&file)
        return
      }
      file.skipLine()
    }
    return nil
  }

  /// Lines are `number:controllers:/path`; version 2 has the number 0 and no controllers. Goes
  /// behind the second colon.
  private static func isLine(of version: Int, _ file: inout KernelFile) -> Bool {
    guard let number = file.readNumber(), file.take(UInt8(ascii: ":")) else { return false }
    if file.take(UInt8(ascii: ":")) { return version == 2 && number == 0 }
    var isFound = false
    while true {
      var controller = Word()
      while let byte = file.peek(), byte > UInt8(ascii: " "), byte != UInt8(ascii: ","),
        byte != UInt8(ascii: ":")
      {
        controller.append(byte)
        _ = file.next()
      }
      if controller.equals("memory") { isFound = true }
      if file.take(UInt8(ascii: ",")) { continue }
      return file.take(UInt8(ascii: ":")) && version == 1 && isFound
    }
  }

  private mutating func readName(_ file: inout KernelFile) {
    while !file.isAtLineEnd(), let byte = file.next() { name.append(byte) }
    // `/../…` is a group outside of what the process sees, and a name that was cut is another's:
    // the root is left.
    if name.isCut || name.count == 0 || name[0] != UInt8(ascii: "/") || leadsUp {
      name.removeAll()
    }
    if name.count == 1 { name.removeAll() }
  }

  private var leadsUp: Bool {
    for index in 2..<max(name.count, 2)
    where name[index - 2] == UInt8(ascii: "/") && name[index - 1] == UInt8(ascii: ".")
      && name[index] == UInt8(ascii: ".")
    {
      return true
    }
    return false
  }

  func folder(below root: KernelPath) -> KernelPath {
    root.appending(version == 1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup").appending(name.bytes)
  }

  /// Goes to the group around this one; false at the root.
  mutating func goUp() -> Bool {
    var end = name.count
    if end == 0 { return false }
    repeat { end -= 1 } while end > 0 && name[end] != UInt8(ascii: "/")
    var outer = FixedText<1536>()
    for index in 0..<end { outer.append(name[index]) }
    name = outer
    return true
  }
}
