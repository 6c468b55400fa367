import Generation
import Inference
import KVCache
import Measurement
import Memory
import Model
import Platform
import Service
import Tokenizer

/// What requests do not say.
@safe struct ServeDefaults {
  let maxTokens: Int
  let stops: StopTexts
  let sampling: SamplingSettings
  /// Else each answer has numbers of its own.
  let isSeedGiven: Bool

  init(_ arguments: Arguments) {
    maxTokens = arguments.maxTokens ?? Arguments.chatMaxTokensDefault
    stops = arguments.stops
    sampling = arguments.sampling.settings
    isSeedGiven = arguments.sampling.isSeedGiven
  }
}

/// Serves the requests for texts, one after the other.
@safe struct Service: ~Copyable {
  let server: Server
  let layout: ServeLayout
  let defaults: ServeDefaults
  let ends: AnswerEnds
  let chatMarks: ChatMarks
  private var encoder: Encoder
  private var kept: KeptText
  /// Whether tokens are collected, and not yet read.
  private var isCollecting = false
  /// Tokens that are in the engine's block and not yet read.
  private var blockCount = 0
  var figures = RequestFigures()
  private var trainedLength: TrainedLength
  /// Of answers, for their names and their random numbers.
  private var number = randomWordOfProcess()

  init(
    _ server: Server, _ layout: ServeLayout, _ defaults: ServeDefaults,
    _ model: borrowing ModelFile, _ encoder: consuming Encoder
  ) {
    self.server = server
    self.layout = layout
    self.defaults = defaults
    let facts = model.tokenizer
    ends = AnswerEnds(facts)
    chatMarks = ChatMarks(bos: facts.bosID, eos: facts.eosID)
    self.encoder = encoder
    kept = KeptText(layout)
    trainedLength = TrainedLength(model.shape)
  }

  /// A number that no answer had before (Steele, Lea, Flood, "Fast splittable pseudorandom number
  /// generators", 2014: distinct states have distinct outputs).
  mutating func nextNumber() -> UInt64 {
    number &+= 0x9e37_79b9_7f4a_7c15
    var mixed = number
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// Serves the request whose head a connection has read.
  mutating func serve(_ index: Int, _ program: inout Program, _ console: inout Console) {
    let start = Instant.now()
    let kind: CompletionKind =
      unsafe server[index].pointee.parser.head.route == .chatCompletions ? .chat : .text
    figures = RequestFigures()
    unsafe layout.body.initialize(to: RequestBody(server, index, kind, layout.messages))
    program.model.engine.reset()
    program.model.generator.sampler.reset()
    unsafe server.state.pointee.health.begin(.prefill)
    do throws(ServeFailure) {
      try coolDown()
      try read(kind, &program)
      try answer(index, kind, start, &program, &console)
    } catch {
      figures.servedNanoseconds = Instant.now().nanoseconds(since: start)
      refuse(index, error, &console)
    }
    console.check(&trainedLength, position: program.model.engine.position)
    server.process(index)
  }

  /// The answer to a request of whose answer nothing has been sent.
  private func refuse(_ index: Int, _ failure: ServeFailure, _ console: inout Console) {
    let closes = unsafe !layout.body.pointee.isWhole
    switch failure {
    case .http(let error): server.refuse(index, error, closes: closes, figures)
    case .request(let error): server.refuse(index, error, closes: closes, figures)
    case .numbers(let fault):
      console.report(CommandFailure(.numbers(fault)))
      server.refuse(index, .internalFailure, closes: closes, figures)
    case .gone:
      server.record(index, nil, figures)
      unsafe server[index].pointee.isGone = true
      server.finish(index, keepsAlive: false)
    }
  }
}

// The prompt.
extension Service {
  private mutating func read(
    _ kind: CompletionKind, _ program: inout Program
  ) throws(ServeFailure) {
    blockCount = 0
    kept.begin()
    isCollecting = false
    encoder.reset()
    let vocabulary = unsafe program.model.vocabulary
    let marks = program.model.textMarks.ofPrompt
    switch kind {
    case .chat:
      guard let template = program.model.chatTemplate else { throw .http(.noChatTemplate) }
      isCollecting = kept.capacity > 0
      var messages = unsafe ChatMessages(
        template, BodyMessages(layout.body), chatMarks, vocabulary.pointee)
      try read(&messages, marks, &program)
    case .text:
      var text = unsafe PlainText(
        BodyText(layout.body), name: "prompt", parsesSpecialTokens: true)
      try read(&text, marks, &program)
    }
    if figures.promptCount == 0 { throw .http(.emptyPrompt) }
  }

