import Kernels
import Profile

/// How KeyDiff comes by its scores.
public enum KeyDiffForm: Sendable {
  /// By one more row of the attention pass, with a sum of keys that is kept.
  case fused
  /// In passes of its own over the keys: for measuring the other form against it.
  case alone
}

/// Something that is done with a policy's type.
protocol PolicyVisitor {
  associatedtype Outcome
  func visit<Chosen: EvictionPolicy>(_ policy: Chosen.Type) -> Outcome
}

extension Policy {
  /// The one place that knows which type a policy is.
  @inline(__always)
  func accept<Visitor: PolicyVisitor>(_ visitor: Visitor, _ form: KeyDiffForm) -> Visitor.Outcome {
    switch self {
    case .full: visitor.visit(KeepAll.self)
    case .keydiff: form == .fused ? visitor.visit(KeyDiff.self) : visitor.visit(KeyDiffAlone.self)
    case .keydiffStream: visitor.visit(KeyDiffStream.self)
    case .keydiffNormalized: visitor.visit(KeyDiffNormalized.self)
    case .keydiffPairwise: visitor.visit(KeyDiffPairwise.self)
    case .keydiffMedian: visitor.visit(KeyDiffMedian.self)
    case .keydiffDot: visitor.visit(KeyDiffDot.self)
    case .keydiffEuclidean: visitor.visit(KeyDiffEuclidean.self)
    case .sink: visitor.visit(Sink.self)
    case .tova: visitor.visit(TOVA.self)
    case .h2o: visitor.visit(H2O.self)
    case .snapkv: visitor.visit(SnapKV.self)
    case .l2: visitor.visit(KeyNorm.self)
    }
  }
}

struct NeedsOfPolicy: PolicyVisitor {
  func visit<Chosen: EvictionPolicy>(_ policy: Chosen.Type) -> PolicyNeeds { PolicyNeeds(policy) }
}

struct ScratchOfPolicy: PolicyVisitor {
  let slots: Int
  let shape: CacheShape

  init(slots: Int, _ shape: CacheShape) {
    self.slots = slots
    self.shape = shape
  }

  func visit<Chosen: EvictionPolicy>(_ policy: Chosen.Type) -> Int {
    policy.scratchCount(
      slots: slots, headDim: shape.headDimMax, blockSize: shape.blockSizeMax)
  }
}

// The hooks of `EvictionPolicy`.

struct BeforeAttention: PolicyVisitor {
  let slots: PolicyHead
  func visit<Chosen: EvictionPolicy>(_ policy: Chosen.Type) { policy.beforeAttention(slots) }
}

struct WantsExtraRow: PolicyVisitor {
  let slots: PolicyHead
  func visit<Chosen: EvictionPolicy>(_ policy: Chosen.Type) -> Bool { policy.wantsExtraRow(slots) }
}

@safe struct Score: PolicyVisitor {
  let slots: PolicyHead
  let scores: UnsafeMutablePointer<Float>
  func visit<Chosen: EvictionPolicy>(_ policy: Chosen.Type) -> Float? {
    unsafe policy.score(slots, into: scores)
  }
}

struct Scores: PolicyVisitor {
  let slots: PolicyHead
  func visit<Chosen: EvictionPolicy>(_ policy: Chosen.Type) -> SlotScores? { policy.scores(slots) }
}

@safe struct Moved: PolicyVisitor {
  let slots: PolicyHead
  let from: Range<Int>
  let targets: UnsafePointer<UInt32>
  func visit<Chosen: EvictionPolicy>(_ policy: Chosen.Type) {
    unsafe policy.moved(slots, from, to: targets)
  }
}

struct TakenBack: PolicyVisitor {
  let slots: PolicyHead
  let dropped: Range<Int>
  func visit<Chosen: EvictionPolicy>(_ policy: Chosen.Type) {
    policy.takenBack(slots, dropped: dropped)
  }
}

struct Renumbered: PolicyVisitor {
  let slots: PolicyHead
  func visit<Chosen: EvictionPolicy>(_ policy: Chosen.Type) { policy.renumbered(slots) }
}
