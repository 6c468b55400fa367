import Platform
import Text

/// The two ways to ask for a text.
public enum CompletionKind: Sendable {
  /// `/v1/chat/completions`
  case chat
  /// `/v1/completions`
  case text
}

/// Why an answer ends.
public enum FinishReason: Sendable {
  /// The model ended it, or one of the request's stop texts.
  case stop
  /// It has as many tokens as were asked for, or as there is room for.
  case length

  var name: StaticString { self == .stop ? "stop" : "length" }
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

/// How much of a prompt has been read, as llama.cpp's server says it (`return_progress`).
struct PromptProgress {
  let total: Int
  let figures: RequestFigures
  /// Since the request's turn came.
  let nanoseconds: Int64

  func write<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    out.write("{\"total\":")
    out.write(total)
    out.write(",\"cache\":")
    out.write(figures.cachedCount)
    out.write(",\"processed\":")
    out.write(figures.promptCount)
    out.write(",\"time_ms\":")
    out.write(Int(nanoseconds / 1_000_000))
    out.write("}")
  }
}

/// Writes the answer to a request for a text, as OpenAI's API reference has it: as one object, or
/// as a stream of events with one object each and `[DONE]` at the end.
///
/// Calls: `begin`, `write` for each piece, `finish`; all between the response's own `begin` and
/// `finish`. A stream is sent with each call, the one object when it does not fit in the buffer.
public struct CompletionAnswer: Sendable {
  private let kind: CompletionKind
  private let isStream: Bool
  private let includesUsage: Bool
  private let number: UInt64
  private let unixSeconds: Int
  private let model: FixedText<129>

  /// - Parameters:
  ///   - number: of the answer, for its `id`.
  ///   - unixSeconds: when the answer was begun, since 1970.
  ///   - model: the model's name, in UTF-8.
  @export(interface)
  public init(
    _ kind: CompletionKind, _ settings: CompletionSettings, number: UInt64,
    unixSeconds: Int, model: FixedText<129>
  ) {
    self.kind = kind
    isStream = settings.isStream
    includesUsage = settings.isStream && settings.includesUsage
    self.number = number
    self.unixSeconds = unixSeconds
    self.model = model
  }

  public func begin<Sink>(_ out: inout ResponseWriter<Sink>) {
    if isStream {
      if kind == .text { return }
      beginEvent(&out)
      out.write(",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}")
      endChoiceEvent(nil, &out)
      return
    }
    beginObject(&out)
    out.write(
      kind == .chat
        ? ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\""
        : ",\"choices\":[{\"index\":0,\"text\":\"")
  }

  /// - Parameter text: whole characters of UTF-8.
  public func write<Sink>(
    _ text: Span<UInt8>, _ out: inout ResponseWriter<Sink>
  ) {
    if !isStream {
      out.write(jsonText: text)
      return
    }
    if text.count == 0 { return }
    beginEvent(&out)
    out.write(
      kind == .chat
        ? ",\"choices\":[{\"index\":0,\"delta\":{\"content\":"
        : ",\"choices\":[{\"index\":0,\"text\":")
    out.write(jsonString: text)
    if kind == .chat { out.write("}") }
    endChoiceEvent(nil, &out)
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

  public func finish<Sink>(
    _ reason: FinishReason, _ usage: TokenUsage, _ out: inout ResponseWriter<Sink>
  ) {
    if isStream {
      finishStream(reason, usage, &out)
      return
    }
    out.write(kind == .chat ? "\",\"refusal\":null}" : "\"")
    out.write(",\"logprobs\":null,\"finish_reason\":")
    out.write(jsonString: reason.name)
    out.write("}],\"usage\":")
    usage.write(to: &out)
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

  private func finishStream<Sink>(
    _ reason: FinishReason, _ usage: TokenUsage, _ out: inout ResponseWriter<Sink>
  ) {
    beginEvent(&out)
    out.write(
      kind == .chat
        ? ",\"choices\":[{\"index\":0,\"delta\":{}" : ",\"choices\":[{\"index\":0,\"text\":\"\"")
    endChoiceEvent(reason, &out)
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

// The objects of an answer.
extension CompletionAnswer {
  private func beginEvent<Sink>(_ out: inout ResponseWriter<Sink>) {
    out.write("data: ")
    beginObject(&out)
  }

  /// Ends the one choice, the object and the event. With usage at the end, the other objects have
  /// none.
  private func endChoiceEvent<Sink>(
    _ reason: FinishReason?, _ out: inout ResponseWriter<Sink>
  ) {
    out.write(",\"logprobs\":null,\"finish_reason\":")
    if let reason {
      out.write(jsonString: reason.name)
    } else {
      out.write("null")
    }
    out.write(includesUsage ? "}],\"usage\":null}" : "}]}")
    endEvent(&out)
  }

  private func endEvent<Sink>(_ out: inout ResponseWriter<Sink>) {
    out.write("\n\n")
    out.flush()
  }

  private func beginObject<Sink>(_ out: inout ResponseWriter<Sink>) {
    out.write(kind == .chat ? "{\"id\":\"chatcmpl-" : "{\"id\":\"cmpl-")
    out.write(hexadecimal: number)
    out.write("\",\"object\":")
    out.write(jsonString: objectName)
    out.write(",\"created\":")
    out.write(unixSeconds)
    out.write(",\"model\":")
    out.write(jsonString: model)
  }

  private var objectName: StaticString {
    if kind == .text { return "text_completion" }
    return isStream ? "chat.completion.chunk" : "chat.completion"
  }
}

/// The body of `GET /v1/models`, with the one model that there is.
public func writeModelList<Sink: ByteSink & ~Copyable>(
  model: FixedText<129>, unixSeconds: Int, to out: inout Sink
) {
  out.write("{\"object\":\"list\",\"data\":[{\"id\":")
  out.write(jsonString: model)
  out.write(",\"object\":\"model\",\"created\":")
  out.write(unixSeconds)
  out.write(",\"owned_by\":\"edge-infer\"}]}")
}
