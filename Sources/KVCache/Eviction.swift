import Kernels
import Memory
import Profile

/// The eviction policy of a cache and what it keeps: gives the slots of a block's KV heads scores, and
/// evicts down to the budget.
public struct Eviction: ~Copyable {
  /// Below this mean cosine of a head's keys with their anchor, the anchor says little: keys in
  /// random directions of 64 dimensions reach about 0.02 at 2,000 slots, those of trained models
  /// 0.4 and more (KeyDiff, figure 13).
  public static let weakAnchorLimit: Float = 0.1

  public let policy: Policy
  /// Slots that each KV head keeps: may change between blocks, to at most the shape's slots.
  public var budget: Int
  let shape: CacheShape
  /// KeyDiff with a sum of keys that is kept and a row of the attention pass.
  let isFused: Bool
  let needs: PolicyNeeds
  private(set) var retained: Retained
  let keyDiff: KeyDiff
  let weightParts: Int
  /// `[kvHeads][weightParts][slots]`
  let weights: UnsafeMutablePointer<Float>
  /// `[layers][kvHeads][slots]`
  let accumulated: UnsafeMutablePointer<Float>
  /// `[kvHeads][slots]`
  let scores: UnsafeMutablePointer<Float>
  /// `[slots]`: -1.
  let minusOnes: UnsafeMutablePointer<Float>
  /// `[kvHeads][scratchCount]`
  let scratch: UnsafeMutablePointer<UInt32>
  /// `[kvHeads][slots]` each: what the search for victims works with.
  let victims: UnsafeMutablePointer<UInt32>
  let orders: UnsafeMutablePointer<UInt32>
  let targets: UnsafeMutablePointer<UInt32>
  /// `[kvHeads]`: evictions with a weak anchor.
  let weakCounts: UnsafeMutablePointer<UInt64>

  /// - Parameter weightParts: chunks of query rows whose weights are summed apart; see `weights`.
  public init(
    carver: inout Carver, shape: CacheShape, policy: Policy, keyDiff form: KeyDiffForm = .fused,
    budget: Int, retained: Retained, weightParts: Int
  ) {
    self.policy = policy
    self.shape = shape
    self.budget = budget
    let isFused = policy == .keydiff && form == .fused
    self.isFused = isFused
    let slots = policy == .full ? 0 : shape.paddedSlotCount
    let needs = PolicyNeeds(policy, form, slots: slots, headDim: shape.headDim)
    self.needs = needs
    self.weightParts = weightParts
    self.retained = needs.retained(retained)
    keyDiff = KeyDiff(carver: &carver, shape: isFused ? shape : .empty)
    let perHead = shape.kvHeadCount * slots
    let isScored = policy != .full && !isFused
    weights = carver.take(
      .policy, Float.self, count: needs.weightTokens > 0 ? perHead * weightParts : 0)
    accumulated = carver.take(
      .policy, Float.self, count: needs.accumulates ? perHead * shape.layerCount : 0)
    scores = carver.take(.policy, Float.self, count: isScored ? perHead : 0)
    minusOnes = carver.take(.policy, Float.self, count: isScored ? slots : 0)
    scratch = carver.take(
      .policy, UInt32.self, count: shape.kvHeadCount * needs.scratchCount)
    victims = carver.take(.policy, UInt32.self, count: perHead)
    orders = carver.take(.policy, UInt32.self, count: perHead)
    targets = carver.take(.policy, UInt32.self, count: perHead)
    weakCounts = carver.take(.policy, UInt64.self, count: shape.kvHeadCount)
    if carver.isMeasuring { return }
    minusOnes.update(repeating: -1, count: isScored ? slots : 0)
    weakCounts.update(repeating: 0, count: shape.kvHeadCount)
  }

  /// Another budget, to at most the shape's slots, and other tokens that are never evicted: for an
  /// empty cache.
  public mutating func limit(budget: Int, retained: Retained) {
    self.budget = budget
    self.retained = needs.retained(retained)
  }

  /// For an empty cache.
  public func reset() {
    keyDiff.reset()
    weakCounts.update(repeating: 0, count: shape.kvHeadCount)
  }

  /// Whether 1 / |key| of each slot is to be kept.
  public static func usesNorms(_ policy: Policy) -> Bool {
    PolicyNeeds(policy, .fused, slots: 0, headDim: 0).usesNorms
  }
  public var usesNorms: Bool { needs.usesNorms }

  /// A block's last tokens whose attention weights the policy wants, or 0; may be more than there are.
  public static func weightTokens(_ policy: Policy) -> Int {
    PolicyNeeds(policy, .fused, slots: 0, headDim: 0).weightTokens
  }

  /// Evictions from a head whose anchor was weak: see `weakAnchorLimit`.
  public var weakAnchorCount: Int {
    var sum: UInt64 = 0
    for kvHead in 0..<shape.kvHeadCount { sum += weakCounts[kvHead] }
    return Int(sum)
  }
}

/// How KeyDiff comes by its scores.
public enum KeyDiffForm: Sendable {
  /// By one more row of the attention pass, with a sum of keys that is kept.
  case fused
  /// In passes of its own over the keys: for measuring the other form against it.
  case alone
}

extension PolicyNeeds {
  init(_ policy: Policy, _ form: KeyDiffForm, slots: Int, headDim: Int) {
    switch policy {
    case .full: self.init(usesNorms: false)
    case .keydiff:
      if form == .fused {
        self.init(usesNorms: true)
      } else {
        self.init(KeyDiffAlone.self, slots: slots, headDim: headDim)
      }
    case .keydiffNormalized: self.init(KeyDiffNormalized.self, slots: slots, headDim: headDim)
    case .keydiffPairwise: self.init(KeyDiffPairwise.self, slots: slots, headDim: headDim)
    case .keydiffMedian: self.init(KeyDiffMedian.self, slots: slots, headDim: headDim)
    case .keydiffDot: self.init(KeyDiffDot.self, slots: slots, headDim: headDim)
    case .keydiffEuclidean: self.init(KeyDiffEuclidean.self, slots: slots, headDim: headDim)
    case .sink: self.init(Sink.self, slots: slots, headDim: headDim)
    case .tova: self.init(TOVA.self, slots: slots, headDim: headDim)
    case .h2o: self.init(H2O.self, slots: slots, headDim: headDim)
    case .snapkv: self.init(SnapKV.self, slots: slots, headDim: headDim)
    case .l2: self.init(KeyNorm.self, slots: slots, headDim: headDim)
    }
  }
}
