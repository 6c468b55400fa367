import Text

extension JSONFault {
  /// What a client is told of it.
  var message: StaticString {
    switch self {
    case .valueExpected: "a value is needed"
    case .nameExpected: "a name in quotation marks is needed"
    case .colonExpected: "a colon is needed"
    case .separatorExpected: "a comma or the closing bracket is needed"
    case .trailingText: "nothing may follow the object"
    case .unexpectedEnd: "the body ends before the object does"
    case .malformedNumber: "a number is malformed"
    case .controlCharacter: "a string holds a control character; escape it"
    case .badEscape: "an escape is unknown"
    case .loneSurrogate: "half of a surrogate pair is escaped alone"
    case .invalidUTF8: "a string is not valid UTF-8"
    case .tooDeep: "lists and objects are nested too deep"
    }
  }
}

/// Why the body of a request for a text is not served: what is wrong, and where.
public struct RequestError: Error, Equatable, Sendable {
  public enum Problem: Equatable, Sendable {
    case json(JSONFault)
    /// The body is no object.
    case notAnObject
    case missing
    case repeated
    /// The object has a member that means nothing here: see `CompletionReader.unknownName`.
    case unknown
    /// The value is of another type, or outside its range.
    case invalid
    /// `max_tokens` and `max_completion_tokens` differ.
    case conflicting
    /// Answers are bound to something else than calls of tools.
    case boundTools
    /// There is no room for the log-probabilities of so long a prompt.
    case longEcho
  }

  public let problem: Problem
  /// Nil where the problem is of the whole body.
  public let field: RequestField?
  /// The object that the member stands in.
  let place: RequestField.Owner
  /// Of the message, for its fields.
  public let messageIndex: Int
  /// Bytes of the body up to the problem.
  public let byteCount: Int

  /// The prompt turned out to be too long for the probabilities of its tokens.
  static var longEcho: RequestError {
    RequestError(problem: .longEcho, field: .echo, place: .text, messageIndex: 0, byteCount: 0)
  }

  /// One sentence for the client, as JSON would have it in quotation marks.
  /// - Parameter unknown: the name of a member that is not known.
  public func writeMessage<Sink: ByteSink & ~Copyable>(
    to out: inout Sink, unknown: FixedText<33>
  ) {
    if hasParameter {
      writeParameter(to: &out, unknown: unknown)
      out.write(" ")
    }
    switch problem {
    case .json(let fault):
      out.write("the body is not JSON at byte ")
      out.write(byteCount)
      out.write(": ")
      out.write(fault.message)
    case .notAnObject: out.write("the body must be a JSON object")
    case .missing: writeRule("is missing; it must be ", to: &out)
    case .repeated: out.write("is given a second time")
    case .unknown: out.write("is not known here")
    case .boundTools:
      out.write("cannot be given with a grammar for the answer, unless one must be called")
    case .longEcho: out.write("cannot be true with logprobs for a prompt of 4096 tokens or more")
    case .invalid: writeRule("must be ", to: &out)
    case .conflicting: out.write("and max_tokens differ; give one of them")
    }
  }

  private func writeRule<Sink: ByteSink & ~Copyable>(
    _ beginning: StaticString, to out: inout Sink
  ) {
    out.write(beginning)
    if let field { out.write(field.member.rule) }
  }

  /// Whether the problem is one member's.
  var hasParameter: Bool {
    if case .unknown = problem { return true }
    return field != nil
  }

  /// The member's place in the body, such as `messages[2].content`.
  public func writeParameter<Sink: ByteSink & ~Copyable>(
    to out: inout Sink, unknown: FixedText<33>
  ) {
    writePlace(to: &out)
    if case .unknown = problem {
      // The name may be cut in the middle of a character.
      for index in 0..<unknown.count {
        out.write(jsonByte: unknown[index] < 0x80 ? unknown[index] : UInt8(ascii: "?"))
      }
      if unknown.isCut { out.write("...") }
    } else if let field {
      out.write(field.name)
    }
  }

  private func writePlace<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    switch place {
    case .message, .ollamaMessage, .turn: writeIndex("messages[", "].", to: &out)
    case .part, .block: writeIndex("messages[", "].content[].", to: &out)
    case .item: writeIndex("input[", "].", to: &out)
    case .itemPart: writeIndex("input[", "].content[].", to: &out)
    case .streamOptions: out.write("stream_options.")
    case .responseFormat: out.write("response_format.")
    case .jsonSchema: out.write("response_format.json_schema.")
    case .toolChoice, .choice: out.write("tool_choice.")
    case .chosenFunction: out.write("tool_choice.function.")
    case .options: out.write("options.")
    case .systemPart: out.write("system[].")
    case .tool: out.write("tools[].")
    case .thinking: out.write("thinking.")
    case .outputConfig: out.write("output_config.")
    case .textConfig: out.write("text.")
    case .outputFormat: out.write("output_config.format.")
    case .textFormat: out.write("text.format.")
    case .reasoning: out.write("reasoning.")
    default: break
    }
  }

  private func writeIndex<Sink: ByteSink & ~Copyable>(
    _ list: StaticString, _ end: StaticString, to out: inout Sink
  ) {
    out.write(list)
    out.write(messageIndex)
    out.write(end)
  }
}
