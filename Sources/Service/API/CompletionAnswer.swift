import Platform
import Text

/// Why an answer ends.
public enum FinishReason: Sendable {
  /// The model ended it, or one of the request's stop texts.
  case stop
  /// It has as many tokens as were asked for, or as there is room for.
  case length
  /// It calls tools.
  case toolCalls

  var name: StaticString {
    switch self {
    case .stop: "stop"
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

/// Writes the answers to a request for a text, as OpenAI's API reference has them: as one object, or
/// as a stream of events with one object each and `[DONE]` at the end.
///
/// Calls: `begin`; for each choice `beginChoice`, `write` for each piece, for one object with
/// log-probabilities `beginChances`, `write` for each token and `endChances`, and `endChoice`; then
/// `finish`; all between the response's own `begin` and `finish`. A stream is sent with each call, the
/// one object when it does not fit in the buffer. Calls of tools follow the text: `beginCall`, and
/// `writeArguments` for each piece.
public struct CompletionAnswer: Sendable {
  private let kind: RequestKind
  let isStream: Bool
  private let includesUsage: Bool
  let number: UInt64
  private let unixSeconds: Int
  private let model: FixedText<129>
  /// The choice that is being written.
  private(set) var choice = 0
  private let callsTools: Bool
  /// The member of the message that is open, of an object.
  var openMember = Member.none

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
    isStream = settings.isStream
    callsTools = settings.callsTools
    includesUsage = settings.isStream && settings.includesUsage
    self.number = number
    self.unixSeconds = unixSeconds
    self.model = model
  }

  var isChat: Bool { kind == .chat }

  public func begin<Sink>(_ out: inout ResponseWriter<Sink>) {
    if isStream { return }
    beginObject(&out)
    out.write(",\"choices\":[")
  }

  public mutating func beginChoice<Sink>(_ index: Int, _ out: inout ResponseWriter<Sink>) {
    choice = index
    if isStream {
      if !isChat { return }
      beginChoiceEvent(&out)
      out.write(",\"delta\":{\"role\":\"assistant\",\"content\":")
      out.write(callsTools ? "null}" : "\"\"}")
      out.write(",\"logprobs\":null")
      endChoiceEvent(nil, nil, &out)
      return
    }
    if index > 0 { out.write(",") }
    out.write("{\"index\":")
    out.write(index)
    openMember = .none
    out.write(isChat ? ",\"message\":{\"role\":\"assistant\"" : ",\"text\":\"")
  }

  /// The thoughts come before the content, which is there even if it is empty.
  private mutating func open<Sink>(_ member: Member, _ out: inout ResponseWriter<Sink>) {
    if !isChat || openMember == member { return }
    if openMember != .none { out.write("\"") }
    out.write(member == .thoughts ? ",\"reasoning_content\":\"" : ",\"content\":\"")
    openMember = member
  }

  /// - Parameters:
  ///   - text: whole characters of UTF-8.
  ///   - isThought: whether it is of the model's thoughts, which come before all other text.
  ///   - chances: of the token that the text is of, if they are told with it.
  public mutating func write<Sink>(
    _ text: Span<UInt8>, isThought: Bool = false, _ chances: TokenChances?, _ names: TokenNames,
    _ out: inout ResponseWriter<Sink>
  ) {
    if !isStream {
      if text.count > 0 { open(isThought ? .thoughts : .content, &out) }
      out.write(jsonText: text)
      return
    }
    if text.count == 0 && chances == nil { return }
    beginChoiceEvent(&out)
    out.write(isChat ? ",\"delta\":{" : "")
    out.write(isThought ? "\"reasoning_content\":" : isChat ? "\"content\":" : ",\"text\":")
    out.write(jsonString: text)
    if isChat { out.write("}") }
    out.write(",\"logprobs\":")
    if let chances {
      beginChances(&out)
      write(chances, names, isFirst: true, &out)
      endChances(&out)
    } else {
      out.write("null")
    }
    endChoiceEvent(nil, nil, &out)
  }

  /// Tells the client of a stream how much of its prompt has been read.
  func write<Sink>(_ progress: PromptProgress, _ out: inout ResponseWriter<Sink>) {
    precondition(isStream)
    beginEvent(&out)
    out.write(",\"choices\":[],\"prompt_progress\":")
    progress.write(to: &out)
    out.write("}")
    endEvent(&out)
  }

  /// The text of a choice is whole.
  /// - Parameter hasChances: whether log-probabilities follow; see `beginChances`.
  public mutating func endText<Sink>(hasChances: Bool, _ out: inout ResponseWriter<Sink>) {
    if isStream { return }
    if openMember != .calls { open(.content, &out) }
    out.write(openMember == .calls ? "\"}}]" : "\"")
    if isChat { out.write(",\"refusal\":null}") }
    out.write(",\"logprobs\":")
    if !hasChances { out.write("null") }
  }

  func endChoice<Sink>(
    _ reason: FinishReason, _ timings: AnswerTimings, _ out: inout ResponseWriter<Sink>
  ) {
    if isStream {
      beginChoiceEvent(&out)
      out.write(isChat ? ",\"delta\":{}" : ",\"text\":\"\"")
      out.write(",\"logprobs\":null")
      endChoiceEvent(reason, timings, &out)
      return
    }
    out.write(",\"finish_reason\":")
    out.write(jsonString: reason.name)
    out.write("}")
  }

  func finish<Sink>(
    _ usage: TokenUsage, _ timings: AnswerTimings, _ out: inout ResponseWriter<Sink>
  ) {
    if isStream {
      finishStream(usage, &out)
      return
    }
    out.write("],\"usage\":")
    usage.write(to: &out)
    out.write(",\"timings\":")
    timings.write(to: &out)
    out.write("}")
  }

  /// Tells the client of a stream that the answer ends before it is whole.
  public func fail<Sink>(
    _ error: HTTPError, _ out: inout ResponseWriter<Sink>
  ) {
    precondition(isStream)
    out.write("data: ")
    error.writeBody(to: &out)
    endEvent(&out)
  }

  private func finishStream<Sink>(_ usage: TokenUsage, _ out: inout ResponseWriter<Sink>) {
    if includesUsage {
      beginEvent(&out)
      out.write(",\"choices\":[],\"usage\":")
      usage.write(to: &out)
      out.write("}")
      endEvent(&out)
    }
    // Sent together with the response's end.
    out.write("data: [DONE]\n\n")
  }
}

// The probabilities of tokens.
extension CompletionAnswer {
  public func beginChances<Sink>(_ out: inout ResponseWriter<Sink>) {
    out.write("{\"content\":[")
  }

  public func write<Sink>(
    _ chances: TokenChances, _ names: TokenNames, isFirst: Bool, _ out: inout ResponseWriter<Sink>
  ) {
    if !isFirst { out.write(",") }
    Self.writeStart(chances.token, chances.logProbability, names, &out)
    out.write(",\"top_logprobs\":[")
    for index in 0..<chances.count {
      if index > 0 { out.write(",") }
      let other = chances[index]
      Self.writeStart(other.token, other.logProbability, names, &out)
      out.write("}")
    }
    out.write("]}")
  }

  public func endChances<Sink>(_ out: inout ResponseWriter<Sink>) {
    out.write(isChat ? "],\"refusal\":null}" : "]}")
  }

  private static func writeStart<Sink>(
    _ token: Int32, _ logProbability: Float, _ names: TokenNames,
    _ out: inout ResponseWriter<Sink>
  ) {
    out.write("{\"id\":")
    out.write(Int(token))
    out.write(",\"token\":\"")
    names.writeText(of: token, to: &out)
    out.write("\",\"bytes\":[")
    names.writeBytes(of: token, to: &out)
    out.write("],\"logprob\":")
    out.write(Double(logProbability), decimals: 6)
  }
}

// The objects of an answer.
extension CompletionAnswer {
  private func beginEvent<Sink>(_ out: inout ResponseWriter<Sink>) {
    out.write("data: ")
    beginObject(&out)
  }

  func beginChoiceEvent<Sink>(_ out: inout ResponseWriter<Sink>) {
    beginEvent(&out)
    out.write(",\"choices\":[{\"index\":")
    out.write(choice)
  }

  /// Ends the one choice, the object and the event. With usage at the end, the other objects have
  /// none.
  func endChoiceEvent<Sink>(
    _ reason: FinishReason?, _ timings: AnswerTimings?, _ out: inout ResponseWriter<Sink>
  ) {
    out.write(",\"finish_reason\":")
    if let reason {
      out.write(jsonString: reason.name)
    } else {
      out.write("null")
    }
    out.write(includesUsage ? "}],\"usage\":null" : "}]")
    if let timings {
      out.write(",\"timings\":")
      timings.write(to: &out)
    }
    out.write("}")
    endEvent(&out)
  }

  private func endEvent<Sink>(_ out: inout ResponseWriter<Sink>) {
    out.write("\n\n")
    out.flush()
  }

  private func beginObject<Sink>(_ out: inout ResponseWriter<Sink>) {
    out.write(isChat ? "{\"id\":\"chatcmpl-" : "{\"id\":\"cmpl-")
    out.write(hexadecimal: number)
    out.write("\",\"object\":")
    out.write(jsonString: objectName)
    out.write(",\"created\":")
    out.write(unixSeconds)
    out.write(",\"model\":")
    out.write(jsonString: model)
  }

  private var objectName: StaticString {
    if !isChat { return "text_completion" }
    return isStream ? "chat.completion.chunk" : "chat.completion"
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
