import Text

/// The process's group in the hierarchy of a controller, from /proc/self/cgroup, and the groups around it,
/// where control groups are mounted as they usually are: version 2 at /sys/fs/cgroup, version 1's
/// controllers at /sys/fs/cgroup/NAME.
struct GroupPath {
  private let controller: StaticString
  private let version: Int
  /// Without a slash at its end: empty for the hierarchy's root.
  private var name = FixedText<1536>()

  /// nil if the process is in no such group of that version.
  init?(_ controller: StaticString, version: Int, below root: KernelPath) {
    (self.controller, self.version) = (controller, version)
    guard var file = root.appending("/proc/self/cgroup").open() else { return nil }
    while file.peek() != nil {
      if isLine(&file) {
        readName(&file)
        return
      }
      file.skipLine()
    }
    return nil
  }

  /// Lines are `number:controllers:/path`; version 2 has the number 0 and no controllers. Goes
  /// behind the second colon.
  private func isLine(_ file: inout KernelFile) -> Bool {
    guard let number = file.readNumber(), file.take(UInt8(ascii: ":")) else { return false }
    if file.take(UInt8(ascii: ":")) { return version == 2 && number == 0 }
    var isFound = false
    while true {
      var name = Word()
      while let byte = file.peek(), byte > UInt8(ascii: " "), byte != UInt8(ascii: ","),
        byte != UInt8(ascii: ":")
      {
        name.append(byte)
        _ = file.next()
      }
      if name.equals(controller) { isFound = true }
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
    let mount = root.appending("/sys/fs/cgroup")
    return (version == 1 ? mount.appending("/").appending(controller) : mount)
      .appending(name.bytes)
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
