import Constraint
import Inference
import Memory
import Platform
import Tokenizer

/// Reads a prompt block by block and answers it token by token: each step reads one block, or chooses
/// one token and writes its text, and says what happened. It never waits, and knows nothing of
/// signals, sensors or connections: its driver does what is to be done between two steps.
///
/// The cache of the engine stays as it is from one answer to the next one, so that prompts can go on
/// with a text.
@safe public struct Generator: ~Copyable {
  public var sampler: Sampler
  /// What answers must be; nil if none can be bound.
  public var constraint: TokenConstraint?
  private let ends: AnswerEnds
  private let vocabulary: UnsafeMutablePointer<Vocabulary>?
  private var request = AnswerRequest(maxTokens: 0)
  private var prompt = PromptBlock()
  private var tokens: AnswerTokens
  private var text: AnswerText
  var speculation: Speculation
  /// The engine's row of logits that the latest token was chosen by.
  public private(set) var logitRow = 0
  private var isInAnswer = false
  /// Why the answer is over, or will be when the next step is taken.
  public private(set) var stop: StopReason?
  /// The stop text that has ended the answer, by its place among the request's.
  public var stoppingText: Int? { text.stoppingText }
  /// Tokens of the prompt that have been read.
  public private(set) var promptTokenCount = 0
  /// What the latest block or token took in the model.
  public private(set) var latestPass: BlockRecord?
  private let inPlace = InPlace()

  /// - Parameters:
  ///   - needs: sizes, and the settings that have most candidates.
  ///   - ends: the tokens that end an answer.
  ///   - vocabulary: nil if ids are written in place of texts; it must stay where it is.
  @export(interface)
  public init(
    carver: inout Carver, _ needs: GeneratorNeeds, _ ends: AnswerEnds, vocabularyCount: Int,
    _ vocabulary: UnsafeMutablePointer<Vocabulary>?
  ) {
    let isBound = unsafe needs.grammarByteCount > 0 && vocabulary != nil
    sampler = Sampler(
      carver: &carver, needs.sampling, vocabularyCount: vocabularyCount, triesCandidates: isBound)
    constraint =
      isBound
      ? TokenConstraint(
        carver: &carver, byteCount: needs.grammarByteCount, vocabularyCount: vocabularyCount)
      : nil
    tokens = AnswerTokens(
      carver: &carver, capacity: needs.keptTokenCount,
      keepsLogProbabilities: needs.keepsLogProbabilities)
    speculation = Speculation(
      carver: &carver, isOn: needs.proposes, isBound ? needs.scheme : nil)
    self.ends = ends
    unsafe self.vocabulary = unsafe vocabulary
    text = unsafe AnswerText(vocabulary)
  }

  /// For another prompt and its answer, in the same cache or in another one.
  @export(interface)
  public mutating func begin(_ request: AnswerRequest) {
    prompt = PromptBlock()
    tokens.removeAll()
    promptTokenCount = 0
    stop = nil
    isInAnswer = false
    answer(request)
  }

  /// Forgets the text so far, and the seed's numbers begin anew.
  public mutating func forget() {
    sampler.reset()
    speculation.forget()
  }

  /// What speculation did, of all answers so far.
  public var speculationFigures: SpeculationFigures { speculation.figures }

  /// Says how the prompt is to be answered, if that was not known when it began. No token has been
  /// chosen yet.
  @export(interface)
  public mutating func answer(_ request: AnswerRequest) {
    precondition(!isInAnswer, "the answer has begun")
    self.request = request
    if let sampling = request.sampling { sampler.use(sampling) }
    text.begin(request.stops, continuesText: request.continuesText, request.shown)
    if isEverBound {
      let dropsSpace = unsafe !request.continuesText && vocabulary!.pointee.addsSpacePrefix
      unsafe constraint!.begin(dropsSpace: dropsSpace, vocabulary!.pointee)
    }
  }

  /// Whether the answer must be something, perhaps from a later token on.
  private var isEverBound: Bool {
    switch constraint {
    case .some(let constraint): constraint.text.isActive
    case .none: false
    }
  }

  /// Whether the answer must be something.
  private var isBound: Bool {
    switch constraint {
    case .some(let constraint): constraint.isActive
    case .none: false
    }
  }

