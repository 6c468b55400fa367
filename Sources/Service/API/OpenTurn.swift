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

  func beginMessages<Consumer: PromptConsumer & ~Copyable>(_ consumer: inout Consumer) {
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

// Members of the open message.
extension CompletionReader {
  /// Goes on with a member of the open message, or begins another message.
  mutating func open<Consumer: PromptConsumer & ~Copyable>(
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

  mutating func beginTurn<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) {
    if turn.isOpen { return }
    consumer.take(.beginObject, Span())
    (turn.isOpen, turn.slot, turn.role) = (true, .start, nil)
    (turn.hasContent, turn.isListOpen) = (false, false)
  }

  mutating func closeList<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) {
    if !turn.isListOpen { return }
    if turn.slot == .content { consumer.endContentList() } else { consumer.take(.endArray, Span()) }
    turn.isListOpen = false
  }

  mutating func closeMessage<Consumer: PromptConsumer & ~Copyable>(
    _ role: MessageRole, _ consumer: inout Consumer
  ) {
    if !turn.isOpen { return }
    closeList(&consumer)
    hasCalls = turn.slot == .calls
    if !turn.hasContent {
      if hasCalls {
        consumer.takeNoContent()
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
