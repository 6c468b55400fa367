import Kernels
import Memory

/// Keys, values and positions of all layers. Each KV head of each layer has slots, a budget and a count
/// of its own. Slots 0 ..< count are filled; a block's tokens are written behind them and eviction
/// fills the holes that it makes.
@safe public struct KVCache: ~Copyable {
  public let shape: CacheShape
  private let keys: UnsafeMutablePointer<UInt16>
  private let values: UnsafeMutablePointer<UInt16>
  /// For each slot of each head: the token's place in the text.
  private let positions: UnsafeMutablePointer<UInt32>
  /// For each slot of each head: 1 / |key|, 0 for a zero key; absent if the policy has no need.
  private let inverseNorms: UnsafeMutablePointer<Float>
  private let keepsNorms: Bool
  /// The KV heads of all layers, one layer after the other.
  private let heads: UnsafeMutablePointer<HeadSlots>
  /// `[heads]`: filled slots, without those of a block that is not committed.
  private let counts: UnsafeMutablePointer<UInt32>
  /// `[layers + 1]`: KV heads of the layers before.
  private let firstHeads: UnsafeMutablePointer<UInt32>

  /// - Parameters:
  ///   - shape: made from the same layers.
  ///   - layer: the description of a layer.
  @export(interface)
  public init(
    carver: inout Carver, shape: CacheShape, keepsNorms: Bool, layer: (Int) -> CacheLayer
  ) {
    self.shape = shape
    self.keepsNorms = keepsNorms
    let total = shape.total
    unsafe keys = unsafe carver.take(.keys, UInt16.self, count: total.keyStart)
    unsafe values = unsafe carver.take(.values, UInt16.self, count: total.valueStart)
    unsafe positions = unsafe carver.take(.slots, UInt32.self, count: total.slotStart)
    unsafe inverseNorms = unsafe carver.take(
      .slots, Float.self, count: keepsNorms ? total.slotStart : 0)
    unsafe heads = unsafe carver.take(.tables, HeadSlots.self, count: shape.headCount)
    unsafe counts = unsafe carver.take(.tables, UInt32.self, count: shape.headCount)
    unsafe firstHeads = unsafe carver.take(.tables, UInt32.self, count: shape.layerCount + 1)
    if carver.isMeasuring { return }
    var place = HeadPlace()
    for index in 0..<shape.layerCount {
      let (layer, first) = unsafe (layer(index), firstHeads[index])
      for kvHead in 0..<layer.kvHeadCount {
        let head = HeadSlots(layer, kvHead: kvHead, at: place)
        unsafe heads[Int(first) + kvHead] = head
        place = head.nextPlace
      }
      unsafe firstHeads[index + 1] = first + UInt32(layer.kvHeadCount)
    }
  }

  /// KV heads of a layer.
  public func kvHeadCount(layer: Int) -> Int {
    unsafe Int(firstHeads[layer + 1] - firstHeads[layer])
  }

  /// The number of a KV head among those of all layers.
  private func index(_ layer: Int, _ kvHead: Int) -> Int { unsafe Int(firstHeads[layer]) + kvHead }

  public func head(layer: Int, kvHead: Int) -> CacheHead {
    unsafe head(heads[index(layer, kvHead)])
  }

  private func head(_ slots: HeadSlots) -> CacheHead {
    let place = slots.place
    return unsafe CacheHead(
      rows: CacheRows(
        keys: keys + place.keyStart, values: values + place.valueStart, headDim: slots.headDim),
      positions: positions + place.slotStart,
      inverseNorms: keepsNorms ? inverseNorms + place.slotStart : inverseNorms,
      keepsNorms: keepsNorms)
  }

  /// Slots that eviction leaves a head.
  public func budget(layer: Int, kvHead: Int) -> Int { unsafe heads[index(layer, kvHead)].budget }

  /// Filled slots of a head.
  public func count(layer: Int, kvHead: Int) -> Int {
    unsafe Int(counts[index(layer, kvHead)])
  }

  /// Filled slots of the head that has most.
  public var count: Int {
    var largest: UInt32 = 0
    for index in 0..<shape.headCount { largest = unsafe max(largest, counts[index]) }
    return Int(largest)
  }

