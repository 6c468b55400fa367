import Kernels
import Memory
import Testing

@testable import KVCache

/// A text that is read block by block with KeyDiff, and the same with the slow reference.
struct Scenario: CustomTestStringConvertible {
  var pattern = KeyPattern.random
  var headDim = 16
  var budget: Int
  /// Token counts of the blocks, in order.
  var blocks: [Int]
  var sinks = 0
  var recents = 0
  var layerCount = 1
  var kvHeadCount = 2

  var testDescription: String {
    """
    \(pattern.rawValue), headDim \(headDim), budget \(budget), \(blocks.count) blocks of up to \
    \(blocks.max() ?? 0), sinks \(sinks), recents \(recents)
    """
  }
}

/// Runs a scenario on the real cache, and compares after every block of every head.
final class Simulation {
  private let scenario: Scenario
  private let arena: Arena
  private var cache: KVCache
  private var keyDiff: KeyDiff
  private let attentionMemory: UnsafeMutableBufferPointer<Float>
  private let scratch: AttentionScratch
  private var heads: [ReferenceHead]
  private var random = RepeatableRandom(seed: 5)
  private var nextPosition = 0
  private(set) var evictionCount = 0
  /// Evictions in which scores were too close for Float32 to tell.
  private(set) var closeCount = 0

  init(_ scenario: Scenario) throws {
    self.scenario = scenario
    let shape = CacheShape(
      layerCount: scenario.layerCount, kvHeadCount: scenario.kvHeadCount,
      headDim: scenario.headDim, slotCount: scenario.budget + (scenario.blocks.max() ?? 0))
    var measuring = Carver.measuring
    _ = KVCache(carver: &measuring, shape: shape)
    _ = KeyDiff(carver: &measuring, shape: shape)
    arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    cache = KVCache(carver: &carver, shape: shape)
    keyDiff = KeyDiff(carver: &carver, shape: shape)
    carver.seal()
    attentionMemory = .allocate(capacity: AttentionScratch.count(headDim: scenario.headDim))
    attentionMemory.initialize(repeating: 0)
    scratch = AttentionScratch(
      memory: attentionMemory.baseAddress!, headDim: scenario.headDim)
    heads = Array(
      repeating: ReferenceHead(), count: scenario.layerCount * scenario.kvHeadCount)
  }

  deinit { attentionMemory.deallocate() }

  func run() {
    for tokenCount in scenario.blocks { readBlock(tokenCount) }
  }

  /// The positions that a head keeps, in order.
  func positions(layer: Int = 0, kvHead: Int = 0) -> [Int] {
    let head = cache.head(layer: layer, kvHead: kvHead)
    return (0..<cache.count).map { Int(head.positions[$0]) }.sorted()
  }

  /// As the forward pass does it: all heads of a layer write, attend and evict before the next
  /// layer starts.
  private func readBlock(_ tokenCount: Int) {
    let slotCount = cache.count + tokenCount
    for layer in 0..<scenario.layerCount {
      for kvHead in 0..<scenario.kvHeadCount {
        writeBlock(tokenCount, layer: layer, kvHead: kvHead)
        expectSum(layer: layer, kvHead: kvHead)
      }
      if slotCount <= scenario.budget { continue }
      for kvHead in 0..<scenario.kvHeadCount {
        attend(tokenCount, layer: layer, kvHead: kvHead)
      }
      for kvHead in 0..<scenario.kvHeadCount {
        keyDiff.evict(
          cache.head(layer: layer, kvHead: kvHead), layer: layer, kvHead: kvHead,
          slotCount: slotCount, budget: scenario.budget,
          retained: Retained(sinkCount: scenario.sinks, recentCount: scenario.recents),
          nextPosition: nextPosition + tokenCount)
      }
      for kvHead in 0..<scenario.kvHeadCount {
        compareChoice(tokenCount, layer: layer, kvHead: kvHead)
      }
    }
    nextPosition += tokenCount
    cache.setCount(min(slotCount, scenario.budget))
    for layer in 0..<scenario.layerCount {
      for kvHead in 0..<scenario.kvHeadCount {
        expectContents(layer: layer, kvHead: kvHead)
        expectSum(layer: layer, kvHead: kvHead)
      }
    }
  }

  private func writeBlock(_ tokenCount: Int, layer: Int, kvHead: Int) {
    let head = cache.head(layer: layer, kvHead: kvHead)
    for token in 0..<tokenCount {
      let position = nextPosition + token
      let key = scenario.pattern.key(
        position: position, headDim: scenario.headDim, &random)
      let value = (0..<scenario.headDim).map { _ in Float.random(in: -9...9, using: &random) }
      head.setToken(slot: cache.count + token, position: position, key: key, value: value)
      let limited = key.map { min(max($0, -65504), 65504) }
      heads[layer * scenario.kvHeadCount + kvHead].append(
        ReferenceToken(position: position, key: limited, value: value))
    }
    keyDiff.addBlock(
      head, slots: cache.count..<cache.count + tokenCount, layer: layer, kvHead: kvHead)
  }

