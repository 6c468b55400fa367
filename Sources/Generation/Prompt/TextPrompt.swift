import Tokenizer

/// A text prompt as tokens.
@safe public struct TextPrompt<Source: TextSource & ~Copyable>: PromptSource, ~Copyable {
  private var encoder: Encoder
  private var source: Source
  private var marks: SequenceMarks
  private let vocabulary: UnsafeMutablePointer<Vocabulary>
  private let readCount: UnsafeMutablePointer<Int>
  private let byteCount: Int?
  /// Given before the text's own tokens.
  private var leading: Int32?

  /// - Parameters:
  ///   - readCount: bytes of the text that have been read, of the prompt's `byteCount`.
  ///   - leading: a token that comes before those of the text.
  public init(
    _ source: consuming Source, _ marks: SequenceMarks, _ encoder: consuming Encoder,
    _ vocabulary: UnsafeMutablePointer<Vocabulary>, readCount: UnsafeMutablePointer<Int>,
    byteCount: Int?, leading: Int32? = nil
  ) {
    self.marks = marks
    self.leading = leading
    self.source = source
    self.encoder = encoder
    unsafe self.vocabulary = unsafe vocabulary
    unsafe self.readCount = unsafe readCount
    self.byteCount = byteCount
  }

  public mutating func next() throws(TokenizerError) -> PromptItem {
    if let token = leading {
      leading = nil
      return .token(token)
    }
    return switch try unsafe marks.next(&encoder, from: &source, vocabulary.pointee) {
    case .token(let token): .token(token)
    case .end: .end
    case .pending: .pending
    }
  }

  public var fraction: Double? {
    guard let byteCount else { return nil }
    let encoded = unsafe readCount.pointee - encoder.pendingByteCount
    return min(max(Double(encoded) / Double(max(byteCount, 1)), 0), 1)
  }

  /// Gives the encoder back, for another text.
  public consuming func finish() -> Encoder {
    encoder.reset()
    return encoder
  }
}
