import Text

// Answers of `/v1/responses`, as OpenAI's API reference has them: one object, or a stream of named
// events. The output is a list of items: thoughts, a message, calls.
//
// A stream repeats its text when it is whole: in events of each item, and in the response at the end.
// It comes from the record of the answer, piece by piece: see `ResponseReplay`. A response also repeats
// members of its request: see `RequestRepetition`.
extension CompletionAnswer {
  mutating func beginResponse<Sink>(_ out: inout ResponseWriter<Sink>) {
    record?.removeAll()
    if isStream { return }
    writeResponseHead("", &out)
    out.write(",\"output\":[")
  }

  /// - Parameter status: empty if it follows later.
  func writeResponseHead<Sink>(
    _ status: StaticString, _ out: inout ResponseWriter<Sink>
  ) {
    out.write("{\"id\":\"resp_")
    out.write(hexadecimal: number)
    out.write("\",\"object\":\"response\",\"created_at\":")
    out.write(unixSeconds)
    out.write(",\"model\":")
    out.write(jsonString: model)
    out.write(",\"error\":null,\"background\":false,\"store\":false,\"previous_response_id\":null")
    out.write(",\"service_tier\":\"default\"")
    if status.utf8CodeUnitCount == 0 { return }
    out.write(",\"status\":")
    out.write(jsonString: status)
  }

  mutating func beginResponseEvent<Sink>(
    _ name: StaticString, _ out: inout ResponseWriter<Sink>
  ) {
    out.write("event: ")
    out.write(name)
    out.write("\ndata: {\"type\":\"")
    out.write(name)
    out.write("\",\"sequence_number\":")
    out.write(sequenceNumber)
    sequenceNumber += 1
  }

  /// An event of a part of the latest item.
  mutating func beginItemEvent<Sink>(
    _ name: StaticString, _ member: Member, _ index: Int, _ out: inout ResponseWriter<Sink>
  ) {
    beginResponseEvent(name, &out)
    out.write(",\"output_index\":")
    out.write(index)
    out.write(",\"item_id\":\"")
    writeItemID(member, index, &out)
    out.write(member == .calls ? "\"" : "\",\"content_index\":0")
  }

  private func writeItemID<Sink>(
    _ member: Member, _ index: Int, _ out: inout ResponseWriter<Sink>
  ) {
    out.write(member == .calls ? "fc_" : member == .thoughts ? "rs_" : "msg_")
    out.write(hexadecimal: number)
    out.write("_")
    out.write(index)
  }

  mutating func writeItem<Sink>(
    _ text: Span<UInt8>, isThought: Bool, _ out: inout ResponseWriter<Sink>
  ) {
    let member: Member = isThought ? .thoughts : .content
    if openMember != member { openItem(member, &out) }
    if !isStream {
      out.write(jsonText: text)
      return
    }
    beginItemEvent(
      isThought ? "response.reasoning_text.delta" : "response.output_text.delta", member,
      partCount - 1, &out)
    writeDelta(text, &out)
  }

  private mutating func writeDelta<Sink>(
    _ text: Span<UInt8>, _ out: inout ResponseWriter<Sink>
  ) {
    record?.append(text)
    out.write(",\"delta\":\"")
    out.write(jsonText: text)
    out.write(openMember == .content ? "\",\"logprobs\":[]}" : "\"}")
    endEvent(&out)
  }

  private mutating func openItem<Sink>(_ member: Member, _ out: inout ResponseWriter<Sink>) {
    beginItem(member, &out)
    writeItemStart(member, partCount - 1, isDone: !isStream, &out)
    if !isStream { return }
    writeItemEnd(member, isOpen: true, &out)
    out.write("}")
    endEvent(&out)
    if member == .thoughts { return }
    beginItemEvent("response.content_part.added", member, partCount - 1, &out)
    out.write(
      ",\"part\":{\"type\":\"output_text\",\"text\":\"\",\"annotations\":[],\"logprobs\":[]}}")
    endEvent(&out)
  }

