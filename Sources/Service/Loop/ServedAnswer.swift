import Constraint
import Generation
import Platform
import Tokenizer

/// The answer to the request that is being served, on its way to the client.
struct ServedAnswer: ~Copyable {
  /// Room that a connection must have for one call of `send` or `finish`: a piece of
  /// `AnswerBuffer.pieceByteCountMax` bytes, each of which JSON may write as six, or two events and the
  /// end; and the names around them.
  static let roomByteCount = 8192
  /// Bytes of a piece that may have calls in it: a call of five bytes makes two events.
  private static let partByteCountMax = 32
  /// Room for the probabilities of a token and of the likeliest ones beside it, each of which has a
  /// name of `TokenNames.byteCountMax` bytes that JSON writes as six and again as numbers.
  static let chancesByteCount = 16_384
  /// Room for a stream's head and a comment or an error, with the framing of a chunk.
  static let commentByteCountMax = 2048

  var writer: ResponseWriter<ConnectionSink>
  private var answer: CompletionAnswer
  let names: TokenNames
  private let isStream: Bool
  /// The form of calls; nil if none can be.
  private let tools: ToolFamily?
  private var reader: ToolCallReader?
  private var opening = ResponseOpening()
  private var replay = ResponseReplay()

  init(
    _ sink: ConnectionSink, _ answer: CompletionAnswer, _ names: TokenNames, isStream: Bool,
    tools: ToolFamily?, to request: RequestHead, isBegun: Bool
  ) {
    self.tools = tools
    writer = ResponseWriter(sink)
    self.answer = answer
    self.names = names
    self.isStream = isStream
    writer.begin(
      ResponseHead(
        dated: .ok, CompletionAnswer.type(answer.form, isStream: isStream), to: request,
        keepsAlive: true),
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
    if answer.form == .ollama {
      // White space may precede the next object.
      writer.write(" ")
    } else {
      writer.write(": prefill ")
      writer.write(percent)
      writer.write(" %\n\n")
    }
    writer.flush()
    return !writer.isClientGone
  }

  /// - Returns: false if the client cannot be reached any more.
  mutating func send(_ progress: PromptProgress) -> Bool {
    answer.write(progress, &writer)
    return !writer.isClientGone
  }

  /// The choice will be made; what precedes its text is sent.
  /// - Parameter usage: of the prompt.
  mutating func beginChoice(_ index: Int, _ usage: TokenUsage) {
    reader = tools.map { ToolCallReader($0) }
    answer.beginChoice(index, usage, &writer)
  }

  /// Sends the next piece of a text.
  /// - Parameter chances: of the token that the text is of, for a stream.
  /// - Returns: false if the client cannot be reached any more.
  mutating func send(
    _ text: inout AnswerBuffer, _ chances: TokenChances?, _ kind: RequestKind,
    _ generator: borrowing Generator
  ) -> Bool {
    if reader != nil && !text.isThought {
      sendParts(text.piece(atMost: Self.partByteCountMax), chances, generator)
      text.removePiece(atMost: Self.partByteCountMax)
      return !writer.isClientGone
    }
    if kind.isAnswered {
      answer.write(text.piece(), isThought: text.isThought, chances, names, &writer)
    } else {
      writer.write(jsonText: text.piece())
    }
    text.removePiece()
    return !writer.isClientGone
  }

  /// Sends a piece of an answer that may call tools.
  @export(interface)
  private mutating func sendParts(
    _ piece: Span<UInt8>, _ chances: TokenChances?, _ generator: borrowing Generator
  ) {
    var chances = chances
    var place = 0
    while true {
      switch reader!.next(piece, at: &place) {
      case .needsMore: return
      case .text(let range):
        answer.write(piece.extracting(range), chances, names, &writer)
        chances = nil
      case .heldText(let count): sendHeld(count)
      case .call: answer.beginCall(reader!.name, reader!.callCount - 1, &writer)
      case .arguments(let range):
        answer.writeArguments(piece.extracting(range), reader!.callCount - 1, &writer)
      case .key:
        reader!.setArgument(
          generator.argument(reader!.key, of: reader!.name, in: reader!.outerArgument))
      case .made:
        let made = reader!.made
        answer.writeArguments(made.bytes, reader!.callCount - 1, &writer)
      }
    }
  }

  /// Sends bytes that might have been the beginning of a call.
  private mutating func sendHeld(_ count: Int) {
    if count == 0 { return }
    let mark = unsafe UnsafeBufferPointer(start: reader!.mark.utf8Start, count: count)
    unsafe answer.write(mark.span, nil, names, &writer)
  }

  /// Whether the choice calls tools.
  mutating func hasCalls() -> Bool { reader.map { $0.callCount > 0 } ?? false }

  /// The text of the choice is whole.
  @export(interface)
  mutating func endText(hasChances: Bool) {
    if let reader { sendHeld(reader.heldCount) }
    answer.endText(hasChances: hasChances, &writer)
    if hasChances && !isStream { answer.beginChances(&writer) }
  }

  /// - Parameter isFirst: of its part.
  /// - Returns: false if the client cannot be reached any more.
  mutating func send(_ chances: TokenChances, part: Int, isFirst: Bool) -> Bool {
    answer.write(chances, part: part, names, isFirst: isFirst, &writer)
    return !writer.isClientGone
  }

  /// Times that the probabilities of all tokens are sent.
  var chancePartCount: Int { mutating get { answer.chancePartCount } }

  mutating func endChances(isEmpty: Bool) { answer.endChances(isEmpty: isEmpty, &writer) }

  mutating func endChoice(_ reason: FinishReason, _ timings: AnswerTimings) {
    answer.endChoice(reason, timings, &writer)
  }

  /// The stop text that has ended the choice.
  mutating func note(stop text: Int, of stops: StopTexts) {
    answer.stopText.removeAll()
    for index in 0..<stops.byteCount(text) { answer.stopText.append(stops.byte(text, index)) }
  }

  /// Whether events precede the answer: see `ResponseOpening`.
  mutating func hasOpening() -> Bool { isStream && answer.form == .responses }

  /// Writes the next piece of those events.
  /// - Returns: false if they have been written.
  mutating func openNext() -> Bool { opening.write(&answer, &writer) }

  /// Whether the answer's end repeats something: see `ResponseReplay`.
  mutating func hasReplay() -> Bool { answer.form == .responses }

  /// Whether the record has no room for more of the answer.
  mutating func isRecordFull() -> Bool { answer.record?.isFull ?? false }

  /// Repeats the next piece of the answer.
  /// - Returns: false if all has been repeated.
  mutating func repeatNext() -> Bool { replay.write(&answer, &writer) }

  /// - Returns: whether another request may follow; nil if the client cannot be reached any more.
  mutating func finish(_ usage: TokenUsage, _ timings: AnswerTimings) -> Bool? {
    answer.finish(usage, timings, &writer)
    return end()
  }

  /// The body is written.
  mutating func end() -> Bool? {
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

// Answers of the tokenizer and the template, as llama.cpp's server gives them.
extension ServedAnswer {
  mutating func beginListing(_ kind: RequestKind) {
    switch kind {
    case .tokenize: writer.write("{\"tokens\":[")
    case .template: writer.write("{\"prompt\":\"")
    default: writer.write("{\"content\":\"")
    }
  }

  /// - Parameter hasPiece: whether the token's text comes with it.
  mutating func list(_ token: Int32, isFirst: Bool, hasPiece: Bool) {
    if !isFirst { writer.write(",") }
    if !hasPiece {
      writer.write(Int(token))
      return
    }
    writer.write("{\"id\":")
    writer.write(Int(token))
    writer.write(",\"piece\":\"")
    names.writeText(of: token, to: &writer)
    writer.write("\"}")
  }

  /// The whole answer to a request that asks how long its prompt is.
  /// - Returns: as `finish`.
  mutating func finish(promptCount: Int) -> Bool? {
    writer.write("{\"input_tokens\":")
    writer.write(promptCount)
    writer.write("}")
    return end()
  }

  /// - Returns: as `finish`.
  mutating func endListing(_ kind: RequestKind) -> Bool? {
    writer.write(kind == .tokenize ? "]}" : "\"}")
    return end()
  }
}
