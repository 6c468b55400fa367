import Platform

/// The connections of a service: takes them, moves their bytes, and closes them when their time is
/// over. What the bytes mean is the business of `ServiceLoop`.
@safe struct ConnectionTable: ~Copyable {
  private let connections: UnsafeMutablePointer<Connection>
  let count: Int
  private var polls: PollList
  /// The bodies of requests that have not been answered.
  private(set) var bodies: BodyStore
  /// Nil when no further connections are to be taken.
  private var listener: Listener?
  /// Can be read from when a signal has come; negative if nothing is to be woken by signals.
  private let wakingDescriptor: Int32
  private let bodyByteCountMax: Int
  private let times: ServiceTimes
  /// After the system refused a connection.
  private var acceptsFrom: Int64 = 0
  /// In the list of descriptors that are waited for; nil if it is not in it.
  private var listenerEntry: Int?
  /// Connections that have been taken.
  private(set) var takenCount = 0

  init(
    _ layout: ServiceLayout, _ settings: ServiceSettings, _ listener: Listener?,
    wakingDescriptor: Int32
  ) {
    unsafe connections = unsafe layout.connections
    count = layout.connectionCount
    polls = unsafe PollList(memory: layout.polls, capacity: layout.pollCount)
    bodies = BodyStore(layout, settings)
    self.listener = listener
    self.wakingDescriptor = wakingDescriptor
    bodyByteCountMax = settings.bodyByteCountMax
    times = ServiceTimes(settings)
  }

  /// A place for a connection.
  subscript(index: Int) -> Connection {
    unsafeAddress {
      precondition(index >= 0 && index < count)
      return unsafe UnsafePointer(connections + index)
    }
    unsafeMutableAddress {
      precondition(index >= 0 && index < count)
      return unsafe connections + index
    }
  }

  /// The way to a client, for one who writes an answer. No answer is longer than there is room.
  func sink(_ index: Int) -> ConnectionSink {
    precondition(index >= 0 && index < count)
    return unsafe ConnectionSink(connections + index)
  }

  /// Connections that are open.
  var openCount: Int {
    var sum = 0
    for index in 0..<count where self[index].phase != .free { sum += 1 }
    return sum
  }
}

// Waiting.
extension ConnectionTable {
  /// Waits until a descriptor is ready, and moves no bytes yet.
  /// - Parameters:
  ///   - deadline: at most until then, on the monotonic clock.
  ///   - watchesSignal: whether a signal ends the waiting. The first one makes its descriptor readable
  ///     for good.
  @export(interface)
  mutating func wait(until deadline: Int64, watchesSignal: Bool) {
    let now = Instant.now().nanoseconds
    let deadline = min(deadline, nextDeadline(now))
    polls.removeAll()
    if watchesSignal && wakingDescriptor >= 0 { polls.append(wakingDescriptor, reads: true) }
    for index in 0..<count { unsafe connections[index].enter(&polls) }
    listenerEntry = nil
    if let listener, acceptsFrom <= now, freePlace(now) != nil {
      listenerEntry = polls.append(listener.descriptor, reads: true)
    }
    polls.wait(nanoseconds: deadline == .max ? nil : max(deadline - now, 0))
  }

  /// When something is to be done though nothing is ready.
  private func nextDeadline(_ now: Int64) -> Int64 {
    var next = Int64.max
    for index in 0..<count { next = min(next, self[index].deadline) }
    if bodies.isWanted { next = min(next, now + ServiceTimes.placeStep) }
    // A place may become free that connections wait for.
    if listener != nil {
      if acceptsFrom > now { next = min(next, acceptsFrom) }
      if freePlace(now) == nil { next = min(next, now + ServiceTimes.placeStep) }
    }
    return next
  }

