import Foundation
import Profile
import TestSupport
import Testing

@testable import Board

/// What `probe --tune` times, and how it chooses.
struct TuningTests {
  private func order(_ tree: KernelTree) throws -> CoreOrder {
    let facts = try BoardFacts(below: KernelPath(root: Array(tree.path.utf8).span)!, nil)
    withExtendedLifetime(tree) {}
    return CoreOrder(facts.cores)
  }

  private func numbers(_ order: CoreOrder) -> [Int] { (0..<order.count).map { order[$0] } }

  private func values(_ list: TuningList) -> [Int] { (0..<list.count).map { list[$0] } }

  private func profile(_ order: CoreOrder, threads: Int) throws -> DeviceProfile {
    var profile = try #require(try probe(KernelTree(Machine.rk3588.files)).profile)
    profile.setThreads(threads, in: order)
    return profile
  }

  /// The fast cores come first, whatever their numbers.
  @Test func bigAndLittle() throws {
    let order = try order(KernelTree(Machine.rk3588.files))
    #expect(numbers(order) == [4, 5, 6, 7, 0, 1, 2, 3])
    #expect(order.fastCount == 4 && order.coreCount == 8)
    #expect(values(.threadCounts(order)) == [4, 6, 8, 3, 2, 1])
  }

  @Test func coresOfOneKind() throws {
    let order = try order(KernelTree(Machine.pi5.files))
    #expect(numbers(order) == [0, 1, 2, 3])
    #expect(values(.threadCounts(order)) == [4, 3, 2, 1])
    #expect(
      values(.threadCounts(try self.order(KernelTree(Machine.jetsonOrinNano.files))))
        == [6, 5, 3, 1])
  }

  /// Two fast cores with two hardware threads each, and four slower ones.
  @Test func hardwareThreads() throws {
    let order = try order(KernelTree(Machine.x86.files))
    #expect(numbers(order) == [0, 2, 4, 5, 6, 7, 1, 3])
    #expect(order.fastCount == 2 && order.coreCount == 6)
    #expect(values(.threadCounts(order)) == [2, 4, 6, 8, 1])
  }

  @Test func oneCoreAndNone() throws {
    let tree = try KernelTree(Machine.pi5.files)
    try tree.write("proc/self/status", "Cpus_allowed_list:\t2\n")
    let one = try order(tree)
    #expect(numbers(one) == [2] && values(.threadCounts(one)) == [1])
    try tree.remove("sys/devices/system/cpu/online")
    try tree.write("proc/cpuinfo", "Features : asimd\n")
    try tree.remove("proc/self/status")
    let none = try order(tree)
    #expect(none.count == 0 && values(.threadCounts(none)) == [1])
    let profile = try profile(none, threads: 1)
    #expect(profile.threads == 1 && profile.coreCount == 0)
  }

  @Test func manyCores() throws {
    let tree = try KernelTree(Machine.server.files)
    try tree.write("sys/devices/system/cpu/online", "0-199\n")
    let order = try order(tree)
    #expect(order.count == 64 && values(.threadCounts(order)) == [64, 63, 32, 1])
  }

  @Test func blockSizes() {
    #expect(values(.blockSizes(first: 128)) == [128, 64, 256, 32])
    #expect(values(.blockSizes(first: 64)) == [64, 128, 256, 32])
    #expect(values(.blockSizes(first: 100)) == [100, 128, 64, 256, 32])
  }

  /// Threads take the first cores, and the smallest second-level cache of these.
  @Test func profileOfACoreSet() throws {
    let order = try order(KernelTree(Machine.rk3588.files))
    let two = try profile(order, threads: 2)
    #expect(two.threads == 2 && two.l2CacheKiB == 512)
    #expect(text(two).contains("\"cores\": [4, 5],"))
    let six = try profile(order, threads: 6)
    #expect(six.l2CacheKiB == 128 && text(six).contains("\"cores\": [4, 5, 6, 7, 0, 1],"))
    // More threads than cores: the second-level cache stays what it was.
    let nine = try profile(order, threads: 9)
    #expect(nine.threads == 9 && nine.coreCount == 0 && nine.l2CacheKiB == 512)
    // The profile reads back.
    var json = Array(text(six).utf8)
    #expect(try DeviceProfile(json: json.span).threads == 6)
    json = Array(text(nine).utf8)
    #expect(try DeviceProfile(json: json.span).threads == 9)
  }
}

