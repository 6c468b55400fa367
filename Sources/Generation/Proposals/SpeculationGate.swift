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

  /// How likely a proposed token is, by the length of the match before it.
  private var chances: InlineArray<5, Double> = [0.25, 0.35, 0.5, 0.7, 0.85]
  /// Nanoseconds of a pass of one token; 0 if none has been measured.
  public private(set) var plainNanoseconds = 0.0
  private var costs = firstCosts

  public init() {}

  private static func kind(matched length: Int) -> Int {
    length < 3 ? 0 : length < 4 ? 1 : length < 6 ? 2 : length < 10 ? 3 : 4
  }

  private static func kind(rows count: Int) -> Int { count <= 2 ? 0 : count <= 4 ? 1 : 2 }

  /// A pass of so many tokens, in passes of one.
  public func cost(rows count: Int) -> Double { count == 1 ? 1 : costs[Self.kind(rows: count)] }

  /// How likely the token behind a match of this length is.
  public func chance(matched length: Int) -> Double { chances[Self.kind(matched: length)] }

  /// Tokens to propose behind a match; 0 if none are worth it.
  /// - Parameter most: tokens that can be proposed.
  @export(interface)
  public func count(matched length: Int, most: Int) -> Int {
    if plainNanoseconds == 0 { return 0 }
    var (best, bestRate) = (0, Self.gainMin)
    var (likely, expected) = (1.0, 1.0)
    for count in 1..<max(min(most, Self.rowCountMax - 1) + 1, 1) {
      likely *= chance(matched: length + count - 1)
      expected += likely
      let rate = expected / cost(rows: count + 1)
      if rate > bestRate { (best, bestRate) = (count, rate) }
    }
    return best
  }

  /// Whether a token that was or would have been proposed behind a match was right.
  @export(interface)
  public mutating func note(isRight: Bool, matched length: Int) {
    let kind = Self.kind(matched: length)
    chances[kind] += ((isRight ? 1 : 0) - chances[kind]) / 16
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
