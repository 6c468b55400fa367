import TestSupport
import Testing

@testable import Memory

/// A random series of takes: region, count of bytes.
private func randomTakes(_ generator: inout some RandomNumberGenerator) -> [(Region, Int)] {
  (0..<Int.random(in: 1...60, using: &generator)).map { _ in
    (
      Region(rawValue: Int.random(in: 0..<Region.count, using: &generator))!,
      Int.random(in: 0...100_000, using: &generator)
    )
  }
}

struct PlanTests {
  @Test func randomPlansAreDisjointAlignedAndExact() throws {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<500 {
      let takes = randomTakes(&generator)
      var measuring = Carver.measuring
      for (region, count) in takes { _ = measuring.takeBytes(region, count: count) }
      let plan = measuring.measured()
      var end = 0
      var sum = plan.paddingByteCount
      for index in 0..<Region.count {
        let region = Region(rawValue: index)!
        #expect(plan.offset(of: region) >= end)
        #expect(plan.offset(of: region) % Arena.alignment == 0)
        end = plan.offset(of: region) + plan.byteCount(of: region)
        sum += plan.byteCount(of: region)
      }
      #expect(end <= plan.totalByteCount)
      #expect(sum == plan.totalByteCount)
    }
  }

  @Test func theCountOfRegionsIsThatOfTheCases() {
    #expect(Region(rawValue: Region.count - 1) != nil && Region(rawValue: Region.count) == nil)
  }

  @Test func theSecondLayoutTakesJustThePlan() throws {
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<50 {
      let takes = randomTakes(&generator)
      var measuring = Carver.measuring
      for (region, count) in takes { _ = measuring.takeBytes(region, count: count) }
      let arena = try Arena(plan: measuring.measured())
      var carver = arena.carver()
      var ranges: [Range<Int>] = []
      for (region, count) in takes {
        let start = carver.takeBytes(region, count: count) - arena.baseAddress
        #expect(start % Arena.alignment == 0)
        ranges.append(start..<start + count)
      }
      carver.seal()
      let sorted = ranges.filter { !$0.isEmpty }.sorted { $0.lowerBound < $1.lowerBound }
      for (a, b) in zip(sorted, sorted.dropFirst()) { #expect(a.upperBound <= b.lowerBound) }
      #expect(sorted.allSatisfy { $0.upperBound <= arena.plan.totalByteCount })
    }
  }

  @Test func takingFromASealedArenaTraps() async {
    await #expect(processExitsWith: .failure) {
      var measuring = Carver.measuring
      _ = measuring.takeBytes(.keys, count: 64)
      let arena = try Arena(plan: measuring.measured())
      var carver = arena.carver()
      _ = carver.takeBytes(.keys, count: 64)
      carver.seal()
      _ = carver.takeBytes(.keys, count: 0)
    }
  }

  @Test func takingMoreThanPlannedTraps() async {
    await #expect(processExitsWith: .failure) {
      var measuring = Carver.measuring
      _ = measuring.takeBytes(.keys, count: 64)
      let arena = try Arena(plan: measuring.measured())
      var carver = arena.carver()
      _ = carver.takeBytes(.keys, count: 65)
    }
  }

  @Test func sealingAnUnusedPartTraps() async {
    await #expect(processExitsWith: .failure) {
      var measuring = Carver.measuring
      _ = measuring.takeBytes(.keys, count: 64)
      let arena = try Arena(plan: measuring.measured())
      var carver = arena.carver()
      carver.seal()
    }
  }
}