  /// Whether the answer is free, and may come to what is bound.
  private var isWaiting: Bool {
    switch constraint {
    case .some(let constraint): constraint.isWaiting
    case .none: false
    }
  }

  /// Whether the answer is what it must be, and nothing can follow.
  private var isWhole: Bool {
    switch constraint {
    case .some(let constraint): constraint.isActive ? constraint.mustEnd : false
    case .none: false
    }
  }

  /// What an argument of a call is, or a part of one; nil if that is not known.
  @export(interface)
  public func argument(
    _ key: FixedText<65>, of tool: FixedText<65>, in outer: Argument?
  ) -> Argument? {
    switch constraint {
    case .some(let constraint): constraint.text.argument(key, of: tool, in: outer)
    case .none: nil
    }
  }

  /// Reads the vocabulary for answers that are bound, when it is whole.
  mutating func prepareConstraint() {
    guard constraint != nil, let vocabulary = unsafe vocabulary else { return }
    unsafe constraint!.prepare(vocabulary.pointee)
    for index in 0..<3 { constraint!.addEnd(ends.id(index)) }
  }

  /// Reads a block of the prompt, or chooses a token of the answer.
  /// - Parameters:
  ///   - source: the prompt; it is not asked again when it has ended.
  ///   - sink: takes the text of the answer.
  public mutating func step<Source: TokenSource & ~Copyable, Sink: ByteSink & ~Copyable>(
    _ engine: inout Engine, from source: inout Source, to sink: inout Sink
  ) throws(GenerationFailure<Source.Failure>) -> GeneratorStep {
    var state = PromptBlock.State.end
    if !isInAnswer {
      do throws(Source.Failure) {
        state = unsafe try prompt.gather(&source, into: engine.block)
      } catch {
        throw .source(error)
      }
      let isEmpty = promptTokenCount == 0 && !request.mayLackPrompt
      if case .end = state, isEmpty { throw .emptyPrompt }
    }
    do throws(PassFailure) {
      switch state {
      case .pending: return .pending
      case .ready: return .block(try readPrompt(&engine))
      case .end: return try isInAnswer ? next(&engine, &sink) : first(&engine, &sink)
      }
    } catch {
      throw .pass(error)
    }
  }

  /// Ends the answer before its next token; text that was held back is written.
  public mutating func end<Sink: ByteSink & ~Copyable>(
    _ reason: StopReason, to sink: inout Sink
  ) {
    stop = reason
    isInAnswer = true
    text.finish(to: &sink)
  }
}

// The prompt.
extension Generator {
  /// Whether the model has read all tokens of the prompt.
  public var isPromptWhole: Bool { prompt.isWhole }

  /// The prompt's token after the latest block, if it is known already.
  public var followingToken: Int32? { prompt.following }

  /// Reads the tokens that have been gathered as a block of its own, so that what follows begins a
  /// block.
  /// - Returns: nil if there are none.
  public mutating func endBlock(_ engine: inout Engine) throws(PassFailure) -> BlockRecord? {
    precondition(!isInAnswer && prompt.following == nil)
    return prompt.count == 0 ? nil : try readPrompt(&engine)
  }

  /// Counts a token of the text that comes from a kept cache.
  public mutating func accept(_ token: Int32) {
    note(token)
    promptTokenCount += 1
  }

  /// A token of the prompt.
  private mutating func note(_ token: Int32) {
    sampler.accept(token)
    speculation.accept(token)
  }

  @export(interface)
  private mutating func readPrompt(_ engine: inout Engine) throws(PassFailure) -> BlockRecord {
    let count = prompt.count
    for index in 0..<count { unsafe note(engine.block[index]) }
    prompt.clear()
    let record = try pass(count, &engine)
    promptTokenCount += count
    return record
  }
}

// The answer.
extension Generator {
  /// Tokens that have been chosen, without one that ended the answer.
  public var generatedCount: Int { tokens.count }

  /// One of the kept tokens of the answer.
  public func generated(_ index: Int) -> Int32 { tokens.id(index) }

  public var keepsLogProbabilities: Bool { tokens.keepsLogProbabilities }

