import Kernels

// What happens to one KV head in a block, in this order.

extension Eviction {
  /// The last tokens of a block whose attention weights are wanted, or 0; may be more than there are.
  public func weightTokens(_ block: HeadBlock) -> Int {
    if block.keepsLatest { return 0 }
    return block.isOverBudget || needs.scoresEveryBlock ? needs.weightTokens : 0
  }

  /// To be called when the block's tokens are written.
  /// - Parameter rotary: by which keys are rotated, the block's tokens in its rows; nil if they are not.
  @export(interface)
  public func beforeAttention(_ block: HeadBlock, _ rotary: RotaryTable?) {
    if block.keepsLatest { return }
    policy.accept(BeforeAttention(slots: slots(block, rotary)), form)
  }

  /// Whether `beforeAttention` does something.
  public var preparesAttention: Bool { needs.preparesAttention }

  /// The policy's row in the attention pass, if it wants one for this block.
  @export(interface)
  public func extraRow(_ block: HeadBlock) -> ExtraRow? {
    if block.keepsLatest { return nil }
    let slots = slots(block)
    if !policy.accept(WantsExtraRow(slots: slots), form) { return nil }
    return unsafe ExtraRow(values: slots.extraRow, products: slots.pending)
  }

  /// Where the weights of one chunk of rows go, summed over its rows: `[slots]`.
  /// - Parameter part: 0 for the block's last chunk, 1 for the one before, …
  @export(interface)
  public func weights(_ block: HeadBlock, part: Int) -> UnsafeMutablePointer<Float> {
    if part == 0 { return unsafe pending(block) }
    precondition(part <= partCount)
    return unsafe weightParts + (block.kvHead * partCount + part - 1) * shape.slotCountMax
  }

  /// Adds up the weights of all chunks.
  /// - Parameter partCount: chunks of rows that left weights.
  @export(interface)
  public func gatherWeights(_ block: HeadBlock, partCount: Int) {
    let sum = unsafe pending(block)
    for part in 1..<max(partCount, 1) {
      let more = unsafe weights(block, part: part)
      for slot in 0..<block.slotCount { unsafe sum[slot] += more[slot] }
    }
  }

  /// The last tokens of the block are dropped: what depends on them is as if they had not come. Weights
  /// that their rows gave the other slots stay in the sums.
  /// - Parameters:
  ///   - block: without them.
  ///   - count: how many there were.
  ///   - rotary: by which keys are rotated, of any block; nil if they are not.
  @export(interface)
  public func takeBack(_ count: Int, behind block: HeadBlock, _ rotary: RotaryTable?) {
    if block.keepsLatest { return }
    policy.accept(
      TakenBack(slots: slots(block, rotary), dropped: block.slotCount..<block.slotCount + count),
      form)
  }

  /// Gives the slots scores, if the policy needs them for this block.
  @export(interface)
  public func score(_ block: HeadBlock) {
    if block.keepsLatest || (!block.isOverBudget && !needs.scoresEveryBlock) { return }
    let scores = unsafe scores + block.kvHead * shape.slotCountMax
    let cosine = unsafe policy.accept(Score(slots: slots(block), scores: scores), form)
    if let cosine, cosine < Self.weakAnchorLimit {
      unsafe (weakCounts + block.kvHead).pointee += 1
      if let step = block.step, log.depth > 0 { log.noteWeak(block, step) }
    }
  }

  /// Evicts until the head's budget of slots is left, which are then slots 0 ..< budget. Follows
  /// `score`.
  @export(interface)
  public func evict(_ block: HeadBlock) {
    if !block.isOverBudget { return }
    if block.keepsLatest { return evictOldest(block) }
    if !needs.evicts { return }
    let offset = block.kvHead * shape.slotCountMax
    let slots = slots(block)
    let (victims, targets) = unsafe (self.victims + offset, self.targets + offset)
    let scores =
      unsafe policy.accept(Scores(slots: slots), form)
      ?? SlotScores(first: self.scores + offset, second: minusOnes)
    let filter = unsafe needs.retained(retained, budget: block.budget).filter(
      first: scores.first, second: scores.second, positions: block.head.positions,
      nextPosition: block.nextPosition)
    unsafe VictimSearch(filter: filter, slots: victims, orders: orders + offset, scratch: targets)
      .run(slotCount: block.slotCount, victimCount: block.slotCount - block.budget)
    let leaving = block.budget..<block.slotCount
    unsafe findTargets(victims, slots: leaving, targets)
    if let step = block.step, log.depth > 0 {
      unsafe log.save(slots, block, step, hole: Int(targets[0]))
    }
    unsafe block.head.replace(
      targets, with: leaving,
      subtractingFrom: needs.keepsKeySum && !needs.sumHasEvictedKeys ? slots.keySum : nil)
    unsafe policy.accept(Moved(slots: slots, from: leaving, targets: targets), form)
  }

  /// The tokens of the least positions leave.
  private func evictOldest(_ block: HeadBlock) {
    let offset = block.kvHead * leavingStride
    let (victims, targets) = unsafe (self.victims + offset, self.targets + offset)
    let (positions, count) = unsafe (block.head.positions, block.slotCount - block.budget)
    let limit = unsafe rankLimit(positions, count: block.slotCount, rank: count - 1)
    var found = 0
    for slot in 0..<block.slotCount where unsafe found < count && positions[slot] <= limit {
      unsafe victims[found] = UInt32(truncatingIfNeeded: slot)
      found += 1
    }
    let leaving = block.budget..<block.slotCount
    unsafe findTargets(victims, slots: leaving, targets)
    if let step = block.step, log.depth > 0 {
      unsafe log.save(slots(block), block, step, hole: Int(targets[0]))
    }
    unsafe block.head.replace(targets, with: leaving, subtractingFrom: nil)
  }

  /// Slots from the budget on go into the holes below it, or are victims: their own targets.
  /// - Parameter victims: as many as `slots`, in order.
  private func findTargets(
    _ victims: UnsafePointer<UInt32>, slots: Range<Int>, _ targets: UnsafeMutablePointer<UInt32>
  ) {
    var last = slots.count &- 1
    while unsafe last >= 0 && victims[last] >= slots.lowerBound { last &-= 1 }
    var hole = 0
    var victim = last &+ 1
    for index in 0..<slots.count {
      let slot = UInt32(truncatingIfNeeded: slots.lowerBound &+ index)
      if unsafe victim < slots.count && victims[victim] == slot {
        unsafe targets[index] = slot
        victim &+= 1
      } else {
        unsafe targets[index] = unsafe victims[hole]
        hole &+= 1
      }
    }
  }

  func pending(_ block: HeadBlock) -> UnsafeMutablePointer<Float> {
    let start =
      block.isProvisional && takesBack
      ? block.place.slotStart + block.index * extraRowStride : block.kvHead * pendingStride
    return unsafe pending + start + extraRowStride
  }

  func slots(_ block: HeadBlock, _ rotary: RotaryTable? = nil) -> PolicyHead {
    let pending = unsafe pending(block)
    return unsafe PolicyHead(
      head: block.head, count: block.slotCount, countBefore: block.slotsBefore,
      budget: block.budget, nextPosition: block.nextPosition,
      keySum: keySums + block.place.dimStart, pending: pending,
      extraRow: pending - extraRowStride,
      numbers: numbers + block.place.slotStart, keepsNumbers: needs.keepsNumbers,
      minusOnes: UnsafePointer(minusOnes), rotary: rotary, firstRow: block.step ?? 0,
      blockSizeMax: shape.blockSizeMax,
      scratch: scratch + block.kvHead * scratchCount)
  }
}
