import Text

// Answers of `/v1/messages`, as Anthropic's API reference has them: one object, or a stream of named
// events. A message's content is a list of blocks.
extension CompletionAnswer {
  mutating func beginMessage<Sink>(_ usage: TokenUsage, _ out: inout ResponseWriter<Sink>) {
    if isStream {
      out.write("event: message_start\ndata: {\"type\":\"message_start\",\"message\":")
    }
    out.write("{\"id\":\"msg_")
    out.write(hexadecimal: number)
    out.write("\",\"type\":\"message\",\"role\":\"assistant\",\"model\":")
    out.write(jsonString: model)
    out.write(",\"content\":[")
    if !isStream { return }
    out.write("],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":")
    write(usage, &out)
    out.write("}}")
    endEvent(&out)
    out.write("event: ping\ndata: {\"type\":\"ping\"}")
    endEvent(&out)
  }

  private func write<Sink>(_ usage: TokenUsage, _ out: inout ResponseWriter<Sink>) {
    out.write("{\"input_tokens\":")
    out.write(usage.promptCount - usage.cachedCount)
    out.write(",\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":")
    out.write(usage.cachedCount)
    out.write(",\"output_tokens\":")
    out.write(usage.completionCount)
    out.write("}")
  }

  mutating func writeBlock<Sink>(
    _ text: Span<UInt8>, isThought: Bool, _ out: inout ResponseWriter<Sink>
  ) {
    open(isThought ? .thoughts : .content, &out)
    if !isStream {
      out.write(jsonText: text)
      return
    }
    beginDelta(isThought ? "thinking_delta\",\"thinking" : "text_delta\",\"text", &out)
    out.write(jsonText: text)
    endDelta(&out)
  }

  private func beginDelta<Sink>(_ type: StaticString, _ out: inout ResponseWriter<Sink>) {
    beginBlockEvent("content_block_delta", &out)
    out.write(",\"delta\":{\"type\":\"")
    out.write(type)
    out.write("\":\"")
  }

  private func endDelta<Sink>(_ out: inout ResponseWriter<Sink>) {
    out.write("\"}}")
    endEvent(&out)
  }

  /// An event of the latest block.
  private func beginBlockEvent<Sink>(_ name: StaticString, _ out: inout ResponseWriter<Sink>) {
    out.write("event: ")
    out.write(name)
    out.write("\ndata: {\"type\":\"")
    out.write(name)
    out.write("\",\"index\":")
    out.write(partCount - 1)
  }

  /// Opens a block of thoughts or of text, unless it is open.
  private mutating func open<Sink>(_ member: Member, _ out: inout ResponseWriter<Sink>) {
    if openMember == member { return }
    beginPart(member, &out)
    out.write(
      member == .thoughts
        ? "{\"type\":\"thinking\",\"signature\":\"\",\"thinking\":\""
        : "{\"type\":\"text\",\"text\":\"")
    if !isStream { return }
    out.write("\"}}")
    endEvent(&out)
  }

  /// Ends the block before, and begins the next one up to its object.
  private mutating func beginPart<Sink>(_ member: Member, _ out: inout ResponseWriter<Sink>) {
    endPart(&out)
    partCount += 1
    openMember = member
    if isStream {
      beginBlockEvent("content_block_start", &out)
      out.write(",\"content_block\":")
    } else if partCount > 1 {
      out.write(",")
    }
  }

  private mutating func endPart<Sink>(_ out: inout ResponseWriter<Sink>) {
    if openMember == .none { return }
    if isStream {
      beginBlockEvent("content_block_stop", &out)
      out.write("}")
      endEvent(&out)
    } else if openMember == .calls {
      endObject(&out)
      out.write("}")
    } else {
      out.write("\"}")
    }
    openMember = .none
  }

  mutating func beginBlockCall<Sink>(
    _ name: FixedText<65>, _ index: Int, _ out: inout ResponseWriter<Sink>
  ) {
    beginPart(.calls, &out)
    out.write("{\"type\":\"tool_use\",\"id\":\"toolu_")
    writeID(of: index, &out)
    out.write("\",\"name\":")
    out.write(jsonString: name)
    out.write(",\"input\":")
    if !isStream { return }
    out.write("{}}}")
    endEvent(&out)
  }

  func writeBlockArguments<Sink>(_ json: Span<UInt8>, _ out: inout ResponseWriter<Sink>) {
    beginDelta("input_json_delta\",\"partial_json", &out)
    out.write(jsonText: json)
    endDelta(&out)
  }

  /// A message has one block at least.
  mutating func endBlocks<Sink>(_ out: inout ResponseWriter<Sink>) {
    if partCount == 0 { open(.content, &out) }
    endPart(&out)
  }

  func finishMessage<Sink>(_ usage: TokenUsage, _ out: inout ResponseWriter<Sink>) {
    if isStream {
      out.write(
        "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":")
    } else {
      out.write("],\"stop_reason\":")
    }
    out.write(jsonString: stopReason)
    out.write(",\"stop_sequence\":")
    if reason == .stopText { out.write(jsonString: stopText) } else { out.write("null") }
    out.write(isStream ? "},\"usage\":" : ",\"usage\":")
    write(usage, &out)
    out.write("}")
    if !isStream { return }
    endEvent(&out)
    out.write("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
  }

  private var stopReason: StaticString {
    switch reason {
    case .stop: "end_turn"
    case .length: "max_tokens"
    case .toolCalls: "tool_use"
    case .stopText: "stop_sequence"
    }
  }
}