  /// The natural logarithm of a kept token's probability.
  public func logProbability(_ index: Int) -> Double { tokens.logProbability(index) }

  /// The answer's last token, if the model has not read it.
  public var unreadToken: Int32? { stop == .endOfSequence ? nil : tokens.last }

  /// Reads a token whose logits nobody asks for.
  public mutating func read(_ token: Int32, _ engine: inout Engine) throws(PassFailure) {
    unsafe engine.block[0] = token
    _ = try pass(1, &engine)
  }

  /// The answer's first token, after the last block of the prompt.
  private mutating func first<Sink: ByteSink & ~Copyable>(
    _ engine: inout Engine, _ sink: inout Sink
  ) throws(PassFailure) -> GeneratorStep {
    isInAnswer = true
    if request.maxTokens == 0 {
      stop = .length
      return .end(.length)
    }
    let start = Instant.now()
    try makeLogits(row: engine.lastRow, engine)
    logitRow = 0
    return choose(&engine, &sink, since: start)
  }

  /// The token after the last one, which passes through the model now; or the end.
  private mutating func next<Sink: ByteSink & ~Copyable>(
    _ engine: inout Engine, _ sink: inout Sink
  ) throws(PassFailure) -> GeneratorStep {
    if let stop {
      text.finish(to: &sink)
      return .end(stop)
    }
    let start = Instant.now()
    if engine.openCount > 0 {
      // The last token was proposed, and has passed with the one before.
      accept(&engine)
    } else {
      try readLast(&engine)
    }
    let isOfProposals = engine.openCount > 0 || logitRow > 0
    if isOfProposals && !engine.logits(logitRow).isFinite { throw .numbers(.outputHead) }
    return choose(&engine, &sink, since: start)
  }

  /// Passes the last token through the model, and with it those that may follow.
  @export(interface)
  private mutating func readLast(_ engine: inout Engine) throws(PassFailure) {
    let start = Instant.now()
    logitRow = 0
    let most = min(engine.proposalRoom, request.maxTokens - tokens.count - 1)
    let count = speculation.find(most: most, or: boundProposal(most: most))
    if count > 0, try propose(count, &engine) {
      speculation.note(rows: count + 1, nanoseconds: Instant.now().nanoseconds(since: start))
      return
    }
    try read(tokens.last!, &engine)
    try makeLogits(row: 0, engine)
    speculation.note(rows: 1, nanoseconds: Instant.now().nanoseconds(since: start))
  }

  /// What the answer, if it must be something, likely goes on with.
  private mutating func boundProposal(most: Int) -> Proposal {
    if most < 1 || !isBound { return Proposal() }
    return unsafe speculation.findBound(&constraint!, vocabulary!.pointee)
  }

  /// - Returns: false if it came to nothing: a token that is none of the text's gave numbers that are not
  ///   finite, or this one did.
  private mutating func propose(
    _ count: Int, _ engine: inout Engine
  ) throws(PassFailure) -> Bool {
    unsafe engine.block[0] = tokens.last!
    for index in 0..<count { unsafe engine.block[index + 1] = speculation[index] }
    do throws(AppendError) {
      latestPass = try engine.propose(count)
    } catch {
      preconditionFailure("there is room for what is proposed")
    }
    if engine.numberFault == nil { engine.makeLogits(firstRow: 0, rowCount: count + 1) }
    if engine.numberFault == nil { return true }
    engine.withdraw()
    return false
  }

  /// The first open token is the text's.
  @export(interface)
  private mutating func accept(_ engine: inout Engine) {
    let start = Instant.now()
    engine.accept()
    logitRow += 1
    speculation.note(furtherNanoseconds: Instant.now().nanoseconds(since: start))
  }

  /// The open tokens are none of the text's.
  @export(interface)
  private mutating func drop(_ engine: inout Engine) {
    if engine.openCount == 0 { return }
    let start = Instant.now()
    engine.drop()
    speculation.note(furtherNanoseconds: Instant.now().nanoseconds(since: start))
  }

