import Text

/// Which slots of the KV cache are kept when there are more than the budget: the one list of policies.
/// Formulas and costs stand with each policy in the KVCache module, where `PolicyDispatch` says how a
/// policy is made.
public enum Policy: Int, Sendable {
  /// Nothing is evicted; the prompt must fit into the slots.
  case full
  case keydiff
  case keydiffStream
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

  public static let count = Policy.l2.rawValue + 1

  /// The name in a profile and on the command line.
  public var name: StaticString {
    @export(interface) get {
      switch self {
      case .full: "full"
      case .keydiff: "keydiff"
      case .keydiffStream: "keydiff-stream"
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
  }

  /// What the policy keeps, in a few words.
  public var summary: StaticString {
    switch self {
    case .full: "every token; the prompt must fit into the slots"
    case .keydiff: "keys that differ most from the mean key"
    case .keydiffStream:
      "keys that differed most from the text so far when they came"
    case .keydiffNormalized: "keys that differ most from the mean unit key"
    case .keydiffPairwise: "keys whose cosines with all keys have the least sum"
    case .keydiffMedian: "keys that differ most from the median of each dimension"
    case .keydiffDot: "keys with the least product with the mean key"
    case .keydiffEuclidean: "keys that lie farthest from the mean key"
    case .sink: "the first four tokens and the latest ones"
    case .tova: "tokens that the latest token attends to most"
    case .h2o: "tokens that got the greatest sum of attention"
    case .snapkv: "tokens that the block's last 32 attend to, and their neighbours"
    case .l2: "the shortest keys"
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
