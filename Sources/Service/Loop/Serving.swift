import Generation
import Inference
import Platform
import Tokenizer

// The request that is being served: one piece of its work in each turn.
extension ServiceLoop where Host: ~Copyable {
  /// The turn of a connection's request has come.
  mutating func beginServing(_ index: Int, _ generator: inout Generator) {
    let head = table[index].parser.head
    table[index].phase = .active
    number = texts.nextNumber()
    let kind = table[index].kind
    let isStream = table[index].isStream
    var answer = CompletionAnswer(
      kind, table[index].settings, number: number, unixSeconds: unixSeconds(),
      model: facts.name.text)
    if answer.form == .responses { prepareResponse(&answer, table[index].settings, index) }
    served = ServedRequest(
      index, kind, hasSystem: table[index].settings.hasSystem,
      ServedAnswer(
        table.sink(index), answer, texts.names, isStream: isStream,
        tools: table[index].settings.callsTools ? prompt.toolFamily : nil, to: head,
        isBegun: table[index].isStreamBegun),
      patience: Patience(limit: times.timeout))
    text.removeAll()
    beginPrompt()
    generator.forget()
  }

  private func prepareResponse(
    _ answer: inout CompletionAnswer, _ settings: CompletionSettings, _ index: Int
  ) {
    let sampling = texts.sampling(settings, number, choice: 0)
    answer.repetition = RequestRepetition(
      table[index].body, table.bodies.blocks, settings.repeatedPlaces,
      temperature: sampling.temperature, topP: sampling.topP)
    if settings.isStream { answer.record = texts.record }
  }

  /// The prompt of the next choice is to be read from the body.
  private mutating func beginPrompt() {
    prompt.begin(PromptForm(served.kind, table[served.index].settings))
    served.stage = .tokens
  }

  /// Does one piece of the work that can be done now.
  mutating func advance(_ engine: inout Engine, _ generator: inout Generator) {
    do throws(ServiceFailure) {
      if table[served.index].isGone { throw .gone }
      if isStopDue { throw .http(.stopping) }
      try comment()
      switch served.stage {
      case .none: return
      case .tokens: try readTokens(&engine, &generator)
      case .opening: try advanceOpening()
      case .prompt: try advancePrompt(&engine, &generator)
      case .echo(let index): try advanceEcho(index, &generator)
      case .answer: try advanceAnswer(&engine, &generator)
      case .ending(let reason): try advanceEnd(reason, &engine, &generator)
      case .chances(let index, let reason):
        try advanceChances(index, reason, &engine, &generator)
      case .replay: try advanceReplay()
      }
    } catch {
      fail(error)
    }
    if served.isNone && texts.trainedLength.isFirstPast(engine.position) {
      host.note(.trainedLengthPassed(texts.trainedLength.tokenCount))
    }
  }

  /// While the board is too hot, nothing is computed.
  private mutating func isPausing() -> Bool {
    guard let start = served.pauseStart else {
      if host.isTooHot { served.pause() }
      return served.pauseStart != nil
    }
    if !host.isCool { return true }
    host.endPause(since: start)
    served.endPause()
    return false
  }

  /// The client must take something first.
  private mutating func waitForClient() throws(ServiceFailure) {
    let moved = table[served.index].movedByteCount
    if !served.waitForClient(moved: moved) { throw .gone }
  }

  /// Tells the client of a stream that has been sent nothing for a while how far its prompt is.
  private mutating func comment() throws(ServiceFailure) {
    let now = Instant.now().nanoseconds
    if table[served.index].commentTime > now || !hasRoom { return }
    table[served.index].commentTime = now + ServiceTimes.comment
    let percent = prompt.count == 0 ? 0 : served.readCount * 100 / prompt.count
    if !served.answer!.comment(percent: percent) { throw .gone }
  }
}

