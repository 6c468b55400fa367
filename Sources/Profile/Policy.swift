import Text

/// Which slots of the KV cache are kept when there are more than the budget. Formulas and costs stand
/// with each policy in the KVCache module.
public enum Policy: Int, Sendable {
  /// Nothing is evicted; the prompt must fit into the slots.
  case full
  case keydiff
  case keydiffNormalized
  case keydiffPairwise
  case keydiffMedian
  case keydiffDot
  case keydiffEuclidean
  case sink
  case tova
  case h2o
  case snapkv
  case l2

  public static let count = 12

  /// The name in a profile and on the command line.
  public var name: StaticString {
    switch self {
    case .full: "full"
    case .keydiff: "keydiff"
    case .keydiffNormalized: "keydiff-normalized"
    case .keydiffPairwise: "keydiff-pairwise"
    case .keydiffMedian: "keydiff-median"
    case .keydiffDot: "keydiff-dot"
    case .keydiffEuclidean: "keydiff-euclidean"
    case .sink: "sink"
    case .tova: "tova"
    case .h2o: "h2o"
    case .snapkv: "snapkv"
    case .l2: "l2"
    }
  }

  /// The policy of that name, or nil.
  public init?(name: Span<UInt8>) {
    for index in 0..<Self.count {
      if let policy = Policy(rawValue: index), matches(name, policy.name) {
        self = policy
        return
      }
    }
    return nil
  }
}
