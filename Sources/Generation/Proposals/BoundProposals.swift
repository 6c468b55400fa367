import Constraint
import Memory
import Tokenizer

/// Proposes the text that an answer which must be something is likely to go on with.
struct BoundProposals: ~Copyable {
  private var likely = LikelyText()
  private var encoder: PartEncoder

  init(carver: inout Carver, _ scheme: Scheme) {
    encoder = PartEncoder(carver: &carver, scheme)
  }

  mutating func find(
    _ constraint: inout TokenConstraint, _ vocabulary: borrowing Vocabulary
  ) -> Proposal {
    constraint.findLikely(&likely)
    let text = likely.bytes.span.extracting(0..<likely.count)
    encoder.encode(text, countMax: Proposal.countMax, vocabulary)
    var proposal = Proposal()
    var start = 0
    for index in 0..<encoder.count where !proposal.isFull {
      let end = min(start + vocabulary.bytes(of: encoder[index]).count, likely.count)
      proposal.append(encoder[index], Self.kind(likely.kind(start..<end)))
      start = end
    }
    return proposal
  }

  private static func kind(_ kind: LikelyText.Kind) -> ProposalKind {
    switch kind {
    case .only: .only
    case .usual: .usual
    case .end: .end
    }
  }
}