/// The choice from a table of timings.
struct TuningChoiceTests {
  private typealias Row = (
    threads: Int, block: Int, prompt: Double?, answer: Double?, mebibytes: Int
  )

  private func table(_ rows: [Row]) -> TuningTable {
    var table = TuningTable()
    for row in rows {
      let index = table.index(threadCount: row.threads, blockSize: row.block)
      table[index].processByteCount = row.mebibytes << 20
      if let prompt = row.prompt, let answer = row.answer {
        table[index].rates = (prompt: prompt, answer: answer)
      }
    }
    return table
  }

  @Test func theFastestPrompt() {
    #expect(
      table([(4, 128, 300, 20, 200), (2, 128, 180, 19, 199), (1, 128, 95, 12, 198)]).best() == 0)
    #expect(
      table([(4, 128, 300, 20, 200), (4, 256, 330, 20, 230), (4, 64, 250, 20, 190)]).best() == 1)
  }

  /// Slow cores make prompts faster and answers slower: fewer threads make these.
  @Test func answersOfFewerThreads() {
    let rows: [Row] = [(4, 128, 300, 20, 200), (8, 128, 360, 15, 204), (2, 128, 180, 19.7, 199)]
    let table = table(rows)
    #expect(table.best() == 1)
    // Two threads come within two of a hundred of four.
    #expect(table.decodeThreadCount(of: 1) == 2)
    #expect(table.decodeThreadCount(of: 2) == 2)
    #expect(self.table([rows[0], rows[1]]).decodeThreadCount(of: 1) == 4)
    #expect(self.table([rows[0]]).decodeThreadCount(of: 0) == 4)
  }

  /// Answers that fewer threads cannot make faster do count.
  @Test func slowAnswersDoNotCount() {
    #expect(table([(2, 128, 300, 17.9, 200), (4, 128, 290, 20, 204)]).best() == 1)
    #expect(table([(2, 128, 300, 18.1, 200), (4, 128, 290, 20, 204)]).best() == 0)
  }

  /// Within two of a hundred fewer threads, then less memory.
  @Test func ties() {
    #expect(table([(4, 128, 300, 20, 200), (3, 128, 295, 20, 201)]).best() == 1)
    #expect(table([(4, 128, 300, 20, 200), (3, 128, 293, 20, 199)]).best() == 0)
    #expect(
      table([(4, 256, 300, 20, 230), (4, 128, 296, 20, 200), (4, 64, 280, 20, 190)]).best() == 1)
    // All the same: the first one.
    #expect(table([(4, 128, 300, 20, 200), (4, 64, 300, 20, 200)]).best() == 0)
    // Ties are of the fastest, not of one another.
    #expect(
      table([(4, 256, 300, 20, 3), (4, 128, 295, 20, 2), (4, 64, 290, 20, 1)]).best() == 1)
  }

  @Test func missingCases() {
    #expect(table([]).best() == nil)
    #expect(table([(4, 128, nil, nil, 200), (2, 128, nil, nil, 199)]).best() == nil)
    #expect(table([(4, 128, nil, nil, 200), (2, 128, 100, 10, 199)]).best() == 1)
  }

  @Test func oneThreadCountOnly() {
    let table = table([(4, 128, 300, 20, 200), (2, 128, 180, 40, 199), (2, 64, 150, 40, 190)])
    #expect(table.best() == 0)
    #expect(table.best(threadCount: 4) == 0)
    #expect(table.best(threadCount: 2) == 1)
    #expect(table.best(threadCount: 3) == nil)
  }

  /// A case is there once.
  @Test func casesAreNotRepeated() {
    var table = TuningTable()
    #expect(table.index(threadCount: 4, blockSize: 128) == 0)
    #expect(table.index(threadCount: 4, blockSize: 64) == 1)
    #expect(table.index(threadCount: 4, blockSize: 128) == 0)
    #expect(table.count == 2 && !table[0].isTimed)
  }
}
