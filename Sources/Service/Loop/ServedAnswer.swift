import Platform

/// The answer to the request that is being served, on its way to the client.
struct ServedAnswer: ~Copyable {
  /// Room that a connection must have for one call of `send` or `finish`: a piece of
  /// `AnswerBuffer.pieceByteCountMax` bytes, each of which JSON may write as six, or two events and the
  /// end; and the names around them.
  static let roomByteCount = 8192
  /// Room for a stream's head and a comment or an error, with the framing of a chunk.
  static let commentByteCountMax = 2048

  private var writer: ResponseWriter<ConnectionSink>
  private let answer: CompletionAnswer
  private let isStream: Bool
  private var hasBegun = false

  init(
    _ sink: ConnectionSink, _ answer: CompletionAnswer, isStream: Bool, to request: RequestHead,
    isBegun: Bool
  ) {
    writer = ResponseWriter(sink)
    self.answer = answer
    self.isStream = isStream
    writer.begin(
      ResponseHead(dated: .ok, isStream ? .eventStream : .json, to: request, keepsAlive: true),
      isHeadSent: isBegun)
  }

  /// Sends the head of a stream.
  /// - Returns: false if the client cannot be reached any more.
  mutating func beginStream() -> Bool {
    writer.flush()
    return !writer.isClientGone
  }

  /// Tells the client of a stream how much of its prompt has been read.
  /// - Returns: false if the client cannot be reached any more.
  mutating func comment(percent: Int) -> Bool {
    writer.write(": prefill ")
    writer.write(percent)
    writer.write(" %\n\n")
    writer.flush()
    return !writer.isClientGone
  }

  /// - Returns: false if the client cannot be reached any more.
  mutating func send(_ progress: PromptProgress) -> Bool {
    begin()
    answer.write(progress, &writer)
    return !writer.isClientGone
  }

  /// What precedes the text is sent, once.
  mutating func begin() {
    if hasBegun { return }
    hasBegun = true
    answer.begin(&writer)
  }

  /// Sends the next piece of a text.
  /// - Returns: false if the client cannot be reached any more.
  mutating func send(_ text: inout AnswerBuffer) -> Bool {
    begin()
    answer.write(text.piece(), &writer)
    text.removePiece()
    return !writer.isClientGone
  }

  /// - Returns: whether another request may follow; nil if the client cannot be reached any more.
  mutating func finish(_ reason: FinishReason, _ usage: TokenUsage) -> Bool? {
    begin()
    answer.finish(reason, usage, &writer)
    let keepsAlive = writer.finish()
    return writer.isClientGone ? nil : keepsAlive
  }

  /// Takes the answer back if nothing of it has been sent.
  mutating func discard() -> Bool { writer.discard() }

  /// Ends an answer that cannot be made whole.
  /// - Parameter hasRoom: whether the client can be told why.
  mutating func breakOff(_ error: HTTPError, hasRoom: Bool) {
    if !hasRoom { return }
    if isStream { answer.fail(error, &writer) }
    writer.abandon()
  }
}