  private mutating func read<Source: TextSource & ~Copyable>(
    _ source: inout Source, _ marks: SequenceMarks, _ program: inout Program
  ) throws(ServeFailure) {
    var marks = marks
    while let token = try next(&source, &marks, program) {
      if token == TextPortion.placeMark {
        try endSystem(&program)
      } else if !isCollecting || !kept.append(token) {
        try readCollected(&program)
        try take(token, &program)
      }
    }
    try readCollected(&program)
    try readBlock(&program)
  }

  private mutating func next<Source: TextSource & ~Copyable>(
    _ source: inout Source, _ marks: inout SequenceMarks, _ program: borrowing Program
  ) throws(ServeFailure) -> Int32? {
    do throws(TokenizerError) {
      return try unsafe marks.next(&encoder, from: &source, program.model.vocabulary.pointee)
        .ofWholeText
    } catch {
      throw unsafe layout.body.pointee.failure ?? .http(.internalFailure)
    }
  }

  /// The system message ends with a block of its own, so that what follows is the same whether it was
  /// kept or not.
  private mutating func endSystem(_ program: inout Program) throws(ServeFailure) {
    if kept.capacity == 0 { return }
    if !isCollecting {
      try readBlock(&program)
      return
    }
    if kept.takeUp(&program.model.engine) {
      isCollecting = false
      for index in 0..<kept.pendingCount { program.model.generator.sampler.accept(kept[index]) }
      figures.promptCount = kept.pendingCount
      figures.cachedCount = kept.pendingCount
      return
    }
    try readCollected(&program)
    try readBlock(&program)
    kept.keep(program.model.engine)
  }

  private mutating func readCollected(_ program: inout Program) throws(ServeFailure) {
    if !isCollecting { return }
    isCollecting = false
    for index in 0..<kept.pendingCount { try take(kept[index], &program) }
  }

  private mutating func take(_ token: Int32, _ program: inout Program) throws(ServeFailure) {
    unsafe program.model.engine.block[blockCount] = token
    blockCount += 1
    program.model.generator.sampler.accept(token)
    if unsafe blockCount == program.model.engine.block.count { try readBlock(&program) }
  }

  private mutating func readBlock(_ program: inout Program) throws(ServeFailure) {
    if blockCount == 0 { return }
    let count = blockCount
    blockCount = 0
    try forward(count, &program)
    figures.promptCount += count
    _ = unsafe server.state.pointee.health.endBlock(tokenCount: count)
    try coolDown()
  }

  /// Passes tokens through the model, and attends to the connections.
  func forward(_ count: Int, _ program: inout Program) throws(ServeFailure) {
    do throws(CacheFull) {
      _ = try program.model.engine.forward(tokenCount: count)
    } catch {
      throw .http(.contextLengthExceeded)
    }
    if let fault = program.model.engine.numberFault { throw .numbers(fault) }
    try attend(waiting: 0)
  }

  /// Attends to the connections, and ends the request that is being served where it must end.
  private func attend(waiting nanoseconds: Int64) throws(ServeFailure) {
    server.turn(waiting: nanoseconds)
    let active = unsafe server.state.pointee.active
    if unsafe server[active].pointee.isGone { throw .gone }
    if server.isStopDue { throw .http(.stopping) }
  }

  /// Waits while it is too hot, and attends to the connections.
  func coolDown() throws(ServeFailure) {
    if unsafe !server.state.pointee.health.isTooHot { return }
    let start = Instant.now()
    while unsafe !server.state.pointee.health.isCool {
      try attend(waiting: HealthMonitor.pauseStepNanoseconds)
    }
    unsafe server.state.pointee.health.endPause(since: start)
  }
}
