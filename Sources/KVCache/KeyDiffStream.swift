import Kernels

/// KeyDiff with scores at insertion. S is the sum of the unit keys of all tokens that ever came, before
/// rotary embedding; eviction takes nothing from it. A block's unit keys u are added to S, and each of
/// its tokens has a value -(u · S) / |S|. A token's score is half its own value and a quarter of each
/// neighbour's in the block; at the block's ends its own stands for the one that is missing. The score is
/// made once, stays with the token's slot and is all that eviction reads. The first four tokens stay, and
/// of the latest ones as many as a quarter of the head's budget.
///
/// Keys come from the cache, turned back to position 0. Elements of u are whole numbers of 2^-14, so
/// that S is exact in Double: what is added can be taken away again, whatever came between. 2^-15 of
/// an element of u changes a score by some 2^-15.
///
/// - Complexity: about 6 B headDim operations a head and block, independent of n. Memory: headDim
///   Doubles and one score a slot for each head and layer; B + 5 times headDim words a KV head.
enum KeyDiffStream: EvictionPolicy {
  static var preparesAttention: Bool { true }
  static var keepsKeySum: Bool { true }
  static var sumHasEvictedKeys: Bool { true }
  static var keepsNumbers: Bool { true }
  static var writesScores: Bool { false }
  static var sinkCount: Int { 4 }
  static var recentDivisor: Int { 4 }

  static func scratchCount(slots: Int, headDim: Int, blockSize: Int) -> Int {
    StreamScratch.count(headDim: headDim, blockSize: blockSize)
  }

  static func beforeAttention(_ slots: PolicyHead) {
    let scratch = StreamScratch(slots)
    var parts = scratch.parts(of: slots.block)
    while let part = parts.next() {
      scratch.makeUnits(slots, of: part, areOfTable: true)
      add(slots, scratch, count: part.count, sign: 1)
    }
    score(slots, scratch, areOfTable: true, areMade: slots.block.count <= scratch.unitCount)
  }

  /// Scores are written when tokens come.
  static func score(_ slots: PolicyHead, into scores: UnsafeMutablePointer<Float>) -> Float? { nil }

  static func scores(_ slots: PolicyHead) -> SlotScores? {
    unsafe SlotScores(first: slots.numbers, second: slots.minusOnes)
  }

  static func moved(_ slots: PolicyHead, _ from: Range<Int>, to targets: UnsafePointer<UInt32>) {
    unsafe slots.moveNumbers(from, to: targets)
  }

  /// The block's tokens that stay are scored again, without the dropped ones.
  static func takenBack(_ slots: PolicyHead, dropped: Range<Int>) {
    let scratch = StreamScratch(slots)
    var parts = scratch.parts(of: dropped)
    while let part = parts.next() {
      scratch.makeUnits(slots, of: part, areOfTable: false)
      add(slots, scratch, count: part.count, sign: -1)
    }
    score(slots, scratch, areOfTable: false, areMade: false)
  }

  /// S += sign times the sum of the first units. Sums of so many whole numbers are exact in Float32.
  private static func add(_ slots: PolicyHead, _ scratch: StreamScratch, count: Int, sign: Double) {
    let headDim = slots.rows.headDim
    let (partial, run) = unsafe (scratch.anchor, 512)
    for first in stride(from: 0, to: count, by: run) {
      unsafe partial.update(repeating: 0, count: headDim)
      for token in first..<min(first + run, count) {
        unsafe Kernels.add(scratch.unit(token), to: partial, count: headDim)
      }
      for index in 0..<headDim { unsafe slots.keySum[index] += sign * Double(partial[index]) }
    }
  }

