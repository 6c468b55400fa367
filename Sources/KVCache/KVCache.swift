import Kernels
import Memory

/// The sizes of a cache.
public struct CacheShape: Sendable, BitwiseCopyable {
  public let layerCount: Int
  public let kvHeadCount: Int
  public let headDim: Int
  /// Slots of each KV head: budget N + block B.
  public let slotCount: Int

  public init(layerCount: Int, kvHeadCount: Int, headDim: Int, slotCount: Int) {
    self.layerCount = layerCount
    self.kvHeadCount = kvHeadCount
    self.headDim = headDim
    self.slotCount = slotCount
  }

  var paddedSlotCount: Int { roundUp(slotCount, to: CacheRows.tileSlots) }
  public var headCount: Int { layerCount * kvHeadCount }
}

/// The room of one KV head of one layer, and how much of it is filled.
struct HeadSlots: BitwiseCopyable {
  /// Slots of the heads before it, in whole tiles.
  let start: Int
  /// Slots that there is room for: the kept ones and a block.
  let capacity: Int
  /// Slots that eviction leaves.
  var budget: Int
}

/// Keys, values and positions of all layers. Each KV head of each layer has slots, a budget and a count
/// of its own. Slots 0 ..< count are filled; a block's tokens are written behind them and eviction
/// fills the holes that it makes.
public struct KVCache: ~Copyable {
  public let shape: CacheShape
  private let keys: UnsafeMutablePointer<UInt16>
  private let values: UnsafeMutablePointer<UInt16>
  /// For each slot of each head: the token's place in the text.
  private let positions: UnsafeMutablePointer<UInt32>
  /// For each slot of each head: 1 / |key|, 0 for a zero key; absent if the policy has no need.
  private let inverseNorms: UnsafeMutablePointer<Float>
  private let keepsNorms: Bool
  /// `[layers][kvHeads]`
  private let heads: UnsafeMutablePointer<HeadSlots>
  /// `[layers][kvHeads]`: filled slots, without those of a block that is not committed.
  private let counts: UnsafeMutablePointer<UInt32>

  /// - Parameter budget: slots that each KV head keeps, at most the shape's slots.
  public init(carver: inout Carver, shape: CacheShape, budget: Int, keepsNorms: Bool) {
    self.shape = shape
    self.keepsNorms = keepsNorms
    let (slots, dim) = (shape.slotCount, shape.headDim)
    keys = carver.take(
      .keys, UInt16.self, count: shape.headCount * CacheRows.keyCount(slots: slots, headDim: dim))
    values = carver.take(
      .values, UInt16.self,
      count: shape.headCount * CacheRows.valueCount(slots: slots, headDim: dim))
    positions = carver.take(
      .slots, UInt32.self, count: shape.headCount * shape.paddedSlotCount)
    inverseNorms = carver.take(
      .slots, Float.self, count: keepsNorms ? shape.headCount * shape.paddedSlotCount : 0)
    heads = carver.take(.tables, HeadSlots.self, count: shape.headCount)
    counts = carver.take(.tables, UInt32.self, count: shape.headCount)
    if carver.isMeasuring { return }
    for index in 0..<shape.headCount {
      heads[index] = HeadSlots(
        start: index * shape.paddedSlotCount, capacity: slots, budget: budget)
    }
  }

  public func head(layer: Int, kvHead: Int) -> CacheHead { head(start: slots(layer, kvHead).start) }

  private func slots(_ layer: Int, _ kvHead: Int) -> HeadSlots {
    heads[layer * shape.kvHeadCount + kvHead]
  }

  private func head(start: Int) -> CacheHead {
    let dim = shape.headDim
    return CacheHead(
      rows: CacheRows(
        keys: keys + CacheRows.keyCount(slots: start, headDim: dim),
        values: values + CacheRows.valueCount(slots: start, headDim: dim), headDim: dim),
      positions: positions + start, inverseNorms: keepsNorms ? inverseNorms + start : inverseNorms,
      keepsNorms: keepsNorms)
  }

  /// Filled slots of a head.
  public func count(layer: Int, kvHead: Int) -> Int {
    Int(counts[layer * shape.kvHeadCount + kvHead])
  }

  /// Filled slots of the head that has most.
  public var count: Int {
    var largest: UInt32 = 0
    for index in 0..<shape.headCount { largest = max(largest, counts[index]) }
    return Int(largest)
  }

