import Foundation
import Memory
import Model
import Profile
import TestSupport
import Testing

@testable import Inference
@testable import KVCache

/// Tokens are appended, committed and taken back.
@Suite struct SequenceTests {
  private static let all = (0..<Policy.count).map { Policy(rawValue: $0)! }
  /// Blocks of many sizes; together more than the budget of 16 from the third one on.
  private static let sizes = [8, 5, 8, 1, 1, 8, 3, 8, 1, 7]

  private static func tokens(_ count: Int, seed: Int) -> [Int32] {
    (0..<count).map { Int32((seed * 37 + $0 * $0 * 5 + $0 * 7) % 31) }
  }

  private func stage(_ policy: Policy, threads: Int = 2, recent: Int = 0) throws -> SequenceStage {
    var chosen = settings(
      policy, block: 8, budget: policy == .full ? 96 : 16, recent: recent, threads: threads)
    chosen.takesBack = true
    return try SequenceStage.make(chosen)
  }

  @Test(arguments: all, [1, 3])
  func committingLaterIsTheSame(policy: Policy, threads: Int) throws {
    var now = try stage(policy, threads: threads)
    var later = try stage(policy, threads: threads)
    for (index, size) in Self.sizes.enumerated() {
      let tokens = Self.tokens(size, seed: index)
      let expected = try now.read(tokens)
      #expect(try later.read(tokens, kept: size) == expected, "block \(index)")
      #expect(later.contents == now.contents, "block \(index)")
    }
    #expect(now.engine.slotsFilled == (policy == .full ? 50 : 16))
  }

  /// Dropped tokens leave no trace.
  @Test(arguments: [
    Policy.full, .keydiff, .keydiffStream, .keydiffNormalized, .keydiffPairwise, .keydiffMedian,
    .keydiffDot,
    .keydiffEuclidean, .sink, .l2,
  ])
  func droppedTokensLeaveNoTrace(policy: Policy) throws {
    var few = try stage(policy, recent: 3)
    var many = try stage(policy, recent: 3)
    for (index, kept) in [8, 3, 7, 1, 1, 2, 8, 5, 1, 6].enumerated() {
      let tokens = Self.tokens(kept, seed: index)
      let dropped = Self.tokens(min(8 - kept, 1 + index % 6), seed: 100 + index)
      let expected = try few.read(tokens)
      #expect(try many.read(tokens + dropped, kept: kept) == expected, "block \(index)")
      #expect(many.contents == few.contents, "block \(index)")
    }
  }

  /// The policies that score by attention weights count those of dropped rows; the places are right.
  @Test(arguments: [Policy.tova, .h2o, .snapkv])
  func weightsOfDroppedRowsCount(policy: Policy) throws {
    var stage = try stage(policy)
    var total = 0
    for (index, kept) in [8, 8, 3, 1, 5].enumerated() {
      _ = try stage.read(Self.tokens(8, seed: index), kept: kept)
      total += kept
      let contents = stage.contents
      #expect(contents.counts.allSatisfy { $0 == min(total, 16) })
      #expect(contents.positions.allSatisfy { $0 < UInt32(total) })
      #expect(stage.engine.tokenCount == total && stage.engine.lastRow == kept - 1)
    }
  }

  @Test(arguments: [
    Policy.full, .keydiff, .keydiffStream, .keydiffNormalized, .sink, .l2, .tova, .snapkv,
  ])
  func tokensAreTakenBack(policy: Policy) throws {
    var short = try stage(policy)
    var long = try stage(policy)
    _ = try short.read(Self.tokens(6, seed: 1))
    _ = try long.read(Self.tokens(6, seed: 1))
    let before = long.contents
    _ = try long.read(Self.tokens(4, seed: 2))
    _ = try long.read(Self.tokens(1, seed: 3))
    long.engine.truncate(to: 6)
    #expect(long.contents == before)
    // A block that was not committed goes as well, though the policy would have evicted.
    _ = try short.read(Self.tokens(8, seed: 4))
    _ = try long.read(Self.tokens(8, seed: 4))
    let filled = long.contents
    for index in 0..<8 { long.engine.block[index] = Int32(index) }
    _ = try long.engine.append(8, commits: false)
    long.engine.truncate(to: long.engine.tokenCount)
    #expect(long.contents == filled)
    let next = Self.tokens(8, seed: 5)
    #expect(try long.read(next) == short.read(next))
    #expect(long.contents == short.contents)
    #expect(long.engine.sequence.fixedCount == (policy == .full ? 0 : 22))
  }

  /// More tokens than a block holds, or none, are refused and leave the text as it was.
  @Test(arguments: [Policy.full, .keydiff]) func blocksOfOtherSizesAreRefused(policy: Policy) throws
  {
    var stage = try self.stage(policy)
    var plain = try self.stage(policy)
    _ = try stage.read(Self.tokens(5, seed: 1))
    _ = try plain.read(Self.tokens(5, seed: 1))
    let before = stage.contents
    for count in [9, 10, 4096, 0, -1, Int.max, Int.min] {
      for commits in [true, false] {
        var refused: Int?
        do throws(AppendError) {
          _ = try stage.engine.append(count, commits: commits)
        } catch {
          if case .tokenCount(let found, let blockSize) = error, blockSize == 8 { refused = found }
        }
        #expect(refused == count)
        #expect(stage.contents == before)
      }
    }
    let next = Self.tokens(8, seed: 2)
    #expect(try stage.read(next) == plain.read(next))
    #expect(stage.contents == plain.contents)
  }

  @Test(arguments: [Policy.full, .keydiff, .h2o])
  func twoTextsOnOneMachine(policy: Policy) throws {
    var both = try stage(policy)
    var one = try stage(policy)
    var other = try stage(policy)
    for (index, size) in Self.sizes.enumerated() {
      let (mine, yours) = (Self.tokens(size, seed: index), Self.tokens(9 - size, seed: 50 + index))
      #expect(try both.read(mine) == one.read(mine))
      #expect(try both.readSecond(yours) == other.read(yours))
    }
    #expect(both.contents == one.contents)
    #expect(SequenceContents(both.second) == other.contents)
  }

  /// Each head keeps its own number of tokens, however the block is committed, and a copy of the cache
  /// holds them.
  @Test(arguments: all.filter { $0 != .full })
  func budgetsOfTheirOwn(policy: Policy) throws {
    var now = try stage(policy)
    var later = try stage(policy)
    let shape = now.engine.shape
    let kvHeadCount = shape.layer(0).kvHeadCount
    let budgets = [16, 1, 9, 5].prefix(shape.layerCount * kvHeadCount)
    for (index, budget) in budgets.enumerated() {
      let (layer, kvHead) = (index / kvHeadCount, index % kvHeadCount)
      now.engine.limit(layer: layer, kvHead: kvHead, budget: budget)
      later.engine.limit(layer: layer, kvHead: kvHead, budget: budget)
    }
    let byteCount = EngineLayout.keptByteCount(shape, now.engine.settings, tokenCount: 100)
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
    defer { memory.deallocate() }
    var total = 0
    for (index, size) in Self.sizes.enumerated() {
      let tokens = Self.tokens(size, seed: index)
      let expected = try now.read(tokens)
      #expect(try later.read(tokens, kept: size) == expected)
      total += size
      #expect(now.contents.counts == budgets.map { min($0, total) })
      #expect(later.contents == now.contents)
      let (kept, contents) = (now.engine.keep(in: memory), now.contents)
      _ = try now.read(Self.tokens(3, seed: 70))
      now.engine.takeUp(kept, from: memory)
      #expect(now.contents == contents)
    }
  }
}
