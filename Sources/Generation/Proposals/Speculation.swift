import Memory

/// What speculation did, of all answers so far.
public struct SpeculationFigures: Sendable {
  /// Passes that had proposed tokens.
  public internal(set) var stepCount = 0
  public internal(set) var proposedCount = 0
  /// Proposed tokens that were chosen.
  public internal(set) var acceptedCount = 0
  /// What the tokens of those passes would have taken one by one, by the measured time of a token, but for
  /// what they took.
  public internal(set) var savedNanoseconds = 0.0

  public init() {}
}

/// Proposes tokens that followed the text's end before, and compares them with those that are chosen.
struct Speculation: ~Copyable {
  private var history: TokenHistory
  var gate = SpeculationGate()
  private(set) var figures = SpeculationFigures()
  /// Tokens that may follow, from the first one that has not been compared on.
  private var tokens = InlineArray<7, Int32>(repeating: 0)
  private var tokenCount = 0
  private var comparedCount = 0
  private var matchedCount = 0
  /// Of the present pass, if it has proposed tokens: its tokens, those that were chosen, its time.
  private var rowCount = 0
  private var chosenCount = 0
  private var nanoseconds: Int64 = 0

  /// - Parameter isOn: whether tokens are ever proposed.
  init(carver: inout Carver, isOn: Bool) {
    history = TokenHistory(carver: &carver, capacity: isOn ? TokenHistory.tokenCount : 0)
  }

  /// Another text begins.
  mutating func forget() {
    if history.count > 0 { history.removeAll() }
    endPass()
  }

  /// A token of the prompt.
  mutating func accept(_ token: Int32) { history.append(token) }

  /// Looks for tokens that may follow.
  /// - Parameter most: tokens that can be proposed.
  /// - Returns: how many are to be proposed.
  mutating func find(most: Int) -> Int {
    endPass()
    guard let match = history.find() else { return 0 }
    let count = gate.count(matched: match.length, most: most)
    (tokenCount, matchedCount) = (max(count, 1), match.length)
    for index in 0..<tokenCount { tokens[index] = history.following(match, index) }
    return count
  }

  subscript(index: Int) -> Int32 { tokens[index] }

  /// A pass of so many tokens is over.
  mutating func note(rows count: Int, nanoseconds: Int64) {
    if count == 1 {
      gate.note(rows: 1, nanoseconds: nanoseconds)
    } else {
      (rowCount, chosenCount, self.nanoseconds) = (count, 0, nanoseconds)
      figures.stepCount += 1
      figures.proposedCount += count - 1
    }
  }

  /// Dropping what was wrong took so long.
  mutating func note(dropNanoseconds: Int64) { nanoseconds += dropNanoseconds }

  /// The text's next token is chosen.
  /// - Returns: whether it was to be expected.
  mutating func choose(_ token: Int32) -> Bool {
    history.append(token)
    chosenCount += 1
    if comparedCount == tokenCount { return false }
    let isRight = tokens[comparedCount] == token
    gate.note(isRight: isRight, matched: matchedCount + comparedCount)
    comparedCount = isRight ? comparedCount + 1 : tokenCount
    if isRight && rowCount > 0 { figures.acceptedCount += 1 }
    return isRight
  }

  /// All that was chosen by the present pass is known.
  mutating func endPass() {
    if rowCount > 0 {
      gate.note(rows: rowCount, nanoseconds: nanoseconds)
      figures.savedNanoseconds +=
        Double(chosenCount) * gate.plainNanoseconds - Double(nanoseconds)
    }
    (rowCount, tokenCount, comparedCount) = (0, 0, 0)
  }
}
