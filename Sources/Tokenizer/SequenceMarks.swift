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

  /// The next token of the marked sequence, or nil at its end.
  public mutating func next<Source: TextSource & ~Copyable>(
    _ encoder: inout Encoder, from source: inout Source, _ vocabulary: borrowing Vocabulary
  ) throws(TokenizerError) -> Int32? {
    switch step {
    case .start:
      step = .text
      let first = try encoder.nextToken(from: &source, vocabulary)
      guard let bos, first != bos else { return first ?? end() }
      held = first
      if first == nil { step = .mark }
      return bos
    case .text:
      if let token = held {
        held = nil
        return token
      }
      return try encoder.nextToken(from: &source, vocabulary) ?? end()
    case .mark: return end()
    case .end: return nil
    }
  }

  /// What follows the text.
  private mutating func end() -> Int32? {
    step = .end
    return eos
  }
}
