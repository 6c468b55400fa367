import Kernels
import Memory
import Profile
import TestSupport
import Testing

@testable import KVCache

/// A text that is read block by block under a policy, and the same with the slow reference.
struct Scenario: CustomTestStringConvertible {
  var policy = Policy.keydiff
  var pattern = KeyPattern.random
  var headDim = 16
  var budget: Int
  /// Token counts of the blocks, in order.
  var blocks: [Int]
  var sinks = 0
  var recents = 0
  var layerCount = 1
  var kvHeadCount = 2
  /// Query heads a KV head.
  var group = 2

  var testDescription: String {
    """
    \(policy), \(pattern.rawValue), headDim \(headDim), budget \(budget), \(blocks.count) blocks of up to \
    \(blocks.max() ?? 0), sinks \(sinks), recents \(recents)
    """
  }
}

extension Scenario {
  /// The block's last tokens whose weights count, as the policies are defined.
  var weightTokens: Int {
    switch policy {
    case .tova: 1
    case .snapkv: 32
    case .h2o: .max
    default: 0
    }
  }

  /// Tokens that the policy itself never evicts.
  var ownSinks: Int { policy == .sink || policy == .keydiffStream ? 4 : 0 }
  var ownRecents: Int {
    switch policy {
    case .snapkv: 32
    case .keydiffStream: budget / 4
    default: 0
    }
  }

  var cacheLayer: CacheLayer {
    CacheLayer(
      kvHeadCount: kvHeadCount, headDim: headDim, budget: budget, blockSize: blocks.max() ?? 0)
  }

  var usesNorms: Bool {
    switch policy {
    case .keydiff, .keydiffNormalized, .keydiffPairwise, .keydiffMedian, .l2: true
    default: false
    }
  }
}

/// Runs a scenario on the real cache, and compares after every block of every head.
final class Simulation {
  private let scenario: Scenario
  private let arena: Arena
  private var cache: KVCache
  private let eviction: Eviction
  private let rotary: RotaryTable
  private let attentionMemory: UnsafeMutableBufferPointer<Float>
  private let scratch: AttentionScratch
  private var heads: [ReferenceHead]
  private var random = SeededGenerator(seed: 5)
  private var nextPosition = 0
  private(set) var evictionCount = 0
  /// Evictions in which scores were too close for Float32 to tell.
  private(set) var closeCount = 0
  /// The largest difference between scores of the fused KeyDiff and of `KeyDiffAlone`.
  private(set) var aloneDifference = 0.0
  private var comparesAlone = false
  var weakAnchorCount: Int { eviction.weakAnchorCount }

  init(_ scenario: Scenario) throws {
    self.scenario = scenario
    let shape = CacheShape(layerCount: scenario.layerCount) { _ in scenario.cacheLayer }
    var measuring = Carver.measuring
    _ = Self.makeCache(&measuring, shape, scenario)
    _ = Self.makeEviction(&measuring, shape, scenario)
    arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    cache = Self.makeCache(&carver, shape, scenario)
    eviction = Self.makeEviction(&carver, shape, scenario)
    carver.seal()
    attentionMemory = .allocate(
      capacity: AttentionScratch.count(
        headDim: scenario.headDim, slots: shape.capacityMax))
    attentionMemory.initialize(repeating: 0)
    scratch = AttentionScratch(
      memory: attentionMemory.baseAddress!, headDim: scenario.headDim)
    heads = Array(
      repeating: ReferenceHead(), count: scenario.layerCount * scenario.kvHeadCount)
    let half = scenario.headDim / 2
    rotary = RotaryTable(
      frequencies: .allocate(capacity: half), cosines: .allocate(capacity: half),
      sines: .allocate(capacity: half), half: half)
    rotary.setFrequencies(base: 10_000)
    rotary.setToken(0, position: 0)
  }

  private static func makeCache(
    _ carver: inout Carver, _ shape: CacheShape, _ scenario: Scenario
  ) -> KVCache {
    KVCache(
      carver: &carver, shape: shape, keepsNorms: Eviction.usesNorms(scenario.policy)
    ) { _ in scenario.cacheLayer }
  }

  private static func makeEviction(
    _ carver: inout Carver, _ shape: CacheShape, _ scenario: Scenario
  ) -> Eviction {
    Eviction(
      carver: &carver, shape: shape, policy: scenario.policy,
      retained: Retained(sinkCount: scenario.sinks, recentCount: scenario.recents),
      weightParts: (scenario.blocks.max() ?? 0) * scenario.group / AttentionGeometry.chunkRows + 1)
  }

  deinit { attentionMemory.deallocate() }

