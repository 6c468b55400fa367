import Inference
import KVCache
import Kernels
import Model
import Platform

/// One step of `PolicyCost` on all threads; each has KV heads of its own.
struct PolicyCostTask {
  enum Kind {
    case fill
    case block
    case read
  }

  let layout: PolicyCostLayout
  private let policy: Int
  private let slotCount: Int
  private let firstPosition: Int
  private let kind: Kind

  init(
    _ layout: PolicyCostLayout, _ policy: Int, slotCount: Int, firstPosition: Int, _ kind: Kind
  ) {
    self.layout = layout
    self.policy = policy
    self.slotCount = slotCount
    self.firstPosition = firstPosition
    self.kind = kind
  }

  private var settings: PolicyCostSettings { layout.settings }
  private var eviction: UnsafeMutablePointer<Eviction> { unsafe layout.evictions + policy }
  private var slotsBefore: Int { slotCount - settings.blockSize }

  /// - Returns: this member's times.
  func run(_ member: Member) -> BlockTimes {
    var timer = LapTimer()
    for kvHead in member.ownRun(of: settings.layer.kvHeadCount) {
      switch kind {
      case .fill: fill(kvHead, member)
      case .block: measureBlock(kvHead, member, &timer)
      case .read: measureReading(kvHead, &timer)
      }
    }
    return timer.finish()
  }

  /// So many tokens behind the head's filled slots.
  private func block(_ kvHead: Int, tokenCount: Int) -> HeadBlock {
    let block = unsafe layout.cache.pointee.block(
      layer: 0, kvHead: kvHead, tokenCount: tokenCount,
      nextPosition: firstPosition + settings.blockSize)
    return unsafe eviction.pointee.usesNorms ? block : block.withoutNorms
  }

  private func fill(_ kvHead: Int, _ member: Member) {
    let block = block(kvHead, tokenCount: slotsBefore)
    layout.writeTokens(block.slots, firstPosition: 0, block.head, kvHead: kvHead, member)
    unsafe eviction.pointee.beforeAttention(block, nil)
  }

  private func measureBlock(_ kvHead: Int, _ member: Member, _ timer: inout LapTimer) {
    let block = block(kvHead, tokenCount: settings.blockSize)
    layout.writeTokens(
      block.slots, firstPosition: firstPosition, block.head, kvHead: kvHead, member)
    let window = unsafe eviction.pointee.weightTokens(block)
    if window > 0 {
      sumWeights(window, block, member, &timer)
    } else {
      readKeys(block.head.rows, slotCount: slotCount)
      addExtraRow(block, &timer)
    }
    _ = timer.lap()
    unsafe eviction.pointee.gatherWeights(block, partCount: settings.chunks.partCount(window))
    unsafe eviction.pointee.score(block)
    timer.times.score += timer.lap()
    unsafe eviction.pointee.evict(block)
    timer.times.evict += timer.lap()
  }

  /// Attention, and the sums of its weights.
  private func sumWeights(
    _ window: Int, _ block: HeadBlock, _ member: Member, _ timer: inout LapTimer
  ) {
    let (layer, group) = (settings.layer, settings.group)
    let count = AttentionScratch.count(
      headDim: layer.headDim, slots: settings.slotCountMax)
    let scratch = unsafe AttentionScratch(
      memory: layout.attentionScratch + member.index * count, headDim: layer.headDim)
    let pass = Attention(
      cache: block.head.rows, scratch: scratch, slotsBefore: slotsBefore, slotCount: slotCount,
      group: group, usesFloat16: settings.usesFloat16)
    for part in 0..<settings.chunks.partCount(window) {
      let rows = settings.chunks.rows(part: part)
      _ = unsafe pass.setQueries(
        rows, from: layout.queries + block.kvHead * group * layer.headDim,
        stride: layer.queryLength, group: group, layout.rotary)
      pass.run(firstRow: rows.lowerBound, rowCount: rows.count, extraRow: nil)
      _ = timer.lap()
      unsafe pass.sumWeights(
        firstRow: rows.lowerBound, rowCount: rows.count,
        from: settings.chunks.windowStart(window), factor: 1 / Float(group),
        into: eviction.pointee.weights(block, part: part))
      timer.times.score += timer.lap()
    }
  }

