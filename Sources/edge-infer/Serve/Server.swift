import Measurement
import Memory
import Platform
import Service

/// The connections of a service and what is done with them, on one thread: `turn` waits for them, and
/// answers at once what needs no model. Requests for a text wait in a queue for `takeNext`.
///
/// A handle: all that changes lies in the arena.
@safe struct Server {
  /// A head must be whole so many seconds after its first byte, or less where `--timeout` says so.
  static let headSecondsMax = 10
  /// What a client still sends after the answer is dropped for so long.
  static let closingSeconds = 2
  /// A connection that is younger is not given up for another one.
  static let givenUpNanoseconds: Int64 = 1_000_000_000
  /// After the last answer of a service that ends.
  static let lastWordsSeconds = 2
  static let second: Int64 = 1_000_000_000

  let facts: ServedFacts
  private let layout: ServeLayout
  let state: UnsafeMutablePointer<ServerState>
  private let connections: UnsafeMutablePointer<Connection>
  private let count: Int
  private let options: ServeOptions
  /// Of the signals.
  private let wakingDescriptor: Int32

  init(
    _ layout: ServeLayout, _ facts: ServedFacts, _ options: ServeOptions, _ listener: Listener,
    _ health: consuming HealthMonitor, wakingDescriptor: Int32, logs: Bool
  ) {
    self.layout = layout
    self.facts = facts
    self.options = options
    self.wakingDescriptor = wakingDescriptor
    unsafe connections = unsafe layout.connections
    count = layout.connectionCount
    unsafe state = unsafe layout.state
    unsafe layout.state.initialize(to: ServerState(layout, listener, health, logs: logs))
  }

  var timeoutNanoseconds: Int64 { Int64(options.timeoutSeconds) * Self.second }
  private var headNanoseconds: Int64 {
    Int64(min(options.timeoutSeconds, Self.headSecondsMax)) * Self.second
  }

  /// A place for a connection.
  subscript(index: Int) -> UnsafeMutablePointer<Connection> {
    precondition(index >= 0 && index < count)
    return unsafe connections + index
  }

  var connectionCount: Int {
    var sum = 0
    for index in 0..<count where unsafe self[index].pointee.phase != .free { sum += 1 }
    return sum
  }

  /// The connection whose request is to be served now.
  func takeNext() -> Int? {
    guard let index = unsafe state.pointee.dequeue() else { return nil }
    unsafe state.pointee.active = index
    unsafe self[index].pointee.phase = .active
    return index
  }

  /// All has been answered, or the time for it is over.
  var isOver: Bool {
    guard let deadline = unsafe state.pointee.stopDeadline else { return false }
    if connectionCount == 0 { return true }
    return Instant.now().nanoseconds > deadline + Int64(Self.lastWordsSeconds) * Self.second
  }

  /// The request that is being served must end.
  var isStopDue: Bool {
    guard let deadline = unsafe state.pointee.stopDeadline else { return false }
    return Instant.now().nanoseconds >= deadline
  }
}

// Waiting.
extension Server {
  /// Waits until something is ready, and does what can be done at once.
  /// - Parameter nanoseconds: at most so long; nil: until something is to be done.
  func turn(waiting nanoseconds: Int64?) {
    stopIfAsked()
    let now = Instant.now().nanoseconds
    let acceptIndex = fillPolls(now)
    unsafe state.pointee.polls.wait(nanoseconds: waitingTime(nanoseconds, now))
    stopIfAsked()
    for index in 0..<count { attend(index) }
    if let acceptIndex, unsafe state.pointee.polls.isReadable(acceptIndex) { takeConnections() }
    expire()
  }

  /// - Returns: the index of the listening socket in the list.
  private func fillPolls(_ now: Int64) -> Int? {
    unsafe state.pointee.polls.removeAll()
    // Readable from the first signal on; what follows from it is done once.
    unsafe state.pointee.polls.append(wakingDescriptor, reads: !state.pointee.isStopping)
    for index in 0..<count { unsafe self[index].pointee.enter(&state.pointee.polls) }
    guard let listener = unsafe state.pointee.listener, unsafe state.pointee.acceptsFrom <= now,
      freePlace(now) != nil
    else { return nil }
    return unsafe state.pointee.polls.append(listener.descriptor, reads: true)
  }

