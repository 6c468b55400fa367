import Generation
import Inference
import Tokenizer

/// The prompt of the request that is being served: its tokens, made from the body piece by piece, and
/// then given to the generator one by one.
@safe struct ServedPrompt: ~Copyable, TokenSource {
  private let queue: UnsafeMutablePointer<PromptQueue>
  private let vocabulary: UnsafeMutablePointer<Vocabulary>
  private var encoder: Encoder
  private let promptMarks: SequenceMarks
  private var marks: SequenceMarks
  /// Nil for a prompt that is no conversation.
  private var messages: ChatMessages<QueuedMessages>?
  private var text: QueuedText
  private let tokens: UnsafeMutablePointer<Int32>
  private let capacity: Int
  /// Tokens that have been made.
  private(set) var count = 0
  /// Of them, those that the generator has been given.
  private var given = 0

  init(_ layout: ServiceLayout, _ text: inout TextLayout) {
    unsafe queue = unsafe layout.queuedText
    unsafe vocabulary = unsafe text.vocabulary
    encoder = text.takeEncoder()
    promptMarks = text.marks.ofPrompt
    marks = .none
    self.text = unsafe QueuedText(layout.queuedText)
    unsafe tokens = unsafe layout.promptTokens
    capacity = layout.promptTokenCapacity
  }

  /// Another prompt begins.
  /// - Parameters:
  ///   - template: of a conversation.
  ///   - addsMarks: whether the tokens are added that a model wants at the ends of a text.
  mutating func begin(
    _ template: ChatTemplate?, _ chatMarks: ChatMarks, addsMarks: Bool, parsesSpecialTokens: Bool
  ) {
    unsafe queue.pointee.reset()
    encoder.reset()
    marks = addsMarks ? promptMarks : .none
    text.parsesSpecialTokens = parsesSpecialTokens
    (count, given) = (0, 0)
    if let template {
      messages = unsafe ChatMessages(template, QueuedMessages(queue), chatMarks, vocabulary.pointee)
    } else {
      messages = nil
    }
  }

  /// Makes tokens of one piece of the body.
  /// - Returns: whether the prompt is whole.
  mutating func read(
    _ body: inout RequestBody, _ stored: StoredBody, from store: borrowing BodyStore
  ) throws(ServiceFailure) -> Bool {
    unsafe try body.read(stored, from: store, into: &queue.pointee)
    do throws(TokenizerError) {
      while true {
        switch try encoded() {
        // The mark between the system message and the rest is no token.
        case .token(TextPortion.placeMark): break
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
    if messages != nil {
      return unsafe try marks.next(&encoder, from: &messages!, vocabulary.pointee)
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
