import Platform
import Text

extension HTTPError {
  /// The body of the answer, in the form that OpenAI's clients read:
  /// `{"error":{"message","type","param","code"}}`.
  public func writeBody<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    out.write("{\"error\":{\"message\":")
    out.write(jsonString: reason)
    out.write(",\"type\":")
    out.write(jsonString: type)
    out.write(",\"param\":")
    writeParameter(to: &out)
    out.write(",\"code\":")
    writeCode(to: &out)
    out.write("}}")
  }

  private var type: StaticString {
    switch status {
    case .unauthorized: "authentication_error"
    case .internalServerError, .serviceUnavailable: "server_error"
    default: "invalid_request_error"
    }
  }

  private func writeParameter<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    switch self {
    case .modelNotFound: out.write("\"model\"")
    case .noChatTemplate: out.write("\"messages\"")
    case .emptyPrompt: out.write("\"prompt\"")
    default: out.write("null")
    }
  }

  private func writeCode<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    switch self {
    case .modelNotFound: out.write("\"model_not_found\"")
    case .unauthorized: out.write("\"invalid_api_key\"")
    case .contextLengthExceeded, .promptTooLong: out.write("\"context_length_exceeded\"")
    default: out.write("null")
    }
  }
}

extension RequestError {
  /// The body of the answer, which has status 400.
  /// - Parameter unknown: the name of a member that is not known.
  public func writeBody<Sink: ByteSink & ~Copyable>(
    to out: inout Sink, unknown: FixedText<33>
  ) {
    out.write("{\"error\":{\"message\":\"")
    writeMessage(to: &out, unknown: unknown)
    out.write("\",\"type\":\"invalid_request_error\",\"param\":")
    if hasParameter {
      out.write("\"")
      writeParameter(to: &out, unknown: unknown)
      out.write("\"")
    } else {
      out.write("null")
    }
    out.write(",\"code\":null}}")
  }
}
