import Generation
import Inference
import Tokenizer

/// The prompt of the request that is being served, token by token, while its body arrives.
///
/// The tokens of a system message are collected before any of them is read, so that they can be
/// compared with those that are kept. Where a kept or a new system message ends, a block ends as well:
/// what follows is the same then, bit for bit, whether the message was kept or not.
@safe struct ServedPrompt: ~Copyable, TokenSource {
  /// What comes next.
  enum Prospect {
    case token
    /// The system message ends here, all of it has been given, and its block must end. It is to be
    /// kept if `isCollected`.
    case endOfSystem(isCollected: Bool)
    /// The system message has been collected, and is the one that is kept.
    case keptSystem
    case end
    /// Nothing has come yet.
    case pending
  }

  private enum Phase {
    /// Tokens are collected, up to the end of the system message.
    case collecting
    /// Collected tokens are given, from this one on.
    case giving(Int)
    case direct
  }

  private let queue: UnsafeMutablePointer<PromptQueue>
  private let vocabulary: UnsafeMutablePointer<Vocabulary>
  private var encoder: Encoder
  private let promptMarks: SequenceMarks
  private var marks: SequenceMarks
  /// Nil for a prompt that is no conversation.
  private var messages: ChatMessages<QueuedMessages>?
  private var text: QueuedText
  private(set) var kept: KeptText
  private var phase = Phase.direct
  /// What follows the collected tokens, or all that have been given.
  private var prospect: Prospect = .pending
  private var nextToken: Int32 = 0

  init(_ layout: ServiceLayout, _ text: inout TextLayout) {
    unsafe queue = unsafe layout.queuedText
    unsafe vocabulary = unsafe text.vocabulary
    encoder = text.takeEncoder()
    promptMarks = text.marks.ofPrompt
    marks = .none
    self.text = unsafe QueuedText(layout.queuedText)
    kept = KeptText(layout)
  }

  /// Another prompt begins.
  /// - Parameter template: of a conversation.
  mutating func begin(_ template: ChatTemplate?, _ chatMarks: ChatMarks) {
    unsafe queue.pointee.reset()
    encoder.reset()
    marks = promptMarks
    kept.begin()
    prospect = .pending
    phase = template != nil && kept.capacity > 0 ? .collecting : .direct
    if let template {
      messages = unsafe ChatMessages(template, QueuedMessages(queue), chatMarks, vocabulary.pointee)
    } else {
      messages = nil
    }
  }

  /// Reads one piece of the body.
  /// - Returns: false if nothing has come.
  mutating func feed(
    _ body: inout RequestBody, _ connection: inout Connection, for name: ServedName
  ) throws(ServiceFailure) -> Bool {
    unsafe try body.read(&connection, into: &queue.pointee, for: name)
  }

  /// Looks at what comes next, as far as it has come.
  mutating func look() throws(TokenizerError) -> Prospect {
    if case .collecting = phase { try collect() }
    switch phase {
    case .collecting: return .pending
    case .giving(let index) where index < kept.collectedCount: return .token
    case .giving, .direct:
      if case .pending = prospect { try pull() }
      return prospect
    }
  }

  /// Collects tokens until the system message ends, or there is no room for more.
  private mutating func collect() throws(TokenizerError) {
    while true {
      try pull()
      switch prospect {
      case .pending: return
      case .token:
        if kept.append(nextToken) {
          prospect = .pending
          continue
        }
        phase = .giving(0)
      case .endOfSystem where kept.isKept:
        prospect = .keptSystem
        phase = .direct
      case .endOfSystem:
        prospect = .endOfSystem(isCollected: true)
        phase = .giving(0)
      case .keptSystem, .end: phase = .giving(0)
      }
      return
    }
  }

  /// Asks the tokenizer for the next token.
  private mutating func pull() throws(TokenizerError) {
    switch try encoded() {
    case .token(TextPortion.placeMark):
      prospect = .endOfSystem(isCollected: false)
      // Without a place for it, the message is not told from the rest.
      if kept.capacity == 0 { try pull() }
    case .token(let token):
      nextToken = token
      prospect = .token
    case .end: prospect = .end
    case .pending: prospect = .pending
    }
  }

  private mutating func encoded() throws(TokenizerError) -> EncodedToken {
    if messages != nil {
      return unsafe try marks.next(&encoder, from: &messages!, vocabulary.pointee)
    }
    return unsafe try marks.next(&encoder, from: &text, vocabulary.pointee)
  }

  /// The next token for the generator. At the end of the system message nothing comes until `goOn`.
  mutating func next() throws(TokenizerError) -> PromptItem {
    switch try look() {
    case .token: return .token(takeToken())
    case .end: return .end
    case .pending, .endOfSystem, .keptSystem: return .pending
    }
  }

  private mutating func takeToken() -> Int32 {
    if case .giving(let index) = phase, index < kept.collectedCount {
      phase = .giving(index + 1)
      return kept[index]
    }
    prospect = .pending
    return nextToken
  }

  /// The end of the system message has been seen to: what comes behind it follows.
  mutating func goOn() {
    prospect = .pending
    phase = .direct
  }

  /// Keeps the engine's place behind the system message.
  mutating func keep(_ engine: borrowing Engine) { kept.keep(engine) }
}
