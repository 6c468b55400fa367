import Generation
import Platform
import Tokenizer

/// The request that is being served, and how far it has come.
struct ServedRequest: ~Copyable {
  /// What is done for it next.
  enum Stage {
    /// Nothing is served.
    case none
    /// The body is read into tokens.
    case tokens
    /// What precedes a response is sent.
    case opening
    /// The prompt is read: a block of tokens.
    case prompt
    /// The tokens of the prompt are written, from this one on.
    case echo(Int)
    /// The answer is generated token by token.
    case answer
    /// The answer's text is whole; what of it has not been sent is sent.
    case ending(FinishReason)
    /// The probabilities of the answer's tokens are sent, from this one on.
    case chances(Int, FinishReason)
    /// The answer is repeated at its end.
    case replay
  }

  var stage = Stage.none
  /// The board is too hot: since then nothing is computed.
  private(set) var pauseStart: Instant?
  /// The client is waited for, to take more of the answer.
  private(set) var waitsForClient = false
  /// Of its connection; -1 if nothing is served.
  private(set) var index = -1
  let kind: RequestKind
  /// Since its turn came.
  private let start: Instant
  var body: RequestBody
  /// Nil if nothing is served.
  var answer: ServedAnswer?
  private var patience: Patience
  var figures = RequestFigures()
  /// The answer that is being made, of all those of the request; with several prompts, those to the
  /// first one come first.
  var choice = 0
  /// Tokens of the prompt that the engine holds.
  var readCount = 0
  var times = ChoiceTimes()
  /// Of the choices before.
  var timings = AnswerTimings()
  /// For the text of a prompt.
  var decoder = StreamingDecoder()
  /// Of the token that was chosen last, until its text is sent.
  var chances: TokenChances?

  /// No request.
  @export(interface)
  init() {
    kind = .text
    start = Instant.now()
    body = RequestBody(.text, prompt: 0, hasSystem: false)
    patience = Patience(limit: 0)
  }

  /// - Parameters:
  ///   - index: of its connection.
  ///   - hasSystem: see `RequestBody`.
  init(
    _ index: Int, _ kind: RequestKind, hasSystem: Bool, _ answer: consuming ServedAnswer,
    patience: Patience
  ) {
    self.index = index
    self.kind = kind
    start = Instant.now()
    body = RequestBody(kind, prompt: 0, hasSystem: hasSystem)
    self.answer = consume answer
    self.patience = patience
    stage = .tokens
  }

  var isNone: Bool { index < 0 }

  mutating func end() {
    (index, stage) = (-1, .none)
    answer = nil
  }

  /// Since its turn came.
  var nanoseconds: Int64 { Instant.now().nanoseconds(since: start) }

  mutating func noteEnd() { figures.servedNanoseconds = nanoseconds }

  mutating func pause() { pauseStart = Instant.now() }

  mutating func endPause() { pauseStart = nil }
}

// What it waits for.
extension ServedRequest {
  /// When something can be done for it though nothing comes from its client; 0 if it can now.
  var wakeTime: Int64 {
    if isNone { return .max }
    if pauseStart != nil { return Instant.now().nanoseconds + ServiceTimes.pauseStep }
    return waitsForClient ? patience.deadline : 0
  }

  /// The client must do something before anything can be done for it.
  /// - Parameter moved: bytes of its connection that have been moved so far.
  /// - Returns: false if it has been waited for too long.
  mutating func waitForClient(moved: Int) -> Bool {
    patience.wait(from: Instant.now().nanoseconds, moved: moved)
    waitsForClient = true
    return !patience.isAtEnd
  }

  /// The client has done something.
  mutating func goOn(moved: Int) {
    if !waitsForClient { return }
    patience.end(at: Instant.now().nanoseconds, moved: moved)
    waitsForClient = false
  }
}

/// When the parts of a choice began.
struct ChoiceTimes {
  var start = Instant.now()
  var answerStart = Instant.now()
  var cachedCount = 0
  var readCount = 0
  var generatedCount = 0
  /// Before the answer.
  var speculation = SpeculationFigures()

  /// At the choice's end.
  func timings(_ speculation: SpeculationFigures) -> AnswerTimings {
    AnswerTimings(
      cachedCount: cachedCount, readCount: readCount,
      readNanoseconds: answerStart.nanoseconds(since: start), generatedCount: generatedCount,
      generatedNanoseconds: Instant.now().nanoseconds(since: answerStart),
      proposedCount: speculation.proposedCount - self.speculation.proposedCount,
      acceptedCount: speculation.acceptedCount - self.speculation.acceptedCount)
  }
}
