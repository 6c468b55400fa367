import Generation
import Inference
import Platform
import Template
import Tokenizer

/// The prompt of the request that is being served: its tokens, made from the body piece by piece, and
/// then given to the generator one by one.
@safe struct ServedPrompt: ~Copyable, TokenSource {
  private let queue: UnsafeMutablePointer<PromptQueue>
  private let vocabulary: UnsafeMutablePointer<Vocabulary>
  private var encoder: Encoder
  private let promptMarks: SequenceMarks
  private var marks: SequenceMarks
  /// Nil if conversations are not served.
  private var template: TemplateEngine?
  private let chatMarks: ChatMarks
  private var isConversation = false
  private var hasVariables = false
  /// Of the last message that has come.
  private var lastRole = MessageRole.system
  /// What the template has made of a conversation.
  private var rendered: RenderedText<MemoryInput>?
  private var text: QueuedText
  private let tokens: UnsafeMutablePointer<Int32>
  private let capacity: Int
  /// Tokens that have been made.
  private(set) var count = 0
  /// Of them, those that the generator has been given.
  private var given = 0

  init(_ layout: ServiceLayout, _ text: inout TextLayout, _ chatMarks: ChatMarks) {
    self.chatMarks = chatMarks
    template = text.takeTemplate()
    unsafe queue = unsafe layout.queuedText
    unsafe vocabulary = unsafe text.vocabulary
    encoder = text.takeEncoder()
    promptMarks = text.marks.ofPrompt
    marks = .none
    self.text = unsafe QueuedText(layout.queuedText)
    unsafe tokens = unsafe layout.promptTokens
    capacity = layout.promptTokenCapacity
  }

  /// Whether conversations are served.
  var hasTemplate: Bool {
    switch template {
    case .some: true
    case .none: false
    }
  }

  /// Another prompt begins.
  /// - Parameters:
  ///   - isConversation: whether the prompt is messages, which the template writes.
  ///   - addsMarks: whether the tokens are added that a model wants at the ends of a text.
  mutating func begin(isConversation: Bool, addsMarks: Bool, parsesSpecialTokens: Bool) {
    unsafe queue.pointee.reset()
    encoder.reset()
    marks = addsMarks ? promptMarks : .none
    text.parsesSpecialTokens = parsesSpecialTokens
    (count, given) = (0, 0)
    self.isConversation = isConversation
    hasVariables = false
    rendered = nil
  }

  /// Makes tokens of one piece of the body; those of a conversation when all of it has come.
  /// - Returns: whether the prompt is whole.
  mutating func read(
    _ body: inout RequestBody, _ stored: StoredBody, from store: borrowing BodyStore
  ) throws(ServiceFailure) -> Bool {
    unsafe try body.read(stored, from: store, into: &queue.pointee)
    if isConversation {
      do throws(TemplateError) {
        if try !collect() { return false }
      } catch {
        throw error.problem == .conversationFull ? .http(.promptTooLong) : .template(error)
      }
    }
    do throws(TokenizerError) {
      while true {
        switch try encoded() {
        case .token(let token):
          if count == capacity { return true }
          unsafe tokens[count] = token
          count += 1
        case .end: return true
        case .pending: return false
        }
      }
    } catch {
      throw .http(.internalFailure)
    }
  }

  private mutating func encoded() throws(TokenizerError) -> EncodedToken {
    if rendered != nil {
      return unsafe try marks.next(&encoder, from: &rendered!, vocabulary.pointee)
    }
    return unsafe try marks.next(&encoder, from: &text, vocabulary.pointee)
  }

  /// The request's stop texts; nil if it has none. Known when the body is read.
  var stops: StopTexts? {
    let stops = unsafe queue.pointee.stops
    return stops.count == 0 ? nil : stops
  }

  /// What the request adds to logits; nil if that is nothing. Known when the body is read.
  var biases: LogitBiases? {
    guard let biases = unsafe queue.pointee.biases, biases.count > 0 else { return nil }
    return biases
  }

  /// Puts what has come of the messages into the template's data, and runs the template at their end.
  /// - Returns: whether the template's text is there.
  private mutating func collect() throws(TemplateError) -> Bool {
    if rendered != nil { return true }
    if !hasVariables {
      unsafe try template!.data.beginVariables(
        bos: chatMarks.bos, eos: chatMarks.eos, vocabulary.pointee)
      try template!.data.name("messages")
      try template!.data.beginArray()
      hasVariables = true
    }
    var buffer = InlineArray<1024, UInt8>(repeating: 0)
    while true {
      let portion = unsafe withUnsafeMutableBytes(of: &buffer) {
        unsafe queue.pointee.next(into: $0)
      }
      switch portion {
      case .begin(let role):
        lastRole = role
        try template!.data.beginMessage(role.name)
      case .bytes(let count):
        if template!.data.append(buffer.span.extracting(0..<count)) < count {
          throw TemplateError.conversationFull
        }
      case .endMessage:
        try template!.data.endText()
        try template!.data.endObject()
      case .pending: return false
      case .end:
        try render()
        return true
      }
    }
  }

  /// An answer that comes last is gone on with.
  private mutating func render() throws(TemplateError) {
    let goesOn = lastRole == .assistant ? try template!.data.markEnd() : false
    try template!.data.endArray()
    if goesOn {
      try template!.data.name("add_generation_prompt")
      try template!.data.put(false)
    }
    try template!.data.endObject()
    try template!.render(now: TemplateTime(secondsSince1970: unixSeconds()))
    var text = template!.currentText()
    if goesOn && !text.endAtMark() { throw .lastMessageLost }
    rendered = unsafe RenderedText(text, vocabulary.pointee, rest: nil, name: "messages")
  }

  /// One line that says what an error of the template is.
  mutating func write<Sink: ByteSink & ~Copyable>(_ error: TemplateError, to out: inout Sink) {
    template!.write(error, to: &out)
  }

  /// Whether there is no room for the tokens.
  var isFull: Bool { count == capacity }

  /// All tokens.
  var all: UnsafeBufferPointer<Int32> {
    unsafe UnsafeBufferPointer(start: tokens, count: count)
  }

  subscript(index: Int) -> Int32 {
    precondition(index < count)
    return unsafe tokens[index]
  }

  /// The generator is to be given the tokens from this one on.
  mutating func give(from index: Int) { given = index }

  /// The next token for the generator.
  mutating func next() throws(TokenizerError) -> PromptItem {
    if given == count { return .end }
    given += 1
    return unsafe .token(tokens[given - 1])
  }
}
