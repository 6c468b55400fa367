import Foundation
import Synchronization
import Testing

@testable import Platform

/// A team on ordinary memory; its threads sleep until the test process ends.
private func makeTeam(_ memberCount: Int, cores: [Int32] = []) throws -> Team {
  let stacks = UnsafeMutableRawPointer.allocate(
    byteCount: memberCount * Team.stackByteCount, alignment: 4096)
  return try Team(
    storage: .allocate(capacity: 1),
    lines: .allocate(capacity: TeamState.lineCount(memberCount: memberCount)),
    memberCount: memberCount, stacks: stacks, cores: cores.span)
}

private struct Work {
  var cells: UnsafeMutablePointer<Int>
  var count: Int
  var rounds: Int
  var sumsSeen: UnsafeMutablePointer<Int>
}

struct TeamTests {
  @Test(arguments: [1, 2, 3, 8])
  func sharesAreTakenOnceAndBarriersPublish(memberCount: Int) throws {
    let team = try makeTeam(memberCount)
    let cells = UnsafeMutablePointer<Int>.allocate(capacity: 1000)
    let sums = UnsafeMutablePointer<Int>.allocate(capacity: memberCount * 20)
    cells.initialize(repeating: 0, count: 1000)
    sums.initialize(repeating: 0, count: memberCount * 20)
    var work = Work(cells: cells, count: 1000, rounds: 20, sumsSeen: sums)
    for _ in 0..<50 {
      team.run(&work) { context, team, index in
        let member = Member(team: team, index: index)
        let work = context.assumingMemoryBound(to: Work.self).pointee
        for round in 0..<work.rounds {
          while true {
            let share = member.nextShare()
            if share >= work.count { break }
            work.cells[share] += 1
          }
          member.barrier()
          work.sumsSeen[member.index * work.rounds + round] += work.cells[round * 7]
          member.barrier()
        }
      }
    }
    // Every cell was taken once a round, and every member saw the others' work of the round.
    #expect((0..<1000).allSatisfy { cells[$0] == 50 * 20 })
    for member in 0..<memberCount {
      for round in 0..<20 {
        let expected = (0..<50).reduce(0) { $0 + $1 * 20 + round + 1 }
        #expect(sums[member * 20 + round] == expected)
      }
    }
  }

  /// The first members alone run a task, each of them once, in whatever order the counts come. Members
  /// that sleep through tasks do not take a later one twice.
  @Test(arguments: [1, 2, 3, 8])
  func theFirstMembersRunATask(memberCount: Int) throws {
    let team = try makeTeam(memberCount)
    let calls = UnsafeMutablePointer<Int>.allocate(capacity: memberCount)
    calls.initialize(repeating: 0, count: memberCount)
    var expected = [Int](repeating: 0, count: memberCount)
    var random = SplitMix64(seed: UInt64(memberCount))
    for _ in 0..<3000 {
      let count = 1 + Int(random.next() % UInt64(memberCount))
      for index in 0..<count { expected[index] += 1 }
      var context = (calls: calls, sum: 0)
      team.run(&context, members: count) { context, team, index in
        let member = Member(team: team, index: index)
        let pair = context.assumingMemoryBound(
          to: (calls: UnsafeMutablePointer<Int>, sum: Int).self)
        pair.pointee.calls[index] += 1
        member.barrier()
        if index == 0 { pair.pointee.sum = member.count }
      }
      let sum = context.sum
      #expect(sum == count && team.latestMemberCount == count)
    }
    #expect((0..<memberCount).map { calls[$0] } == expected)
  }

