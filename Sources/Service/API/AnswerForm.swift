import Platform
import Text

/// Whose API an answer or an error follows.
public enum AnswerForm: Sendable {
  /// OpenAI's chat and text completions, with llama.cpp's members.
  case openAI
  /// Ollama's: objects on lines.
  case ollama
  /// Anthropic's messages.
  case anthropic
  /// OpenAI's responses.
  case responses
}

// Errors: `{"error":{"message","type","param","code"}}`, of Ollama's `{"error":"message"}`, and of
// Anthropic's `{"type":"error","error":{"type","message"}}`.
extension AnswerForm {
  /// What precedes an error in a stream.
  var errorEventStart: StaticString {
    switch self {
    case .ollama: ""
    case .anthropic: "event: error\ndata: "
    case .openAI, .responses: "data: "
    }
  }

  /// What ends a part of a stream.
  var eventEnd: StaticString { self == .ollama ? "\n" : "\n\n" }

  /// The message follows, as JSON has it in quotation marks.
  func beginError<Sink: ByteSink & ~Copyable>(_ type: StaticString, to out: inout Sink) {
    if self == .anthropic {
      out.write("{\"type\":\"error\",\"error\":{\"type\":")
      out.write(jsonString: type)
      out.write(",\"message\":\"")
    } else {
      out.write(self == .ollama ? "{\"error\":\"" : "{\"error\":{\"message\":\"")
    }
  }

  /// - Returns: whether the member follows that the error is about, and then `endError`.
  func endMessage<Sink: ByteSink & ~Copyable>(_ type: StaticString, to out: inout Sink) -> Bool {
    switch self {
    case .ollama: out.write("\"}")
    case .anthropic: out.write("\"}}")
    case .openAI, .responses:
      out.write("\",\"type\":")
      out.write(jsonString: type)
      out.write(",\"param\":")
      return true
    }
    return false
  }

  func endError<Sink: ByteSink & ~Copyable>(code: StaticString?, to out: inout Sink) {
    out.write(",\"code\":")
    if let code { out.write(jsonString: code) } else { out.write("null") }
    out.write("}}")
  }
}
