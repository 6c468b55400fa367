import Platform
import Text

extension HTTPError {
  /// The body of the answer.
  public func writeBody<Sink: ByteSink & ~Copyable>(
    _ form: AnswerForm = .openAI, to out: inout Sink
  ) {
    let type = type(form)
    form.beginError(type, to: &out)
    let text = reason
    for index in 0..<text.utf8CodeUnitCount { unsafe out.write(jsonByte: text.utf8Start[index]) }
    if !form.endMessage(type, to: &out) { return }
    writeParameter(to: &out)
    form.endError(code: code, to: &out)
  }

  private func type(_ form: AnswerForm) -> StaticString {
    if form == .anthropic {
      switch status {
      case .unauthorized: return "authentication_error"
      case .forbidden: return "permission_error"
      case .notFound: return "not_found_error"
      case .contentTooLarge: return "request_too_large"
      case .internalServerError: return "api_error"
      case .serviceUnavailable: return "overloaded_error"
      default: return "invalid_request_error"
      }
    }
    switch status {
    case .unauthorized: return "authentication_error"
    case .internalServerError, .serviceUnavailable: return "server_error"
    default: return "invalid_request_error"
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

  private var code: StaticString? {
    switch self {
    case .modelNotFound: "model_not_found"
    case .unauthorized: "invalid_api_key"
    case .contextLengthExceeded, .promptTooLong: "context_length_exceeded"
    default: nil
    }
  }
}

extension RequestError {
  /// The body of the answer, which has status 400.
  /// - Parameter unknown: the name of a member that is not known.
  public func writeBody<Sink: ByteSink & ~Copyable>(
    _ form: AnswerForm = .openAI, to out: inout Sink, unknown: FixedText<33>
  ) {
    let type: StaticString = "invalid_request_error"
    form.beginError(type, to: &out)
    writeMessage(to: &out, unknown: unknown)
    if !form.endMessage(type, to: &out) { return }
    if hasParameter {
      out.write("\"")
      writeParameter(to: &out, unknown: unknown)
      out.write("\"")
    } else {
      out.write("null")
    }
    form.endError(code: nil, to: &out)
  }
}
