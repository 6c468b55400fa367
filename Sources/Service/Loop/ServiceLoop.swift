import Generation
import Inference
import Memory
import Model
import Platform
import Tokenizer

/// A service: one loop that advances its connections, the request that is being served, and the
/// generator.
///
/// Each `turn` waits until there is something to do, moves the bytes of all connections, answers at
/// most one request of each that needs no model, and does one piece of the work for the request that is
/// being served: it makes tokens of a piece of the body, reads a block of the prompt, or chooses a
/// token. Nothing else waits, and nothing below calls the loop again.
@safe public struct ServiceLoop<Host: ServiceHost & ~Copyable>: ~Copyable {
  var table: ConnectionTable
  private(set) var queue: RequestQueue
  private let queueCountMax: Int
  let facts: ServiceFacts
  let model: ServedModel
  let times: ServiceTimes
  var metrics = ServiceMetrics()
  public var host: Host
  /// When the service must have ended; nil if it is not to end.
  private(set) var stopDeadline: Int64?
  /// The request that is being served.
  var served = ServedRequest()
  var prompt: ServedPrompt
  var text: AnswerBuffer
  var texts: ServedTexts
  /// Why the latest answer could not be bound.
  var bindingFault = BindingFault()
  var kept: KeptTexts
  /// Of the answer that is being made.
  var number: UInt64 = 0

  /// - Parameters:
  ///   - layout: of the same settings.
  ///   - listener: nil if connections are given by `take` alone.
  ///   - wakingDescriptor: can be read from when `stop` is to be called; negative if there is none.
  public init(
    _ layout: ServiceLayout, _ settings: ServiceSettings, _ facts: ServiceFacts,
    _ defaults: AnswerDefaults, _ text: inout TextLayout, _ model: borrowing ModelFile,
    listener: Listener?, wakingDescriptor: Int32, host: consuming Host
  ) {
    table = ConnectionTable(layout, settings, listener, wakingDescriptor: wakingDescriptor)
    queue = unsafe RequestQueue(layout.queue, capacity: layout.queueCapacity)
    queueCountMax = settings.queueCount
    self.facts = facts
    self.model = ServedModel(model)
    times = ServiceTimes(settings)
    self.host = host
    self.text = unsafe AnswerBuffer(layout.answerText, capacity: layout.answerTextByteCount)
    texts = ServedTexts(layout, defaults, text, model)
    prompt = ServedPrompt(
      layout, &text, ChatMarks(bos: model.tokenizer.bosID, eos: model.tokenizer.eosID))
    kept = KeptTexts(layout)
  }

  /// Takes a connection that was made elsewhere, and never waits.
  /// - Returns: false if there is no place for it.
  public mutating func take(_ descriptor: Int32) -> Bool { table.take(descriptor) != nil }

  /// Keeps more texts in a file, which the layout was made for.
  public mutating func keepTexts(in file: consuming FixedFile, _ engine: borrowing Engine) {
    kept.use(file, engine)
  }

  /// Writes the texts that are kept in memory to the file, if there is one.
  public mutating func storeTexts(_ engine: inout Engine) { kept.storeAll(&engine) }

  var isStopping: Bool { stopDeadline != nil }

  /// Those that wait get 503, and the running request may go on for the time of grace.
  public mutating func stop() {
    if isStopping { return }
    stopDeadline = Instant.now().nanoseconds + times.grace
    while let index = queue.popFirst() { refuse(index, .stopping, closes: true) }
    table.stop()
  }

  /// All has been answered, or the time for it is over.
  public var isOver: Bool {
    guard let stopDeadline else { return false }
    if table.openCount == 0 { return true }
    return Instant.now().nanoseconds > stopDeadline + ServiceTimes.lastWords
  }

  /// The request that is being served must end.
  var isStopDue: Bool {
    guard let stopDeadline else { return false }
    return Instant.now().nanoseconds >= stopDeadline
  }
}

