import Kernels

/// One KV head of one layer as an eviction policy sees it, with a block behind the kept slots.
@safe struct PolicyHead {
  /// Keys, values, positions and norms of the slots.
  let head: CacheHead
  /// Filled slots, and those that were filled before the block.
  let count: Int
  let countBefore: Int
  /// Slots that eviction leaves.
  let budget: Int
  /// The position after the latest token's.
  let nextPosition: Int
  /// `[headDim]`: the sum of the kept keys, for policies that keep it.
  let keySum: UnsafeMutablePointer<Double>
  /// `[slots]`: what attention leaves for the scores. For policies with a window of weights: attention
  /// weights, summed over the window's rows and averaged over the query heads of the KV head; for
  /// policies with an extra row: its products with the keys.
  let pending: UnsafeMutablePointer<Float>
  /// `[headDim]`: room for the extra row.
  let extraRow: UnsafeMutablePointer<Float>
  /// `[slots]`, stays with a slot's token: for policies that keep numbers.
  let numbers: UnsafeMutablePointer<Float>
  let keepsNumbers: Bool
  /// `[slots]`: -1.
  let minusOnes: UnsafePointer<Float>
  /// The layer's rotary table; nil if keys are not rotated.
  let rotary: RotaryTable?
  /// The row of the block's first token in that table.
  let firstRow: Int
  /// Tokens of the longest block.
  let blockSizeMax: Int
  /// As many 32-bit words as `scratchCount` asks for.
  let scratch: UnsafeMutablePointer<UInt32>

  var rows: CacheRows { head.rows }
  /// The block's slots.
  var block: Range<Int> { countBefore..<count }

  /// To be called when the tokens of some slots have gone to others, so that their numbers follow.
  func moveNumbers(_ from: Range<Int>, to targets: UnsafePointer<UInt32>) {
    for index in 0..<from.count {
      unsafe numbers[Int(targets[index])] = unsafe numbers[from.lowerBound + index]
    }
  }

  /// The scratch from `offset` on as Float32.
  func floats(_ offset: Int) -> UnsafeMutablePointer<Float> {
    unsafe UnsafeMutableRawPointer(scratch + offset).assumingMemoryBound(to: Float.self)
  }
}

/// Which slots of a KV head are kept. A policy gives each slot an eviction score; the highest are
/// kept, of equal ones the older token.
///
/// The hooks are called for one KV head at a time, in this order: `beforeAttention` and `extraRow`,
/// then attention, then `takenBack` if tokens of the block are dropped, then `score`, `scores` and
/// `moved` if slots are evicted. Heads of one layer may be at work on several threads.
protocol EvictionPolicy {
  /// Whether slots are evicted at all.
  static var evicts: Bool { get }
  /// The block's last tokens whose rows of attention weights are summed up, or 0.
  static var weightTokens: Int { get }
  /// Whether `beforeAttention` does something.
  static var preparesAttention: Bool { get }
  /// Whether the policy has a row of its own in the attention pass.
  static var hasExtraRow: Bool { get }
  /// Whether the sum of a head's keys is kept.
  static var keepsKeySum: Bool { get }
  /// Whether keys that are evicted stay in that sum.
  static var sumHasEvictedKeys: Bool { get }
  /// Whether 1 / |key| of each slot is kept.
  static var usesNorms: Bool { get }
  /// Whether a number stays with each token.
  static var keepsNumbers: Bool { get }
  /// Whether every block is scored, evicted from or not.
  static var scoresEveryBlock: Bool { get }
  /// Whether what an eviction changes can be put back for each evicted token alone.
  static var undoesSteps: Bool { get }
  /// Whether `score` writes scores; if not, `scores` says where they are.
  static var writesScores: Bool { get }
  /// Tokens that the policy itself never evicts: the text's first, and the latest.
  static var sinkCount: Int { get }
  static var recentCount: Int { get }
  /// One part in so many of a head's budget is for the latest tokens as well; 0 for none.
  static var recentDivisor: Int { get }
  /// 32-bit words a KV head.
  static func scratchCount(slots: Int, headDim: Int, blockSize: Int) -> Int

