import Generation
import Inference
import Measurement
import Platform
import Profile
import Service
import Tokenizer

/// Passes the text of a token on as one piece of the answer.
@safe struct AnswerPieces: ~Copyable, ByteSink {
  private static let capacity = 1024
  var writer: ResponseWriter<ConnectionSink>
  let answer: CompletionAnswer
  private var bytes = InlineArray<1024, UInt8>(repeating: 0)
  private var count = 0

  init(_ writer: consuming ResponseWriter<ConnectionSink>, _ answer: CompletionAnswer) {
    self.writer = writer
    self.answer = answer
  }

  mutating func write(byte: UInt8) {
    // There is room for a whole character; one begins here.
    if count >= Self.capacity - 4 && byte & 0xc0 != 0x80 { send() }
    bytes[count] = byte
    count += 1
  }

  mutating func send() {
    if count == 0 { return }
    answer.write(bytes.span.extracting(0..<count), &writer)
    count = 0
  }
}

/// The pieces of an answer behind the search for stop texts.
struct FilteredPieces: ~Copyable, ByteSink {
  private var filter: StopFilter
  var output: AnswerPieces

  init(_ filter: consuming StopFilter, _ output: consuming AnswerPieces) {
    self.filter = filter
    self.output = output
  }

  var isStopped: Bool { filter.isStopped }

  mutating func write(byte: UInt8) { filter.write(byte: byte, to: &output) }

  mutating func finish() { filter.finish(to: &output) }
}

// The answer.
extension Service {
  /// Answers a request that has been read. Throws where nothing of the answer has been sent.
  mutating func answer(
    _ index: Int, _ kind: CompletionKind, _ start: Instant, _ program: inout Program,
    _ console: inout Console
  ) throws(ServeFailure) {
    let settings = unsafe layout.body.pointee.settings
    let head = unsafe server[index].pointee.parser.head
    let number = nextNumber()
    program.model.generator.sampler.use(sampling(settings, number))
    let answer = CompletionAnswer(
      kind, settings, number: number, unixSeconds: unixSeconds(), model: server.facts.name.text)
    var writer = ResponseWriter(ConnectionSink(server, index, waits: true))
    writer.begin(
      ResponseHead(
        dated: .ok, settings.isStream ? .eventStream : .json, to: head, keepsAlive: true))
    var text = FilteredPieces(StopFilter(stops(settings)), AnswerPieces(writer, answer))
    do throws(ServeFailure) {
      let reason = try generate(index, kind, settings, &text, &program)
      text.output.answer.finish(reason, usage, &text.output.writer)
    } catch {
      if text.output.writer.discard() { throw error }
      figures.servedNanoseconds = Instant.now().nanoseconds(since: start)
      breakOff(index, error, settings, &text.output, &console)
      return
    }
    let canFollow = text.output.writer.finish()
    let isGone = text.output.writer.isClientGone
    figures.servedNanoseconds = Instant.now().nanoseconds(since: start)
    server.record(index, isGone ? nil : .ok, figures)
    server.finish(index, keepsAlive: canFollow)
  }

  private var usage: TokenUsage {
    TokenUsage(
      promptCount: figures.promptCount, cachedCount: figures.cachedCount,
      completionCount: figures.generatedCount)
  }

  /// Ends an answer of which a part has been sent.
  private func breakOff(
    _ index: Int, _ failure: ServeFailure, _ settings: CompletionSettings,
    _ pieces: inout AnswerPieces, _ console: inout Console
  ) {
    var error: HTTPError?
    switch failure {
    case .http(let reason): error = reason
    case .request, .numbers: error = .internalFailure
    case .gone: break
    }
    if case .numbers(let fault) = failure {
      console.report(CommandFailure(.numbers(fault)))
    }
    if let error {
      if settings.isStream { pieces.answer.fail(error, &pieces.writer) }
      pieces.writer.abandon()
    }
    server.record(index, error?.status, figures)
    if error == nil { unsafe server[index].pointee.isGone = true }
    server.finish(index, keepsAlive: false)
  }

