import Platform
import Text

// Answers of `/api/chat` and `/api/generate`, as Ollama's API reference has them: one object, or one on
// each line. Durations are in nanoseconds.
extension CompletionAnswer {
  /// The head of an object, up to its message or text.
  func beginLine<Sink>(_ out: inout ResponseWriter<Sink>) {
    out.write("{\"model\":")
    out.write(jsonString: model)
    out.write(",\"created_at\":\"")
    CalendarTime(unixSeconds: Platform.unixSeconds()).writeDate(to: &out)
    out.write(isMessage ? "\",\"message\":{\"role\":\"assistant\"" : "\"")
  }

  private var isMessage: Bool { kind == .ollamaChat }
  private var textName: StaticString { isMessage ? ",\"content\":\"" : ",\"response\":\"" }

  /// Ends an object of a stream that others follow.
  private func endLine<Sink>(_ out: inout ResponseWriter<Sink>) {
    out.write(isMessage ? "},\"done\":false}" : ",\"done\":false}")
    endEvent(&out)
  }

  mutating func writeLine<Sink>(
    _ text: Span<UInt8>, isThought: Bool, _ out: inout ResponseWriter<Sink>
  ) {
    if isStream {
      beginLine(&out)
      out.write(textName)
      if isThought { out.write("\",\"thinking\":\"") }
      out.write(jsonText: text)
      out.write("\"")
      endLine(&out)
    } else {
      open(isThought ? .thoughts : .content, &out)
      out.write(jsonText: text)
    }
  }

  private mutating func open<Sink>(_ member: Member, _ out: inout ResponseWriter<Sink>) {
    if openMember == member { return }
    if openMember != .none { out.write("\"") }
    out.write(member == .thoughts ? ",\"thinking\":\"" : textName)
    openMember = member
  }

  /// In a stream, the line ends with the call.
  mutating func beginLineCall<Sink>(
    _ name: FixedText<65>, _ index: Int, _ out: inout ResponseWriter<Sink>
  ) {
    if isStream {
      endLines(&out)
      beginLine(&out)
      out.write(",\"content\":\"\",\"tool_calls\":[")
    } else if openMember == .calls {
      endObject(&out)
      out.write("}},")
    } else {
      open(.content, &out)
      out.write("\",\"tool_calls\":[")
    }
    openMember = .calls
    out.write("{\"id\":\"")
    writeID(of: index, &out)
    out.write("\",\"function\":{\"index\":")
    out.write(index)
    out.write(",\"name\":")
    out.write(jsonString: name)
    out.write(",\"arguments\":")
  }

  mutating func endLines<Sink>(_ out: inout ResponseWriter<Sink>) {
    if openMember == .calls {
      endObject(&out)
      out.write("}}]")
      if isStream { endLine(&out) }
    } else if !isStream {
      open(.content, &out)
      out.write("\"")
    }
    openMember = .none
  }

  func finishLines<Sink>(
    _ usage: TokenUsage, _ timings: AnswerTimings, _ out: inout ResponseWriter<Sink>
  ) {
    if isStream {
      beginLine(&out)
      out.write(textName)
      out.write("\"")
    }
    endAnswer(reason.isLength ? "length" : "stop", &out)
    out.write(",\"total_duration\":")
    out.write(Int(timings.readNanoseconds + timings.generatedNanoseconds))
    out.write(",\"load_duration\":0,\"prompt_eval_count\":")
    out.write(usage.promptCount)
    out.write(",\"prompt_eval_duration\":")
    out.write(Int(timings.readNanoseconds))
    out.write(",\"eval_count\":")
    out.write(usage.completionCount)
    out.write(",\"eval_duration\":")
    out.write(Int(timings.generatedNanoseconds))
    out.write("}\n")
  }

  private func endAnswer<Sink>(_ reason: StaticString, _ out: inout ResponseWriter<Sink>) {
    out.write(isMessage ? "},\"done\":true,\"done_reason\":" : ",\"done\":true,\"done_reason\":")
    out.write(jsonString: reason)
  }

  /// The answer to a request without a prompt, which asks for the model to be there.
  func writeLoaded<Sink>(_ out: inout ResponseWriter<Sink>) {
    beginLine(&out)
    out.write(textName)
    out.write("\"")
    endAnswer("load", &out)
    out.write("}\n")
  }
}