  private mutating func choose<Sink: ByteSink & ~Copyable>(
    _ engine: inout Engine, _ sink: inout Sink, since start: Instant
  ) -> GeneratorStep {
    let logits = engine.logits(logitRow)
    if let biases = request.biases { biases.add(to: logits) }
    guard let token = nextToken(logits, roomCount: engine.roomCount) else {
      // What the answer must be cannot be reached.
      drop(&engine)
      end(.length, to: &sink)
      return .end(.length)
    }
    if request.hasEnds || isBound, unsafe ends.contains(token, vocabulary) {
      drop(&engine)
      end(.endOfSequence, to: &sink)
      return .end(.endOfSequence)
    }
    tokens.append(token, logProbability: -logits.negativeLogLikelihood(of: token))
    sampler.accept(token)
    let isProposed = speculation.choose(token)
    text.write(token, isText: isMark(token), to: &sink)
    if text.isStopped {
      stop = .stopText
    } else if isWhole {
      stop = .whole
    } else if tokens.count == request.maxTokens || engine.isFull {
      stop = callsAreWhole ? .whole : .length
    }
    if !isProposed || stop != nil { drop(&engine) }
    if engine.openCount == 0 { speculation.endPass() }
    return .token(token, nanoseconds: Instant.now().nanoseconds(since: start))
  }

  /// The token that follows; before `minTokens` one that ends the answer only if no other can.
  /// - Returns: nil if no token can follow.
  @export(interface)
  private mutating func nextToken(_ logits: LogitRow, roomCount: Int) -> Int32? {
    let isBound = isBound
    let leftCount = min(request.maxTokens - tokens.count, roomCount) - 1
    while true {
      let vocabulary = unsafe vocabulary
      let next =
        unsafe isBound
        ? sampler.next(logits, &constraint!, vocabulary!.pointee, leftCount: leftCount)
        : sampler.next(logits)
      guard let token = next else { return nil }
      if unsafe ends.contains(token, vocabulary) {
        if tokens.count >= request.minTokens || logits.isExcluded(token) { return token }
      } else if isBound {
        unsafe constraint!.accept(token, vocabulary!.pointee)
        return token
      } else if unsafe !isWaiting || constraint!.acceptFree(token, vocabulary!.pointee) {
        return token
      } else if logits.isExcluded(token) {
        return nil
      }
      logits.exclude(token)
    }
  }

  /// Whether the answer calls tools and may end here, although another call could follow.
  private var callsAreWhole: Bool {
    mutating get {
      if !isBound { return false }
      return constraint!.text.tools != nil && constraint!.text.acceptsEnd()
    }
  }

  /// Whether a control token's text belongs to the answer.
  private func isMark(_ token: Int32) -> Bool {
    switch constraint {
    case .some(let constraint): constraint.text.tools != nil && constraint.isMark(token)
    case .none: false
    }
  }

  /// Passes the first tokens of the engine's block through the model.
  private mutating func pass(_ count: Int, _ engine: inout Engine) throws(PassFailure)
    -> BlockRecord
  {
    let record: BlockRecord
    do throws(AppendError) {
      record = try engine.append(count)
    } catch {
      switch error {
      case .full(let full): throw .cacheFull(full)
      case .tokenCount: preconditionFailure("a prompt is gathered block by block")
      }
    }
    if let fault = engine.numberFault { throw .numbers(fault) }
    latestPass = record
    return record
  }

  private func makeLogits(row: Int, _ engine: borrowing Engine) throws(PassFailure) {
    do throws(NumberFault) {
      try engine.makeCheckedLogits(firstRow: row, rowCount: 1)
    } catch {
      throw .numbers(error)
    }
  }
}

/// What a generator takes of the arena.
public struct GeneratorNeeds: Sendable {
  /// Whether tokens are proposed that may follow.
  var proposes = false
  /// How the vocabulary makes tokens of texts, if there is one.
  var scheme: Scheme?
  /// Tokens of an answer that are kept for a report.
  public var keptTokenCount = 0
  /// Whether the log-probabilities of kept tokens are kept too.
  public var keepsLogProbabilities = false
  /// Bytes for a schema or grammar of an answer; 0: answers are not bound.
  public var grammarByteCount = 0
  /// The settings at first; later ones may not have more candidates.
  public var sampling = SamplingSettings()

  public init() {}
}
