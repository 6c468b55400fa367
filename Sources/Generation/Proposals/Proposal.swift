/// Why a token is proposed: how likely it is depends on that.
public enum ProposalKind: UInt8, Sendable {
  /// By the length of the match before it.
  case matchOf2, matchOf3, matchOf4, matchOf6, matchOf10
  /// The answer must go on with its text.
  case only
  /// Answers that must be something mostly go on with its text.
  case usual
  /// A string or number of such an answer ends with it, if it is over.
  case end

  static let count = 8

  /// - Parameter length: tokens before it that are the same.
  public static func matched(_ length: Int) -> ProposalKind {
    length < 3
      ? .matchOf2
      : length < 4 ? .matchOf3 : length < 6 ? .matchOf4 : length < 10 ? .matchOf6 : .matchOf10
  }
}

/// Tokens that may follow a text.
public struct Proposal {
  public static let countMax = SpeculationGate.rowCountMax - 1

  private var tokens = InlineArray<7, Int32>(repeating: 0)
  private var kinds = InlineArray<7, ProposalKind>(repeating: .matchOf2)
  public private(set) var count = 0

  public init() {}

  public subscript(index: Int) -> Int32 { tokens[index] }

  public func kind(_ index: Int) -> ProposalKind { kinds[index] }

  public var isFull: Bool { count == Self.countMax }

  public mutating func append(_ token: Int32, _ kind: ProposalKind) {
    tokens[count] = token
    kinds[count] = kind
    count += 1
  }

  /// Keeps the first tokens.
  mutating func shrink(to count: Int) { self.count = min(count, self.count) }
}