// The prompt.
extension ServiceLoop where Host: ~Copyable {
  /// Reads a piece of the body; at its end, the prompt's length is known, and the head of a stream is
  /// sent.
  private mutating func readTokens(
    _ engine: inout Engine, _ generator: inout Generator
  ) throws(ServiceFailure) {
    if served.kind.isConversation && !prompt.hasTemplate { throw .http(.noChatTemplate) }
    let isWhole = try prompt.read(
      &served.body, table[served.index].body, from: table.bodies)
    if !isWhole { return }
    if prompt.isFull { throw .http(.promptTooLong) }
    for index in 0..<prompt.count where !texts.names.isToken(prompt[index]) {
      throw .http(.unknownToken)
    }
    if let biases = prompt.biases {
      for index in 0..<biases.count where !texts.names.isToken(biases.token(index)) {
        throw .http(.unknownToken)
      }
    }
    if served.kind == .countTokens {
      finishServing(served.answer!.finish(promptCount: prompt.count))
      return
    }
    if !served.kind.isAnswered {
      served.answer!.beginListing(served.kind)
      served.decoder = StreamingDecoder(writesControlTokens: true, continuesText: true)
      served.stage = .echo(0)
      return
    }
    if prompt.count == 0 { throw .http(.emptyPrompt) }
    if !engine.settings.evicts && prompt.count > engine.settings.slotCount {
      throw .http(.contextLengthExceeded)
    }
    if tellsPromptChances && prompt.count >= texts.chancesCapacity {
      throw .request(.longEcho)
    }
    try bindAnswer(&generator)
    try beginReading(&engine, &generator)
  }

  /// All tokens of the prompt are known.
  private mutating func beginReading(
    _ engine: inout Engine, _ generator: inout Generator
  ) throws(ServiceFailure) {
    if served.choice == 0 && table[served.index].isStream {
      noteStreamBegun()
      if !served.answer!.beginStream() { throw .gone }
    }
    generator.begin(AnswerRequest(maxTokens: 0))
    host.beginPrompt()
    served.times = ChoiceTimes()
    takeUp(&engine, &generator)
    served.stage = served.answer!.hasOpening() ? .opening : .prompt
    try sendProgress()
  }

  /// The client has been sent something.
  private mutating func noteStreamBegun() {
    table[served.index].commentTime = Instant.now().nanoseconds + ServiceTimes.comment
  }

  /// Sends the events before a response, as there is room. No comment comes between their pieces.
  private mutating func advanceOpening() throws(ServiceFailure) {
    table[served.index].commentTime = .max
    while hasRoom {
      if !served.answer!.openNext() {
        served.goOn(moved: table[served.index].movedByteCount)
        noteStreamBegun()
        served.stage = .prompt
        return
      }
    }
    try waitForClient()
  }

  /// Whether the log-probabilities of the prompt's tokens are asked for.
  private var tellsPromptChances: Bool {
    table[served.index].settings.echoes && table[served.index].settings.logprobCount != nil
  }

  private var isFirstOfPrompt: Bool {
    served.choice % table[served.index].settings.answerCount == 0
  }

  /// Goes on behind what is kept of the prompt.
  private mutating func takeUp(_ engine: inout Engine, _ generator: inout Generator) {
    let reuses = table[served.index].settings.reusesKept && !tellsPromptChances
    let count = unsafe kept.begin(prompt.all, &engine, reuses: reuses || !isFirstOfPrompt)
    for index in 0..<count { generator.accept(prompt[index]) }
    served.readCount = count
    served.times.cachedCount = count
    if isFirstOfPrompt {
      served.figures.promptCount += count
      served.figures.cachedCount += count
    }
    prompt.give(from: count)
  }

  private mutating func advancePrompt(
    _ engine: inout Engine, _ generator: inout Generator
  ) throws(ServiceFailure) {
    if isPausing() { return }
    // The last block has a turn of its own: a pause may follow it.
    if served.readCount == prompt.count {
      beginChoice(&generator)
      return
    }
    let start = served.readCount
    kept.keepBeforeEviction(
      engine, nextCount: min(prompt.count - start, engine.settings.blockSize))
    guard case .block(let record) = try step(&engine, &generator) else { return }
    for index in start..<start + record.tokenCount { kept.note(prompt[index]) }
    served.readCount += record.tokenCount
    served.times.readCount += record.tokenCount
    if isFirstOfPrompt { served.figures.promptCount += record.tokenCount }
    if tellsPromptChances && isFirstOfPrompt {
      try keepChances(from: start, count: record.tokenCount, engine)
    }
    host.endBlock(tokenCount: record.tokenCount)
    try sendProgress()
  }

