import Foundation
import Glibc
import Inference
import Memory
import Model
import Platform
import Profile
import TestSupport
import Testing

/// The memory plan of an engine: what holds for every one, and that runs use what is planned.
@Suite struct EnginePlanTests {
  private static let policies = (0..<Policy.count).compactMap(Policy.init(rawValue:))

  private static func shape(_ random: inout SeededGenerator) throws -> ModelShape {
    let kvHeadCount = Int.random(in: 1...8, using: &random)
    return try ModelShape(
      architecture: [.llama, .qwen2, .qwen3].randomElement(using: &random)!,
      layerCount: Int.random(in: 1...80, using: &random),
      headCount: kvHeadCount * Int.random(in: 1...8, using: &random), kvHeadCount: kvHeadCount,
      headDim: 4 * Int.random(in: 4...64, using: &random),
      embeddingLength: 4 * Int.random(in: 1...2048, using: &random),
      feedForwardLength: 4 * Int.random(in: 1...4096, using: &random),
      vocabularyCount: Int.random(in: 1...200_000, using: &random), contextLength: 8192,
      ropeFrequencyBase: 10_000, rmsEpsilon: 1e-5, isOutputTied: Bool.random(using: &random))
  }

  private static func plan(
    _ shape: ModelShape, _ policy: Policy, block: Int, budget: Int, threads: Int
  ) -> MemoryPlan {
    var carver = Carver.measuring
    _ = EngineLayout(
      carver: &carver, shape: shape,
      settings: settings(policy, block: block, budget: budget, threads: threads))
    return carver.measured()
  }

  private func expectSound(_ plan: MemoryPlan) {
    var (end, sum) = (0, plan.paddingByteCount)
    for region in (0..<Region.count).map({ Region(rawValue: $0)! }) {
      let start = plan.offset(of: region)
      #expect(start >= end && start % Arena.alignment == 0)
      if region == .weights || region == .keys { #expect(start % Arena.imageAlignment == 0) }
      end = start + plan.byteCount(of: region)
      sum += plan.byteCount(of: region)
    }
    #expect(sum == plan.totalByteCount && end <= plan.totalByteCount)
    #expect(plan.paddingByteCount < 2 * Arena.imageAlignment + 16 * Arena.alignment + 8192)
  }

  /// Thousands of shapes, sizes and policies: sound, and no smaller where N, B or the threads grow.
  @Test(arguments: 0..<4 as Range<UInt64>) func randomPlans(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<1000 {
      let shape = try Self.shape(&random)
      let policy = Self.policies.randomElement(using: &random)!
      let block = Int.random(in: 1...512, using: &random)
      let budget = Int.random(in: 1...16_384, using: &random)
      let threads = Int.random(in: 1...8, using: &random)
      let plan = Self.plan(shape, policy, block: block, budget: budget, threads: threads)
      expectSound(plan)
      let larger = [
        Self.plan(
          shape, policy, block: block, budget: budget + Int.random(in: 1...999, using: &random),
          threads: threads),
        Self.plan(
          shape, policy, block: block + Int.random(in: 1...99, using: &random), budget: budget,
          threads: threads),
        Self.plan(shape, policy, block: block, budget: budget, threads: threads + 1),
      ]
      for other in larger {
        expectSound(other)
        #expect(other.totalByteCount >= plan.totalByteCount, "\(policy) \(block) \(budget)")
      }
    }
  }

  /// Pages of a region that have been touched since it was mapped, and all of them.
  private static func pages(_ region: Region, of arena: borrowing Arena) -> (touched: Int, all: Int)
  {
    let start = arena.plan.offset(of: region) & ~4095
    let end = (arena.plan.offset(of: region) + arena.plan.byteCount(of: region) + 4095) & ~4095
    var states = [UInt8](repeating: 0, count: (end - start) / 4096)
    if states.isEmpty { return (0, 0) }
    precondition(mincore(arena.baseAddress + start, end - start, &states) == 0)
    return (states.count { $0 & 1 == 1 }, states.count)
  }

  /// A text that passes the budget several times over leaves at most 1 % of the planned pages
  /// untouched, and of each region at most 1 % or two pages; thread stacks are there for the deepest
  /// calls, and are left out.
  @Test(
    .enabled(if: Files.model != nil, "needs the default model"),
    arguments: [
      Policy.full, .keydiff, .keydiffStream, .keydiffMedian, .keydiffPairwise, .tova, .snapkv, .h2o,
      .l2,
    ])
  func plannedPagesAreTouched(policy: Policy) throws {
    var fixture = try Fixture.open(
      Files.model!, settings(policy, block: 64, budget: policy == .full ? 448 : 256),
      usesHugePages: false)
    for block in 0..<8 {
      for index in 0..<64 {
        fixture.engine.block[index] = Int32(1000 + (block * 64 + index) * 61 % 40_000)
      }
      _ = try fixture.engine.append(64)
      fixture.engine.makeLogits(firstRow: 48, rowCount: 16)
    }
    if policy != .full {
      for token in 0..<4 {
        fixture.engine.block[0] = Int32(token)
        _ = try fixture.engine.append(1)
        fixture.engine.makeLogits(firstRow: 0, rowCount: 1)
      }
    }
    var (touched, all) = (0, 0)
    for region in (0..<Region.count).map({ Region(rawValue: $0)! }) where region != .threadStacks {
      let pages = Self.pages(region, of: fixture.arena)
      #expect(
        pages.all - pages.touched <= max(pages.all / 100, 2),
        "\(region.name): \(pages.touched) of \(pages.all) pages")
      touched += pages.touched
      all += pages.all
    }
    #expect(Double(touched) >= 0.99 * Double(all))
  }
}
