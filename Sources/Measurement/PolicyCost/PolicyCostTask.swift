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
  private var eviction: UnsafeMutablePointer<Eviction> { layout.evictions + policy }
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

  private func head(_ kvHead: Int) -> CacheHead {
    let head = layout.cache.pointee.head(layer: 0, kvHead: kvHead)
    return eviction.pointee.usesNorms ? head : head.withoutNorms
  }

  private func fill(_ kvHead: Int, _ member: Member) {
    let head = head(kvHead)
    layout.writeTokens(0..<slotsBefore, firstPosition: 0, head, kvHead: kvHead, member)
    eviction.pointee.addBlock(head, slots: 0..<slotsBefore, layer: 0, kvHead: kvHead)
  }

  private func measureBlock(_ kvHead: Int, _ member: Member, _ timer: inout LapTimer) {
    let head = head(kvHead)
    layout.writeTokens(
      slotsBefore..<slotCount, firstPosition: firstPosition, head, kvHead: kvHead, member)
    let window = eviction.pointee.weightTokens(slotCount: slotCount)
    if window > 0 {
      sumWeights(window, head, kvHead, member, &timer)
    } else {
      readKeys(head.rows, slotCount: slotCount)
      addAnchorRow(head, kvHead, &timer)
    }
    let step = EvictionStep(
      head: head, layer: 0, kvHead: kvHead, slotsBefore: slotsBefore, slotCount: slotCount,
      nextPosition: firstPosition + settings.blockSize)
    _ = timer.lap()
    eviction.pointee.score(step, partCount: settings.chunks.partCount(window))
    timer.times.score += timer.lap()
    eviction.pointee.evict(step)
    timer.times.evict += timer.lap()
  }

  /// Attention, and the sums of its weights.
  private func sumWeights(
    _ window: Int, _ head: CacheHead, _ kvHead: Int, _ member: Member, _ timer: inout LapTimer
  ) {
    let (layer, group) = (settings.layer, settings.group)
    let count = AttentionScratch.count(headDim: layer.headDim)
    let scratch = AttentionScratch(
      memory: layout.attentionScratch + member.index * count, headDim: layer.headDim)
    let pass = Attention(
      cache: head.rows, scratch: scratch, slotsBefore: slotsBefore, slotCount: slotCount,
      group: group, usesFloat16: settings.usesFloat16)
    for part in 0..<settings.chunks.partCount(window) {
      let rows = settings.chunks.rows(part: part)
      _ = pass.setQueries(
        rows, from: layout.queries + kvHead * group * layer.headDim, stride: layer.queryLength,
        group: group, layout.rotary)
      pass.run(
        firstRow: rows.lowerBound, rowCount: rows.count, anchor: nil,
        dots: eviction.pointee.dots(kvHead: kvHead))
      _ = timer.lap()
      pass.sumWeights(
        firstRow: rows.lowerBound, rowCount: rows.count,
        from: settings.chunks.windowStart(window), factor: 1 / Float(group),
        into: eviction.pointee.weights(kvHead: kvHead, part: part))
      timer.times.score += timer.lap()
    }
  }

  /// What the fused KeyDiff adds to attention's pass: the sum of the block's keys, and the anchor's
  /// products with keys that lie in the caches because the pass reads them anyway.
  private func addAnchorRow(_ head: CacheHead, _ kvHead: Int, _ timer: inout LapTimer) {
    _ = timer.lap()
    eviction.pointee.addBlock(head, slots: slotsBefore..<slotCount, layer: 0, kvHead: kvHead)
    timer.times.score += timer.lap()
    guard let anchor = eviction.pointee.anchor(kvHead: kvHead, slotCount: slotCount) else { return }
    let dots = eviction.pointee.dots(kvHead: kvHead)
    for first in stride(from: 0, to: slotCount, by: slotsAtOnce) {
      let rows = head.rows.from(slot: first)
      let count = min(slotsAtOnce, slotCount - first)
      readKeys(rows, slotCount: count)
      _ = timer.lap()
      rows.multiply(anchor, slotCount: count, into: dots + first)
      timer.times.score += timer.lap()
    }
  }

  private func measureReading(_ kvHead: Int, _ timer: inout LapTimer) {
    let rows = head(kvHead).rows
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
    StreamingRead.run(
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
    CacheRows(
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
    random.fill(queries, count: settings.blockSize * layer.queryLength)
    random.fill(commonKeys, count: layer.kvLength)
  }

  /// Tokens of one after the other position. A token is the same whatever policy it is made for.
  func writeTokens(
    _ slots: Range<Int>, firstPosition: Int, _ head: CacheHead, kvHead: Int, _ member: Member
  ) {
    let headDim = settings.layer.headDim
    let key = keys + member.index * headDim
    let common = commonKeys + kvHead * headDim
    for slot in slots {
      let position = firstPosition + slot - slots.lowerBound
      var random = NormalNumbers(
        seed: settings.seed &+ UInt64(position * settings.layer.kvHeadCount + kvHead + 1))
      random.fill(key, count: headDim)
      for index in 0..<headDim { key[index] += SyntheticKeys.commonShare * common[index] }
      head.setToken(slot: slot, position: position, key: key, value: key)
    }
  }
}
