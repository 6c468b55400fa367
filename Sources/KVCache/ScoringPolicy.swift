import Kernels

/// What a policy has to do with one KV head once a block is written and attended to.
struct ScoredSlots {
  let head: CacheHead
  /// Filled slots, and those that were filled before the block.
  let count: Int
  let countBefore: Int
  /// The position after the latest token's.
  let nextPosition: Int
  /// `[slots]`: attention weights, summed over the rows of the policy's window and averaged over
  /// the query heads of the KV head.
  let weights: UnsafeMutablePointer<Float>
  /// `[slots]`, stays with a slot's token: for policies that accumulate.
  let accumulated: UnsafeMutablePointer<Float>
  /// As many 32-bit words as `scratchCount` asks for.
  let scratch: UnsafeMutablePointer<UInt32>

  var rows: CacheRows { head.rows }

  /// The scratch from `offset` on as Float32.
  func floats(_ offset: Int) -> UnsafeMutablePointer<Float> {
    UnsafeMutableRawPointer(scratch + offset).assumingMemoryBound(to: Float.self)
  }
}

/// An eviction policy: a score for each slot of a KV head; the highest are kept, of equal ones the
/// older token.
protocol ScoringPolicy {
  /// The block's last tokens whose rows of attention weights are summed up, or 0.
  static var weightTokens: Int { get }
  /// Whether 1 / |key| of each slot is kept.
  static var usesNorms: Bool { get }
  /// Whether a number stays with each token, so that every block is scored, evicted from or not.
  static var accumulates: Bool { get }
  /// Tokens that the policy itself never evicts: the text's first, and the latest.
  static var sinkCount: Int { get }
  static var recentCount: Int { get }
  /// 32-bit words a KV head.
  static func scratchCount(slots: Int, headDim: Int) -> Int
  /// - Parameter scores: `[slots]`, room for whole tiles.
  /// - Returns: the mean cosine of keys and anchor, for policies that have an anchor of unit keys.
  static func score(_ slots: ScoredSlots, into scores: UnsafeMutablePointer<Float>) -> Float?
}

extension ScoringPolicy {
  static var weightTokens: Int { 0 }
  static var usesNorms: Bool { false }
  static var accumulates: Bool { false }
  static var sinkCount: Int { 0 }
  static var recentCount: Int { 0 }
  static func scratchCount(slots: Int, headDim: Int) -> Int { 0 }
}

/// What a policy needs, without its type.
struct PolicyNeeds {
  let weightTokens: Int
  let usesNorms: Bool
  let accumulates: Bool
  let sinkCount: Int
  let recentCount: Int
  let scratchCount: Int

  init<Scoring: ScoringPolicy>(_ policy: Scoring.Type, slots: Int, headDim: Int) {
    weightTokens = policy.weightTokens
    usesNorms = policy.usesNorms
    accumulates = policy.accumulates
    sinkCount = policy.sinkCount
    recentCount = policy.recentCount
    scratchCount = policy.scratchCount(slots: slots, headDim: headDim)
  }

  /// For `full` and the fused KeyDiff, which are no scoring policies.
  init(usesNorms: Bool) {
    self.usesNorms = usesNorms
    (weightTokens, accumulates, sinkCount, recentCount, scratchCount) = (0, false, 0, 0, 0)
  }

  /// What was asked for, and at least what the policy itself never evicts.
  func retained(_ asked: Retained) -> Retained {
    Retained(
      sinkCount: max(asked.sinkCount, sinkCount), recentCount: max(asked.recentCount, recentCount))
  }
}

/// Where the anchor policies keep their numbers in the scratch.
struct AnchorScratch {
  static func count(headDim: Int) -> Int { headDim * 17 }
  /// `[headDim]`
  let anchor: UnsafeMutablePointer<Float>
  /// `[headDim][16]`
  let partials: UnsafeMutablePointer<Float>

  init(_ slots: ScoredSlots, offset: Int = 0) {
    let headDim = slots.rows.headDim
    partials = slots.floats(offset)
    anchor = partials + headDim * 16
  }

  /// anchor = sum of factors[slot] * key; nil is 1 for all.
  func sum(_ slots: ScoredSlots, factors: UnsafePointer<Float>?) {
    slots.rows.sumKeys(
      slotCount: slots.count, factors: factors, partials: partials, into: anchor)
  }

  /// anchor = mean of the keys
  func average(_ slots: ScoredSlots) {
    sum(slots, factors: nil)
    scale(anchor, count: slots.rows.headDim, by: 1 / Float(slots.count))
  }

  /// |anchor|
  func length(headDim: Int) -> Float {
    var squares: Float = 0
    for index in 0..<headDim { squares += anchor[index] * anchor[index] }
    return squareRoot(squares)
  }
}