  /// Each share of the runs is taken once, whoever is late, and no run is left out.
  @Test(arguments: [1, 2, 3, 8], [1, 3, 12, 1000])
  func runsAreTakenOnce(memberCount: Int, count: Int) throws {
    let team = try makeTeam(memberCount)
    let cells = UnsafeMutablePointer<Int>.allocate(capacity: count)
    let firsts = UnsafeMutablePointer<Int>.allocate(capacity: memberCount)
    cells.initialize(repeating: 0, count: count)
    firsts.initialize(repeating: 0, count: memberCount)
    var work = Work(cells: cells, count: count, rounds: 20, sumsSeen: firsts)
    team.run(&work) { context, team, index in
      let member = Member(team: team, index: index)
      let work = context.assumingMemoryBound(to: Work.self).pointee
      for round in 0..<work.rounds {
        member.beginRun(at: member.ownRun(of: work.count).lowerBound)
        member.barrier()
        // One member sleeps, so that the others take its run.
        if round == 7 && index == 0 && member.count > 1 { usleep(20_000) }
        while let share = member.nextRunShare({ member.run($0, of: work.count).upperBound }) {
          work.cells[share] += 1
        }
        member.barrier()
      }
      for share in member.ownRun(of: work.count) { work.sumsSeen[index] += share + 1 }
    }
    #expect((0..<count).allSatisfy { cells[$0] == 20 })
    #expect((0..<memberCount).reduce(0) { $0 + firsts[$1] } == count * (count + 1) / 2)
  }

  /// Alone at work, a member goes through its own run first, in order.
  @Test func theOwnRunComesFirst() throws {
    let team = try makeTeam(3)
    let order = UnsafeMutablePointer<Int>.allocate(capacity: 13)
    order.initialize(repeating: -1, count: 13)
    var work = Work(cells: order, count: 12, rounds: 1, sumsSeen: order)
    team.run(&work) { context, team, index in
      let member = Member(team: team, index: index)
      let work = context.assumingMemoryBound(to: Work.self).pointee
      member.beginRun(at: member.ownRun(of: work.count).lowerBound)
      member.barrier()
      guard index == 1 else { return }
      var taken = 0
      while let share = member.nextRunShare({ member.run($0, of: work.count).upperBound }) {
        work.cells[taken] = share
        taken += 1
      }
    }
    #expect((0..<13).map { order[$0] } == [4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3, -1])
  }

  /// The calling thread runs on its core while there is a team, and on all that it could before when
  /// the team has ended; so does a thread that is started after that.
  @Test func theCallersCoresComeBack() throws {
    let before = try allowedCores()
    let first = try #require(Int32(before.prefix { $0.isNumber }))
    do {
      let team = try makeTeam(2, cores: [first, first])
      #expect(try allowedCores() == "\(first)")
      _ = consume team
    }
    #expect(try allowedCores() == before)
  }

  /// The calling thread's, as the kernel lists them.
  private func allowedCores() throws -> String {
    let status = try String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8)
    let line = try #require(
      status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") })
    return line.dropFirst("Cpus_allowed_list:".count).trimmingCharacters(in: .whitespaces)
  }

  /// A member that asked in vain asks less and less, and tries the full count again from time to time;
  /// one success is enough to come back to it.
  @Test func patience() {
    var patience = Patience()
    var turns: [UInt32] = []
    for _ in 0..<22 {
      turns.append(patience.turnCount)
      patience.wasInVain()
    }
    #expect(turns == [2000, 1000, 500, 250, 125] + [UInt32](repeating: 0, count: 16) + [2000])
    patience.wasRewarded()
    #expect(patience.turnCount == 2000)
  }

  /// Bound to one core, the calling thread may run on one.
  @Test func coresOfTheCaller() throws {
    let count = CoreMask.coreCountOfCaller()
    let before = try allowedCores()
    let listed = before.split(separator: ",").map {
      $0.split(separator: "-").compactMap { Int($0) }
    }
    #expect(count == listed.reduce(0) { $0 + $1[$1.count - 1] - $1[0] + 1 })
    let first = try #require(Int32(before.prefix { $0.isNumber }))
    let team = try makeTeam(2, cores: [first, first])
    #expect(CoreMask.coreCountOfCaller() == 1)
    _ = consume team
  }

  @Test func aTeamThatSleptWakesUp() throws {
    let team = try makeTeam(2)
    var counter = 0
    for _ in 0..<3 {
      usleep(20_000)
      team.run(&counter) { context, _, index in
        if index == 0 { context.assumingMemoryBound(to: Int.self).pointee += 1 }
      }
    }
    #expect(counter == 3)
  }
}