// One turn.
extension ServiceLoop where Host: ~Copyable {
  /// Waits until there is something to do, and does one piece of all that can be done.
  /// - Parameter deadline: at most until then, in nanoseconds of the monotonic clock.
  public mutating func turn(
    _ engine: inout Engine, _ generator: inout Generator, waitingUntil deadline: Int64 = .max
  ) {
    table.wait(until: min(wakeTime, deadline), watchesSignal: !isStopping)
    for index in 0..<table.count {
      if table.move(index) { leave(index) }
      answerNext(index)
    }
    table.takeConnections()
    expire()
    if served.isNone, let index = queue.popFirst() { beginServing(index, &generator) }
    commentToWaiting()
    if !served.isNone { advance(&engine, &generator) }
  }

  /// When there is something to do though no descriptor is ready; 0 if there is now.
  private var wakeTime: Int64 {
    if isOver || served.isNone && queue.count > 0 || hasUnreadRequest { return 0 }
    var time = served.wakeTime
    for place in 0..<queue.count { time = min(time, table[queue[place]].commentTime) }
    if let stopDeadline {
      let now = Instant.now().nanoseconds
      time = min(time, stopDeadline > now ? stopDeadline : now + ServiceTimes.second / 10)
    }
    return time
  }

  /// Whether a connection has received more than the request that it was answered last, or there is
  /// room again for what it has received.
  private var hasUnreadRequest: Bool {
    if table.hasRoomAgain { return true }
    for index in 0..<table.count where table[index].phase == .reading && table[index].hasInput {
      return true
    }
    return false
  }

  /// A client has gone before the turn of its request.
  private mutating func leave(_ index: Int) {
    queue.remove(index)
    record(index, nil, RequestFigures())
    table.close(index)
  }

  private mutating func expire() {
    let now = Instant.now().nanoseconds
    for index in 0..<table.count where table.expire(index, now) {
      refuse(index, .timeout, closes: true)
    }
    if let index = table.slowBody(now) { refuse(index, .timeout, closes: true) }
  }

  /// Requests that may wait. While none is being served, the first one waits for no other.
  private var waitingCountMax: Int { served.isNone ? queueCountMax + 1 : queueCountMax }

  /// Takes the body of a request for a text, if the request could then wait for its turn.
  mutating func beginBody(_ index: Int, _ kind: RequestKind) throws(HTTPError) {
    let head = table[index].parser.head
    // Clients of Ollama's need not say that it is JSON; web pages must.
    if head.contentType != .json && (head.form != .ollama || head.origin != nil) { throw .notJSON }
    if isStopping { throw .stopping }
    if queue.count >= waitingCountMax { throw .queueFull }
    table.beginBody(index, kind)
  }

  /// Puts a request whose body is whole in the queue.
  mutating func enqueue(_ index: Int) throws(ServiceFailure) {
    try table[index].endBody(facts)
    if try answerAtOnce(index) { return }
    if isStopping { throw .http(.stopping) }
    if !queue.append(index, countMax: waitingCountMax) { throw .http(.queueFull) }
    table[index].phase = .waiting
    table[index].deadline = .max
    if table[index].isStream {
      table[index].commentTime = Instant.now().nanoseconds + ServiceTimes.comment
    }
  }

  /// Tells the clients of streams that have been sent nothing for a while that they wait.
  private mutating func commentToWaiting() {
    if queue.count == 0 { return }
    let now = Instant.now().nanoseconds
    for place in 0..<queue.count {
      let index = queue[place]
      if table[index].commentTime > now { continue }
      table[index].commentTime = now + ServiceTimes.comment
      if table[index].outputRoom >= ServedAnswer.commentByteCountMax {
        comment(index, before: place + (served.isNone ? 0 : 1))
      }
    }
  }

  /// The request has been answered, or will not be.
  mutating func finish(_ index: Int, keepsAlive: Bool) {
    if served.index == index { served.end() }
    table.finish(index, keepsAlive: keepsAlive && !isStopping)
  }

  /// Counts a request that has been answered, and says so.
  /// - Parameter status: nil if the client had gone.
  mutating func record(_ index: Int, _ status: HTTPStatus?, _ figures: RequestFigures) {
    metrics.count(status, figures)
    let start = table[index].requestStart
    host.note(
      .request(
        RequestRecord(
          head: table[index].parser.head, status: status, figures: figures,
          nanoseconds: start == 0 ? 0 : Instant.now().nanoseconds - start)))
  }
}
