import Text

// Tools that stand in no `function`: the template has them as chat completions have them.
extension CompletionReader {
  mutating func beginTool<Consumer: PromptConsumer & ~Copyable>(_ consumer: inout Consumer) {
    settings.hasTools = true
    forgetMembers(of: .tool)
    consumer.take(.beginObject, Span())
    give("type", "function", &consumer)
    consumer.take(name: "function")
    consumer.take(.beginObject, Span())
    place = .tool
  }

  func give<Consumer: PromptConsumer & ~Copyable>(
    _ name: StaticString, _ value: StaticString, _ consumer: inout Consumer
  ) {
    consumer.take(name: name)
    give(span(value), &consumer)
  }

  func give<Consumer: PromptConsumer & ~Copyable>(
    _ value: Span<UInt8>, _ consumer: inout Consumer
  ) {
    consumer.take(.beginString, Span())
    consumer.take(.text(0..<value.count), value)
    consumer.take(.endString, Span())
  }
}
