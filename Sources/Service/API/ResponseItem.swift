import Text

// Items of a response's input.
extension CompletionReader {
  mutating func beginItemMessage<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    try note(.text)
    // Thoughts that came before are the same message's.
    if turn.slot != .thoughts { closeMessage(turn.role ?? .user, &consumer) }
    beginTurn(&consumer)
  }

  /// The content of an item is a list.
  mutating func beginItemContent<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    if turn.namedBlock == .thoughts {
      try note(.thoughts)
      open(.thoughts, &consumer)
      turn.role = .assistant
      consumer.take(name: "reasoning_content")
      consumer.take(.beginString, Span())
      turn.areThoughtsOpen = true
    } else {
      try beginItemMessage(&consumer)
      open(.content, &consumer)
    }
  }

  mutating func endItemContent<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) {
    if turn.areThoughtsOpen {
      consumer.take(.endString, Span())
      turn.areThoughtsOpen = false
    } else {
      closeList(&consumer)
    }
  }

  /// An item without a type is a message.
  mutating func endItem<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    let named = turn.namedBlock ?? .text
    if let block = turn.block, block != named { throw error(.invalid, .itemType) }
    switch named {
    case .text:
      guard let role else { throw error(.missing, .role) }
      if !has(.itemContent) { throw error(.missing, .itemContent) }
      if turn.role == .assistant && role != .assistant { throw error(.invalid, .role) }
      turn.role = role
      // Calls may follow an assistant's text in the same message.
      if role != .assistant { closeMessage(role, &consumer) }
    case .call:
      try endCall(&consumer, id: .callID, name: .callName, arguments: .callArguments)
    case .result: try endResult(&consumer, id: .callID)
    case .thoughts: break
    }
  }
}
