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
    /// The value is of another type, or outside its range.
    case invalid
    /// `max_tokens` and `max_completion_tokens` differ.
    case conflicting
    /// Content came before the role, and is too long to be held until that comes.
    case roleTooLate
  }

  public let problem: Problem
  /// Nil where the problem is of the whole body.
  public let field: RequestField?
  /// Of the message, for its fields.
  public let messageIndex: Int
  /// Bytes of the body up to the problem.
  public let byteCount: Int

  /// One sentence for the client, in ASCII without characters that JSON would escape.
  public func writeMessage<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    if field != nil {
      writeParameter(to: &out)
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
    case .invalid: writeRule("must be ", to: &out)
    case .conflicting: out.write("and max_tokens differ; give one of them")
    case .roleTooLate: out.write("must come before a content of more than 4096 bytes")
    }
  }

  private func writeRule<Sink: ByteSink & ~Copyable>(
    _ beginning: StaticString, to out: inout Sink
  ) {
    out.write(beginning)
    if let field { out.write(field.rule) }
  }

  /// The field's place in the body, such as `messages[2].content`.
  public func writeParameter<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    guard let field else { return }
    switch field {
    case .role, .content, .partType, .partText:
      out.write("messages[")
      out.write(messageIndex)
      out.write("].")
      if field == .partType || field == .partText { out.write("content[].") }
    case .includeUsage: out.write("stream_options.")
    case .formatType, .jsonSchema: out.write("response_format.")
    case .schema: out.write("response_format.json_schema.")
    default: break
    }
    out.write(field.name)
  }
}
