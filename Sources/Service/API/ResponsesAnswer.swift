import Text

// Answers of `/v1/responses`, as OpenAI's API reference has them: one object, or a stream of named
// events. The output is a list of items: thoughts, a message, calls.
//
// A stream repeats its text when it is whole: in events of each item, and in the response at the end.
// It comes from the record of the answer, piece by piece: see `ResponseReplay`.
extension CompletionAnswer {
  mutating func beginResponse<Sink>(_ out: inout ResponseWriter<Sink>) {
    if !isStream {
      writeResponseHead("", &out)
      out.write(",\"output\":[")
      return
    }
    record?.removeAll()
    beginResponseEvent("response.created", &out)
    writeOpenResponse(&out)
    beginResponseEvent("response.in_progress", &out)
    writeOpenResponse(&out)
  }

  private func writeOpenResponse<Sink>(_ out: inout ResponseWriter<Sink>) {
    out.write(",\"response\":")
    writeResponseHead("in_progress", &out)
    out.write(",\"output\":[],\"usage\":null}}")
    endEvent(&out)
  }

  /// - Parameter status: empty if it follows later.
  fileprivate func writeResponseHead<Sink>(
    _ status: StaticString, _ out: inout ResponseWriter<Sink>
  ) {
    out.write("{\"id\":\"resp_")
    out.write(hexadecimal: number)
    out.write("\",\"object\":\"response\",\"created_at\":")
    out.write(unixSeconds)
    out.write(",\"model\":")
    out.write(jsonString: model)
    out.write(",\"error\":null,\"background\":false,\"store\":false,\"previous_response_id\":null")
    if status.utf8CodeUnitCount == 0 { return }
    out.write(",\"status\":")
    out.write(jsonString: status)
  }

