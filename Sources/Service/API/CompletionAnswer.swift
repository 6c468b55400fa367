import Platform
import Text

/// Why an answer ends.
public enum FinishReason: Sendable {
  /// The model ended it, or it is whole.
  case stop
  /// It has as many tokens as were asked for, or as there is room for.
  case length
  /// It calls tools.
  case toolCalls
  /// One of the request's stop texts ended it.
  case stopText

  var isLength: Bool { self == .length }

  var name: StaticString {
    switch self {
    case .stop, .stopText: "stop"
    case .length: "length"
    case .toolCalls: "tool_calls"
    }
  }
}

/// Counts of tokens.
public struct TokenUsage: Sendable {
  public var promptCount: Int
  /// Of the prompt, those that need not be read again.
  public var cachedCount: Int
  public var completionCount: Int

  @export(interface)
  public init(promptCount: Int, cachedCount: Int, completionCount: Int) {
    self.promptCount = promptCount
    self.cachedCount = cachedCount
    self.completionCount = completionCount
  }

  func write<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    out.write("{\"prompt_tokens\":")
    out.write(promptCount)
    out.write(",\"completion_tokens\":")
    out.write(completionCount)
    out.write(",\"total_tokens\":")
    out.write(promptCount + completionCount)
    out.write(",\"prompt_tokens_details\":{\"cached_tokens\":")
    out.write(cachedCount)
    out.write("}}")
  }
}

/// Writes the answers to a request for a text in the form of an API: as one object, or as a stream.
///
/// Calls: for each choice `beginChoice`, `write` for each piece, for one object with log-probabilities
/// `beginChances`, `write` for each token and `endChances`, and `endChoice`; then `finish`; all between
/// the response's own `begin` and `finish`. A stream is sent with each call, the one object when it does
/// not fit in the buffer. Calls of tools follow the text: `beginCall`, and `writeArguments` for each
/// piece.
public struct CompletionAnswer {
  let kind: RequestKind
  let form: AnswerForm
  let isStream: Bool
  let includesUsage: Bool
  let number: UInt64
  let unixSeconds: Int
  let model: FixedText<129>
  /// The choice that is being written.
  var choice = 0
  let callsTools: Bool
  private let echoes: Bool
  /// The member of the message, or the part of the answer, that is open.
  var openMember = Member.none
  /// Parts of the answer that have been begun.
  var partCount = 0
  /// Follows the arguments of a call that are written as an object.
  var arguments = JSONTokenizer()
  /// The arguments are no JSON from here on, and are dropped.
  var areArgumentsCut = false
  /// Known at the end of a choice.
  var reason = FinishReason.stop
  var stopText = FixedText<257>()
  /// Of the next event of a streamed response.
  var sequenceNumber = 0
  /// Characters of a text before the next token of which the probability is told, and whether the
  /// tokenizer leaves out a space there.
  var textOffset = 0
  var isAtStart = false
  /// Of a response; nil for other answers.
  var repetition: RequestRepetition?
  /// Of a streamed response; nil for other answers.
  var record: AnswerRecord?

  enum Member {
    case none, thoughts, content, calls
  }

  /// - Parameters:
  ///   - number: of the answer, for its `id`.
  ///   - unixSeconds: when the answer was begun, since 1970.
  ///   - model: the model's name, in UTF-8.
  @export(interface)
  public init(
    _ kind: RequestKind, _ settings: CompletionSettings, number: UInt64,
    unixSeconds: Int, model: FixedText<129>
  ) {
    self.kind = kind
    form = kind.form
    isStream = settings.isStream
    callsTools = settings.callsTools
    echoes = settings.echoes
    includesUsage = settings.isStream && settings.includesUsage
    self.number = number
    self.unixSeconds = unixSeconds
    self.model = model
  }

  var isChat: Bool { kind.isConversation }

  /// The body's type.
  static func type(_ form: AnswerForm, isStream: Bool) -> ResponseType {
    if !isStream { return .json }
    return form == .ollama ? .jsonLines : .eventStream
  }

  /// - Parameter usage: of the prompt.
  public mutating func beginChoice<Sink>(
    _ index: Int, _ usage: TokenUsage, _ out: inout ResponseWriter<Sink>
  ) {
    choice = index
    openMember = .none
    (textOffset, isAtStart) = (0, echoes)
    switch form {
    case .ollama: if !isStream { beginLine(&out) }
    case .anthropic: beginMessage(usage, &out)
    case .responses: beginResponse(&out)
    case .openAI: beginCompletion(&out)
    }
  }

  /// - Parameters:
  ///   - text: whole characters of UTF-8.
  ///   - isThought: whether it is of the model's thoughts, which come before all other text.
  ///   - chances: of the token that the text is of, if they are told with it.
  public mutating func write<Sink>(
    _ text: Span<UInt8>, isThought: Bool = false, _ chances: TokenChances?, _ names: TokenNames,
    _ out: inout ResponseWriter<Sink>
  ) {
    if text.count == 0 && (!isStream || chances == nil) { return }
    switch form {
    case .ollama: writeLine(text, isThought: isThought, &out)
    case .anthropic: writeBlock(text, isThought: isThought, &out)
    case .responses: writeItem(text, isThought: isThought, &out)
    case .openAI: writeCompletion(text, isThought: isThought, chances, names, &out)
    }
  }

