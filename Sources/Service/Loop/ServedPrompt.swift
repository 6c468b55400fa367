import Constraint
import Generation
import Inference
import Platform
import Template
import Tokenizer

/// How a prompt is made.
struct PromptForm {
  /// Whether it is messages, which the template writes.
  var isConversation = false
  /// Whether the tokens are added that a model wants at the ends of a text.
  var addsMarks = false
  var parsesSpecialTokens = false
  /// Whether the last message of a conversation is gone on with.
  var goesOn = false
  /// What the template is told; nil for its default.
  var addsGenerationPrompt: Bool?

  init() {}

  init(_ kind: RequestKind, _ settings: CompletionSettings) {
    isConversation = kind.isConversation
    addsMarks = isConversation || settings.addsMarks
    parsesSpecialTokens = settings.parsesSpecialTokens
    goesOn = settings.continuesFinalMessage ?? false
    addsGenerationPrompt = settings.addsGenerationPrompt
  }
}

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
  /// How the model writes calls of tools.
  let toolFamily: ToolFamily
  private let chatMarks: ChatMarks
  private var form = PromptForm()
  /// What stands around the model's thoughts, if it is known.
  private let thoughts: ThoughtMarks?
  /// The control tokens in these marks, which answers have as text.
  let shownTokens: ShownTokens
  private var isInThoughts = false
  /// What the template has made of a conversation.
  private var rendered: RenderedText<MemoryInput>?
  private var text: QueuedText
  private let tokens: UnsafeMutablePointer<Int32>
  private let capacity: Int
  /// Tokens that have been made.
  private(set) var count = 0
  /// Of them, those that the generator has been given.
  private var given = 0

  @export(interface)
  init(_ layout: ServiceLayout, _ text: inout TextLayout, _ chatMarks: ChatMarks) {
    self.chatMarks = chatMarks
    thoughts = unsafe ThoughtMarks(text.namedThoughts, text.vocabulary.pointee)
    shownTokens = unsafe ShownTokens(thoughts, text.vocabulary.pointee)
    template = text.takeTemplate()
    toolFamily = template?.withToolSource { ToolFamily(template: $0) } ?? .generic
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

  /// See `TemplateEngine.writeSource`; nothing if there is none.
  func writeTemplate<Sink: ByteSink & ~Copyable>(atMost byteCount: Int, to out: inout Sink) {
    if hasTemplate { template!.writeSource(atMost: byteCount, to: &out) }
  }

  /// Whether the model's thoughts are told apart.
  var hasThoughts: Bool { thoughts != nil }

  /// Another prompt begins.
  @export(interface)
  mutating func begin(_ form: PromptForm) {
    self.form = form
    unsafe queue.pointee.reset(
      template: form.isConversation ? variables() : nil, template?.traits)
    encoder.reset()
    marks = form.addsMarks ? promptMarks : .none
    text.parsesSpecialTokens = form.parsesSpecialTokens
    (count, given) = (0, 0)
    rendered = nil
  }

  /// The data of the template, with what every conversation has; nil if there is no template.
  private mutating func variables() -> TemplateData? {
    if !hasTemplate { return nil }
    do throws(TemplateError) {
      unsafe try template!.data.beginVariables(
        bos: chatMarks.bos, eos: chatMarks.eos, vocabulary.pointee)
    } catch {
      // The two marks do not fit, nor will the first message.
      return nil
    }
    return template!.data
  }

  /// Makes tokens of one piece of the body; those of a conversation when all of it has come.
  /// - Returns: whether the prompt is whole.
  @export(interface)
  mutating func read(
    _ body: inout RequestBody, _ stored: StoredBody, from store: borrowing BodyStore
  ) throws(ServiceFailure) -> Bool {
    unsafe try body.read(stored, from: store, into: &queue.pointee)
    if form.isConversation {
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

  /// For the text of an answer to a conversation.
  var thoughtFilter: ThoughtFilter { ThoughtFilter(thoughts, isInThoughts: isInThoughts) }

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

  /// Runs the template when all of the conversation has come.
  /// - Returns: whether the template's text is there.
  private mutating func collect() throws(TemplateError) -> Bool {
    if rendered != nil { return true }
    guard let conversation = unsafe queue.pointee.conversation else { return false }
    if let failure = conversation.failure { throw failure }
    if unsafe !queue.pointee.isWhole { return false }
    template!.data = conversation.data
    let goesOn = form.goesOn ? try template!.data.markEnd() : false
    if let adds = form.addsGenerationPrompt {
      try template!.data.name("add_generation_prompt")
      try template!.data.put(adds)
    }
    try template!.data.endObject()
    try template!.render(now: TemplateTime(secondsSince1970: unixSeconds()))
    var text = template!.currentText()
    if goesOn && !text.endAtMark() { throw .lastMessageLost }
    isInThoughts = thoughts.map { text.endsInThoughts($0) } ?? false
    rendered = unsafe RenderedText(text, vocabulary.pointee, rest: nil, name: "messages")
    return true
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