  /// Ends the item before, and begins the next one up to its object.
  private mutating func beginItem<Sink>(_ member: Member, _ out: inout ResponseWriter<Sink>) {
    if !isStream {
      if openMember != .none { writeItemEnd(openMember, isOpen: false, &out) }
      if openMember != .none { out.write(",") }
    }
    partCount += 1
    openMember = member
    record?.append(member)
    if !isStream { return }
    beginResponseEvent("response.output_item.added", &out)
    out.write(",\"output_index\":")
    out.write(partCount - 1)
    out.write(",\"item\":")
  }

  /// An item up to its text.
  func writeItemStart<Sink>(
    _ member: Member, _ index: Int, isDone: Bool, _ out: inout ResponseWriter<Sink>
  ) {
    out.write("{\"id\":\"")
    writeItemID(member, index, &out)
    out.write(isDone ? "\",\"status\":\"completed\"" : "\",\"status\":\"in_progress\"")
    switch member {
    case .thoughts:
      out.write(",\"type\":\"reasoning\",\"summary\":[],\"content\":[")
      if isDone { out.write("{\"type\":\"reasoning_text\",\"text\":\"") }
    case .calls: out.write(",\"type\":\"function_call\"")
    default:
      out.write(",\"type\":\"message\",\"role\":\"assistant\",\"content\":[")
      if isDone {
        out.write("{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":\"")
      }
    }
  }

  /// - Parameter isOpen: the item has no text yet.
  func writeItemEnd<Sink>(
    _ member: Member, isOpen: Bool, _ out: inout ResponseWriter<Sink>
  ) {
    if member == .calls {
      out.write("\"}")
    } else {
      out.write(isOpen ? "]}" : "\"}]}")
    }
  }

  mutating func beginItemCall<Sink>(
    _ name: FixedText<65>, _ index: Int, _ out: inout ResponseWriter<Sink>
  ) {
    beginItem(.calls, &out)
    writeItemStart(.calls, partCount - 1, isDone: !isStream, &out)
    writeCallStart(name.bytes, index, &out)
    record?.append(name.bytes)
    record?.endName()
    if !isStream { return }
    writeItemEnd(.calls, isOpen: true, &out)
    out.write("}")
    endEvent(&out)
  }

  func writeCallStart<Sink>(
    _ name: Span<UInt8>, _ index: Int, _ out: inout ResponseWriter<Sink>
  ) {
    out.write(",\"call_id\":\"call_")
    writeID(of: index, &out)
    out.write("\",\"name\":")
    out.write(jsonString: name)
    out.write(",\"arguments\":\"")
  }

  mutating func writeItemArguments<Sink>(
    _ json: Span<UInt8>, _ out: inout ResponseWriter<Sink>
  ) {
    if !isStream {
      out.write(jsonText: json)
      return
    }
    beginItemEvent("response.function_call_arguments.delta", .calls, partCount - 1, &out)
    writeDelta(json, &out)
  }

  /// A response has one item at least.
  mutating func endItems<Sink>(_ out: inout ResponseWriter<Sink>) {
    if partCount == 0 { openItem(.content, &out) }
    if !isStream { writeItemEnd(openMember, isOpen: false, &out) }
    openMember = .none
  }

  func finishResponse<Sink>(_ usage: TokenUsage, _ out: inout ResponseWriter<Sink>) {
    out.write(",\"status\":")
    out.write(reason.isLength ? "\"incomplete\"" : "\"completed\"")
    out.write(",\"incomplete_details\":")
    out.write(reason.isLength ? "{\"reason\":\"max_output_tokens\"}" : "null")
    out.write(",\"usage\":{\"input_tokens\":")
    out.write(usage.promptCount)
    out.write(",\"input_tokens_details\":{\"cached_tokens\":")
    out.write(usage.cachedCount)
    out.write("},\"output_tokens\":")
    out.write(usage.completionCount)
    out.write(",\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":")
    out.write(usage.promptCount + usage.completionCount)
    out.write("}}")
    if isStream { out.write("}\n\n") }
  }
}
