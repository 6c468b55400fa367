import TestSupport
import Testing

@testable import Board

/// Threads under a control group's quota of processor time. The board has four cores.
struct QuotaTests {
  private static let group = "sys/fs/cgroup/user.slice/user-1000.slice/session-1.scope/cpu.max"

  @Test(arguments: [
    ("max 100000\n", 4), ("400000 100000\n", 4), ("399999 100000\n", 3), ("250000 100000\n", 2),
    ("100000 100000\n", 1), ("20000 100000\n", 1), ("100 50\n", 2), ("900000 100000\n", 4),
    ("", 4), ("1000\n", 4), ("200000 0\n", 4), ("0 100000\n", 1), ("text\n", 4),
    ("99999999999999999999999 100000\n", 4), ("-1 100000\n", 4),
  ])
  func versionTwo(text: String, threads: Int) throws {
    let tree = try KernelTree(Machine.pi5.files)
    try tree.write(Self.group, text)
    let found = try probe(tree)
    #expect(found.profile?.threads == threads)
    #expect(found.chosen == Array(0..<threads))
    #expect(found.notes.contains(.quota) == (threads < 4))
  }

  /// The least of all levels counts.
  @Test func groupsAround() throws {
    let tree = try KernelTree(Machine.pi5.files)
    try tree.write(Self.group, "300000 100000\n")
    try tree.write("sys/fs/cgroup/user.slice/cpu.max", "200000 100000\n")
    #expect(try probe(tree).profile?.threads == 2)
  }

  @Test(arguments: [("-1", "100000", 4), ("250000", "100000", 2), ("50000", "100000", 1)])
  func versionOne(quota: String, period: String, threads: Int) throws {
    let tree = try KernelTree(Machine.pi5.files)
    try tree.write("proc/self/cgroup", "5:memory:/\n4:cpu,cpuacct:/box\n0::/\n")
    try tree.write("sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", quota + "\n")
    try tree.write("sys/fs/cgroup/cpu/box/cpu.cfs_period_us", period + "\n")
    #expect(try probe(tree).profile?.threads == threads)
  }

  /// `probe --tune` times no more threads than the quota lets run.
  @Test func tuning() throws {
    let tree = try KernelTree(Machine.pi5.files)
    try tree.write(Self.group, "200000 100000\n")
    let facts = try BoardFacts(below: KernelPath(root: Array(tree.path.utf8).span)!, nil)
    let list = TuningList.threadCounts(CoreOrder(facts.cores))
    #expect((0..<list.count).map { list[$0] } == [2, 1])
    withExtendedLifetime(tree) {}
  }
}