  /// Keeps the probabilities of the prompt's tokens that follow those of the latest block.
  private mutating func keepChances(
    from start: Int, count: Int, _ engine: borrowing Engine
  ) throws(ServiceFailure) {
    if start == 0 { texts.keep(TokenChances(first: prompt[0]), at: 0) }
    let likeliestCount = table[served.index].settings.logprobCount ?? 0
    for index in start..<min(start + count, prompt.count - 1) {
      do throws(NumberFault) {
        try engine.makeCheckedLogits(firstRow: index - start, rowCount: 1)
      } catch {
        kept.spoil()
        throw .numbers(error)
      }
      let chances = TokenChances(
        of: prompt[index + 1], engine.logits(0), count: likeliestCount)
      texts.keep(chances, at: index + 1)
    }
  }

  /// Tells a client that asked for it how far the prompt is.
  private mutating func sendProgress() throws(ServiceFailure) {
    if !table[served.index].settings.reportsProgress || !hasRoom { return }
    let progress = PromptProgress(
      total: prompt.count, cachedCount: served.times.cachedCount, readCount: served.readCount,
      nanoseconds: served.nanoseconds)
    if !served.answer!.send(progress) { throw .gone }
  }

  private mutating func step(
    _ engine: inout Engine, _ generator: inout Generator
  ) throws(ServiceFailure) -> GeneratorStep {
    do throws(GenerationFailure<TokenizerError>) {
      return try generator.step(&engine, from: &prompt, to: &text)
    } catch {
      kept.spoil()
      throw ServiceFailure(error)
    }
  }
}

// The answer.
extension ServiceLoop where Host: ~Copyable {
  private mutating func beginChoice(_ generator: inout Generator) {
    table[served.index].commentTime = .max
    served.times.answerStart = Instant.now()
    if table[served.index].settings.echoes {
      served.answer!.beginChoice(served.choice, served.figures.usage)
      served.decoder = StreamingDecoder()
      served.stage = .echo(0)
    } else {
      beginAnswer(&generator)
    }
  }

  private mutating func beginAnswer(_ generator: inout Generator) {
    generator.answer(request(table[served.index].settings))
    served.times.speculation = generator.speculationFigures
    // An answer that must be something has no thoughts.
    let hasThoughts = served.kind.isChat && table[served.index].settings.binding == nil
    text.begin(hasThoughts ? prompt.thoughtFilter : ThoughtFilter(nil, isInThoughts: false))
    served.stage = .answer
    host.beginAnswer()
  }

  private func request(_ settings: CompletionSettings) -> AnswerRequest {
    var request = AnswerRequest(maxTokens: texts.maxTokens(settings))
    if settings.logprobCount != nil && !settings.isStream {
      request.maxTokens = min(request.maxTokens, texts.chancesCapacity - echoedCount)
    }
    // Answers to the same prompt have random numbers of their own.
    request.sampling = texts.sampling(settings, number, choice: UInt64(served.choice))
    request.stops = prompt.stops ?? texts.defaultStops
    request.biases = prompt.biases
    request.minTokens = settings.ignoresEnds ? .max : settings.minTokens
    request.continuesText = !served.kind.isConversation
    if served.kind.isChat { request.shown = prompt.shownTokens }
    return request
  }

  /// Tokens of the prompt whose probabilities are told before those of the answer.
  private var echoedCount: Int { tellsPromptChances ? prompt.count : 0 }

  /// Writes the text of the prompt, token by token, or the tokens themselves.
  private mutating func advanceEcho(
    _ start: Int, _ generator: inout Generator
  ) throws(ServiceFailure) {
    var index = start
    while index < prompt.count {
      if try !sendText(generator) { return }
      if !hasRoom {
        try waitForClient()
        return
      }
      if served.kind == .tokenize {
        let hasPieces = table[served.index].settings.hasPieces
        served.answer!.list(prompt[index], isFirst: index == 0, hasPiece: hasPieces)
      } else {
        texts.write(prompt[index], &served.decoder, to: &text)
        if tellsPromptChances && table[served.index].isStream {
          served.chances = texts.chances(index)
        }
      }
      index += 1
      served.stage = .echo(index)
    }
    served.decoder.finish(to: &text)
    if served.kind.isAnswered {
      beginAnswer(&generator)
    } else if try sendText(generator) && hasRoom {
      let canFollow = served.answer!.endListing(served.kind)
      finishServing(canFollow)
    }
  }

