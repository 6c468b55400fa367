/// How many tokens to propose: as many as make the time of a token least, by how often proposals were
/// right lately and what passes of several tokens cost. It measures both, proposals also where none are
/// tried: each one is compared with the token that is chosen.
public struct SpeculationGate: Sendable {
  /// Tokens of a pass at most, one of them read in any case.
  public static let rowCountMax = 8
  /// A gain below this is none: estimates are not exact.
  private static let gainMin = 1.04
  /// What passes of 2, 4 and 8 tokens are taken to cost at first, in passes of one.
  private static let firstCosts: InlineArray<3, Double> = [1.15, 1.2, 1.3]
  /// How a measured cost is forgotten if it is not measured again, a token.
  private static let forgotten = 1.0 / 2048

  /// How likely a proposed token is, by its kind.
  private var chances: InlineArray<8, Double> = [0.25, 0.35, 0.5, 0.7, 0.85, 0.9, 0.8, 0.35]
  /// Nanoseconds of a pass of one token; 0 if none has been measured.
  public private(set) var plainNanoseconds = 0.0
  private var costs = firstCosts

  public init() {}

  private static func kind(rows count: Int) -> Int { count <= 2 ? 0 : count <= 4 ? 1 : 2 }

  /// A pass of so many tokens, in passes of one.
  public func cost(rows count: Int) -> Double { count == 1 ? 1 : costs[Self.kind(rows: count)] }

  /// How likely a token of a kind is.
  public func chance(_ kind: ProposalKind) -> Double { chances[Int(kind.rawValue)] }

  /// How many of the tokens of a proposal to try, and how many times as fast the text then comes; 0 and 1
  /// if none are worth it.
  /// - Parameter most: tokens that can be proposed.
  @export(interface)
  public func choice(_ proposal: Proposal, most: Int) -> (count: Int, gain: Double) {
    if plainNanoseconds == 0 { return (0, 1) }
    var best = (count: 0, gain: Self.gainMin)
    var (likely, expected) = (1.0, 1.0)
    for count in 1..<max(min(most, proposal.count) + 1, 1) {
      likely *= chance(proposal.kind(count - 1))
      expected += likely
      let gain = expected / cost(rows: count + 1)
      if gain > best.gain { best = (count, gain) }
    }
    return best.count == 0 ? (0, 1) : best
  }

  /// Whether a token that was or would have been proposed was right.
  @export(interface)
  public mutating func note(isRight: Bool, _ kind: ProposalKind) {
    let index = Int(kind.rawValue)
    chances[index] += ((isRight ? 1 : 0) - chances[index]) / 16
  }

  /// What a pass of so many tokens took, with all that belongs to it.
  @export(interface)
  public mutating func note(rows count: Int, nanoseconds: Int64) {
    let time = Double(max(nanoseconds, 1))
    if count == 1 {
      // One that was interrupted counts little.
      plainNanoseconds +=
        plainNanoseconds == 0 ? time : (min(time, 2 * plainNanoseconds) - plainNanoseconds) / 16
      for kind in 0..<3 { costs[kind] += (Self.firstCosts[kind] - costs[kind]) * Self.forgotten }
    } else if plainNanoseconds > 0 {
      let kind = Self.kind(rows: count)
      let most = Double(count) + 1
      costs[kind] += (min(time / plainNanoseconds, most) - costs[kind]) / 4
    }
  }
}
