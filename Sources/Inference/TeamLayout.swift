import Memory
import Platform

/// A team's part of the arena.
@safe package struct TeamLayout {
  private let state: UnsafeMutablePointer<TeamState>
  private let lines: UnsafeMutablePointer<TeamLine>
  private let stacks: UnsafeMutableRawPointer
  let threadCount: Int

  @export(interface)
  package init(carver: inout Carver, threadCount: Int) {
    self.threadCount = threadCount
    unsafe state = unsafe carver.takeUninitialized(.tables, TeamState.self, count: 1)
    unsafe lines = unsafe carver.takeUninitialized(
      .tables, TeamLine.self, count: TeamState.lineCount(memberCount: threadCount))
    unsafe stacks = unsafe carver.takeBytes(
      .threadStacks, count: (threadCount - 1) * Team.stackByteCount)
  }

  package func start(cores: Span<Int32>) throws(SystemFailure) -> Team {
    try unsafe Team(
      storage: state, lines: lines, memberCount: threadCount, stacks: stacks, cores: cores)
  }
}