  private mutating func advanceAnswer(
    _ engine: inout Engine, _ generator: inout Generator
  ) throws(ServiceFailure) {
    if try !sendText(generator) || isPausing() { return }
    if served.answer!.isRecordFull() {
      text.finish()
      host.endAnswer()
      served.stage = .ending(.length)
      return
    }
    kept.keepBeforeEviction(engine, nextCount: 1 + engine.proposalRoom)
    switch try step(&engine, &generator) {
    case .token(let token, let nanoseconds):
      kept.note(token)
      if served.times.generatedCount == 0 { beginText() }
      noteToken(nanoseconds)
      noteChances(of: token, engine.logits(generator.logitRow))
    case .end(let reason):
      if served.times.generatedCount == 0 { beginText() }
      noteFirstToken()
      text.finish()
      host.endAnswer()
      served.stage = .ending(finishReason(reason, generator.stoppingText))
    case .block, .pending: break
    }
    _ = try sendText(generator)
  }

  /// - Parameter text: the stop text that has come.
  private mutating func finishReason(_ reason: StopReason, _ text: Int?) -> FinishReason {
    if reason == .length { return .length }
    guard reason == .stopText, let text, let stops = prompt.stops else { return .stop }
    served.answer!.note(stop: text, of: stops)
    return .stopText
  }

  /// What precedes the text of a choice is sent, unless the prompt has been written already.
  private mutating func beginText() {
    if table[served.index].settings.echoes { return }
    served.answer!.beginChoice(served.choice, served.figures.usage)
  }

  private mutating func noteToken(_ nanoseconds: Int64) {
    noteFirstToken()
    if served.times.generatedCount > 0 {
      metrics.perToken.append(nanoseconds)
      host.endToken(Instant.now())
    }
    served.times.generatedCount += 1
    served.figures.generatedCount += 1
  }

  private mutating func noteFirstToken() {
    if served.figures.firstTokenNanoseconds > 0 { return }
    served.figures.firstTokenNanoseconds =
      Instant.now().nanoseconds - table[served.index].requestStart
  }

  /// The probabilities go with the token's text in a stream, and behind all of the text else.
  private mutating func noteChances(of token: Int32, _ logits: LogitRow) {
    guard let count = table[served.index].settings.logprobCount else { return }
    let chances = TokenChances(of: token, logits, count: count)
    if table[served.index].isStream {
      served.chances = chances
    } else {
      texts.keep(chances, at: echoedCount + served.times.generatedCount - 1)
    }
  }

  private var hasRoom: Bool {
    let hasChances = table[served.index].settings.logprobCount != nil
    return table[served.index].outputRoom
      >= ServedAnswer.roomByteCount + (hasChances ? ServedAnswer.chancesByteCount : 0)
  }

  /// Sends what the generator has written.
  /// - Returns: false if the client must take something first.
  private mutating func sendText(_ generator: borrowing Generator) throws(ServiceFailure) -> Bool {
    while !text.isEmpty || served.chances != nil {
      if !hasRoom {
        try waitForClient()
        return false
      }
      let chances = served.chances
      served.chances = nil
      if !served.answer!.send(&text, chances, served.kind, generator) { throw .gone }
    }
    served.goOn(moved: table[served.index].movedByteCount)
    return true
  }

  private mutating func advanceEnd(
    _ reason: FinishReason, _ engine: inout Engine, _ generator: inout Generator
  ) throws(ServiceFailure) {
    if try !sendText(generator) { return }
    if !hasRoom {
      try waitForClient()
      return
    }
    let hasChances =
      table[served.index].settings.logprobCount != nil && !table[served.index].isStream
    served.answer!.endText(hasChances: hasChances)
    if hasChances {
      served.stage = .chances(0, reason)
    } else {
      try endChoice(reason, &engine, &generator)
    }
  }