  /// Filled slots of the head that has least.
  public var leastCount: Int {
    var least = UInt32.max
    for index in 0..<shape.headCount { least = unsafe min(least, counts[index]) }
    return Int(least)
  }

  /// Whether every head has room for so many tokens more.
  @export(interface)
  public func hasRoom(for tokenCount: Int) -> Bool {
    for index in 0..<shape.headCount
    where unsafe Int(counts[index]) + tokenCount > heads[index].capacity { return false }
    return true
  }

  /// Whether some head has more slots than its budget with so many tokens more.
  @export(interface)
  public func isOverBudget(with tokenCount: Int) -> Bool {
    for index in 0..<shape.headCount
    where unsafe Int(counts[index]) + tokenCount > heads[index].budget { return true }
    return false
  }

  /// Another budget for a head; one whose latest tokens stay keeps its own.
  /// - Parameter budget: at least 1, at most the head's slots.
  @export(interface)
  public func setBudget(_ budget: Int, layer: Int, kvHead: Int) {
    let index = index(layer, kvHead)
    if unsafe heads[index].keepsLatest { return }
    unsafe precondition(budget > 0 && budget <= heads[index].capacity)
    unsafe heads[index].budget = budget
  }

  /// The budgets of a layer's heads as it is described; no head gets more than it has room for. (If
  /// shares are rounded, a head may have one slot more with a smaller mean.)
  @export(interface)
  public func setBudgets(layer: Int, _ description: CacheLayer) {
    for kvHead in 0..<description.kvHeadCount {
      let room = unsafe heads[index(layer, kvHead)].capacity - description.blockSize
      setBudget(min(description.budget(kvHead), room), layer: layer, kvHead: kvHead)
    }
  }

  /// A block behind a head's filled slots.
  /// - Parameters:
  ///   - tokenCount: of the block, or the first ones of it.
  ///   - nextPosition: the position after the last of these tokens.
  ///   - isProvisional: see `HeadBlock`.
  @export(interface)
  public func block(
    layer: Int, kvHead: Int, tokenCount: Int, nextPosition: Int, isProvisional: Bool = false
  ) -> HeadBlock {
    let index = index(layer, kvHead)
    let (slots, count) = unsafe (heads[index], Int(counts[index]))
    return HeadBlock(
      head: head(slots), index: index, kvHead: kvHead, place: slots.place, budget: slots.budget,
      slotsBefore: count, slotCount: count + tokenCount, nextPosition: nextPosition,
      isProvisional: isProvisional, keepsLatest: slots.keepsLatest)
  }

  /// One token of a block whose tokens come one by one, after those before it have come and others have
  /// been evicted for them.
  /// - Parameters:
  ///   - step: the token's number in the block.
  ///   - nextPosition: the position behind it.
  @export(interface)
  public func block(layer: Int, kvHead: Int, step: Int, nextPosition: Int) -> HeadBlock {
    let index = index(layer, kvHead)
    let slots = unsafe heads[index]
    let before = unsafe min(Int(counts[index]) + step, slots.budget)
    return HeadBlock(
      head: head(slots), index: index, kvHead: kvHead, place: slots.place, budget: slots.budget,
      slotsBefore: before, slotCount: before + 1, nextPosition: nextPosition,
      isProvisional: false, keepsLatest: slots.keepsLatest, step: step)
  }

  /// A head with so many filled slots and no block behind them.
  func block(layer: Int, kvHead: Int, filled count: Int) -> HeadBlock {
    let index = index(layer, kvHead)
    let slots = unsafe heads[index]
    return HeadBlock(
      head: head(slots), index: index, kvHead: kvHead, place: slots.place, budget: slots.budget,
      slotsBefore: count, slotCount: count, nextPosition: 0, isProvisional: false,
      keepsLatest: slots.keepsLatest, step: nil)
  }

  /// Tokens that every head has room for before one is evicted.
  public var countBeforeEviction: Int {
    var least = Int.max
    for index in 0..<shape.headCount {
      least = unsafe min(least, heads[index].budget - Int(counts[index]))
    }
    return least
  }

