import Platform

/// A place for a connection: what has been read of it, and what is to be written.
@safe struct Connection: ~Copyable {
  /// Bytes that are read before they are looked at. A request that waits for its turn is read no
  /// further.
  static let inputByteCount = 16_384
  /// Room for the longest answer that is made while another request is being served: the metrics.
  static let outputByteCount = 32_768

  /// Bytes of a body that are read at once.
  static let pieceByteCountMax = 4096

  enum Phase {
    /// There is no connection.
    case free
    /// For a request's head, or between requests.
    case reading
    /// For the rest of a request's body, which is checked and stored.
    case receiving
    /// For its turn.
    case waiting
    /// The request is being served.
    case active
    /// The answer is made, and not yet written to its end.
    case answering
    /// The answer is written. What the client still sends is dropped, so that the answer is not lost
    /// with it (RFC 9112, section 9.6).
    case closing
  }

  var phase = Phase.free
  var descriptor: Int32 = -1
  var parser: RequestParser
  private let input: UnsafeMutablePointer<UInt8>
  private var inputStart = 0
  private var inputEnd = 0
  private let output: UnsafeMutablePointer<UInt8>
  private var outputStart = 0
  private var outputEnd = 0
  /// Bytes that have been read and written.
  private(set) var movedByteCount = 0
  /// When the phase must be over, on the monotonic clock.
  var deadline = Int64.max
  /// When it was taken, or became idle.
  var idleSince: Int64 = 0
  /// The beginning of a request has been read, at this time.
  var isInHead = false
  var headStart: Int64 = 0
  /// When the head of the request was whole.
  var requestStart: Int64 = 0
  /// The body of the request, and what it says.
  var body = StoredBody()
  private(set) var reader = CompletionReader(.text)
  private var checked = PromptQueue()
  /// How long the body may take.
  private(set) var patience = Patience(limit: 0)
  /// There is no room for the body for now.
  var isHeldUp = false
  /// When the client of a stream must be sent something.
  var commentTime = Int64.max
  /// The head of a stream has been sent before the request's turn.
  var isStreamBegun = false
  /// The other side is gone, or was given up.
  var isGone = false
  /// After the answer.
  var closes = false
  /// In the list of descriptors that are waited for; -1 if it is not in it.
  private(set) var pollIndex = -1

  init(
    _ input: UnsafeMutablePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>,
    bodyByteCountMax: Int
  ) {
    unsafe self.input = unsafe input
    unsafe self.output = unsafe output
    parser = RequestParser(bodyByteCountMax: bodyByteCountMax)
  }

  mutating func open(_ descriptor: Int32, now: Int64, bodyByteCountMax: Int) {
    self.descriptor = descriptor
    phase = .reading
    parser = RequestParser(bodyByteCountMax: bodyByteCountMax)
    (inputStart, inputEnd, outputStart, outputEnd) = (0, 0, 0, 0)
    idleSince = now
    (isInHead, isGone, closes) = (false, false, false)
    endRequest()
  }

  mutating func close() {
    Connections.close(descriptor)
    descriptor = -1
    phase = .free
    deadline = .max
  }

  /// Nothing is known any more of a request.
  mutating func endRequest() {
    (isHeldUp, isStreamBegun) = (false, false)
    commentTime = .max
    requestStart = 0
  }

  /// Nothing of a request has been read, and nothing is to be written.
  var isIdle: Bool {
    phase == .reading && inputStart == inputEnd && parser.isBetweenRequests && !hasOutput
  }
}

// What has been read.
extension Connection {
  var hasInput: Bool { inputStart < inputEnd }
  var hasInputRoom: Bool { inputEnd - inputStart < Self.inputByteCount }

  /// Reads what is there.
  mutating func receive() -> ConnectionProgress {
    makeInputRoom()
    let room = unsafe UnsafeMutableRawBufferPointer(
      start: input + inputEnd, count: Self.inputByteCount - inputEnd)
    if room.count == 0 { return .none }
    let progress = unsafe Connections.read(descriptor, into: room)
    if case .bytes(let count) = progress {
      inputEnd += count
      movedByteCount += count
    }
    return progress
  }

  private mutating func makeInputRoom() {
    if inputStart == inputEnd {
      (inputStart, inputEnd) = (0, 0)
    } else if inputEnd == Self.inputByteCount && inputStart > 0 {
      let count = inputEnd - inputStart
      unsafe input.update(from: input + inputStart, count: count)
      (inputStart, inputEnd) = (0, count)
    }
  }

  mutating func dropInput() { (inputStart, inputEnd) = (0, 0) }

  /// The next event of the requests; `needsMore` when all that has come is read. A piece of a body is
  /// at most `pieceByteCountMax` bytes; its place counts from the input's beginning.
  @export(interface)
  mutating func nextEvent() throws(HTTPError) -> RequestParser.Event {
    while true {
      let start = inputStart
      let event = try parseInput()
      if case .body(let range) = event {
        return .body(start + range.lowerBound..<start + range.upperBound)
      }
      if event != .needsMore || !hasInput { return event }
    }
  }