  fileprivate mutating func beginResponseEvent<Sink>(
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
  fileprivate mutating func beginItemEvent<Sink>(
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
  fileprivate func writeItemStart<Sink>(
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
  fileprivate func writeItemEnd<Sink>(
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

  fileprivate func writeCallStart<Sink>(
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
    out.write("],\"status\":")
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

/// The items of a streamed response and their texts: what marks them is no byte of UTF-8.
@safe public struct AnswerRecord {
  /// Bytes of a piece of an answer that is recorded at once, with the marks around it.
  static let pieceByteCountMax = 4096
  private static let thoughts: UInt8 = 0xf8
  private static let content: UInt8 = 0xf9
  private static let call: UInt8 = 0xfa
  private static let endOfName: UInt8 = 0xfb

  private let bytes: UnsafeMutableRawPointer
  private let capacity: Int
  private(set) var count = 0

  /// - Parameter bytes: room for `capacity` bytes.
  init(_ bytes: UnsafeMutableRawPointer, capacity: Int) {
    unsafe self.bytes = unsafe bytes
    self.capacity = capacity
  }

  /// Whether another piece may not fit.
  var isFull: Bool { capacity - count < Self.pieceByteCountMax }

  mutating func removeAll() { count = 0 }

  private mutating func append(byte: UInt8) {
    precondition(count < capacity)
    unsafe bytes.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  mutating func append(_ text: Span<UInt8>) {
    for index in 0..<text.count { append(byte: text[index]) }
  }

  /// An item begins.
  mutating func append(_ member: CompletionAnswer.Member) {
    append(byte: member == .thoughts ? Self.thoughts : member == .calls ? Self.call : Self.content)
  }

  /// The arguments of a call follow.
  mutating func endName() { append(byte: Self.endOfName) }

  fileprivate func member(at place: Int) -> CompletionAnswer.Member {
    switch byte(place) {
    case Self.thoughts: .thoughts
    case Self.call: .calls
    default: .content
    }
  }

  private func byte(_ place: Int) -> UInt8 {
    precondition(place < count)
    return unsafe bytes.load(fromByteOffset: place, as: UInt8.self)
  }

  /// The text from a place on, up to a mark, whole characters of it.
  fileprivate func piece(at start: Int) -> UnsafeBufferPointer<UInt8> {
    var end = start
    while end < count && byte(end) < Self.thoughts {
      if end - start >= AnswerBuffer.pieceByteCountMax && byte(end) & 0xc0 != 0x80 { break }
      end += 1
    }
    return unsafe UnsafeBufferPointer(
      start: (bytes + start).assumingMemoryBound(to: UInt8.self), count: end - start)
  }
}

/// What the end of a streamed response repeats, and how far that is.
struct ResponseReplay {
  /// The events of an item: its text's end, its part's end, its own end; or the item in the response.
  private enum Step {
    case text, part, item, response
  }

  private var step = Step.text
  /// Of the item in the record, and of what of its text comes next; nil: its event has not begun.
  private var itemStart = 0
  private var textPlace: Int?
  private var index = 0
  private var callIndex = 0

  /// Writes the next piece.
  /// - Returns: false if all has been written but the end of the response.
  mutating func write<Sink>(
    _ answer: inout CompletionAnswer, _ out: inout ResponseWriter<Sink>
  ) -> Bool {
    guard let record = answer.record else { return false }
    if let place = textPlace {
      let piece = unsafe record.piece(at: place)
      if piece.count > 0 {
        unsafe out.write(jsonText: piece.span)
        textPlace = place + piece.count
      } else {
        end(record.member(at: itemStart), at: place, answer, &out)
      }
      return true
    }
    if itemStart < record.count {
      begin(record, &answer, &out)
      return true
    }
    if step == .response { return false }
    (step, itemStart, index, callIndex) = (.response, 0, 0, 0)
    answer.beginResponseEvent(
      answer.reason.isLength ? "response.incomplete" : "response.completed", &out)
    out.write(",\"response\":")
    answer.writeResponseHead("", &out)
    out.write(",\"output\":[")
    return true
  }

  private mutating func begin<Sink>(
    _ record: AnswerRecord, _ answer: inout CompletionAnswer, _ out: inout ResponseWriter<Sink>
  ) {
    let member = record.member(at: itemStart)
    var place = itemStart + 1
    let name = unsafe record.piece(at: place)
    if member == .calls { place += name.count + 1 }
    textPlace = place
    switch step {
    case .text:
      answer.beginItemEvent(doneName(member), member, index, &out)
      out.write(member == .calls ? ",\"arguments\":\"" : ",\"text\":\"")
    case .part:
      answer.beginItemEvent("response.content_part.done", member, index, &out)
      out.write(
        ",\"part\":{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":\"")
    case .item, .response:
      if step == .item {
        answer.beginResponseEvent("response.output_item.done", &out)
        out.write(",\"output_index\":")
        out.write(index)
        out.write(",\"item\":")
      } else if index > 0 {
        out.write(",")
      }
      answer.writeItemStart(member, index, isDone: true, &out)
      if member == .calls { unsafe answer.writeCallStart(name.span, callIndex, &out) }
    }
  }

  private func doneName(_ member: CompletionAnswer.Member) -> StaticString {
    switch member {
    case .thoughts: "response.reasoning_text.done"
    case .calls: "response.function_call_arguments.done"
    default: "response.output_text.done"
    }
  }

  /// The text of an event is written.
  private mutating func end<Sink>(
    _ member: CompletionAnswer.Member, at place: Int, _ answer: CompletionAnswer,
    _ out: inout ResponseWriter<Sink>
  ) {
    textPlace = nil
    switch step {
    case .text:
      out.write(member == .content ? "\",\"logprobs\":[]}" : "\"}")
      step = member == .content ? .part : .item
    case .part:
      out.write("\"}}")
      step = .item
    case .item:
      answer.writeItemEnd(member, isOpen: false, &out)
      out.write("}")
      step = .text
    case .response: answer.writeItemEnd(member, isOpen: false, &out)
    }
    if step == .text || step == .response {
      itemStart = place
      index += 1
      if member == .calls { callIndex += 1 }
    }
    if step != .response { answer.endEvent(&out) }
  }
}