  /// What a policy with a row of its own adds to attention's pass: what it prepares, and the row's
  /// products with keys that lie in the caches because the pass reads them anyway.
  private func addExtraRow(_ block: HeadBlock, _ timer: inout LapTimer) {
    _ = timer.lap()
    unsafe eviction.pointee.beforeAttention(block, nil)
    timer.times.score += timer.lap()
    guard let row = unsafe eviction.pointee.extraRow(block) else { return }
    for first in stride(from: 0, to: slotCount, by: slotsAtOnce) {
      let rows = block.head.rows.from(slot: first)
      let count = min(slotsAtOnce, slotCount - first)
      readKeys(rows, slotCount: count)
      _ = timer.lap()
      unsafe rows.multiply(row.values, slotCount: count, into: row.products + first)
      timer.times.score += timer.lap()
    }
  }

  private func measureReading(_ kvHead: Int, _ timer: inout LapTimer) {
    let rows = unsafe layout.cache.pointee.head(layer: 0, kvHead: kvHead).rows
    readKeys(rows, slotCount: slotCount)
    _ = timer.lap()
    readKeys(rows, slotCount: slotCount)
    timer.times.score += timer.lap()
  }

  /// Whole tiles whose keys fill a quarter of the second-level cache: between two of them the clock
  /// is read, which must not be seen, and the first is still there when the last has been read.
  private var slotsAtOnce: Int {
    let tile = CacheRows.keyByteCount(slots: CacheRows.tileSlots, headDim: settings.layer.headDim)
    return max(1, settings.cacheByteCount / 4 / tile) * CacheRows.tileSlots
  }

  /// Reads keys in straight lines, as attention leaves them in the caches.
  private func readKeys(_ rows: CacheRows, slotCount: Int) {
    unsafe StreamingRead.run(
      rows.keys, byteCount: CacheRows.keyByteCount(slots: slotCount, headDim: rows.headDim))
  }
}

extension CacheRows {
  /// Of whole tiles: a multiple of `StreamingRead.stepByteCount`.
  fileprivate static func keyByteCount(slots: Int, headDim: Int) -> Int {
    keyCount(slots: slots, headDim: headDim) * MemoryLayout<UInt16>.stride
  }

  /// The rows from a tile's first slot on.
  fileprivate func from(slot: Int) -> CacheRows {
    unsafe CacheRows(
      keys: keys + CacheRows.keyCount(slots: slot, headDim: headDim),
      values: values + CacheRows.valueCount(slots: slot, headDim: headDim), headDim: headDim)
  }
}

// MARK: - Made-up tokens

extension PolicyCostLayout {
  func makeQueries() {
    let layer = settings.layer
    rotary.setFrequencies(base: Double(settings.shape.ropeTables[0].frequencyBase))
    for token in 0..<settings.blockSize { rotary.setToken(token, position: token) }
    var random = NormalNumbers(seed: settings.seed)
    unsafe random.fill(queries, count: settings.blockSize * layer.queryLength)
    unsafe random.fill(commonKeys, count: layer.kvLength)
  }

  /// Tokens of one after the other position. A token is the same whatever policy it is made for.
  func writeTokens(
    _ slots: Range<Int>, firstPosition: Int, _ head: CacheHead, kvHead: Int, _ member: Member
  ) {
    let headDim = settings.layer.headDim
    let key = unsafe keys + member.index * headDim
    let common = unsafe commonKeys + kvHead * headDim
    for slot in slots {
      let position = firstPosition + slot - slots.lowerBound
      var random = NormalNumbers(
        seed: settings.seed &+ UInt64(position * settings.layer.kvHeadCount + kvHead + 1))
      unsafe random.fill(key, count: headDim)
      for index in 0..<headDim { unsafe key[index] += SyntheticKeys.commonShare * common[index] }
      unsafe head.setToken(slot: slot, position: position, key: key, value: key)
    }
  }
}
