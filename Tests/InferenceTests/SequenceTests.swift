import Foundation
import Kernels
import Memory
import Model
import Profile
import TestSupport
import Testing

@testable import Inference
@testable import KVCache

/// What a sequence holds, bit for bit.
private struct Contents: Equatable {
  var counts: [Int] = []
  var positions: [UInt32] = []
  var keys: [UInt32] = []
  var values: [UInt16] = []
  var sums: [UInt64] = []
  var accumulated: [UInt32] = []
  var place: [Int] = []

  init(_ sequence: borrowing TokenSequence) {
    let layerCount = sequence.state.pointee.cache.shape.layerCount
    place = [sequence.tokenCount, sequence.position, sequence.weakAnchorCount]
    for layer in 0..<layerCount {
      for kvHead in 0..<sequence.state.pointee.cache.kvHeadCount(layer: layer) {
        add(sequence, layer: layer, kvHead: kvHead)
      }
    }
  }

  private mutating func add(
    _ sequence: borrowing TokenSequence, layer: Int, kvHead: Int
  ) {
    let state = sequence.state
    let block = state.pointee.cache.block(
      layer: layer, kvHead: kvHead, tokenCount: 0, nextPosition: sequence.position)
    counts.append(block.slotCount)
    let headDim = block.head.rows.headDim
    var key = [Float](repeating: 0, count: headDim)
    for slot in 0..<block.slotCount {
      positions.append(block.head.positions[slot])
      block.head.rows.copyKey(slot, factor: 1, into: &key)
      keys += key.map(\.bitPattern)
      let value = block.head.rows.values
      let start = CacheRows.filledValueCount(slots: slot, headDim: headDim)
      values += (start..<start + headDim).map { value[$0] }
    }
    let (policy, needs) = (
      state.pointee.eviction.slots(block), state.pointee.eviction.needs
    )
    if needs.keepsKeySum {
      sums += (0..<headDim).map { policy.keySum[$0].bitPattern }
    }
    if needs.keepsNumbers {
      accumulated += (0..<block.slotCount).map { policy.numbers[$0].bitPattern }
    }
  }
}

/// Two texts on one machine, or one.
private struct Stage: ~Copyable {
  /// Declared before the arena, so that its threads end before their stacks go.
  var engine: Engine
  var second: TokenSequence
  let arena: Arena
  private static let model = ModelWriter(types: [.q8_0], seed: 4)

  static func make(_ settings: RunSettings) throws -> Stage {
    let folder = try Folder()
    let path = strdup(try model.write(to: folder))!
    defer { free(path) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 64)
    defer { buffer.deallocate() }
    let file = try ModelFile(path: path, buffer: buffer)
    var measuring = Carver.measuring
    _ = EngineLayout(carver: &measuring, shape: file.shape, settings: settings)
    _ = SequenceLayout(carver: &measuring, shape: file.shape, settings: settings)
    let arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    let layout = EngineLayout(carver: &carver, shape: file.shape, settings: settings)
    let second = TokenSequence(
      SequenceLayout(carver: &carver, shape: file.shape, settings: settings))
    carver.seal()
    let engine = try Engine(layout: layout, cores: [Int32]().span)
    try engine.load(file, into: arena, buffer: buffer)
    withExtendedLifetime(folder) {}
    return Stage(engine: engine, second: second, arena: arena)
  }

  private func setBlock(_ tokens: [Int32]) {
    for (index, token) in tokens.enumerated() { engine.block[index] = token }
  }

  /// Logits of the last row.
  private func logits(row: Int) -> [UInt32] {
    engine.makeLogits(firstRow: row, rowCount: 1)
    let logits = engine.logits(0)
    return (0..<logits.count).map { logits.values[$0].bitPattern }
  }

  /// All tokens are committed in the pass.
  mutating func read(_ tokens: [Int32]) throws -> [UInt32] {
    setBlock(tokens)
    _ = try engine.append(tokens.count)
    return logits(row: engine.lastRow)
  }

  /// The first `kept` tokens are committed after the pass.
  mutating func read(_ tokens: [Int32], kept: Int) throws -> [UInt32] {
    setBlock(tokens)
    _ = try engine.append(tokens.count, commits: false)
    _ = engine.commit(kept)
    return logits(row: engine.lastRow)
  }

  mutating func readSecond(_ tokens: [Int32]) throws -> [UInt32] {
    setBlock(tokens)
    _ = try second.append(
      tokens.count, commits: true, on: engine.machine, engine.weights)
    return logits(row: second.lastRow)
  }

  var contents: Contents { Contents(engine.sequence) }
}

/// Tokens are appended, committed and taken back.
@Suite struct SequenceTests {
  private static let all = (0..<Policy.count).map { Policy(rawValue: $0)! }
  /// Blocks of many sizes; together more than the budget of 16 from the third one on.
  private static let sizes = [8, 5, 8, 1, 1, 8, 3, 8, 1, 7]

  private static func tokens(_ count: Int, seed: Int) -> [Int32] {
    (0..<count).map { Int32((seed * 37 + $0 * $0 * 5 + $0 * 7) % 31) }
  }

  private func stage(_ policy: Policy, threads: Int = 2, recent: Int = 0) throws -> Stage {
    var chosen = settings(
      policy, block: 8, budget: policy == .full ? 96 : 16, recent: recent, threads: threads)
    chosen.takesBack = true
    return try Stage.make(chosen)
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
    #expect(Contents(both.second) == other.contents)
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
