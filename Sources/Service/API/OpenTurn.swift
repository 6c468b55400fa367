import Constraint
import Text

/// The message of the template's conversation that is open, while messages of Anthropic's or items of a
/// response's input are read.
///
/// The template has them as messages of chat completions are: an assistant's thoughts, texts and calls
/// are members of one message, in this order, and each result of a call is a message of the role `tool`.
/// What would come behind a later member begins another message.
struct OpenTurn {
  /// The member of the message that was begun last.
  enum Slot: Int {
    case start, thoughts, content, calls
  }

  /// What a block or an item is.
  enum Block {
    case text, call, result, thoughts
  }

  var isOpen = false
  var slot = Slot.start
  var hasContent = false
  /// The list of texts or of calls is open.
  var isListOpen = false
  /// Of the message that is open, if it is known.
  var role: MessageRole?
  /// Of the one before.
  var closedRole: MessageRole?
  /// Of the block that is being read: what its members are of, and its type.
  var block: Block?
  var namedBlock: Block?
  /// A call has been begun in it.
  var isCallOpen = false
  /// Its name, or that of the call whose result it is.
  var id = FixedText<65>()
  /// The thoughts of an item are open.
  var areThoughtsOpen = false
  /// The message that is being read has blocks that only an assistant has, or only a user.
  var isAssistants = false
  var isUsers = false
  /// The request's own system message has been begun, and it is a list.
  var isSystemBegun = false
  var isSystemList = false

  mutating func beginMessage() { (isAssistants, isUsers) = (false, false) }

  mutating func beginBlock() {
    (block, namedBlock, isCallOpen) = (nil, nil, false)
    id.removeAll()
  }
}

// The conversation as a whole.
extension CompletionReader {
  mutating func beginConversation<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) {
    if part == .all {
      beginMessages(&consumer)
    } else {
      // The system message has begun the list.
      consumer.mute(part != .conversation)
    }
  }

  private func beginMessages<Consumer: PromptConsumer & ~Copyable>(_ consumer: inout Consumer) {
    consumer.take(name: "messages")
    consumer.take(.beginArray, Span())
  }

  mutating func endMessages<Consumer: PromptConsumer & ~Copyable>(_ consumer: inout Consumer) {
    consumer.take(.endArray, Span())
    if part != .all { consumer.mute(part.isMuted) }
  }

  mutating func endConversation<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) {
    closeMessage(turn.role ?? .user, &consumer)
    role = turn.closedRole
    endMessages(&consumer)
  }

  /// The prompt is a conversation of one message.
  mutating func beginUserMessage<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) {
    beginConversation(&consumer)
    consumer.take(.beginObject, Span())
    role = .user
    consumer.take(role: .user)
    consumer.beginContent()
  }

  mutating func endUserMessage<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) {
    consumer.endContent()
    consumer.take(.endObject, Span())
    endMessages(&consumer)
  }

  /// Whether the template is to let the model think.
  mutating func takeThinking<Consumer: PromptConsumer & ~Copyable>(
    _ value: Bool, _ consumer: inout Consumer
  ) {
    consumer.take(name: "enable_thinking")
    consumer.take(.boolean(value), Span())
  }

  /// The type of `thinking`.
  mutating func takeThinking<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) -> Bool {
    let isOn = matches(word, "enabled") || matches(word, "adaptive")
    if !isOn && !matches(word, "disabled") { return false }
    takeThinking(isOn, &consumer)
    return true
  }
}

