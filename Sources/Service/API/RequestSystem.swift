import Text

// The system message that is a member of the request.
extension CompletionReader {
  mutating func beginSystem<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) {
    settings.hasSystem = true
    turn.isSystemBegun = true
    if part == .all { return }
    consumer.mute(part != .system)
    beginMessages(&consumer)
    consumer.take(.beginObject, Span())
    consumer.take(role: .system)
  }

  mutating func beginSystemText<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) {
    beginSystem(&consumer)
    consumer.beginContent()
  }

  mutating func beginSystemPart<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) {
    if !turn.isSystemBegun {
      beginSystem(&consumer)
      consumer.beginContentList()
      turn.isSystemList = true
    }
    consumer.beginContentPart()
  }

  mutating func endSystem<Consumer: PromptConsumer & ~Copyable>(_ consumer: inout Consumer) {
    if !turn.isSystemBegun { return }
    if turn.isSystemList { consumer.endContentList() } else { consumer.endContent() }
    consumer.take(.endObject, Span())
    if part != .all { consumer.mute(part.isMuted) }
  }
}