  /// At most until the next deadline.
  private func waitingTime(_ limit: Int64?, _ now: Int64) -> Int64? {
    if limit == 0 || isOver { return 0 }
    var next = Int64.max
    for index in 0..<count { next = min(next, unsafe self[index].pointee.deadline) }
    if let deadline = unsafe state.pointee.stopDeadline {
      next = min(next, deadline > now ? deadline : now + Self.second / 10)
    }
    // A place may become free that connections wait for.
    if unsafe freePlace(now) == nil || state.pointee.acceptsFrom > now {
      next = min(next, now + Self.second)
    }
    let rest = next == .max ? nil : max(next - now, 0)
    guard let limit else { return rest }
    return min(limit, rest ?? limit)
  }

  private func attend(_ index: Int) {
    let entry = unsafe self[index].pointee.pollIndex
    if entry < 0 { return }
    let polls = unsafe state.pointee.polls
    let (isReadable, isEnded) = (polls.isReadable(entry), polls.isEnded(entry))
    let isGone = polls.isGone(entry)
    if polls.isWritable(entry) { flush(index) }
    switch unsafe self[index].pointee.phase {
    case .reading, .closing: if isReadable || isGone { receive(index) }
    case .waiting: if isEnded { leave(index) }
    case .active:
      if isEnded { unsafe self[index].pointee.isGone = true }
      if isReadable { _ = unsafe self[index].pointee.receive() }
    case .answering: if isGone { unsafe self[index].pointee.close() }
    case .free: break
    }
  }

  private func expire() {
    let now = Instant.now().nanoseconds
    for index in 0..<count where unsafe self[index].pointee.deadline <= now {
      unsafe self[index].pointee.deadline = .max
      if unsafe self[index].pointee.phase == .reading && self[index].pointee.isInHead {
        refuse(index, .timeout, closes: true)
      } else {
        unsafe self[index].pointee.close()
      }
    }
  }
}

extension Connection {
  /// Enters what the connection waits for.
  fileprivate mutating func enter(_ polls: inout PollList) {
    pollIndex = -1
    switch phase {
    case .free: return
    case .reading: pollIndex = polls.append(descriptor, reads: hasInputRoom, writes: hasOutput)
    case .waiting: pollIndex = polls.append(descriptor, watchesEnd: true)
    case .active:
      if isGone { return }
      pollIndex = polls.append(
        descriptor, reads: hasInputRoom && readsBody, writes: hasOutput, watchesEnd: true)
    case .answering: pollIndex = polls.append(descriptor, writes: true)
    case .closing: pollIndex = polls.append(descriptor, reads: true)
    }
  }
}

// Connections.
extension Server {
  private func takeConnections() {
    while let listener = unsafe state.pointee.listener {
      let now = Instant.now().nanoseconds
      guard let index = freePlace(now) else { return }
      do throws(SystemFailure) {
        guard let descriptor = try listener.accept() else { return }
        if unsafe self[index].pointee.phase != .free { unsafe self[index].pointee.close() }
        unsafe self[index].pointee.open(
          descriptor, now: now, bodyByteCountMax: layout.bodyByteCountMax)
        unsafe self[index].pointee.deadline = now + headNanoseconds
        unsafe state.pointee.metrics.connectionCount += 1
      } catch {
        // As too many open files: there may be room later.
        unsafe state.pointee.acceptsFrom = now + Self.second
        return
      }
    }
  }

  /// A free place, or that of the connection that has been silent for the longest time.
  private func freePlace(_ now: Int64) -> Int? {
    var oldest: Int?
    var since = now - Self.givenUpNanoseconds
    for index in 0..<count {
      if unsafe self[index].pointee.phase == .free { return index }
      if unsafe self[index].pointee.isIdle && self[index].pointee.idleSince < since {
        oldest = index
        since = unsafe self[index].pointee.idleSince
      }
    }
    return oldest
  }

  private func receive(_ index: Int) {
    let progress = unsafe self[index].pointee.receive()
    let isClosing = unsafe self[index].pointee.phase == .closing
    switch progress {
    case .bytes:
      if isClosing { unsafe self[index].pointee.dropInput() } else { process(index) }
    case .none: break
    case .ended: unsafe self[index].pointee.close()
    }
  }

  /// A client that waits for its turn has gone.
  private func leave(_ index: Int) {
    unsafe state.pointee.remove(index)
    record(index, nil, RequestFigures())
    unsafe self[index].pointee.close()
  }

