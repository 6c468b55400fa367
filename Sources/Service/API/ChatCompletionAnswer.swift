import Text

// Chat and text completions, as OpenAI's API reference has them: one object, or a stream of events with
// one object each and `[DONE]` at the end.
extension CompletionAnswer {
  mutating func beginCompletion<Sink>(_ out: inout ResponseWriter<Sink>) {
    if isStream {
      if !isChat { return }
      beginChoiceEvent(&out)
      out.write(",\"delta\":{\"role\":\"assistant\",\"content\":")
      out.write(callsTools ? "null}" : "\"\"}")
      out.write(",\"logprobs\":null")
      endChoiceEvent(nil, nil, &out)
      return
    }
    if choice == 0 {
      beginObject(&out)
      out.write(",\"choices\":[")
    } else {
      out.write(",")
    }
    out.write("{\"index\":")
    out.write(choice)
    out.write(isChat ? ",\"message\":{\"role\":\"assistant\"" : ",\"text\":\"")
  }

  /// The thoughts come before the content, which is there even if it is empty.
  private mutating func open<Sink>(_ member: Member, _ out: inout ResponseWriter<Sink>) {
    if !isChat || openMember == member { return }
    if openMember != .none { out.write("\"") }
    out.write(member == .thoughts ? ",\"reasoning_content\":\"" : ",\"content\":\"")
    openMember = member
  }

  mutating func writeCompletion<Sink>(
    _ text: Span<UInt8>, isThought: Bool, _ chances: TokenChances?, _ names: TokenNames,
    _ out: inout ResponseWriter<Sink>
  ) {
    if !isStream {
      open(isThought ? .thoughts : .content, &out)
      out.write(jsonText: text)
      return
    }
    beginChoiceEvent(&out)
    out.write(isChat ? ",\"delta\":{" : "")
    out.write(isThought ? "\"reasoning_content\":" : isChat ? "\"content\":" : ",\"text\":")
    out.write(jsonString: text)
    if isChat { out.write("}") }
    out.write(",\"logprobs\":")
    if let chances {
      beginChances(&out)
      for part in 0..<chancePartCount { write(chances, part: part, names, isFirst: true, &out) }
      endChances(isEmpty: false, &out)
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

  mutating func endCompletionText<Sink>(hasChances: Bool, _ out: inout ResponseWriter<Sink>) {
    if isStream { return }
    if openMember != .calls { open(.content, &out) }
    out.write(openMember == .calls ? "\"}}]" : "\"")
    if isChat { out.write(",\"refusal\":null}") }
    out.write(",\"logprobs\":")
    if !hasChances { out.write("null") }
  }

  func endCompletion<Sink>(
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

  func finishCompletion<Sink>(
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

// Calls of tools in a message.
extension CompletionAnswer {
  /// A call follows, and then its arguments.
  /// - Parameter index: of the call in its message.
  mutating func beginCompletionCall<Sink>(
    _ name: FixedText<65>, _ index: Int, _ out: inout ResponseWriter<Sink>
  ) {
    if isStream {
      beginCallEvent(index, &out)
      out.write(",")
    } else {
      switch openMember {
      case .none: out.write(",\"content\":null,\"tool_calls\":[{")
      case .thoughts: out.write("\",\"content\":null,\"tool_calls\":[{")
      case .content: out.write("\",\"tool_calls\":[{")
      case .calls: out.write("\"}},{")
      }
    }
    openMember = .calls
    out.write("\"id\":\"")
    writeID(of: index, &out)
    out.write("\",\"type\":\"function\",\"function\":{\"name\":")
    out.write(jsonString: name)
    out.write(",\"arguments\":\"")
    if isStream {
      out.write("\"")
      endCallEvent(&out)
    }
  }

  /// - Parameter json: a piece of the arguments.
  func writeCompletionArguments<Sink>(
    _ json: Span<UInt8>, _ index: Int, _ out: inout ResponseWriter<Sink>
  ) {
    if !isStream {
      out.write(jsonText: json)
      return
    }
    beginCallEvent(index, &out)
    out.write(",\"function\":{\"arguments\":")
    out.write(jsonString: json)
    endCallEvent(&out)
  }

  private func beginCallEvent<Sink>(_ index: Int, _ out: inout ResponseWriter<Sink>) {
    beginChoiceEvent(&out)
    out.write(",\"delta\":{\"tool_calls\":[{\"index\":")
    out.write(index)
  }

  private func endCallEvent<Sink>(_ out: inout ResponseWriter<Sink>) {
    out.write("}}]},\"logprobs\":null")
    endChoiceEvent(nil, nil, &out)
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