  func run(compareAlone: Bool = false) {
    comparesAlone = compareAlone
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
        attend(tokenCount, layer: layer, kvHead: kvHead)
      }
      for kvHead in 0..<scenario.kvHeadCount {
        let block = block(layer: layer, kvHead: kvHead, tokenCount)
        let chunks = (tokenCount * scenario.group - 1) / AttentionGeometry.chunkRows + 1
        let start = windowStart(block) / AttentionGeometry.chunkRows
        eviction.gatherWeights(block, partCount: chunks - start)
        eviction.score(block)
        if comparesAlone && slotCount > scenario.budget { compareAlone(block) }
        eviction.evict(block)
      }
      for kvHead in 0..<scenario.kvHeadCount {
        heads[layer * scenario.kvHeadCount + kvHead].score(
          scenario.policy, window: min(tokenCount, scenario.weightTokens))
        if slotCount > scenario.budget {
          compareChoice(tokenCount, layer: layer, kvHead: kvHead)
        }
      }
    }
    nextPosition += tokenCount
    cache.commit(tokenCount: tokenCount)
    for layer in 0..<scenario.layerCount {
      for kvHead in 0..<scenario.kvHeadCount {
        expectContents(layer: layer, kvHead: kvHead)
        expectSum(layer: layer, kvHead: kvHead)
      }
    }
  }

  private func block(layer: Int, kvHead: Int, _ tokenCount: Int) -> HeadBlock {
    cache.block(
      layer: layer, kvHead: kvHead, tokenCount: tokenCount,
      nextPosition: nextPosition + tokenCount)
  }

  private func compareAlone(_ block: HeadBlock) {
    let words = KeyDiffAlone.scratchCount(
      slots: block.slotCount + 64, headDim: scenario.headDim, blockSize: 0)
    let scratch = UnsafeMutablePointer<UInt32>.allocate(capacity: words)
    defer { scratch.deallocate() }
    var scores = [Float](repeating: 0, count: block.slotCount + 64)
    let slots = eviction.slots(block)
    _ = KeyDiffAlone.score(
      PolicyHead(
        head: block.head, count: block.slotCount, countBefore: block.slotsBefore,
        budget: block.budget, nextPosition: block.nextPosition, keySum: slots.keySum,
        pending: slots.pending, extraRow: slots.extraRow, numbers: slots.numbers,
        keepsNumbers: slots.keepsNumbers, minusOnes: slots.minusOnes, rotary: nil, firstRow: 0,
        blockSizeMax: slots.blockSizeMax, scratch: scratch), into: &scores)
    let row = eviction.extraRow(block)!
    let length = (0..<scenario.headDim).reduce(Float(0)) { $0 + row.values[$1] * row.values[$1] }
      .squareRoot()
    for slot in 0..<block.slotCount {
      let fused = -row.products[slot] * block.head.inverseNorms[slot] / length
      let alone = scores[slot] / (length / Float(block.slotCount))
      aloneDifference = max(aloneDifference, Double((fused - alone).magnitude))
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
    eviction.beforeAttention(block(layer: layer, kvHead: kvHead, tokenCount), nil)
  }

  private func windowStart(_ block: HeadBlock) -> Int {
    let tokenCount = block.slots.count
    return (tokenCount - min(tokenCount, eviction.weightTokens(block))) * scenario.group
  }

  /// Attention by chunks of rows, for the dot products with the anchor and the weights.
  private func attend(_ tokenCount: Int, layer: Int, kvHead: Int) {
    let (group, headDim) = (scenario.group, scenario.headDim)
    let block = block(layer: layer, kvHead: kvHead, tokenCount)
    let attention = Attention(
      cache: block.head.rows, scratch: scratch,
      slotsBefore: block.slotsBefore, slotCount: block.slotCount, group: group,
      usesFloat16: false)
    let rowCount = tokenCount * group
    let queries = (0..<rowCount).map { _ in
      (0..<headDim).map { _ in Float.random(in: -2...2, using: &random) }
    }
    heads[layer * scenario.kvHeadCount + kvHead].setQueries(queries, group: group)
    let starts = stride(from: 0, to: rowCount, by: AttentionGeometry.chunkRows)
    for (part, first) in starts.reversed().enumerated() {
      let end = min(first + AttentionGeometry.chunkRows, rowCount)
      for row in first..<end {
        attention.setQuery(
          row - first, from: queries[row], rotary, token: 0,
          factor: 1.442695 / Float(headDim).squareRoot())
      }
      attention.run(
        firstRow: first, rowCount: end - first,
        extraRow: part == 0 ? eviction.extraRow(block) : nil)
      if end > windowStart(block) {
        attention.sumWeights(
          firstRow: first, rowCount: end - first, from: windowStart(block),
          factor: 1 / Float(group), into: eviction.weights(block, part: part))
      }
    }
  }

  private func compareChoice(_ tokenCount: Int, layer: Int, kvHead: Int) {
    let index = layer * scenario.kvHeadCount + kvHead
    let head = cache.head(layer: layer, kvHead: kvHead)
    let kept = Set((0..<scenario.budget).map { Int(head.positions[$0]) })
    let scores = heads[index].protectedScores(
      sinks: max(scenario.sinks, scenario.ownSinks),
      recents: max(scenario.recents, scenario.ownRecents),
      nextPosition: nextPosition + tokenCount)
    let decision = Decision(
      head: heads[index], scores: scores, kept: kept, tolerance: heads[index].tolerance)
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
      guard scenario.usesNorms else { continue }
      let squares = token.key.reduce(0) { $0 + $1 * $1 }
      let inverse = squares == 0 ? 0 : 1 / squares.squareRoot()
      // Half the error of headDim + 1 roundings, a root and a quotient.
      let error = inverse * Double(scenario.headDim / 2 + 3) * 0x1p-24
      #expect((Double(head.inverseNorms[slot]) - inverse).magnitude <= error)
    }
  }

  /// The running sum is the sum of the keys that are there, to the last bit.
  private func expectSum(layer: Int, kvHead: Int) {
    guard scenario.policy == .keydiff else { return }
    let sum =
      eviction.keySums + (layer * scenario.kvHeadCount + kvHead) * scenario.headDim
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
