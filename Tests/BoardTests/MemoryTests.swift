import Foundation
import Profile
import TestSupport
import Testing

@testable import Board

/// The cap: what is available, what control groups leave of it, and what is kept back.
struct MemoryTests {
  private static let mebi = 1_048_576

  private func cap(_ tree: KernelTree, reserveMiB: Int? = nil) throws -> Int? {
    try probe(tree, reserveMiB: reserveMiB).profile?.ramCapMiB
  }

  private func tree(totalMiB: Int, availableMiB: Int) throws -> KernelTree {
    var machine = Machine.pi5
    machine.memoryKiB = (totalMiB * 1024, availableMiB * 1024)
    return try KernelTree(machine.files)
  }

  /// An eighth of all memory is kept back, 64 MiB at least and 1 GiB at most.
  @Test(arguments: [
    (8000, 7000, 6000), (32_000, 20_000, 18_976), (400, 300, 224), (4096, 1000, 480),
  ])
  func reserve(totalMiB: Int, availableMiB: Int, capMiB: Int) throws {
    #expect(try cap(tree(totalMiB: totalMiB, availableMiB: availableMiB)) == capMiB)
  }

  @Test func statedReserve() throws {
    let tree = try tree(totalMiB: 8000, availableMiB: 7000)
    #expect(try cap(tree, reserveMiB: 0) == 6992)
    #expect(try cap(tree, reserveMiB: 1000) == 6000)
    #expect(try cap(tree, reserveMiB: 6984) == 16)
    let refused = try probe(tree, reserveMiB: 6985).profileError
    #expect(refused?.exitCode == .configuration)
    let message = written { refused?.write(to: &$0) }
    #expect(message.contains("7000") && message.contains("6985"))
    #expect(try probe(tree, reserveMiB: Int(Int32.max)).profileError?.exitCode == .configuration)
  }

  @Test func versionTwoGroups() throws {
    let tree = try tree(totalMiB: 8000, availableMiB: 7000)
    let group = "sys/fs/cgroup/user.slice/user-1000.slice/"
    try tree.write(group + "session-1.scope/memory.max", "max\n")
    try tree.write(group + "memory.max", "\(1024 * Self.mebi)\n")
    // An eighth of the limit is kept back.
    #expect(try cap(tree) == 896)
    try tree.write(group + "memory.current", "\(300 * Self.mebi)\n")
    #expect(try cap(tree) == 592)
    let stat = "anon 1\nfile 2\ninactive_anon 4\ninactive_file \(100 * Self.mebi)\n"
    try tree.write(group + "memory.stat", stat)
    #expect(try cap(tree) == 688)
    // The least of all levels counts, and that of the machine.
    try tree.write("sys/fs/cgroup/user.slice/memory.max", "\(512 * Self.mebi)")
    #expect(try cap(tree) == 448)
    try tree.write("proc/meminfo", "MemTotal: \(400 * 1024) kB\nMemAvailable: \(200 * 1024) kB")
    #expect(try cap(tree) == 128)
  }

  /// Above `memory.high` a group is slowed down: what is below it counts.
  @Test func highMarks() throws {
    let tree = try tree(totalMiB: 8000, availableMiB: 7000)
    let group = "sys/fs/cgroup/user.slice/user-1000.slice/"
    try tree.write(group + "memory.max", "\(1024 * Self.mebi)\n")
    try tree.write(group + "memory.high", "max\n")
    #expect(try cap(tree) == 896)
    try tree.write(group + "memory.high", "\(512 * Self.mebi)\n")
    #expect(try cap(tree) == 448)
    try tree.write(group + "memory.max", "max\n")
    #expect(try cap(tree) == 448)
  }

  @Test func versionOneGroups() throws {
    let tree = try tree(totalMiB: 8000, availableMiB: 7000)
    try tree.write(
      "proc/self/cgroup",
      "9:name=systemd:/\n4:cpu,memory:/box/inner\n3:cpuset:/\n0::/elsewhere\n")
    let memory = "sys/fs/cgroup/memory/"
    try tree.write(memory + "memory.limit_in_bytes", "9223372036854771712\n")
    try tree.write(memory + "box/memory.limit_in_bytes", "\(1024 * Self.mebi)\n")
    try tree.write(memory + "box/memory.usage_in_bytes", "\(200 * Self.mebi)\n")
    try tree.write(memory + "box/memory.stat", "total_inactive_file \(100 * Self.mebi)\n")
    #expect(try cap(tree) == 784)
    try tree.write("sys/fs/cgroup/elsewhere/memory.max", "\(512 * Self.mebi)\n")
    #expect(try cap(tree) == 448)
  }

  /// Names of groups that are nowhere, and those that lead out of the tree.
  @Test(arguments: [
    "0::/../../etc\n", "0::\n", "0::/\n", "0::////\n", "memory", ":::", "0:", "4:memory", "\n\n",
    "0::no-slash", "4:cpu,memory,:/x\n",
  ])
  func oddGroups(text: String) throws {
    let tree = try tree(totalMiB: 8000, availableMiB: 7000)
    try tree.write("proc/self/cgroup", text)
    #expect(try cap(tree) == 6000)
  }

  @Test func groupsOfLongNames() throws {
    let tree = try tree(totalMiB: 8000, availableMiB: 7000)
    try tree.write("proc/self/cgroup", "0::/" + String(repeating: "a/", count: 100_000) + "\n")
    try tree.write("sys/fs/cgroup/memory.max", "\(1024 * Self.mebi)\n")
    #expect(try cap(tree) == 896)
    try tree.write("proc/self/cgroup", "0::/" + String(repeating: "a/", count: 700) + "\n")
    #expect(try cap(tree) == 896)
  }

  @Test func withoutMemoryAvailable() throws {
    let tree = try tree(totalMiB: 8000, availableMiB: 7000)
    try tree.write("proc/meminfo", "MemTotal: 8192000 kB\nMemFree: 3072000 kB\n")
    #expect(try cap(tree) == 2000)
    #expect(try probe(tree).notes == [.noAvailable])
    for text in ["", "MemAvailable: many kB\n", "MemAvailable: 99999999999999999999 kB"] {
      try tree.write("proc/meminfo", text)
      #expect(try cap(tree) == 448)
      #expect(try probe(tree).notes == [.noMemory])
    }
    try tree.write("sys/fs/cgroup/memory.max", "\(1024 * Self.mebi)\n")
    #expect(try cap(tree) == 896)
    #expect(try probe(tree).notes.isEmpty)
  }
}
