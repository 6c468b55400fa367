import Platform

/// Where tokens come from that are proposed as an answer's next ones, so that several pass through the model
/// at once. The text is the same with each.
public enum ProposalSource: Int, Sendable {
  /// None are proposed.
  case off
  /// Those that followed the text's end where it came before.
  case lookup

  public static let count = 2

  public var name: StaticString {
    switch self {
    case .off: "off"
    case .lookup: "lookup"
    }
  }

  /// The source of that name, or nil.
  public init?(name: Span<UInt8>) {
    for index in 0..<Self.count {
      if let source = ProposalSource(rawValue: index), matches(name, source.name) {
        self = source
        return
      }
    }
    return nil
  }
}