  /// The settings of the command line, but for what the request says.
  private func sampling(_ settings: CompletionSettings, _ number: UInt64) -> SamplingSettings {
    var sampling = defaults.sampling
    if let temperature = settings.temperature { sampling.temperature = temperature }
    if let topP = settings.topP { sampling.topP = topP }
    // There is room for so many candidates as the command line asks for.
    if let topK = settings.topK, topK > 0, sampling.topK == 0 || topK < sampling.topK {
      sampling.topK = topK
    }
    if let minP = settings.minP { sampling.minP = minP }
    if let penalty = settings.repeatPenalty { sampling.repeatPenalty = penalty }
    if let seed = settings.seed {
      sampling.seed = UInt64(bitPattern: Int64(seed))
    } else if !defaults.isSeedGiven {
      sampling.seed = number
    }
    return sampling
  }

  /// The request's stop texts, or the command line's where it has none.
  private func stops(_ settings: CompletionSettings) -> StopTexts {
    if settings.stops.count == 0 { return defaults.stops }
    var stops = StopTexts()
    for text in 0..<settings.stops.count {
      let place = unsafe layout.stops + text * (StopTexts.byteCountMax + 1)
      let given = settings.stops[text]
      for index in 0..<given.count { unsafe place[index] = CChar(bitPattern: given[index]) }
      unsafe place[given.count] = 0
      do { unsafe try stops.append(place) } catch { break }
    }
    return stops
  }

  /// Generates the answer's tokens and passes their text on.
  private mutating func generate(
    _ index: Int, _ kind: CompletionKind, _ settings: CompletionSettings,
    _ text: inout FilteredPieces, _ program: inout Program
  ) throws(ServeFailure) -> FinishReason {
    let maxTokens = settings.completionCountMax ?? defaults.maxTokens
    let vocabulary = unsafe program.model.vocabulary
    var decoder = StreamingDecoder(continuesText: kind == .text)
    try makeLogits(row: program.model.engine.lastRow, program)
    text.output.answer.begin(&text.output.writer)
    unsafe server.state.pointee.health.enterDecode()
    var last = Instant.now()
    var reason = FinishReason.length
    while true {
      let token = program.model.generator.sampler.next(program.model.engine.logits(0))
      if figures.generatedCount == 0 { noteFirstToken(index) }
      if unsafe ends.contains(token, vocabulary) {
        reason = .stop
        break
      }
      figures.generatedCount += 1
      program.model.generator.sampler.accept(token)
      unsafe decoder.write(token, vocabulary.pointee, to: &text)
      text.output.send()
      if text.isStopped {
        reason = .stop
        break
      }
      if figures.generatedCount >= maxTokens || program.model.engine.isFull { break }
      unsafe program.model.engine.block[0] = token
      try forward(1, &program)
      try makeLogits(row: 0, program)
      let now = Instant.now()
      unsafe server.state.pointee.metrics.perToken.append(now.nanoseconds(since: last))
      last = now
      if unsafe server.state.pointee.health.endToken(now) {
        try coolDown()
        last = Instant.now()
      }
    }
    unsafe server.state.pointee.health.end()
    decoder.finish(to: &text)
    text.finish()
    text.output.send()
    return reason
  }

  private mutating func noteFirstToken(_ index: Int) {
    let start = unsafe server[index].pointee.requestStart
    figures.firstTokenNanoseconds = Instant.now().nanoseconds - start
  }

  private func makeLogits(row: Int, _ program: borrowing Program) throws(ServeFailure) {
    program.model.engine.makeLogits(firstRow: row, rowCount: 1)
    if let fault = program.model.engine.numberFault { throw .numbers(fault) }
    if !program.model.engine.logits(0).isFinite { throw .numbers(.outputHead) }
  }
}