  private mutating func advanceChances(
    _ start: Int, _ reason: FinishReason, _ engine: inout Engine, _ generator: inout Generator
  ) throws(ServiceFailure) {
    var index = start
    let count = echoedCount + served.times.generatedCount
    while index < count * served.answer!.chancePartCount {
      if !hasRoom {
        try waitForClient()
        return
      }
      let place = index % count
      if !served.answer!.send(texts.chances(place), part: index / count, isFirst: place == 0) {
        throw .gone
      }
      index += 1
      served.stage = .chances(index, reason)
    }
    served.goOn(moved: table[served.index].movedByteCount)
    if !hasRoom {
      try waitForClient()
      return
    }
    served.answer!.endChances(isEmpty: count == 0)
    try endChoice(reason, &engine, &generator)
  }

  private mutating func endChoice(
    _ reason: FinishReason, _ engine: inout Engine, _ generator: inout Generator
  ) throws(ServiceFailure) {
    let timings = served.times.timings(generator.speculationFigures)
    served.figures.proposedCount += timings.proposedCount
    served.figures.acceptedCount += timings.acceptedCount
    served.timings = served.timings + timings
    let callsTools = served.answer!.hasCalls()
    served.answer!.endChoice(callsTools && reason == .stop ? .toolCalls : reason, timings)
    served.choice += 1
    let answerCount = table[served.index].settings.answerCount
    if served.choice == answerCount * max(table[served.index].settings.promptCount, 1) {
      if served.answer!.hasReplay() {
        served.stage = .replay
      } else {
        finishServing(served.answer!.finish(served.figures.usage, served.timings))
      }
    } else if served.choice % answerCount == 0 {
      served.body = RequestBody(
        served.kind, prompt: served.choice / answerCount, hasSystem: false)
      generator.forget()
      beginPrompt()
    } else {
      generator.forget()
      try beginReading(&engine, &generator)
    }
  }

  /// Sends what the end repeats, as there is room.
  private mutating func advanceReplay() throws(ServiceFailure) {
    while hasRoom {
      if !served.answer!.repeatNext() {
        finishServing(served.answer!.finish(served.figures.usage, served.timings))
        return
      }
    }
    try waitForClient()
  }

  /// - Parameter canFollow: nil if the client had gone.
  private mutating func finishServing(_ canFollow: Bool?) {
    served.noteEnd()
    record(served.index, canFollow == nil ? nil : .ok, served.figures)
    finish(served.index, keepsAlive: canFollow ?? false)
  }
}

// Requests that get no whole answer.
extension ServiceLoop where Host: ~Copyable {
  private mutating func fail(_ failure: ServiceFailure) {
    served.noteEnd()
    if case .numbers(let fault) = failure { host.note(.numbers(fault)) }
    if served.answer!.discard() {
      refuse(served.index, failure, closes: false, served.figures)
    } else {
      breakOff(failure)
    }
  }

  /// Nothing of the answer has been sent.
  mutating func refuse(
    _ index: Int, _ failure: ServiceFailure, closes: Bool,
    _ figures: RequestFigures = RequestFigures()
  ) {
    switch failure {
    case .http(let error): refuse(index, error, closes: closes, figures)
    case .request(let error): refuse(index, error, closes: closes, figures)
    case .binding:
      let isOfTools = table[index].settings.callsTools
      refuse(
        index, bindingFault.text, about: isOfTools ? "tools" : "response_format", closes: closes,
        figures)
    case .template(let error): refuse(index, error, closes: closes, figures)
    case .numbers: refuse(index, .internalFailure, closes: closes, figures)
    case .gone: drop(index, figures)
    }
  }

  /// A part of the answer has been sent.
  private mutating func breakOff(_ failure: ServiceFailure) {
    let error: HTTPError
    switch failure {
    case .http(let reason): error = reason
    case .request, .binding, .template, .numbers: error = .internalFailure
    case .gone:
      drop(served.index, served.figures)
      return
    }
    served.answer!.breakOff(error, hasRoom: hasRoom)
    record(served.index, error.status, served.figures)
    finish(served.index, keepsAlive: false)
  }

  /// The client has gone.
  private mutating func drop(_ index: Int, _ figures: RequestFigures) {
    record(index, nil, figures)
    table[index].isGone = true
    finish(index, keepsAlive: false)
  }
}
