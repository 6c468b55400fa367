/// Puts the tokens that mark the ends of a sequence around the tokens of one text.
public struct SequenceMarks: Sendable {
  private enum Step { case start, text, mark, end }

  /// Put first, unless the text itself begins with it, as some chat templates do.
  private let bos: Int32?
  /// Put last.
  private let eos: Int32?
  private var step = Step.start
  /// The text's first token while the mark before it is given.
  private var held: Int32?

  /// Of a text that goes on.
  public static var none: SequenceMarks { SequenceMarks(bos: nil, eos: nil) }

  public init(bos: Int32?, eos: Int32?) {
    self.bos = bos
    self.eos = eos
  }

  /// The next token of the marked sequence.
  public mutating func next<Source: TextSource & ~Copyable>(
    _ encoder: inout Encoder, from source: inout Source, _ vocabulary: borrowing Vocabulary
  ) throws(TokenizerError) -> EncodedToken {
    switch step {
    case .start: return begin(try encoder.next(from: &source, vocabulary))
    case .text:
      if let token = held {
        held = nil
        return .token(token)
      }
      let next = try encoder.next(from: &source, vocabulary)
      if case .end = next { return end() }
      return next
    case .mark: return end()
    case .end: return .end
    }
  }

  /// - Parameter first: what the text begins with.
  private mutating func begin(_ first: EncodedToken) -> EncodedToken {
    switch first {
    case .pending: return .pending
    case .token(let token):
      step = .text
      guard let bos, token != bos else { return first }
      held = token
      return .token(bos)
    case .end:
      guard let bos else { return end() }
      step = .mark
      return .token(bos)
    }
  }

  /// What follows the text.
  private mutating func end() -> EncodedToken {
    step = .end
    return eos.map { .token($0) } ?? .end
  }
}