  /// Moves the bytes of a connection that are ready to be moved.
  /// - Returns: whether a client has gone before its turn.
  mutating func move(_ index: Int) -> Bool {
    let entry = self[index].pollIndex
    if entry < 0 { return false }
    let (isReadable, isEnded) = (polls.isReadable(entry), polls.isEnded(entry))
    let isGone = polls.isGone(entry)
    if polls.isWritable(entry) { flush(index) }
    switch self[index].phase {
    case .reading, .closing: if isReadable || isGone { receive(index) }
    case .receiving: return receiveBody(index, isReadable: isReadable, isEnded: isEnded)
    case .waiting: return isEnded
    case .active: if isEnded { self[index].isGone = true }
    case .answering: if isGone { close(index) }
    case .free: break
    }
    return false
  }

  private mutating func receive(_ index: Int) {
    switch self[index].receive() {
    case .bytes: if self[index].phase == .closing { self[index].dropInput() }
    case .none: break
    case .ended: close(index)
    }
  }

  /// - Returns: whether the client has gone. What it sent before may still make the body whole, but
  ///   nobody would be answered.
  private mutating func receiveBody(_ index: Int, isReadable: Bool, isEnded: Bool) -> Bool {
    if isEnded { return true }
    if !isReadable { return false }
    switch self[index].receive() {
    case .bytes:
      self[index].noteMove()
      return false
    case .none: return false
    case .ended: return true
    }
  }

  private mutating func flush(_ index: Int) {
    let written = self[index].flush()
    if self[index].phase != .answering { return }
    if self[index].isGone {
      close(index)
    } else if written > 0 {
      self[index].deadline = Instant.now().nanoseconds + times.timeout
      if !self[index].hasOutput { endAnswer(index) }
    }
  }
}

// The life of a connection.
extension ConnectionTable {
  /// Takes the connections that clients have made.
  @export(interface)
  mutating func takeConnections() {
    guard let entry = listenerEntry, polls.isReadable(entry) else { return }
    while let listener {
      let now = Instant.now().nanoseconds
      guard let index = freePlace(now) else { return }
      do throws(SystemFailure) {
        guard let descriptor = try listener.accept() else { return }
        open(descriptor, at: index, now)
      } catch {
        // As too many open files: there may be room later.
        acceptsFrom = now + ServiceTimes.acceptStep
        return
      }
    }
  }

  /// Takes a connection that was made elsewhere.
  /// - Returns: its place; nil if there is none.
  mutating func take(_ descriptor: Int32) -> Int? {
    let now = Instant.now().nanoseconds
    guard let index = freePlace(now) else { return nil }
    open(descriptor, at: index, now)
    return index
  }

  private mutating func open(_ descriptor: Int32, at index: Int, _ now: Int64) {
    if self[index].phase != .free { close(index) }
    self[index].open(descriptor, now: now, bodyByteCountMax: bodyByteCountMax)
    self[index].deadline = now + times.head
    takenCount += 1
  }

  /// A free place, or that of the connection that has held one for nothing for the longest time.
  private func freePlace(_ now: Int64) -> Int? {
    var slowest: Int?
    var most: Int64 = 0
    for index in 0..<count {
      if self[index].phase == .free { return index }
      let wasted = wastedTime(index, now)
      if wasted > most { (slowest, most) = (index, wasted) }
    }
    return slowest
  }

  /// For how long a connection has held its place without a request that could be answered; 0 if it
  /// may keep it.
  private func wastedTime(_ index: Int, _ now: Int64) -> Int64 {
    let (time, allowed): (Int64, Int64)
    switch self[index].phase {
    case .receiving:
      (time, allowed) = (self[index].patience.spent(at: now), ServiceTimes.slowRequest)
    case .reading where self[index].isInHead:
      (time, allowed) = (now - self[index].headStart, ServiceTimes.slowRequest)
    case .reading where self[index].isIdle:
      (time, allowed) = (now - self[index].idleSince, ServiceTimes.givenUp)
    default: return 0
    }
    return time > allowed ? time : 0
  }