  /// The same for a layer's heads that the policy evicts from.
  public func countBeforeEviction(layer: Int) -> Int {
    var least = Int.max
    for index in unsafe Int(firstHeads[layer])..<Int(firstHeads[layer + 1])
    where unsafe !heads[index].keepsLatest {
      least = unsafe min(least, heads[index].budget - Int(counts[index]))
    }
    return least
  }

  /// A head has so many filled slots.
  func setCount(_ count: Int, layer: Int, kvHead: Int) {
    unsafe counts[index(layer, kvHead)] = UInt32(count)
  }

  /// The block's first `tokenCount` tokens are part of the text from now on. Heads with more slots than
  /// their budget have been evicted from.
  @export(interface)
  public func commit(tokenCount: Int) {
    for index in 0..<shape.headCount {
      let count = unsafe Int(counts[index]) + tokenCount
      unsafe precondition(count <= heads[index].capacity)
      unsafe counts[index] = unsafe UInt32(min(count, heads[index].budget))
    }
  }

  /// The last `tokenCount` slots of every head are empty again.
  public func takeBack(tokenCount: Int) {
    for index in 0..<shape.headCount { unsafe counts[index] -= UInt32(tokenCount) }
  }

  /// Every head's slots are filled up to its budget.
  public func fillToBudgets() {
    for index in 0..<shape.headCount { unsafe counts[index] = unsafe UInt32(heads[index].budget) }
  }

  /// The first of a layer's shares of work, `pieces` for each KV head, behind which `part` of `parts` of
  /// the work lie, if a head's work grows with its filled slots and a block's.
  @export(interface)
  public func firstShare(
    layer: Int, pieces: Int, tokenCount: Int, part: Int, of parts: Int
  ) -> Int {
    let heads = unsafe Int(firstHeads[layer])..<Int(firstHeads[layer + 1])
    var total = 0
    for head in heads { unsafe total += Int(counts[head]) + tokenCount }
    var rest = part * total * pieces / parts
    for head in heads {
      let slots = unsafe Int(counts[head]) + tokenCount
      if rest < slots * pieces { return (head - heads.lowerBound) * pieces + rest / slots }
      rest -= slots * pieces
    }
    return heads.count * pieces
  }

  /// Every head has so many filled slots, or, if its latest tokens stay, as many as its budget at most.
  @export(interface)
  public func setCount(_ count: Int) {
    for index in 0..<shape.headCount {
      let head = unsafe heads[index]
      let own = head.keepsLatest ? min(count, head.budget) : count
      precondition(own >= 0 && own <= head.capacity)
      unsafe counts[index] = UInt32(own)
    }
  }
}

extension KVCache {
  /// Filled slots of all heads: their counts, then for each head keys in whole tiles, values, positions
  /// and norms.
  public func forEachPart<Visitor: CacheVisitor & ~Copyable>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try unsafe visitor.visit(counts, count: shape.headCount)
    for index in 0..<shape.headCount {
      try unsafe head(heads[index]).forEachPart(count: Int(counts[index]), &visitor)
    }
  }

  /// As above, for a text of so many tokens, of a cache that may be one that is only measured: the parts
  /// are as large, and not where they would be.
  public func forEachPart<Visitor: CacheVisitor & ~Copyable>(
    filling tokenCount: Int, layer: (Int) -> CacheLayer, _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try unsafe visitor.visit(counts, count: shape.headCount)
    for index in 0..<shape.layerCount {
      let layer = layer(index)
      for kvHead in 0..<layer.kvHeadCount {
        let slots = HeadSlots(layer, kvHead: kvHead, at: HeadPlace())
        try head(slots).forEachPart(count: min(tokenCount, slots.budget), &visitor)
      }
    }
  }

  /// Exchanges the counts of filled slots with those in a buffer.
  /// - Parameter buffer: one count a head.
  public func exchangeCounts(_ buffer: UnsafeMutablePointer<UInt32>) {
    for index in 0..<shape.headCount { unsafe swap(&counts[index], &buffer[index]) }
  }

  /// Whether the counts are such as a text leaves: each head has at least one slot and at most its
  /// budget.
  public var hasPossibleCounts: Bool {
    for index in 0..<shape.headCount
    where unsafe counts[index] == 0 || Int(counts[index]) > heads[index].budget { return false }
    return true
  }
}
