import Foundation
import Synchronization
import Testing

@testable import Platform

/// A team on ordinary memory; its threads sleep until the test process ends.
private func makeTeam(_ memberCount: Int) throws -> Team {
  let stacks = UnsafeMutableRawPointer.allocate(
    byteCount: memberCount * Team.stackByteCount, alignment: 4096)
  return try Team(
    storage: .allocate(capacity: 1), lines: .allocate(capacity: TeamState.lineCount),
    memberCount: memberCount, stacks: stacks, cores: [Int32]().span)
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
