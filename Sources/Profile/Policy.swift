/// Which slots of the KV cache are kept when there are more than the budget.
public enum Policy: Int, Sendable {
  /// Nothing is evicted; the prompt must fit into the slots.
  case full
  /// KeyDiff, section 3.2: the keys least similar to the mean key are kept.
  case keydiff

  public static let count = 2

  /// The name in a profile and on the command line.
  public var name: StaticString {
    switch self {
    case .full: "full"
    case .keydiff: "keydiff"
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
