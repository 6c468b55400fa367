/// Puts the tokens that mark the ends of a sequence around the tokens of one text.
public struct SequenceMarks: Sendable {
  private enum Step { case start, text, end }

  /// Put first, unless the text itself begins with it, as some chat templates do.
  private let bos: Int32?
  /// Put last.
  private let eos: Int32?
  private var step = Step.start
  /// The text's first token while the mark before it is given.
  private var held: Int32?

  public init(bos: Int32?, eos: Int32?) {
    self.bos = bos
    self.eos = eos
  }

  /// The next token of the marked sequence, or nil at its end.
  public mutating func next<Source: TextSource & ~Copyable>(
    _ encoder: inout Encoder, from source: inout Source, _ vocabulary: borrowing Vocabulary
  ) throws(TokenizerError) -> Int32? {
    if step == .end { return nil }
    if let token = held {
      held = nil
      return token
    }
    let token = try encoder.nextToken(from: &source, vocabulary)
    if step == .start {
      step = .text
      if let bos, token != bos {
        held = token
        if token == nil { step = .end }
        return bos
      }
    }
    if token == nil { step = .end }
    return token ?? eos
  }
}