  /// Filled slots of the head that has least.
  public var leastCount: Int {
    var least = UInt32.max
    for index in 0..<shape.headCount { least = min(least, counts[index]) }
    return Int(least)
  }

  /// Whether every head has room for so many tokens more.
  public func hasRoom(for tokenCount: Int) -> Bool {
    for index in 0..<shape.headCount
    where Int(counts[index]) + tokenCount > heads[index].capacity { return false }
    return true
  }

  /// Whether some head has more slots than its budget with so many tokens more.
  public func isOverBudget(with tokenCount: Int) -> Bool {
    for index in 0..<shape.headCount
    where Int(counts[index]) + tokenCount > heads[index].budget { return true }
    return false
  }

  /// Another budget for a head.
  /// - Parameter budget: at least 1, at most the head's slots.
  public func setBudget(_ budget: Int, layer: Int, kvHead: Int) {
    let index = layer * shape.kvHeadCount + kvHead
    precondition(budget > 0 && budget <= heads[index].capacity)
    heads[index].budget = budget
  }

  /// The same budget for all heads.
  public func setBudget(_ budget: Int) {
    for layer in 0..<shape.layerCount {
      for kvHead in 0..<shape.kvHeadCount { setBudget(budget, layer: layer, kvHead: kvHead) }
    }
  }

  /// A block behind a head's filled slots.
  /// - Parameters:
  ///   - tokenCount: of the block, or the first ones of it.
  ///   - nextPosition: the position after the last of these tokens.
  ///   - isProvisional: see `HeadBlock`.
  public func block(
    layer: Int, kvHead: Int, tokenCount: Int, nextPosition: Int, isProvisional: Bool = false
  ) -> HeadBlock {
    let (slots, count) = (slots(layer, kvHead), count(layer: layer, kvHead: kvHead))
    return HeadBlock(
      head: head(start: slots.start), layer: layer, kvHead: kvHead, budget: slots.budget,
      slotsBefore: count, slotCount: count + tokenCount, nextPosition: nextPosition,
      isProvisional: isProvisional)
  }

  /// The block's first `tokenCount` tokens are part of the text from now on. Heads with more slots than
  /// their budget have been evicted from.
  public func commit(tokenCount: Int) {
    for index in 0..<shape.headCount {
      let count = Int(counts[index]) + tokenCount
      precondition(count <= heads[index].capacity)
      counts[index] = UInt32(min(count, heads[index].budget))
    }
  }

  /// The last `tokenCount` slots of every head are empty again.
  public func takeBack(tokenCount: Int) {
    for index in 0..<shape.headCount { counts[index] -= UInt32(tokenCount) }
  }

  /// Every head has so many filled slots.
  public func setCount(_ count: Int) {
    precondition(count >= 0 && count <= shape.slotCount)
    counts.update(repeating: UInt32(count), count: shape.headCount)
  }
}

extension KVCache {
  /// Filled slots of all heads: their counts, then for each head keys in whole tiles, values, positions
  /// and norms.
  /// - Parameter filling: filled slots of every head, in place of the counts, which are then not read.
  public func forEachPart<Visitor: CacheVisitor & ~Copyable>(
    filling: Int? = nil, _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit(counts, count: shape.headCount)
    for index in 0..<shape.headCount {
      let head = head(start: filling == nil ? heads[index].start : 0)
      let (count, dim) = (filling ?? Int(counts[index]), shape.headDim)
      try visitor.visit(head.rows.keys, count: CacheRows.keyCount(slots: count, headDim: dim))
      try visitor.visit(
        head.rows.values, count: CacheRows.filledValueCount(slots: count, headDim: dim))
      try visitor.visit(head.positions, count: count)
      try visitor.visit(head.inverseNorms, count: keepsNorms ? count : 0)
    }
  }

  /// Exchanges the counts of filled slots with those in a buffer.
  /// - Parameter buffer: one count a head.
  public func exchangeCounts(_ buffer: UnsafeMutablePointer<UInt32>) {
    for index in 0..<shape.headCount { swap(&counts[index], &buffer[index]) }
  }

  /// Whether the counts are such as a text leaves: each head has at least one slot and at most its
  /// budget.
  public var hasPossibleCounts: Bool {
    for index in 0..<shape.headCount
    where counts[index] == 0 || Int(counts[index]) > heads[index].budget { return false }
    return true
  }
}