  /// The block's keys and values are written.
  static func beforeAttention(_ slots: PolicyHead)
  /// Whether the extra row is wanted for this block; it then lies in the head's `extraRow`, and
  /// attention leaves its products with all keys in `pending`.
  static func wantsExtraRow(_ slots: PolicyHead) -> Bool
  /// - Parameter scores: `[slots]`, room for whole tiles.
  /// - Returns: the mean cosine of keys and anchor, for policies that have an anchor of unit keys.
  static func score(_ slots: PolicyHead, into scores: UnsafeMutablePointer<Float>) -> Float?
  /// Where the scores are, in two factors, if `score` has not written them.
  static func scores(_ slots: PolicyHead) -> SlotScores?
  /// The tokens of some slots have gone to others, whose tokens are evicted.
  static func moved(_ slots: PolicyHead, _ from: Range<Int>, to targets: UnsafePointer<UInt32>)
  /// Tokens behind the head's `count` are dropped.
  /// - Parameter dropped: their slots, whose keys are still there.
  static func takenBack(_ slots: PolicyHead, dropped: Range<Int>)
  /// All keys of the head have changed.
  static func renumbered(_ slots: PolicyHead)
}

/// The score of a slot is minus the product of two numbers.
@safe struct SlotScores {
  let first: UnsafePointer<Float>
  let second: UnsafePointer<Float>
}

extension EvictionPolicy {
  static var evicts: Bool { true }
  static var weightTokens: Int { 0 }
  static var preparesAttention: Bool { false }
  static var hasExtraRow: Bool { false }
  static var keepsKeySum: Bool { false }
  static var sumHasEvictedKeys: Bool { false }
  static var usesNorms: Bool { false }
  static var keepsNumbers: Bool { false }
  static var scoresEveryBlock: Bool { false }
  static var undoesSteps: Bool { true }
  static var writesScores: Bool { true }
  static var sinkCount: Int { 0 }
  static var recentCount: Int { 0 }
  static var recentDivisor: Int { 0 }
  static func scratchCount(slots: Int, headDim: Int, blockSize: Int) -> Int { 0 }
  static func beforeAttention(_ slots: PolicyHead) {}
  static func wantsExtraRow(_ slots: PolicyHead) -> Bool { false }
  static func scores(_ slots: PolicyHead) -> SlotScores? { nil }
  static func moved(_ slots: PolicyHead, _ from: Range<Int>, to targets: UnsafePointer<UInt32>) {}
  static func takenBack(_ slots: PolicyHead, dropped: Range<Int>) {}
  static func renumbered(_ slots: PolicyHead) {}
}

/// What a policy needs, without its type.
struct PolicyNeeds {
  let evicts: Bool
  let weightTokens: Int
  let preparesAttention: Bool
  let hasExtraRow: Bool
  let keepsKeySum: Bool
  let sumHasEvictedKeys: Bool
  let usesNorms: Bool
  let keepsNumbers: Bool
  let scoresEveryBlock: Bool
  let undoesSteps: Bool
  let writesScores: Bool
  let sinkCount: Int
  let recentCount: Int
  let recentDivisor: Int

  init<Eviction: EvictionPolicy>(_ policy: Eviction.Type) {
    evicts = policy.evicts
    weightTokens = policy.weightTokens
    preparesAttention = policy.preparesAttention
    hasExtraRow = policy.hasExtraRow
    keepsKeySum = policy.keepsKeySum
    sumHasEvictedKeys = policy.sumHasEvictedKeys
    usesNorms = policy.usesNorms
    keepsNumbers = policy.keepsNumbers
    scoresEveryBlock = policy.scoresEveryBlock
    undoesSteps = policy.undoesSteps
    writesScores = policy.writesScores
    sinkCount = policy.sinkCount
    recentCount = policy.recentCount
    recentDivisor = policy.recentDivisor
  }

  /// Whether attention leaves a number for each slot.
  var hasPending: Bool { weightTokens > 0 || hasExtraRow }

  /// What was asked for, and at least what the policy itself never evicts.
  func retained(_ asked: Retained, budget: Int) -> Retained {
    let ofBudget = recentDivisor > 0 ? budget / recentDivisor : 0
    return Retained(
      sinkCount: max(asked.sinkCount, sinkCount),
      recentCount: max(asked.recentCount, max(recentCount, ofBudget)))
  }
}