  /// Only for the dot products with the anchor: the query is zero.
  private func attend(_ tokenCount: Int, layer: Int, kvHead: Int) {
    let attention = Attention(
      cache: cache.head(layer: layer, kvHead: kvHead).rows, scratch: scratch,
      slotsBefore: cache.count, slotCount: cache.count + tokenCount, group: 1,
      usesFloat16: false)
    attention.run(
      firstRow: tokenCount - 1, rowCount: 1, anchor: keyDiff.anchor(kvHead: kvHead),
      dots: keyDiff.dots(kvHead: kvHead))
  }

  /// The program's score is -(S·k) / |k|, the cosine times |S|. In units of |S| its error is at most
  /// one rounding of S, headDim / 2 + 1 of the dot product, (headDim + 1) / 2 of |k|, and three more
  /// (root, quotient, product): headDim + 6 roundings of 2^-24. Two scores must differ by twice
  /// that.
  private var tolerance: Double { 2.02 * Double(scenario.headDim + 6) * 0x1p-24 }

  private func compareChoice(_ tokenCount: Int, layer: Int, kvHead: Int) {
    let index = layer * scenario.kvHeadCount + kvHead
    let head = cache.head(layer: layer, kvHead: kvHead)
    let kept = Set((0..<scenario.budget).map { Int(head.positions[$0]) })
    let scores = heads[index].protectedScores(
      sinks: scenario.sinks, recents: scenario.recents, nextPosition: nextPosition + tokenCount)
    let decision = Decision(
      head: heads[index], scores: scores, kept: kept, tolerance: tolerance)
    #expect(decision.faults.isEmpty, "\(decision.faults.prefix(3)) at position \(nextPosition)")
    #expect(kept == decision.expected || decision.isClose)
    #expect(kept.isSubset(of: heads[index].tokens.map(\.position)))
    evictionCount += 1
    if kept != decision.expected { closeCount += 1 }
    heads[index].keep(kept)
  }

  /// Each slot holds one token of the reference, whole, and each token is in one slot.
  private func expectContents(layer: Int, kvHead: Int) {
    let head = cache.head(layer: layer, kvHead: kvHead)
    let tokens = heads[layer * scenario.kvHeadCount + kvHead].tokens
    let byPosition = Dictionary(uniqueKeysWithValues: tokens.map { ($0.position, $0) })
    #expect(tokens.count == cache.count)
    #expect(Set((0..<cache.count).map { head.positions[$0] }).count == cache.count)
    let contents = Contents(head.rows, slotCount: cache.count)
    for slot in 0..<cache.count {
      guard let token = byPosition[Int(head.positions[slot])] else {
        Issue.record("slot \(slot) holds position \(head.positions[slot]), which was evicted")
        continue
      }
      #expect(contents.key(slot) == token.key)
      #expect(contents.value(slot) == token.value)
      let squares = token.key.reduce(0) { $0 + $1 * $1 }
      let inverse = squares == 0 ? 0 : 1 / squares.squareRoot()
      // Half the error of headDim + 1 roundings, a root and a quotient.
      let error = inverse * Double(scenario.headDim / 2 + 3) * 0x1p-24
      #expect((Double(head.inverseNorms[slot]) - inverse).magnitude <= error)
    }
  }

  /// The running sum is the sum of the keys that are there, to the last bit.
  private func expectSum(layer: Int, kvHead: Int) {
    let sum = keyDiff.sum(layer: layer, kvHead: kvHead)
    let expected = heads[layer * scenario.kvHeadCount + kvHead].sum(headDim: scenario.headDim)
    #expect((0..<scenario.headDim).map { sum[$0] } == expected)
  }
}

/// Keys and values of all filled slots, read tile by tile as attention reads them.
private struct Contents {
  private let headDim: Int
  private var keys: [Float] = []
  private var values: [Float] = []
  private let stride: Int

  init(_ rows: CacheRows, slotCount: Int) {
    headDim = rows.headDim
    stride = roundUp(rows.headDim, to: 16)
    let tileSlots = CacheRows.tileSlots
    var tileKeys = [Float](repeating: 0, count: headDim * tileSlots)
    var tileValues = [Float](repeating: 0, count: stride * tileSlots)
    for tile in Swift.stride(from: 0, to: slotCount, by: tileSlots) {
      rows.loadKeys(tile: tile, into: &tileKeys)
      rows.loadValues(tile: tile, into: &tileValues, stride: stride)
      keys += tileKeys
      values += tileValues
    }
  }

  func key(_ slot: Int) -> [Double] {
    let tile = slot / CacheRows.tileSlots
    return (0..<headDim).map {
      Double(keys[(tile * headDim + $0) * CacheRows.tileSlots + slot % CacheRows.tileSlots])
    }
  }

  func value(_ slot: Int) -> [Double] {
    (0..<headDim).map { Double(values[slot * stride + $0]) }
  }
}

/// Repeatable random numbers: a 64-bit linear congruential generator, of which the high half is
/// used (Knuth, MMIX).
struct RepeatableRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    var bits: UInt64 = 0
    for _ in 0..<2 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      bits = bits << 32 | state >> 32
    }
    return bits
  }
}
