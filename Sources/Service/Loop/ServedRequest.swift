import Platform

/// The request for a text that is being served, and how far it has come.
struct ServedRequest: ~Copyable {
  /// What is done for it next.
  enum Stage {
    /// Nothing is served.
    case none
    /// The body is read into tokens.
    case tokens
    /// The prompt is read: a block of tokens.
    case prompt
    /// The answer is generated token by token.
    case answer
    /// The answer's text is whole; what of it has not been sent is sent.
    case ending(FinishReason)
  }

  private(set) var stage = Stage.none
  /// The board is too hot: since then nothing is computed.
  private(set) var pauseStart: Instant?
  /// The client is waited for, to take more of the answer.
  private(set) var waitsForClient = false
  /// Of its connection; -1 if nothing is served.
  private(set) var index = -1
  let kind: CompletionKind
  /// Since its turn came.
  private let start: Instant
  var body: RequestBody
  /// Nil if nothing is served.
  var answer: ServedAnswer?
  private var patience: Patience
  var figures = RequestFigures()

  /// No request.
  init() {
    kind = .text
    start = Instant.now()
    body = RequestBody(.text)
    patience = Patience(limit: 0)
  }

  /// - Parameter index: of its connection.
  init(
    _ index: Int, _ kind: CompletionKind, _ answer: consuming ServedAnswer, patience: Patience
  ) {
    self.index = index
    self.kind = kind
    start = Instant.now()
    body = RequestBody(kind)
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

  mutating func beginPrompt() { stage = .prompt }

  mutating func beginAnswer() { stage = .answer }

  mutating func endText(_ reason: FinishReason) { stage = .ending(reason) }

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
