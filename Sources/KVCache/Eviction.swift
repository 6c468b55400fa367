import Kernels
import Memory
import Profile

/// The eviction policy of a cache and what it keeps: gives the slots of a block's KV heads scores, and
/// evicts down to their budgets.
public struct Eviction: ~Copyable {
  /// Below this mean cosine of a head's keys with their anchor, the anchor says little: keys in
  /// random directions of 64 dimensions reach about 0.02 at 2,000 slots, those of trained models
  /// 0.4 and more (KeyDiff, figure 13).
  public static let weakAnchorLimit: Float = 0.1

  public let policy: Policy
  let form: KeyDiffForm
  let shape: CacheShape
  let needs: PolicyNeeds
  private(set) var retained: Retained
  /// `[layers][kvHeads][headDim]`
  let keySums: UnsafeMutablePointer<Double>
  /// `[layers][kvHeads][slots]`
  let accumulated: UnsafeMutablePointer<Float>
  /// Whether a block may be committed behind all layers' attention.
  let takesBack: Bool
  /// `[layers][kvHeads][pendingStride]`: what attention left for each slot, and the extra row behind it;
  /// of one layer alone if each layer's block is committed at once.
  let pending: UnsafeMutablePointer<Float>
  let pendingStride: Int
  /// `[kvHeads][partCount][slots]`: attention weights of all chunks of rows but the last one.
  let weightParts: UnsafeMutablePointer<Float>
  let partCount: Int
  /// `[kvHeads][slots]`
  let scores: UnsafeMutablePointer<Float>
  /// `[slots]`: -1.
  let minusOnes: UnsafeMutablePointer<Float>
  /// `[kvHeads][scratchCount]`
  let scratch: UnsafeMutablePointer<UInt32>
  let scratchCount: Int
  /// `[kvHeads][slots]` each: what the search for victims works with.
  let victims: UnsafeMutablePointer<UInt32>
  let orders: UnsafeMutablePointer<UInt32>
  let targets: UnsafeMutablePointer<UInt32>
  /// `[kvHeads]`: evictions with a weak anchor.
  let weakCounts: UnsafeMutablePointer<UInt64>

  /// - Parameters:
  ///   - weightParts: chunks of query rows whose weights are summed apart; see `weights`.
  ///   - takesBack: whether a block may be committed behind all layers' attention.
  public init(
    carver: inout Carver, shape: CacheShape, policy: Policy, keyDiff form: KeyDiffForm = .fused,
    retained: Retained, weightParts partCount: Int, takesBack: Bool = false
  ) {
    self.policy = policy
    self.form = form
    self.shape = shape
    let needs = policy.accept(NeedsOfPolicy(), form)
    self.needs = needs
    self.retained = needs.retained(retained)
    let slots = needs.evicts ? shape.paddedSlotCount : 0
    let (perHead, heads) = (shape.kvHeadCount * slots, shape.headCount)
    keySums = carver.take(
      .policy, Double.self, count: needs.keepsKeySum ? heads * shape.headDim : 0)
    accumulated = carver.take(.policy, Float.self, count: needs.accumulates ? heads * slots : 0)
    pendingStride =
      needs.hasPending ? slots + (needs.hasExtraRow ? roundUp(shape.headDim, to: 16) : 0) : 0
    self.takesBack = takesBack
    pending = carver.take(
      .policy, Float.self, count: (takesBack ? heads : shape.kvHeadCount) * pendingStride)
    self.partCount = needs.weightTokens > 0 ? max(partCount - 1, 0) : 0
    weightParts = carver.take(.policy, Float.self, count: perHead * self.partCount)
    scores = carver.take(.policy, Float.self, count: needs.writesScores ? perHead : 0)
    minusOnes = carver.take(.policy, Float.self, count: needs.writesScores ? slots : 0)
    scratchCount = policy.accept(ScratchOfPolicy(slots: slots, headDim: shape.headDim), form)
    scratch = carver.take(.policy, UInt32.self, count: shape.kvHeadCount * scratchCount)
    victims = carver.take(.policy, UInt32.self, count: perHead)
    orders = carver.take(.policy, UInt32.self, count: perHead)
    targets = carver.take(.policy, UInt32.self, count: perHead)
    weakCounts = carver.take(.policy, UInt64.self, count: shape.kvHeadCount)
    if carver.isMeasuring { return }
    minusOnes.update(repeating: -1, count: needs.writesScores ? slots : 0)
    weakCounts.update(repeating: 0, count: shape.kvHeadCount)
  }

  /// Other tokens that are never evicted: for an empty cache.
  public mutating func retain(_ retained: Retained) { self.retained = needs.retained(retained) }

  /// For an empty cache.
  public func reset() {
    keySums.update(repeating: 0, count: needs.keepsKeySum ? shape.headCount * shape.headDim : 0)
    weakCounts.update(repeating: 0, count: shape.kvHeadCount)
  }

  /// Whether every block is scored, evicted from or not.
  public var accumulates: Bool { needs.accumulates }

  /// Whether the policy evicts at all.
  public static func evicts(_ policy: Policy) -> Bool {
    policy.accept(NeedsOfPolicy(), .fused).evicts
  }

  /// Whether 1 / |key| of each slot is to be kept.
  public static func usesNorms(_ policy: Policy) -> Bool {
    policy.accept(NeedsOfPolicy(), .fused).usesNorms
  }
  public var usesNorms: Bool { needs.usesNorms }

  /// A block's last tokens whose attention weights the policy wants, or 0; may be more than there are.
  public static func weightTokens(_ policy: Policy) -> Int {
    policy.accept(NeedsOfPolicy(), .fused).weightTokens
  }

  /// Evictions from a head whose anchor was weak: see `weakAnchorLimit`.
  public var weakAnchorCount: Int {
    var sum: UInt64 = 0
    for kvHead in 0..<shape.kvHeadCount { sum += weakCounts[kvHead] }
    return Int(sum)
  }
}

extension Eviction {
  /// What stays with the text from block to block.
  /// - Parameters:
  ///   - cache: the one that the policy evicts from.
  ///   - filling: filled slots of every head, in place of what the cache says.
  public func forEachPart<Visitor: CacheVisitor & ~Copyable>(
    of cache: borrowing KVCache, filling: Int? = nil, _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit(keySums, count: needs.keepsKeySum ? shape.headCount * shape.headDim : 0)
    for layer in 0..<(needs.accumulates ? shape.layerCount : 0) {
      for kvHead in 0..<shape.kvHeadCount {
        let head = layer * shape.kvHeadCount + kvHead
        try visitor.visit(
          accumulated + head * shape.paddedSlotCount,
          count: filling ?? cache.count(layer: layer, kvHead: kvHead))
      }
    }
    try visitor.visit(weakCounts, count: shape.kvHeadCount)
  }
}
