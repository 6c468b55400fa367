import Constraint
import Text

// Blocks and items.
extension CompletionReader {
  @export(interface)
  mutating func beginBlock(_ place: Place) {
    forgetMembers(of: place == .item ? .item : .block)
    turn.beginBlock()
    if place == .item { role = nil }
    self.place = place
    settings.hasPrompt = true
  }

  mutating func beginTextPart(_ place: Place) {
    let owner: RequestField.Owner =
      switch place {
      case .systemPart: .systemPart
      case .itemPart: .itemPart
      default: .part
      }
    forgetMembers(of: owner)
    self.place = place
  }

  mutating func endTextPart<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    if !has(.partType) { throw error(.missing, .partType) }
    if !has(.partText) { throw error(.missing, .partText) }
    if place != .itemPart || !turn.areThoughtsOpen { consumer.endContentPart() }
  }

  var isItemPartType: Bool {
    turn.areThoughtsOpen
      ? matches(word, "reasoning_text")
      : matches(word, "input_text") || matches(word, "output_text")
  }

  /// The members that have come are all of one kind of block.
  @export(interface)
  mutating func note(_ block: OpenTurn.Block) throws(RequestError) {
    if let other = turn.block, other != block { throw invalid() }
    turn.block = block
  }

  @export(interface)
  mutating func takeTurnType() throws(RequestError) {
    if matches(word, kind.form == .responses ? "message" : "text") {
      turn.namedBlock = .text
    } else if matches(word, kind.form == .responses ? "function_call" : "tool_use") {
      turn.namedBlock = .call
    } else if matches(word, kind.form == .responses ? "function_call_output" : "tool_result") {
      turn.namedBlock = .result
    } else if matches(word, kind.form == .responses ? "reasoning" : "thinking") {
      turn.namedBlock = .thoughts
    } else {
      throw invalid()
    }
  }

  /// A string of a message, a block or an item.
  mutating func beginTurnString<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    destination = .given
    switch field {
    case .turnContent:
      beginTurn(&consumer)
      beginWholeContent(&consumer)
    case .blockText:
      try note(.text)
      open(.content, &consumer)
      consumer.beginContentPart()
    case .toolUseID, .resultID, .callID:
      if field == .toolUseID { try note(.call) }
      if field == .resultID { try note(.result) }
      turn.id.removeAll()
      destination = .callID
    case .toolUseName, .callName, .callArguments:
      try beginCall(&consumer)
      beginGivenString(&consumer)
    case .resultContent, .callOutput:
      try beginResult(&consumer)
      consumer.beginContent()
    case .thinkingText:
      try note(.thoughts)
      open(.thoughts, &consumer)
      beginGivenString(&consumer)
    case .itemContent:
      try beginItemMessage(&consumer)
      beginWholeContent(&consumer)
    case .partText: if !turn.areThoughtsOpen { consumer.beginContentPart() }
    default: try beginOtherString(&consumer)
    }
  }

  /// A content that is one text.
  mutating func beginWholeContent<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) {
    turn.slot = .content
    turn.hasContent = true
    consumer.beginContent()
  }

  /// Begins a call, unless the block has begun it: its name and arguments may have any order.
  mutating func beginCall<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    try note(.call)
    if turn.isCallOpen { return }
    open(.calls, &consumer)
    turn.role = .assistant
    consumer.take(.beginObject, Span())
    consumer.take(name: "function")
    consumer.take(.beginObject, Span())
    turn.isCallOpen = true
  }

  mutating func endCall<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer, id: RequestField, name: RequestField, arguments: RequestField
  ) throws(RequestError) {
    if !has(id) { throw error(.missing, id) }
    if !has(name) { throw error(.missing, name) }
    if !has(arguments) { throw error(.missing, arguments) }
    consumer.take(.endObject, Span())
    give("type", "function", &consumer)
    giveID("id", &consumer)
    consumer.take(.endObject, Span())
  }

  func giveID<Consumer: PromptConsumer & ~Copyable>(
    _ name: StaticString, _ consumer: inout Consumer
  ) {
    consumer.take(name: name)
    give(turn.id.bytes, &consumer)
  }

  /// Begins the message of a call's result, unless the block has begun it.
  mutating func beginResult<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    try note(.result)
    if turn.isOpen && turn.role != .tool {
      closeMessage(turn.role ?? (kind.form == .anthropic ? .user : .assistant), &consumer)
    }
    beginTurn(&consumer)
    turn.role = .tool
    if field == .resultContent || field == .callOutput { turn.hasContent = true }
  }

  mutating func endResult<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer, id: RequestField
  ) throws(RequestError) {
    if !has(id) { throw error(.missing, id) }
    if !turn.isOpen || turn.role != .tool {
      closeMessage(turn.role ?? .user, &consumer)
      beginTurn(&consumer)
    }
    giveID("tool_call_id", &consumer)
    closeMessage(.tool, &consumer)
  }
}
