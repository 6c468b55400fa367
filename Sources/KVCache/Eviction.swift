import Kernels
import Memory
import Profile

/// The eviction policy of a cache and what it keeps: gives the slots of a block's KV heads scores, and
/// evicts down to their budgets.
@safe public struct Eviction: ~Copyable {
  /// Below this mean cosine of a head's keys with their anchor, the anchor says little: keys in
  /// random directions of 64 dimensions reach about 0.02 at 2,000 slots, those of trained models
  /// 0.4 and more (KeyDiff, figure 13).
  public static let weakAnchorLimit: Float = 0.1

  private let inPlace = InPlace()
  public let policy: Policy
  let form: KeyDiffForm
  let shape: CacheShape
  let needs: PolicyNeeds
  private(set) var retained: Retained
  /// `[heads][headDim]`, the KV heads of all layers
  let keySums: UnsafeMutablePointer<Double>
  /// `[heads][slots]`
  let numbers: UnsafeMutablePointer<Float>
  /// Whether a block may be committed behind all layers' attention.
  let takesBack: Bool
  /// The extra row of a head and what attention left for each of its slots: `[heads]` if the settings
  /// take back, else `[kvHeads][pendingStride]`, because each layer's block is committed at once.
  let pending: UnsafeMutablePointer<Float>
  let pendingStride: Int
  /// Room for an extra row.
  let extraRowStride: Int
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
  /// Slots of those three for a KV head: if the policy does not evict, of heads whose latest tokens stay.
  let leavingStride: Int
  /// For blocks whose tokens come one by one.
  let log: StepLog
  /// `[kvHeads]`: evictions with a weak anchor.
  let weakCounts: UnsafeMutablePointer<UInt64>

  /// - Parameters:
  ///   - weightParts: chunks of query rows whose weights are summed apart; see `weights`.
  ///   - takesBack: whether a block may be committed behind all layers' attention.
  ///   - undoDepth: tokens that may be taken back if they came one by one.
  @export(interface)
  public init(
    carver: inout Carver, shape: CacheShape, policy: Policy, keyDiff form: KeyDiffForm = .fused,
    retained: Retained, weightParts partCount: Int, takesBack: Bool = false,
    undoDepth: Int = 0
  ) {
    self.policy = policy
    self.form = form
    self.shape = shape
    let needs = policy.accept(NeedsOfPolicy(), form)
    self.needs = needs
    self.retained = retained
    let slots = needs.evicts ? shape.slotCountMax : 0
    let (kvHeads, total) = (shape.kvHeadCountMax, shape.total)
    let perHead = kvHeads * slots
    unsafe keySums = unsafe carver.take(
      .policy, Double.self, count: needs.keepsKeySum ? total.dimStart : 0)
    unsafe numbers = unsafe carver.take(
      .policy, Float.self, count: needs.keepsNumbers ? total.slotStart : 0)
    extraRowStride = needs.hasExtraRow ? roundUp(shape.headDimMax, to: 16) : 0
    pendingStride = needs.hasPending ? slots + extraRowStride : 0
    self.takesBack = takesBack
    let pendingOfAll =
      needs.hasPending ? total.slotStart + shape.headCount * extraRowStride : 0
    unsafe pending = unsafe carver.take(
      .policy, Float.self, count: takesBack ? pendingOfAll : kvHeads * pendingStride)
    self.partCount = needs.weightTokens > 0 ? max(partCount - 1, 0) : 0
    unsafe weightParts = unsafe carver.take(.policy, Float.self, count: perHead * self.partCount)
    unsafe scores = unsafe carver.take(.policy, Float.self, count: needs.writesScores ? perHead : 0)
    let oneCount = needs.writesScores || needs.keepsNumbers ? slots : 0
    unsafe minusOnes = unsafe carver.take(.policy, Float.self, count: oneCount)
    scratchCount = policy.accept(ScratchOfPolicy(slots: slots, shape), form)
    unsafe scratch = unsafe carver.take(.policy, UInt32.self, count: kvHeads * scratchCount)
    leavingStride = needs.evicts ? slots : shape.latestSlotCountMax
    let leaving = kvHeads * leavingStride
    unsafe victims = unsafe carver.take(.policy, UInt32.self, count: leaving)
    unsafe orders = unsafe carver.take(.policy, UInt32.self, count: perHead)
    unsafe targets = unsafe carver.take(.policy, UInt32.self, count: leaving)
    log = StepLog(carver: &carver, shape: shape, needs: needs, depth: undoDepth)
    unsafe weakCounts = unsafe carver.take(.policy, UInt64.self, count: kvHeads)
    if carver.isMeasuring { return }
    unsafe minusOnes.update(repeating: -1, count: oneCount)
    unsafe weakCounts.update(repeating: 0, count: kvHeads)
  }

  /// Other tokens that are never evicted: for an empty cache.
  public mutating func retain(_ retained: Retained) { self.retained = retained }

  /// For an empty cache.
  public func reset() {
    unsafe keySums.update(repeating: 0, count: needs.keepsKeySum ? shape.total.dimStart : 0)
    unsafe weakCounts.update(repeating: 0, count: shape.kvHeadCountMax)
  }

  /// Whether every block is scored, evicted from or not.
  public var scoresEveryBlock: Bool { needs.scoresEveryBlock }

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
    for kvHead in 0..<shape.kvHeadCountMax { unsafe sum += weakCounts[kvHead] }
    return Int(sum)
  }
}

extension Eviction {
  /// What stays with the text from block to block.
  /// - Parameter cache: the one that the policy evicts from.
  public func forEachPart<Visitor: CacheVisitor & ~Copyable>(
    of cache: borrowing KVCache, _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitSums(&visitor)
    for layer in 0..<(needs.keepsNumbers ? shape.layerCount : 0) {
      for kvHead in 0..<cache.kvHeadCount(layer: layer) {
        let block = cache.block(layer: layer, kvHead: kvHead, tokenCount: 0, nextPosition: 0)
        try unsafe visitor.visit(numbers + block.place.slotStart, count: block.slotCount)
      }
    }
    try visitWeakCounts(&visitor)
  }

  /// As above, for a text of so many tokens: see `KVCache.forEachPart`.
  public func forEachPart<Visitor: CacheVisitor & ~Copyable>(
    filling tokenCount: Int, layer: (Int) -> CacheLayer, _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitSums(&visitor)
    for index in 0..<(needs.keepsNumbers ? shape.layerCount : 0) {
      let layer = layer(index)
      for kvHead in 0..<layer.kvHeadCount {
        let slots = HeadSlots(layer, kvHead: kvHead, at: HeadPlace())
        try unsafe visitor.visit(numbers, count: min(tokenCount, slots.budget))
      }
    }
    try visitWeakCounts(&visitor)
  }

  private func visitSums<Visitor: CacheVisitor & ~Copyable>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try unsafe visitor.visit(keySums, count: needs.keepsKeySum ? shape.total.dimStart : 0)
  }

  private func visitWeakCounts<Visitor: CacheVisitor & ~Copyable>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try unsafe visitor.visit(weakCounts, count: shape.kvHeadCountMax)
  }
}
