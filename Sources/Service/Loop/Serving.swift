import Generation
import Inference
import Platform
import Tokenizer

// The request that is being served: one piece of its work in each turn.
extension ServiceLoop where Host: ~Copyable {
  /// The turn of a connection's request has come.
  mutating func beginServing(
    _ index: Int, _ engine: inout Engine, _ generator: inout Generator
  ) {
    let kind: CompletionKind =
      table[index].parser.head.route == .chatCompletions ? .chat : .text
    table[index].phase = .active
    table[index].readsBody = true
    served = ServedRequest(index, kind, patience: Patience(limit: times.timeout))
    text.removeAll()
    prompt.begin(kind == .chat ? texts.template : nil, texts.chatMarks)
    engine.reset()
    generator.sampler.reset()
    generator.begin(AnswerRequest(maxTokens: 0))
    host.beginPrompt()
  }

  /// Does one piece of the work that can be done now.
  mutating func advance(_ engine: inout Engine, _ generator: inout Generator) {
    do throws(ServiceFailure) {
      if table[served.index].isGone { throw .gone }
      if isStopDue { throw .http(.stopping) }
      switch served.stage {
      case .none: return
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

  /// The client must send or take something first.
  /// - Parameter failure: if it has been waited for too long.
  private mutating func waitForClient(
    orThrow failure: ServiceFailure
  ) throws(ServiceFailure) {
    let moved = table[served.index].movedByteCount
    if !served.waitForClient(moved: moved) { throw failure }
  }
}

// The prompt.
extension ServiceLoop where Host: ~Copyable {
  private mutating func advancePrompt(
    _ engine: inout Engine, _ generator: inout Generator
  ) throws(ServiceFailure) {
    if isPausing() { return }
    if served.kind == .chat && texts.template == nil { throw .http(.noChatTemplate) }
    switch try prospect() {
    case .pending: try readBody()
    case .token: try readTokens(&engine, &generator)
    case .keptSystem: takeUp(&engine, &generator)
    // The generator has taken a token of the next block already.
    case .endOfSystem where generator.followingToken != nil,
      .end where generator.followingToken != nil:
      try readTokens(&engine, &generator)
    case .endOfSystem(let isCollected):
      try endBlock(&engine, &generator)
      if isCollected { prompt.keep(engine) }
      prompt.goOn()
    case .end:
      // The last block has a turn of its own: a pause may follow it.
      if try !endBlock(&engine, &generator) { try beginAnswer(&generator) }
    }
  }

  /// Gives the generator the tokens that have come, up to a block.
  private mutating func readTokens(
    _ engine: inout Engine, _ generator: inout Generator
  ) throws(ServiceFailure) {
    if case .block(let record) = try step(&engine, &generator) { note(record) }
  }

  private mutating func prospect() throws(ServiceFailure) -> ServedPrompt.Prospect {
    do throws(TokenizerError) {
      return try prompt.look()
    } catch {
      throw .http(.internalFailure)
    }
  }

  private mutating func step(
    _ engine: inout Engine, _ generator: inout Generator
  ) throws(ServiceFailure) -> GeneratorStep {
    do throws(GenerationFailure<TokenizerError>) {
      return try generator.step(&engine, from: &prompt, to: &text)
    } catch {
      throw ServiceFailure(error)
    }
  }

  /// Reads the tokens that have come as a block of their own.
  /// - Returns: false if there are none.
  @discardableResult
  private mutating func endBlock(
    _ engine: inout Engine, _ generator: inout Generator
  ) throws(ServiceFailure) -> Bool {
    do throws(PassFailure) {
      guard let record = try generator.endBlock(&engine) else { return false }
      note(record)
      return true
    } catch {
      throw ServiceFailure(error)
    }
  }

  private mutating func note(_ record: BlockRecord) {
    served.figures.promptCount += record.tokenCount
    host.endBlock(tokenCount: record.tokenCount)
  }

  private mutating func readBody() throws(ServiceFailure) {
    let index = served.index
    if try prompt.feed(&served.body, &table[index], for: facts.name) {
      served.goOn(moved: table[index].movedByteCount)
      return
    }
    if served.body.takeContinue(table[index].parser.head) {
      var writer = ResponseWriter(table.sink(index))
      writer.sendContinue()
    }
    try waitForClient(orThrow: .http(.timeout))
  }

  /// Goes on behind the system message that is kept.
  private mutating func takeUp(_ engine: inout Engine, _ generator: inout Generator) {
    prompt.kept.takeUp(&engine)
    let count = prompt.kept.collectedCount
    for index in 0..<count { generator.accept(prompt.kept[index]) }
    served.figures.promptCount = count
    served.figures.cachedCount = count
    prompt.goOn()
  }
}

// The answer.
extension ServiceLoop where Host: ~Copyable {
  private mutating func beginAnswer(_ generator: inout Generator) throws(ServiceFailure) {
    if served.figures.promptCount == 0 { throw .http(.emptyPrompt) }
    let settings = served.body.settings
    let number = texts.nextNumber()
    var request = AnswerRequest(maxTokens: texts.maxTokens(settings))
    request.sampling = texts.sampling(settings, number)
    request.stops = texts.stops(settings)
    request.continuesText = served.kind == .text
    generator.answer(request)
    let answer = CompletionAnswer(
      served.kind, settings, number: number, unixSeconds: unixSeconds(), model: facts.name.text)
    served.beginAnswer(
      ServedAnswer(
        table.sink(served.index), answer, isStream: settings.isStream,
        to: table[served.index].parser.head),
      patience: Patience(limit: times.timeout))
    host.beginAnswer()
  }

  private mutating func advanceAnswer(
    _ engine: inout Engine, _ generator: inout Generator
  ) throws(ServiceFailure) {
    if try !sendText() || isPausing() { return }
    switch try step(&engine, &generator) {
    case .token(_, let nanoseconds):
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
        try waitForClient(orThrow: .gone)
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
      try waitForClient(orThrow: .gone)
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
    if served.answer == nil || served.answer!.discard() {
      refuse(failure)
    } else {
      breakOff(failure)
    }
  }

  /// Nothing of the answer has been sent.
  private mutating func refuse(_ failure: ServiceFailure) {
    let (index, closes, figures) = (served.index, !served.body.isWhole, served.figures)
    switch failure {
    case .http(let error): refuse(index, error, closes: closes, figures)
    case .request(let error): refuse(index, error, closes: closes, figures)
    case .numbers: refuse(index, .internalFailure, closes: closes, figures)
    case .gone: drop(figures)
    }
  }

  /// A part of the answer has been sent.
  private mutating func breakOff(_ failure: ServiceFailure) {
    let error: HTTPError
    switch failure {
    case .http(let reason): error = reason
    case .request, .numbers: error = .internalFailure
    case .gone:
      drop(served.figures)
      return
    }
    served.answer!.breakOff(error, hasRoom: hasRoom)
    record(served.index, error.status, served.figures)
    finish(served.index, keepsAlive: false)
  }

  /// The client has gone.
  private mutating func drop(_ figures: RequestFigures) {
    record(served.index, nil, figures)
    table[served.index].isGone = true
    finish(served.index, keepsAlive: false)
  }
}