  /// A call follows, and then its arguments.
  /// - Parameter index: of the call in its message.
  mutating func beginCall<Sink>(
    _ name: FixedText<65>, _ index: Int, _ out: inout ResponseWriter<Sink>
  ) {
    switch form {
    case .ollama: beginLineCall(name, index, &out)
    case .anthropic: beginBlockCall(name, index, &out)
    case .responses: beginItemCall(name, index, &out)
    case .openAI: beginCompletionCall(name, index, &out)
    }
    (arguments, areArgumentsCut) = (JSONTokenizer(), false)
  }

  /// - Parameter json: a piece of the arguments.
  mutating func writeArguments<Sink>(
    _ json: Span<UInt8>, _ index: Int, _ out: inout ResponseWriter<Sink>
  ) {
    switch form {
    case .ollama: writeObject(json, &out)
    case .anthropic:
      if isStream { writeBlockArguments(json, &out) } else { writeObject(json, &out) }
    case .responses: writeItemArguments(json, &out)
    case .openAI: writeCompletionArguments(json, index, &out)
    }
  }

  /// The text of a choice is whole.
  /// - Parameter hasChances: whether log-probabilities follow; see `beginChances`.
  public mutating func endText<Sink>(hasChances: Bool, _ out: inout ResponseWriter<Sink>) {
    switch form {
    case .ollama: endLines(&out)
    case .anthropic: endBlocks(&out)
    case .responses: endItems(&out)
    case .openAI: endCompletionText(hasChances: hasChances, &out)
    }
  }

  mutating func endChoice<Sink>(
    _ reason: FinishReason, _ timings: AnswerTimings, _ out: inout ResponseWriter<Sink>
  ) {
    self.reason = reason
    if form == .openAI { endCompletion(reason, timings, &out) }
  }

  func finish<Sink>(
    _ usage: TokenUsage, _ timings: AnswerTimings, _ out: inout ResponseWriter<Sink>
  ) {
    switch form {
    case .ollama: finishLines(usage, timings, &out)
    case .anthropic: finishMessage(usage, &out)
    case .responses: finishResponse(usage, &out)
    case .openAI: finishCompletion(usage, timings, &out)
    }
  }

  /// Tells the client of a stream that the answer ends before it is whole.
  public func fail<Sink>(
    _ error: HTTPError, _ out: inout ResponseWriter<Sink>
  ) {
    precondition(isStream)
    out.write(form.errorEventStart)
    error.writeBody(form, to: &out)
    endEvent(&out)
  }

  func endEvent<Sink>(_ out: inout ResponseWriter<Sink>) {
    out.write(form.eventEnd)
    out.flush()
  }

  /// Nine letters and digits, as Mistral's templates want them.
  func writeID<Sink>(of index: Int, _ out: inout ResponseWriter<Sink>) {
    // Consecutive numbers give numbers that are far apart (Knuth, "The Art of Computer Programming",
    // volume 3, 6.4: multiplicative hashing).
    var rest =
      (number &+ UInt64(choice) << 16 &+ UInt64(index) &+ 1) &* 0x9e37_79b9_7f4a_7c15 >> 16
    for _ in 0..<9 {
      let digit = UInt8(rest % 36)
      out.write(byte: digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      rest /= 36
    }
  }
}

// The arguments of a call as an object: what is no JSON is left out, and what is missing is added.
extension CompletionAnswer {
  private mutating func writeObject<Sink>(
    _ json: Span<UInt8>, _ out: inout ResponseWriter<Sink>
  ) {
    if areArgumentsCut { return }
    for index in 0..<json.count {
      let byte = json.extracting(index..<index + 1)
      var offset = 0
      do throws(JSONFault) {
        while offset == 0 { _ = try arguments.next(byte, at: &offset) }
      } catch {
        areArgumentsCut = true
        return
      }
      // White space between the members may have line ends in it.
      out.write(byte: json[index] < 0x20 ? UInt8(ascii: " ") : json[index])
    }
  }

  mutating func endObject<Sink>(_ out: inout ResponseWriter<Sink>) {
    arguments.writeRest(to: &out)
  }
}

/// The body of `GET /v1/models`, with the one model that there is.
public func writeModelList<Sink: ByteSink & ~Copyable>(
  model: FixedText<129>, unixSeconds: Int, to out: inout Sink
) {
  out.write("{\"object\":\"list\",\"data\":[")
  writeModel(model: model, unixSeconds: unixSeconds, to: &out)
  out.write("]}")
}

/// The body of `GET /v1/models/NAME`.
public func writeModel<Sink: ByteSink & ~Copyable>(
  model: FixedText<129>, unixSeconds: Int, to out: inout Sink
) {
  out.write("{\"id\":")
  out.write(jsonString: model)
  out.write(",\"object\":\"model\",\"created\":")
  out.write(unixSeconds)
  out.write(",\"owned_by\":\"edge-infer\"}")
}
