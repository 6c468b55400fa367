import Generation
import Inference
import Platform
import Tokenizer

// The request that is being served: one piece of its work in each turn.
extension ServiceLoop where Host: ~Copyable {
  /// The turn of a connection's request has come.
  mutating func beginServing(_ index: Int, _ generator: inout Generator) {
    let head = table[index].parser.head
    let settings = table[index].settings
    let kind: CompletionKind = head.route == .chatCompletions ? .chat : .text
    table[index].phase = .active
    number = texts.nextNumber()
    let answer = CompletionAnswer(
      kind, settings, number: number, unixSeconds: unixSeconds(), model: facts.name.text)
    served = ServedRequest(
      index, kind,
      ServedAnswer(
        table.sink(index), answer, isStream: settings.isStream, to: head,
        isBegun: table[index].isStreamBegun),
      patience: Patience(limit: times.timeout))
    text.removeAll()
    prompt.begin(kind)
    generator.sampler.reset()
    generator.begin(AnswerRequest(maxTokens: 0))
    host.beginPrompt()
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
      case .prompt: try advancePrompt(&engine, &generator)
      case .answer: try advanceAnswer(&engine, &generator)
      case .ending(let reason): try advanceEnd(reason)
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
    let percent =
      prompt.count == 0 ? 0 : served.figures.promptCount * 100 / prompt.count
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
    if served.kind == .chat && !prompt.hasTemplate { throw .http(.noChatTemplate) }
    let isWhole = try prompt.read(
      &served.body, table[served.index].body, from: table.bodies)
    if !isWhole { return }
    if prompt.isFull { throw .http(.promptTooLong) }
    if prompt.count == 0 { throw .http(.emptyPrompt) }
    if !engine.settings.evicts && prompt.count > engine.settings.slotCount {
      throw .http(.contextLengthExceeded)
    }
    takeUp(&engine, &generator)
    if table[served.index].settings.isStream { try beginStream() }
    served.beginPrompt()
  }

  private mutating func beginStream() throws(ServiceFailure) {
    table[served.index].commentTime = Instant.now().nanoseconds + ServiceTimes.comment
    if !served.answer!.beginStream() { throw .gone }
    try sendProgress()
  }

  /// Goes on behind what is kept of the prompt.
  private mutating func takeUp(_ engine: inout Engine, _ generator: inout Generator) {
    let count = unsafe kept.begin(
      prompt.all, &engine, reuses: table[served.index].settings.reusesKept)
    for index in 0..<count { generator.accept(prompt[index]) }
    served.figures.promptCount = count
    served.figures.cachedCount = count
    prompt.give(from: count)
  }

  private mutating func advancePrompt(
    _ engine: inout Engine, _ generator: inout Generator
  ) throws(ServiceFailure) {
    if isPausing() { return }
    // The last block has a turn of its own: a pause may follow it.
    if served.figures.promptCount == prompt.count {
      beginAnswer(&generator)
      return
    }
    let start = served.figures.promptCount
    kept.keepBeforeEviction(
      engine, nextCount: min(prompt.count - start, engine.settings.blockSize))
    guard case .block(let record) = try step(&engine, &generator) else { return }
    for index in start..<start + record.tokenCount { kept.note(prompt[index]) }
    served.figures.promptCount += record.tokenCount
    host.endBlock(tokenCount: record.tokenCount)
    try sendProgress()
  }

  /// Tells a client that asked for it how far the prompt is.
  private mutating func sendProgress() throws(ServiceFailure) {
    if !table[served.index].settings.reportsProgress || !hasRoom { return }
    let progress = PromptProgress(
      total: prompt.count, figures: served.figures, nanoseconds: served.nanoseconds)
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
  private mutating func beginAnswer(_ generator: inout Generator) {
    let settings = table[served.index].settings
    var request = AnswerRequest(maxTokens: texts.maxTokens(settings))
    request.sampling = texts.sampling(settings, number)
    request.stops = texts.stops(settings)
    request.continuesText = served.kind == .text
    generator.answer(request)
    table[served.index].commentTime = .max
    served.beginAnswer()
    host.beginAnswer()
  }

  private mutating func advanceAnswer(
    _ engine: inout Engine, _ generator: inout Generator
  ) throws(ServiceFailure) {
    if try !sendText() || isPausing() { return }
    kept.keepBeforeEviction(engine, nextCount: 1)
    switch try step(&engine, &generator) {
    case .token(let token, let nanoseconds):
      kept.note(token)
      served.answer!.begin()
      noteToken(nanoseconds)
    case .end(let reason):
      noteFirstToken()
      host.endAnswer()
      served.endText(reason == .length ? .length : .stop)
    case .block, .pending: break
    }
    _ = try sendText()
  }

  private mutating func noteToken(_ nanoseconds: Int64) {
    noteFirstToken()
    if served.figures.generatedCount > 0 {
      metrics.perToken.append(nanoseconds)
      host.endToken(Instant.now())
    }
    served.figures.generatedCount += 1
  }

  private mutating func noteFirstToken() {
    if served.figures.firstTokenNanoseconds > 0 { return }
    served.figures.firstTokenNanoseconds =
      Instant.now().nanoseconds - table[served.index].requestStart
  }

  private var hasRoom: Bool { table[served.index].outputRoom >= ServedAnswer.roomByteCount }

  /// Sends what the generator has written.
  /// - Returns: false if the client must take something first.
  private mutating func sendText() throws(ServiceFailure) -> Bool {
    while !text.isEmpty {
      if !hasRoom {
        try waitForClient()
        return false
      }
      if !served.answer!.send(&text) { throw .gone }
    }
    served.goOn(moved: table[served.index].movedByteCount)
    return true
  }

  private mutating func advanceEnd(_ reason: FinishReason) throws(ServiceFailure) {
    if try !sendText() { return }
    if !hasRoom {
      try waitForClient()
      return
    }
    let canFollow = served.answer!.finish(reason, served.figures.usage)
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
    case .request, .template, .numbers: error = .internalFailure
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
