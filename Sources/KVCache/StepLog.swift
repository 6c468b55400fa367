import Kernels
import Memory
import Profile

/// What evictions of the latest few tokens took away, one token at a time, so that they can be undone:
/// for each KV head and token the slot that was emptied and what lay there.
@safe struct StepLog {
  /// Tokens that can be undone; 0 if none can.
  let depth: Int
  /// `[heads][depth]`: the emptied slot; -1 if nothing was evicted.
  private let holes: UnsafeMutablePointer<Int32>
  /// `[heads][depth]`: whether the eviction's anchor was weak.
  private let areWeak: UnsafeMutablePointer<Bool>
  /// `[heads][depth]` each, of the evicted token.
  private let positions: UnsafeMutablePointer<UInt32>
  private let inverseNorms: UnsafeMutablePointer<Float>
  private let numbers: UnsafeMutablePointer<Float>
  /// `[heads][depth][headDim]` each.
  private let keys: UnsafeMutablePointer<UInt16>
  private let values: UnsafeMutablePointer<UInt16>

  init(carver: inout Carver, shape: CacheShape, needs: PolicyNeeds, depth: Int) {
    let evicts = needs.evicts || shape.latestSlotCountMax > 0
    let depth = evicts && needs.undoesSteps ? depth : 0
    self.depth = depth
    let entries = shape.headCount * depth
    unsafe holes = unsafe carver.take(.policy, Int32.self, count: entries)
    unsafe areWeak = unsafe carver.take(.policy, Bool.self, count: entries)
    unsafe positions = unsafe carver.take(.policy, UInt32.self, count: entries)
    unsafe inverseNorms = unsafe carver.take(
      .policy, Float.self, count: needs.usesNorms ? entries : 0)
    unsafe numbers = unsafe carver.take(
      .policy, Float.self, count: needs.keepsNumbers ? entries : 0)
    unsafe keys = unsafe carver.take(.policy, UInt16.self, count: shape.total.dimStart * depth)
    unsafe values = unsafe carver.take(.policy, UInt16.self, count: shape.total.dimStart * depth)
  }

  private func entry(_ block: HeadBlock, _ step: Int) -> Int { block.index * depth + step }

  private func start(_ block: HeadBlock, _ step: Int) -> Int {
    block.place.dimStart * depth + step * block.head.rows.headDim
  }

  func hole(_ block: HeadBlock, _ step: Int) -> Int {
    unsafe depth == 0 ? -1 : Int(holes[entry(block, step)])
  }

  /// What a token's entry has of an evicted token for attention.
  func token(_ block: HeadBlock, _ step: Int) -> LoggedToken {
    let start = start(block, step)
    return unsafe LoggedToken(
      key: keys + start, value: values + start, position: positions + entry(block, step))
  }

  func isWeak(_ block: HeadBlock, _ step: Int) -> Bool { unsafe areWeak[entry(block, step)] }

  /// A token has come, for which nothing has been evicted yet.
  func begin(_ block: HeadBlock, _ step: Int) {
    if depth == 0 { return }
    unsafe holes[entry(block, step)] = -1
    unsafe areWeak[entry(block, step)] = false
  }

  func noteWeak(_ block: HeadBlock, _ step: Int) { unsafe areWeak[entry(block, step)] = true }

  /// The token of a slot is about to be evicted.
  func save(_ slots: PolicyHead, _ block: HeadBlock, _ step: Int, hole: Int) {
    let (entry, start) = (entry(block, step), start(block, step))
    unsafe holes[entry] = Int32(truncatingIfNeeded: hole)
    unsafe positions[entry] = unsafe slots.head.positions[hole]
    if slots.head.keepsNorms { unsafe inverseNorms[entry] = unsafe slots.head.inverseNorms[hole] }
    if slots.keepsNumbers { unsafe numbers[entry] = unsafe slots.numbers[hole] }
    unsafe slots.rows.read(hole, key: keys + start, value: values + start)
  }

  /// Puts the evicted token back where it was, and the one that took its place behind the filled slots.
  func restore(_ slots: PolicyHead, _ block: HeadBlock, _ step: Int) {
    let (entry, start) = (entry(block, step), start(block, step))
    let (hole, last) = unsafe (Int(holes[entry]), block.slotCount)
    if hole != last {
      slots.rows.copy(hole, to: last)
      unsafe slots.head.positions[last] = unsafe slots.head.positions[hole]
      if slots.head.keepsNorms {
        unsafe slots.head.inverseNorms[last] = unsafe slots.head.inverseNorms[hole]
      }
      if slots.keepsNumbers { unsafe slots.numbers[last] = unsafe slots.numbers[hole] }
    }
    unsafe slots.rows.write(hole, key: keys + start, value: values + start)
    unsafe slots.head.positions[hole] = unsafe positions[entry]
    if slots.head.keepsNorms { unsafe slots.head.inverseNorms[hole] = unsafe inverseNorms[entry] }
    if slots.keepsNumbers { unsafe slots.numbers[hole] = unsafe numbers[entry] }
  }
}

/// What the log has of one token for attention.
@safe struct LoggedToken {
  let key: UnsafeMutablePointer<UInt16>
  let value: UnsafeMutablePointer<UInt16>
  let position: UnsafeMutablePointer<UInt32>
}

extension Eviction {
  /// Whether a policy's evictions can be undone, token by token.
  public static func undoesSteps(_ policy: Policy) -> Bool {
    policy.accept(NeedsOfPolicy(), .fused).undoesSteps
  }

  /// Whether taking tokens back is more than forgetting how many slots are filled.
  public var keepsKeySum: Bool { needs.keepsKeySum }

  /// A token of a block whose tokens come one by one is written.
  @export(interface)
  public func beginStep(_ block: HeadBlock) {
    guard let step = block.step else { return }
    log.begin(block, step)
  }

  /// Takes back the last tokens of the latest block, whose tokens came one by one: the head is as if
  /// they had not come.
  /// - Parameters:
  ///   - steps: their numbers in the block.
  ///   - rotary: by which keys are rotated, of any block; nil if they are not.
  @export(interface)
  public func undo(
    _ steps: Range<Int>, layer: Int, kvHead: Int, in cache: borrowing KVCache,
    _ rotary: RotaryTable?
  ) {
    var count = cache.count(layer: layer, kvHead: kvHead)
    for step in steps.reversed() {
      let filled = cache.block(layer: layer, kvHead: kvHead, filled: count)
      let evicted = log.hole(filled, step) >= 0
      if !evicted { count -= 1 }
      undo(step, cache.block(layer: layer, kvHead: kvHead, filled: count), evicted, rotary)
    }
    cache.setCount(count, layer: layer, kvHead: kvHead)
  }

  /// - Parameter block: the head without the token.
  private func undo(_ step: Int, _ block: HeadBlock, _ evicted: Bool, _ rotary: RotaryTable?) {
    let slots = slots(block, rotary)
    if evicted {
      log.restore(slots, block, step)
      if block.keepsLatest { return }
      let hole = log.hole(block, step)
      if needs.keepsKeySum && !needs.sumHasEvictedKeys {
        unsafe slots.rows.addKeys(hole..<hole + 1, to: slots.keySum)
      }
      if log.isWeak(block, step) { unsafe (weakCounts + block.kvHead).pointee -= 1 }
    }
    if block.keepsLatest { return }
    let last = block.slotCount
    policy.accept(TakenBack(slots: slots, dropped: last..<last + 1), form)
  }
}