  private func flush(_ index: Int) {
    let written = unsafe self[index].pointee.flush()
    if unsafe self[index].pointee.phase != .answering { return }
    if unsafe self[index].pointee.isGone {
      unsafe self[index].pointee.close()
      return
    }
    if written == 0 { return }
    unsafe self[index].pointee.deadline = Instant.now().nanoseconds + timeoutNanoseconds
    if unsafe !self[index].pointee.hasOutput {
      endAnswer(index)
      process(index)
    }
  }

  /// The request's answer is made; what of it is not yet written is written as the client takes it.
  /// - Parameter keepsAlive: whether another request may follow.
  func finish(_ index: Int, keepsAlive: Bool) {
    if unsafe state.pointee.active == index { unsafe state.pointee.active = -1 }
    if unsafe self[index].pointee.isGone {
      unsafe self[index].pointee.close()
      return
    }
    unsafe self[index].pointee.closes = unsafe !keepsAlive || state.pointee.isStopping
    unsafe self[index].pointee.phase = .answering
    unsafe self[index].pointee.deadline = Instant.now().nanoseconds + timeoutNanoseconds
    _ = unsafe self[index].pointee.flush()
    if unsafe !self[index].pointee.hasOutput { endAnswer(index) }
  }

  /// The answer is written.
  private func endAnswer(_ index: Int) {
    let now = Instant.now().nanoseconds
    if unsafe self[index].pointee.isGone {
      unsafe self[index].pointee.close()
    } else if unsafe self[index].pointee.closes {
      unsafe self[index].pointee.phase = .closing
      unsafe self[index].pointee.deadline = now + Int64(Self.closingSeconds) * Self.second
      unsafe self[index].pointee.dropInput()
      unsafe Connections.endWriting(self[index].pointee.descriptor)
    } else {
      unsafe self[index].pointee.phase = .reading
      unsafe self[index].pointee.isInHead = false
      unsafe self[index].pointee.requestStart = 0
      unsafe self[index].pointee.idleSince = now
      unsafe self[index].pointee.deadline = now + Int64(options.keepAliveSeconds) * Self.second
    }
  }
}

// Requests' heads.
extension Server {
  /// Reads the requests of a connection as far as they have come and can be answered.
  func process(_ index: Int) {
    while unsafe self[index].pointee.phase == .reading {
      do throws(HTTPError) {
        switch try unsafe self[index].pointee.nextEvent() {
        case .needsMore:
          noteHead(index)
          return
        case .head: take(index)
        case .body, .end: break
        }
      } catch {
        refuse(index, error, closes: true)
      }
    }
  }

  /// The time for a head runs from its first byte.
  private func noteHead(_ index: Int) {
    if unsafe self[index].pointee.isInHead || self[index].pointee.parser.isBetweenRequests {
      return
    }
    unsafe self[index].pointee.isInHead = true
    unsafe self[index].pointee.deadline = Instant.now().nanoseconds + headNanoseconds
  }

  /// A head is whole.
  private func take(_ index: Int) {
    unsafe self[index].pointee.deadline = .max
    unsafe self[index].pointee.requestStart = Instant.now().nanoseconds
    let head = unsafe self[index].pointee.parser.head
    do throws(HTTPError) {
      switch try facts.checkedRoute(head) {
      case .health: answerHealth(index)
      case .metrics: answerMetrics(index)
      case .models: answerModels(index)
      case .chatCompletions, .completions: try enqueue(index, head)
      }
    } catch {
      refuse(index, error, closes: hasBody(head))
    }
  }

  private func enqueue(_ index: Int, _ head: RequestHead) throws(HTTPError) {
    if head.contentType != .json { throw .notJSON }
    if unsafe state.pointee.isStopping { throw .stopping }
    if unsafe !state.pointee.enqueue(index) { throw .queueFull }
    unsafe self[index].pointee.phase = .waiting
  }
}

// The end of the service.
extension Server {
  private func stopIfAsked() {
    if unsafe !Interrupt.isRaised || state.pointee.isStopping { return }
    unsafe state.pointee.stopDeadline =
      Instant.now().nanoseconds + Int64(options.graceSeconds) * Self.second
    unsafe state.pointee.listener?.close()
    unsafe state.pointee.listener = nil
    while let index = unsafe state.pointee.dequeue() { refuse(index, .stopping, closes: true) }
    for index in 0..<count where unsafe self[index].pointee.isIdle {
      unsafe self[index].pointee.close()
    }
  }
}
