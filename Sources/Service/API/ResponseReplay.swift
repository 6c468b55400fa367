import Text

/// What the end of a response repeats, and how far that is: a streamed one its items, and each one the
/// members of its request.
struct ResponseReplay {
  /// The events of an item: its text's end, its part's end, its own end; the item in the response; or the
  /// request's members.
  private enum Step {
    case text, part, item, response, request
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
    if step == .request { return answer.repetition?.write(&out) ?? false }
    guard let record = answer.record else {
      beginRequest(&answer, &out)
      return true
    }
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
    if step == .response {
      beginRequest(&answer, &out)
      return true
    }
    (step, itemStart, index, callIndex) = (.response, 0, 0, 0)
    answer.beginResponseEvent(
      answer.reason.isLength ? "response.incomplete" : "response.completed", &out)
    out.write(",\"response\":")
    answer.writeResponseHead("", &out)
    out.write(",\"output\":[")
    return true
  }

  /// The list of items is whole.
  private mutating func beginRequest<Sink>(
    _ answer: inout CompletionAnswer, _ out: inout ResponseWriter<Sink>
  ) {
    out.write("]")
    answer.repetition?.begin()
    step = .request
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
    case .item, .response, .request:
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
    case .response, .request: answer.writeItemEnd(member, isOpen: false, &out)
    }
    if step == .text || step == .response {
      itemStart = place
      index += 1
      if member == .calls { callIndex += 1 }
    }
    if step != .response { answer.endEvent(&out) }
  }
}
