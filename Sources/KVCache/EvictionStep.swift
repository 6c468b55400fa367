import Kernels
import Profile

/// One KV head of one layer after a block.
public struct EvictionStep {
  public let head: CacheHead
  public let layer: Int
  public let kvHead: Int
  /// Slots filled before the block, and in all.
  public let slotsBefore: Int
  public let slotCount: Int
  /// The position after the latest token's.
  public let nextPosition: Int

  public init(
    head: CacheHead, layer: Int, kvHead: Int, slotsBefore: Int, slotCount: Int, nextPosition: Int
  ) {
    self.head = head
    self.layer = layer
    self.kvHead = kvHead
    self.slotsBefore = slotsBefore
    self.slotCount = slotCount
    self.nextPosition = nextPosition
  }
}

extension Eviction {
  /// The last tokens of a block whose attention weights are wanted, or 0; may be more than there are.
  /// - Parameter slotCount: filled slots, the block's among them.
  public func weightTokens(slotCount: Int) -> Int {
    slotCount > budget || needs.accumulates ? needs.weightTokens : 0
  }

  /// Where the weights of one chunk of rows go, summed over its rows: `[slots]`.
  /// - Parameter part: 0 for the block's last chunk, 1 for the one before, …
  public func weights(kvHead: Int, part: Int) -> UnsafeMutablePointer<Float> {
    precondition(part < weightParts)
    return weights + (kvHead * weightParts + part) * shape.paddedSlotCount
  }

  /// KeyDiff's sum: to be called with a block's slots before attention.
  public func addBlock(_ head: CacheHead, slots: Range<Int>, layer: Int, kvHead: Int) {
    if isFused { keyDiff.addBlock(head, slots: slots, layer: layer, kvHead: kvHead) }
  }

  /// A row whose products with all keys the attention pass leaves in `dots`.
  public func anchor(kvHead: Int, slotCount: Int) -> UnsafePointer<Float>? {
    isFused && slotCount > budget ? keyDiff.anchor(kvHead: kvHead) : nil
  }

  public func dots(kvHead: Int) -> UnsafeMutablePointer<Float> { keyDiff.dots(kvHead: kvHead) }

  /// Gives the slots scores, where the policy needs them for this block.
  /// - Parameter partCount: chunks of rows that left weights.
  public func score(_ step: EvictionStep, partCount: Int) {
    if step.slotCount <= budget && !needs.accumulates { return }
    switch policy {
    case .full: break
    case .keydiff:
      if !isFused { return score(KeyDiffAlone.self, step, partCount) }
      note(
        keyDiff.meanCosine(
          kvHead: step.kvHead, inverseNorms: step.head.inverseNorms, slotCount: step.slotCount),
        step)
    case .keydiffNormalized: score(KeyDiffNormalized.self, step, partCount)
    case .keydiffPairwise: score(KeyDiffPairwise.self, step, partCount)
    case .keydiffMedian: score(KeyDiffMedian.self, step, partCount)
    case .keydiffDot: score(KeyDiffDot.self, step, partCount)
    case .keydiffEuclidean: score(KeyDiffEuclidean.self, step, partCount)
    case .sink: score(Sink.self, step, partCount)
    case .tova: score(TOVA.self, step, partCount)
    case .h2o: score(H2O.self, step, partCount)
    case .snapkv: score(SnapKV.self, step, partCount)
    case .l2: score(KeyNorm.self, step, partCount)
    }
  }

  private func score<Scoring: ScoringPolicy>(
    _ scoring: Scoring.Type, _ step: EvictionStep, _ partCount: Int
  ) {
    if scoring.weightTokens > 0 { addParts(step, partCount) }
    let scores = scores + step.kvHead * shape.paddedSlotCount
    if let cosine = scoring.score(scoredSlots(step), into: scores) { note(cosine, step) }
  }

  private func note(_ meanCosine: Float, _ step: EvictionStep) {
    if meanCosine < Self.weakAnchorLimit { (weakCounts + step.kvHead).pointee += 1 }
  }

  /// All parts of the weights in the first.
  private func addParts(_ step: EvictionStep, _ partCount: Int) {
    let sum = weights(kvHead: step.kvHead, part: 0)
    for part in 1..<max(partCount, 1) {
      let more = weights(kvHead: step.kvHead, part: part)
      for slot in 0..<step.slotCount { sum[slot] += more[slot] }
    }
  }

  private func accumulated(_ step: EvictionStep) -> UnsafeMutablePointer<Float> {
    accumulated + (step.layer * shape.kvHeadCount + step.kvHead) * shape.paddedSlotCount
  }

  private func scoredSlots(_ step: EvictionStep) -> ScoredSlots {
    ScoredSlots(
      head: step.head, count: step.slotCount, countBefore: step.slotsBefore,
      nextPosition: step.nextPosition,
      weights: weights + step.kvHead * weightParts * shape.paddedSlotCount,
      accumulated: accumulated(step),
      scratch: scratch + step.kvHead * needs.scratchCount)
  }

  /// Evicts until `budget` slots are left, which are then slots 0 ..< budget. Follows `score`.
  public func evict(_ step: EvictionStep) {
    if policy == .full || step.slotCount <= budget { return }
    let offset = step.kvHead * shape.paddedSlotCount
    let filter = retained.filter(
      first: isFused ? keyDiff.dots(kvHead: step.kvHead) : scores + offset,
      second: isFused ? step.head.inverseNorms : minusOnes,
      positions: step.head.positions, nextPosition: step.nextPosition)
    let (victims, targets) = (self.victims + offset, self.targets + offset)
    VictimSearch(filter: filter, slots: victims, orders: orders + offset, scratch: targets)
      .run(slotCount: step.slotCount, victimCount: step.slotCount - budget)
    let leaving = budget..<step.slotCount
    findTargets(victims, slots: leaving, targets)
    step.head.replace(
      targets, with: leaving,
      subtractingFrom: isFused ? keyDiff.sum(layer: step.layer, kvHead: step.kvHead) : nil)
    if needs.accumulates { moveAccumulated(step, targets, leaving) }
  }

  private func moveAccumulated(
    _ step: EvictionStep, _ targets: UnsafePointer<UInt32>, _ slots: Range<Int>
  ) {
    let sums = accumulated(step)
    for index in 0..<slots.count { sums[Int(targets[index])] = sums[slots.lowerBound + index] }
  }

  /// Slots from the budget on go into the holes below it, or are victims: their own targets.
  /// - Parameter victims: as many as `slots`, in order.
  private func findTargets(
    _ victims: UnsafePointer<UInt32>, slots: Range<Int>, _ targets: UnsafeMutablePointer<UInt32>
  ) {
    var last = slots.count &- 1
    while last >= 0 && victims[last] >= slots.lowerBound { last &-= 1 }
    var hole = 0
    var victim = last &+ 1
    for index in 0..<slots.count {
      let slot = UInt32(truncatingIfNeeded: slots.lowerBound &+ index)
      if victim < slots.count && victims[victim] == slot {
        targets[index] = slot
        victim &+= 1
      } else {
        targets[index] = victims[hole]
        hole &+= 1
      }
    }
  }
}