// The system message that is a member of the request.
extension CompletionReader {
  private mutating func beginSystem<Consumer: PromptConsumer & ~Copyable>(
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

  private func give<Consumer: PromptConsumer & ~Copyable>(
    _ name: StaticString, _ value: StaticString, _ consumer: inout Consumer
  ) {
    consumer.take(name: name)
    give(span(value), &consumer)
  }

  private func give<Consumer: PromptConsumer & ~Copyable>(
    _ value: Span<UInt8>, _ consumer: inout Consumer
  ) {
    consumer.take(.beginString, Span())
    consumer.take(.text(0..<value.count), value)
    consumer.take(.endString, Span())
  }
}

// Members of the open message.
extension CompletionReader {
  /// Goes on with a member of the open message, or begins another message.
  private mutating func open<Consumer: PromptConsumer & ~Copyable>(
    _ slot: OpenTurn.Slot, _ consumer: inout Consumer
  ) {
    if turn.isOpen && slot == turn.slot && turn.isListOpen { return }
    if turn.isOpen && slot.rawValue <= turn.slot.rawValue { closeMessage(.assistant, &consumer) }
    beginTurn(&consumer)
    closeList(&consumer)
    turn.slot = slot
    if slot == .content {
      consumer.beginContentList()
      (turn.hasContent, turn.isListOpen) = (true, true)
    } else if slot == .calls {
      consumer.take(name: "tool_calls")
      consumer.take(.beginArray, Span())
      turn.isListOpen = true
    }
  }

  private mutating func beginTurn<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) {
    if turn.isOpen { return }
    consumer.take(.beginObject, Span())
    (turn.isOpen, turn.slot, turn.role) = (true, .start, nil)
    (turn.hasContent, turn.isListOpen) = (false, false)
  }

  private mutating func closeList<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) {
    if !turn.isListOpen { return }
    if turn.slot == .content { consumer.endContentList() } else { consumer.take(.endArray, Span()) }
    turn.isListOpen = false
  }

  private mutating func closeMessage<Consumer: PromptConsumer & ~Copyable>(
    _ role: MessageRole, _ consumer: inout Consumer
  ) {
    if !turn.isOpen { return }
    closeList(&consumer)
    hasCalls = turn.slot == .calls
    if !turn.hasContent {
      if hasCalls {
        consumer.take(name: "content")
        consumer.take(.null, Span())
      } else {
        consumer.beginContent()
        consumer.endContent()
      }
    }
    consumer.take(role: role)
    consumer.take(.endObject, Span())
    turn.closedRole = role
    turn.isOpen = false
  }
}

// Blocks and items.
extension CompletionReader {
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
  private mutating func note(_ block: OpenTurn.Block) throws(RequestError) {
    if let other = turn.block, other != block { throw invalid() }
    turn.block = block
  }

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
  private mutating func beginWholeContent<Consumer: PromptConsumer & ~Copyable>(
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

  private mutating func endCall<Consumer: PromptConsumer & ~Copyable>(
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

  private func giveID<Consumer: PromptConsumer & ~Copyable>(
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

  private mutating func endResult<Consumer: PromptConsumer & ~Copyable>(
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

// Messages of Anthropic's.
extension CompletionReader {
  mutating func endBlock<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    if !has(.blockType) { throw error(.missing, .blockType) }
    switch turn.namedBlock {
    case .text: if !has(.blockText) { throw error(.missing, .blockText) }
    case .call:
      try endCall(&consumer, id: .toolUseID, name: .toolUseName, arguments: .toolInput)
      turn.isAssistants = true
    case .result:
      try endResult(&consumer, id: .resultID)
      turn.isUsers = true
    default:
      if !has(.thinkingText) { throw error(.missing, .thinkingText) }
      turn.isAssistants = true
    }
    if let block = turn.block, block != turn.namedBlock { throw error(.invalid, .blockType) }
  }

  mutating func endTurn<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    if !has(.turnContent) { throw error(.missing, .turnContent) }
    if turn.isAssistants && role != .assistant || turn.isUsers && role != .user {
      throw error(.invalid, .role)
    }
    let ownRole = role ?? .user
    if !turn.isOpen && !turn.isUsers { beginTurn(&consumer) }
    closeMessage(ownRole, &consumer)
    role = turn.closedRole
  }
}

// Items of a response's input.
extension CompletionReader {
  private mutating func beginItemMessage<Consumer: PromptConsumer & ~Copyable>(
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
