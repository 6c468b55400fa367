import Constraint
import Memory
import Tokenizer

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

/// Proposes tokens that followed the text's end before, or that an answer must or will likely have, and
/// compares them with those that are chosen.
struct Speculation: ~Copyable {
  private var history: TokenHistory
  var gate = SpeculationGate()
  private(set) var figures = SpeculationFigures()
  /// Nil if no answer is ever bound.
  private var bound: BoundProposals?
  /// Tokens that may follow, those also that have been compared.
  private var proposal = Proposal()
  private var comparedCount = 0
  /// Of the present pass, if it has proposed tokens: its tokens, those that were chosen, its time.
  private var rowCount = 0
  private var chosenCount = 0
  private var nanoseconds: Int64 = 0

  /// - Parameters:
  ///   - isOn: whether tokens are ever proposed.
  ///   - scheme: of the vocabulary, if answers are ever bound.
  init(carver: inout Carver, isOn: Bool, _ scheme: Scheme?) {
    history = TokenHistory(carver: &carver, capacity: isOn ? TokenHistory.tokenCount : 0)
    if isOn, let scheme { bound = BoundProposals(carver: &carver, scheme) }
  }

  /// Another text begins.
  mutating func forget() {
    if history.count > 0 { history.removeAll() }
    endPass()
  }

  /// A token of the prompt.
  mutating func accept(_ token: Int32) { history.append(token) }

  /// What an answer that must be something likely goes on with.
  mutating func findBound(
    _ constraint: inout TokenConstraint, _ vocabulary: borrowing Vocabulary
  ) -> Proposal {
    bound?.find(&constraint, vocabulary) ?? Proposal()
  }

  /// Chooses tokens that may follow: those of `bound`, or those that followed the text's end before.
  /// - Parameter most: tokens that can be proposed.
  /// - Returns: how many are to be proposed.
  mutating func find(most: Int, or bound: Proposal) -> Int {
    endPass()
    let repeated = findRepeated()
    let (first, second) = (gate.choice(bound, most: most), gate.choice(repeated, most: most))
    let takesBound = bound.count > 0 && (first.gain >= second.gain || repeated.count == 0)
    proposal = takesBound ? bound : repeated
    let count = takesBound ? first.count : second.count
    // The first one is compared also if none is tried.
    proposal.shrink(to: max(count, 1))
    return count
  }

  private func findRepeated() -> Proposal {
    var proposal = Proposal()
    guard let match = history.find() else { return proposal }
    while !proposal.isFull {
      let index = proposal.count
      proposal.append(history.following(match, index), .matched(match.length + index))
    }
    return proposal
  }

  subscript(index: Int) -> Int32 { proposal[index] }

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

  /// Accepting what was right, or dropping what was wrong, took so long.
  mutating func note(furtherNanoseconds: Int64) { nanoseconds += furtherNanoseconds }

  /// The text's next token is chosen.
  /// - Returns: whether it was to be expected.
  mutating func choose(_ token: Int32) -> Bool {
    history.append(token)
    chosenCount += 1
    if comparedCount == proposal.count { return false }
    let isRight = proposal[comparedCount] == token
    gate.note(isRight: isRight, proposal.kind(comparedCount))
    comparedCount = isRight ? comparedCount + 1 : proposal.count
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
    (rowCount, comparedCount) = (0, 0)
    proposal.shrink(to: 0)
  }
}