  private mutating func parseInput() throws(HTTPError) -> RequestParser.Event {
    let bytes = unsafe Span(
      _unsafeStart: UnsafePointer(input) + inputStart,
      count: min(inputEnd - inputStart, Self.pieceByteCountMax))
    var offset = 0
    defer { inputStart += offset }
    return try parser.next(bytes, at: &offset)
  }

  /// The bytes of an event; they stay until more is read.
  @_lifetime(borrow self)
  borrowing func input(_ range: Range<Int>) -> Span<UInt8> {
    let bytes = unsafe Span(
      _unsafeStart: UnsafePointer(input) + range.lowerBound, count: range.count)
    return unsafe _overrideLifetime(bytes, borrowing: self)
  }
}

// The body of a request.
extension Connection {
  /// What the request says beside its prompt; known when the body is whole.
  var settings: CompletionSettings { _read { yield reader.settings } }
  var isStream: Bool { reader.settings.isStream }
  var kind: RequestKind { reader.kind }

  /// The head of a request with a body has come.
  @export(interface)
  mutating func beginBody(_ kind: RequestKind, limit: Int64) {
    phase = .receiving
    reader = CompletionReader(kind)
    checked = PromptQueue()
    patience = Patience(limit: limit)
    noteMove()
  }

  /// The client has moved, or is waited for from here on.
  mutating func noteMove() {
    if isHeldUp {
      deadline = .max
      return
    }
    patience.wait(from: Instant.now().nanoseconds, moved: movedByteCount)
    deadline = patience.deadline
  }

  /// There is no room for what the client sends, or there is again.
  mutating func setHeldUp(_ isHeldUp: Bool) {
    if self.isHeldUp == isHeldUp { return }
    self.isHeldUp = isHeldUp
    if isHeldUp { patience.end(at: Instant.now().nanoseconds, moved: movedByteCount) }
    noteMove()
  }

  /// Checks a piece of the body, and stores it.
  mutating func take(_ range: Range<Int>, into store: inout BodyStore) throws(ServiceFailure) {
    let piece = unsafe Span(
      _unsafeStart: UnsafePointer(input) + range.lowerBound, count: range.count)
    do throws(RequestError) {
      try reader.feed(piece, to: &checked)
    } catch {
      throw .request(error)
    }
    store.append(piece, to: &body)
  }

  /// The body is whole.
  @export(interface)
  mutating func endBody(_ facts: ServiceFacts) throws(ServiceFailure) {
    do throws(RequestError) {
      try reader.finish()
    } catch {
      throw .request(error)
    }
    if !facts.serves(reader.settings.model) { throw .http(.modelNotFound) }
    if let count = reader.settings.contextCount, count > facts.contextLength {
      throw .request(reader.error(.invalid, .numContext, in: .options))
    }
    if reader.settings.answerCount * reader.settings.promptCount
      > CompletionSettings.answerCountMax
    {
      throw .request(reader.error(.invalid, .n))
    }
  }
}

// What is to be written.
extension Connection {
  var hasOutput: Bool { outputStart < outputEnd }
  /// Bytes that can be taken.
  var outputRoom: Int { Self.outputByteCount - (outputEnd - outputStart) }

  /// Takes bytes that there is room for.
  mutating func append(_ bytes: Span<UInt8>) {
    precondition(bytes.count <= outputRoom)
    if outputEnd + bytes.count > Self.outputByteCount {
      let count = outputEnd - outputStart
      unsafe output.update(from: output + outputStart, count: count)
      (outputStart, outputEnd) = (0, count)
    }
    for index in 0..<bytes.count { unsafe output[outputEnd + index] = bytes[index] }
    outputEnd += bytes.count
  }

  /// Writes what can be written at once.
  /// - Returns: bytes that were written.
  @discardableResult
  mutating func flush() -> Int {
    var written = 0
    while hasOutput && !isGone {
      let bytes = unsafe UnsafeRawBufferPointer(
        start: output + outputStart, count: outputEnd - outputStart)
      switch unsafe Connections.write(descriptor, bytes) {
      case .bytes(let count):
        outputStart += count
        movedByteCount += count
        written += count
      case .none: return written
      case .ended: isGone = true
      }
    }
    return written
  }
}

// What is waited for.
extension Connection {
  /// Enters what the connection waits for.
  mutating func enter(_ polls: inout PollList) {
    pollIndex = -1
    switch phase {
    case .free: return
    case .reading: pollIndex = polls.append(descriptor, reads: hasInputRoom, writes: hasOutput)
    case .receiving:
      pollIndex = polls.append(
        descriptor, reads: hasInputRoom && !isHeldUp, writes: hasOutput, watchesEnd: true)
    case .waiting, .active:
      if isGone { return }
      pollIndex = polls.append(descriptor, writes: hasOutput, watchesEnd: true)
    case .answering: pollIndex = polls.append(descriptor, writes: true)
    case .closing: pollIndex = polls.append(descriptor, reads: true)
    }
  }
}