  /// Scores the block's tokens.
  /// - Parameter areMade: whether the scratch has the unit keys of all of them.
  private static func score(
    _ slots: PolicyHead, _ scratch: StreamScratch, areOfTable: Bool, areMade: Bool
  ) {
    let (headDim, anchor) = unsafe (slots.rows.headDim, scratch.anchor)
    for index in 0..<headDim { unsafe anchor[index] = unsafe Float(slots.keySum[index]) }
    let length = unsafe squareRoot(sumOfProducts(anchor, anchor, count: headDim))
    let factor = length > 0 ? -1 / (length * StreamScratch.one) : 0
    var parts = scratch.parts(of: slots.block)
    while let part = parts.next() {
      if !areMade { scratch.makeUnits(slots, of: part, areOfTable: areOfTable) }
      for slot in part {
        unsafe slots.numbers[slot] =
          unsafe factor
          * sumOfProducts(scratch.unit(slot - part.lowerBound), anchor, count: headDim)
      }
    }
    unsafe smooth(slots.numbers, slots.block)
  }

  /// The weights are powers of two and neighbours are added first, so that equal values give equal scores.
  private static func smooth(_ numbers: UnsafeMutablePointer<Float>, _ block: Range<Int>) {
    guard var before = unsafe block.isEmpty ? nil : numbers[block.lowerBound] else { return }
    for slot in block {
      let own = unsafe numbers[slot]
      let next = unsafe slot + 1 < block.upperBound ? numbers[slot + 1] : own
      unsafe numbers[slot] = 0.25 * (before + next) + 0.5 * own
      before = own
    }
  }
}

/// Where `KeyDiffStream` keeps its numbers in the scratch.
@safe private struct StreamScratch {
  /// What 1 is in the unit keys.
  static var one: Float { 16_384 }
  /// `[unitCount][headDim]`
  private let units: UnsafeMutablePointer<Float>
  let unitCount: Int
  /// `[headDim]`
  let anchor: UnsafeMutablePointer<Float>
  /// `[headDim / 2]` each, for tokens whose angles the block's table has not.
  private let cosines: UnsafeMutablePointer<Float>
  private let sines: UnsafeMutablePointer<Float>
  private let headDim: Int

  static func count(headDim: Int, blockSize: Int) -> Int { (blockSize + 2) * headDim }

  init(_ slots: PolicyHead) {
    headDim = slots.rows.headDim
    unitCount = slots.blockSizeMax
    unsafe anchor = unsafe slots.floats(0)
    unsafe cosines = unsafe anchor + headDim
    unsafe sines = unsafe cosines + headDim / 2
    unsafe units = unsafe cosines + headDim
  }

  /// Some slots, so many at a time as there is room for units.
  func parts(of slots: Range<Int>) -> StreamParts { StreamParts(rest: slots, count: unitCount) }

  func unit(_ token: Int) -> UnsafeMutablePointer<Float> { unsafe units + token * headDim }

  /// The unit keys of some slots, at most `unitCount`.
  /// - Parameter areOfTable: whether the rotary table has the block's tokens; another block may have come.
  func makeUnits(_ slots: PolicyHead, of range: Range<Int>, areOfTable: Bool) {
    for slot in range {
      let row = unsafe unit(slot - range.lowerBound)
      unsafe slots.rows.copyKey(slot, factor: 1, into: row)
      if let rotary = slots.rotary {
        if areOfTable {
          unsafe rotary.turnBack(row, token: slots.firstRow + slot - slots.countBefore)
        } else {
          let own = unsafe rotary.with(cosines: cosines, sines: sines)
          unsafe own.setToken(0, position: Int(slots.head.positions[slot]))
          unsafe own.turnBack(row, token: 0)
        }
      }
      let squares = unsafe sumOfProducts(row, row, count: headDim)
      unsafe roundProducts(
        row, by: squares > 0 ? Self.one / squareRoot(squares) : 0, count: headDim)
    }
  }
}

/// Slots, so many at a time.
private struct StreamParts {
  var rest: Range<Int>
  let count: Int

  mutating func next() -> Range<Int>? {
    if rest.isEmpty { return nil }
    let part = rest.lowerBound..<min(rest.lowerBound + count, rest.upperBound)
    rest = part.upperBound..<rest.upperBound
    return part
  }
}
