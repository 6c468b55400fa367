import Kernels
import Memory
import Model
import Platform

/// What computes: a team of threads and the workspace of one block. It knows nothing of any text.
public struct Machine: ~Copyable {
  let workspace: Workspace
  let team: Team

  /// Starts the threads. The arena is not yet sealed.
  init(_ workspace: Workspace, _ layout: TeamLayout, cores: Span<Int32>) throws(SystemFailure) {
    self.workspace = workspace
    team = try layout.start(cores: cores)
  }

  /// Where the caller puts the ids of the next block.
  public var block: UnsafeMutableBufferPointer<Int32> {
    unsafe UnsafeMutableBufferPointer(start: workspace.tokens, count: workspace.blockSize)
  }

  /// The times of the latest task, as the members saw them.
  var meanTimes: BlockTimes {
    unsafe BlockTimes.mean(workspace.times, count: team.latestMemberCount)
  }

  /// Makes logits for rows of the block that was appended last.
  /// - Parameters:
  ///   - rowCount: at most as many as the workspace has rows for.
  ///   - threadCount: of the threads, the first ones that make them.
  func makeLogits(
    _ weights: ModelWeights, firstRow: Int, rowCount: Int, threadCount: Int, l2ByteCount: Int
  ) {
    precondition(rowCount > 0 && rowCount <= workspace.logitRowCount)
    precondition(firstRow >= 0 && firstRow + rowCount <= workspace.blockSize)
    var head = OutputHead(
      weights: weights, workspace: workspace, l2ByteCount: l2ByteCount, firstRow: firstRow,
      rowCount: rowCount)
    unsafe team.run(&head, members: threadCount) { context, team, index in
      let head = unsafe context.assumingMemoryBound(to: OutputHead.self).pointee
      unsafe head.run(Member(team: team, index: index))
    }
  }
}

// MARK: - Memory

extension Machine {
  /// Touches the pages of the arena on all threads, so that the system has given all memory, and
  /// none is waited for, before the first block. The threads' own stacks and counters are in use and
  /// left out, as are mapped weights, which cannot be written.
  @export(interface)
  public func touchPages(of arena: borrowing Arena, hasMappedWeights: Bool = false) {
    let start = arena.plan.offset(of: hasMappedWeights ? .keys : .weights)
    var range = unsafe UnsafeMutableRawBufferPointer(
      start: arena.baseAddress + start, count: arena.plan.offset(of: .threadStacks) - start)
    unsafe team.run(&range) { context, team, index in
      let range = unsafe context.assumingMemoryBound(to: UnsafeMutableRawBufferPointer.self).pointee
      let member = unsafe Member(team: team, index: index)
      let share = 512 * Arena.pageByteCount
      while true {
        let start = member.nextShare() * share
        if start >= range.count { return }
        for page in stride(
          from: start, to: min(start + share, range.count), by: Arena.pageByteCount)
        {
          unsafe touchPage(range.baseAddress! + page)
        }
      }
    }
  }
}

// MARK: - Numbers out of range

extension Machine {
  /// Elements of keys and values that were past Float16's range and became its largest number.
  var clampedCount: Int {
    var count = 0
    for index in 0..<team.memberCount { unsafe count += workspace.numbers[index].clampedCount }
    return count
  }

  /// Shares of attention, of at most `AttentionGeometry.chunkRows` query rows of a KV head, whose
  /// scores or sums of values were past Float16's range and were taken in Float32.
  var repeatedCount: Int {
    var count = 0
    for index in 0..<team.memberCount { unsafe count += workspace.numbers[index].repeatedCount }
    return count
  }

  /// Where a number was first past Float32's range or none at all, since the places were forgotten.
  var numberFault: NumberFault? {
    var first = NumberPlace.none
    for index in 0..<team.memberCount {
      first = unsafe workspace.numbers[index].place.earlier(than: first)
    }
    return NumberFault(first)
  }

  func forgetNumberPlaces() {
    for index in 0..<team.memberCount { unsafe workspace.numbers[index].forgetPlace() }
  }
}
