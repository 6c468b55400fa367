import Text

/// The events with which a streamed response begins, and how far they are written: the response is
/// made, and it is being worked on.
struct ResponseOpening {
  private enum Step {
    case created, inProgress, ended
  }

  private var step = Step.created
  private var isInEvent = false

  /// Writes the next piece.
  /// - Returns: false if both events have been written.
  mutating func write<Sink>(
    _ answer: inout CompletionAnswer, _ out: inout ResponseWriter<Sink>
  ) -> Bool {
    if step == .ended { return false }
    if !isInEvent {
      answer.beginResponseEvent(
        step == .created ? "response.created" : "response.in_progress", &out)
      out.write(",\"response\":")
      answer.writeResponseHead("in_progress", &out)
      out.write(",\"incomplete_details\":null,\"output\":[],\"usage\":null")
      answer.repetition?.begin()
      isInEvent = true
    } else if answer.repetition?.write(&out) != true {
      out.write("}}")
      answer.endEvent(&out)
      (step, isInEvent) = (step == .created ? .inProgress : .ended, false)
    }
    return true
  }
}