  mutating func close(_ index: Int) {
    dropBody(index)
    self[index].close()
  }

  /// Gives the memory of a request's body back.
  private mutating func dropBody(_ index: Int) {
    unsafe bodies.release(&connections[index].body, of: index)
  }

  /// Closes a connection whose time is over.
  /// - Returns: whether the client is to be told, because it has sent a part of a request.
  mutating func expire(_ index: Int, _ now: Int64) -> Bool {
    if self[index].deadline > now { return false }
    self[index].deadline = .max
    if self[index].phase == .reading && self[index].isInHead { return true }
    if self[index].phase == .receiving { return true }
    close(index)
    return false
  }

  /// The request's answer is made; what of it is not yet written is written as the client takes it.
  /// - Parameter keepsAlive: whether another request may follow.
  @export(interface)
  mutating func finish(_ index: Int, keepsAlive: Bool) {
    if self[index].isGone {
      close(index)
      return
    }
    dropBody(index)
    self[index].closes = !keepsAlive
    self[index].phase = .answering
    self[index].deadline = Instant.now().nanoseconds + times.timeout
    self[index].flush()
    if !self[index].hasOutput { endAnswer(index) }
  }

  /// The answer is written.
  @export(interface)
  private mutating func endAnswer(_ index: Int) {
    let now = Instant.now().nanoseconds
    if self[index].isGone {
      close(index)
    } else if self[index].closes {
      self[index].phase = .closing
      self[index].deadline = now + ServiceTimes.closing
      self[index].dropInput()
      Connections.endWriting(self[index].descriptor)
    } else {
      self[index].phase = .reading
      self[index].isInHead = false
      self[index].endRequest()
      self[index].idleSince = now
      self[index].deadline = now + times.keepAlive
    }
  }

  /// The time for a head runs from its first byte.
  mutating func noteHead(_ index: Int) {
    if self[index].isInHead || self[index].parser.isBetweenRequests { return }
    self[index].isInHead = true
    self[index].headStart = Instant.now().nanoseconds
    self[index].deadline = self[index].headStart + times.head
  }

  /// Takes no further connections, and closes those that nothing is asked for.
  mutating func stop() {
    listener?.close()
    listener = nil
    for index in 0..<count where self[index].isIdle { close(index) }
  }
}

// The bodies of requests.
extension ConnectionTable {
  /// The head of a request with a body has come.
  mutating func beginBody(_ index: Int, _ kind: RequestKind) {
    self[index].beginBody(kind, limit: times.timeout)
  }

  /// Reads, checks and stores what has come of a body.
  /// - Returns: whether it is whole.
  @export(interface)
  mutating func readBody(_ index: Int) throws(ServiceFailure) -> Bool {
    while true {
      let hasRoom = unsafe bodies.makeRoom(in: &connections[index].body, of: index)
      self[index].setHeldUp(!hasRoom)
      if !hasRoom { return false }
      switch try nextEvent(index) {
      case .needsMore: return false
      case .head: break
      case .body(let range): unsafe try connections[index].take(range, into: &bodies)
      case .end: return true
      }
    }
  }

  private mutating func nextEvent(
    _ index: Int
  ) throws(ServiceFailure) -> RequestParser.Event {
    do throws(HTTPError) {
      return try self[index].nextEvent()
    } catch {
      throw .http(error)
    }
  }

  /// Whether a body waits for room that there is now.
  var hasRoomAgain: Bool {
    if bodies.isWanted { return false }
    for index in 0..<count where self[index].isHeldUp { return true }
    return false
  }

  /// The connection whose body holds others up and comes too slowly; nil if there is none.
  func slowBody(_ now: Int64) -> Int? {
    guard bodies.isWanted, let owner = bodies.owner, self[owner].phase == .receiving else {
      return nil
    }
    return self[owner].patience.spent(at: now) > ServiceTimes.slowBody ? owner : nil
  }
}
