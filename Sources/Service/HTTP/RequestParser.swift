import Text

/// Reads the requests of a connection from bytes that arrive in pieces of any size, in fixed
/// memory.
///
/// Strict where leniency would let two servers see different requests in the same bytes (RFC 9112,
/// section 11.2): lines end in CRLF, names have no space before the colon, lengths are given once.
public struct RequestParser: ~Copyable {
  public enum Event: Equatable, Sendable {
    /// All bytes are taken; more must come.
    case needsMore
    /// `head` is whole.
    case head
    /// A piece of the body: these of the bytes that were given.
    case body(Range<Int>)
    /// The request is whole. The bytes that follow belong to the next one.
    case end
  }

  private enum State {
    case requestLine
    case headers
    /// The event `head` has been given; the body comes next.
    case beforeBody
    /// So many bytes are left.
    case body(Int)
    case chunkLine
    case chunkData(Int)
    case chunkEnd
    case trailers
    case ended
  }

  /// Of the request that is being read; kept until `next` is called after the event `end`.
  public private(set) var head = RequestHead()
  private let bodyByteCountMax: Int
  private var state = State.requestLine
  private var failure: HTTPError?
  private var line = LineBuffer()
  private var emptyLineCount = 0
  /// Of the head or of the trailers: lines with their ends, and header lines.
  private var lineByteCount = 0
  private var lineCount = 0
  private var bodyByteCount = 0
  private var extensionByteCount = 0

  /// - Parameter bodyByteCountMax: of a body without its chunks' framing.
  public init(bodyByteCountMax: Int) {
    precondition(bodyByteCountMax >= 0)
    self.bodyByteCountMax = bodyByteCountMax
  }

  /// Gives the request a number, for its answer.
  mutating func setNumber(_ number: UInt64) { head.number = number }

  /// Whether no request is unfinished, and nothing of a further one has been read: the connection may
  /// end here. The event `end` may still be due.
  public var isBetweenRequests: Bool {
    if failure != nil { return false }
    return switch state {
    case .ended: true
    case .requestLine: line.isEmpty && emptyLineCount == 0
    case .beforeBody: head.body == .byteCount(0)
    case .body(let rest): rest == 0
    default: false
    }
  }

  /// Reads on from `offset` and advances it, up to the next event. After `head` and `body` an event
  /// may be due without further bytes: call again until it is `needsMore` or `end`.
  ///
  /// What has thrown throws the same again.
  @export(interface)
  public mutating func next(
    _ bytes: Span<UInt8>, at offset: inout Int
  ) throws(HTTPError) -> Event {
    if let failure { throw failure }
    do throws(HTTPError) {
      return try step(bytes, &offset)
    } catch {
      failure = error
      throw error
    }
  }

  private mutating func step(
    _ bytes: Span<UInt8>, _ offset: inout Int
  ) throws(HTTPError) -> Event {
    while true {
      switch state {
      case .requestLine:
        if !(try takeRequestLine(bytes, &offset)) { return .needsMore }
      case .headers:
        if !(try takeHeaderLine(bytes, &offset)) { return .needsMore }
        if case .beforeBody = state { return .head }
      case .beforeBody: beginBody()
      case .body(let rest):
        if rest == 0 { return end() }
        return takeBody(rest, bytes, &offset) { .body($0) }
      case .chunkLine:
        if !(try takeChunkLine(bytes, &offset)) { return .needsMore }
      case .chunkData(let rest):
        if rest > 0 { return takeBody(rest, bytes, &offset) { .chunkData($0) } }
        state = .chunkEnd
      case .chunkEnd:
        if !(try takeChunkEnd(bytes, &offset)) { return .needsMore }
      case .trailers:
        if !(try takeTrailerLine(bytes, &offset)) { return .needsMore }
        if case .ended = state { return .end }
      case .ended: beginRequest()
      }
    }
  }

  private mutating func beginRequest() {
    head = RequestHead()
    state = .requestLine
    emptyLineCount = 0
    lineByteCount = 0
    lineCount = 0
    bodyByteCount = 0
    extensionByteCount = 0
  }

  private mutating func end() -> Event {
    state = .ended
    return .end
  }

  private mutating func beginBody() {
    switch head.body {
    case .byteCount(let byteCount): state = .body(byteCount)
    case .chunked: state = .chunkLine
    }
  }
}

// The head's lines. Each of these takes bytes, and returns whether a line was whole.
extension RequestParser {
  private mutating func takeRequestLine(
    _ bytes: Span<UInt8>, _ offset: inout Int
  ) throws(HTTPError) -> Bool {
    let isWhole = try line.take(
      bytes, at: &offset, byteCountMax: HTTPLimits.lineByteCountMax, overflow: .requestLineTooLong)
    if !isWhole { return false }
    if line.count == 0 {
      emptyLineCount += 1
      if emptyLineCount > HTTPLimits.leadingEmptyLineCountMax { throw .malformedRequestLine }
      return true
    }
    lineByteCount = line.count + 2
    try head.takeRequestLine(line.storage.span.extracting(0..<line.count))
    line.clear()
    state = .headers
    return true
  }

  private mutating func takeHeaderLine(
    _ bytes: Span<UInt8>, _ offset: inout Int
  ) throws(HTTPError) -> Bool {
    let byteCountMax = min(
      HTTPLimits.lineByteCountMax, HTTPLimits.headByteCountMax - lineByteCount)
    let isWhole = try line.take(
      bytes, at: &offset, byteCountMax: byteCountMax, overflow: .headTooLarge)
    if !isWhole { return false }
    if line.count == 0 {
      try head.check(bodyByteCountMax: bodyByteCountMax)
      lineByteCount = 0
      lineCount = 0
      state = .beforeBody
      return true
    }
    lineByteCount += line.count + 2
    lineCount += 1
    if lineCount > HTTPLimits.headerCountMax { throw .tooManyHeaders }
    try head.takeHeaderLine(line.storage.span.extracting(0..<line.count))
    line.clear()
    return true
  }
}

// The body (RFC 9112, sections 6 and 7.1).
extension RequestParser {
  private mutating func takeBody(
    _ rest: Int, _ bytes: Span<UInt8>, _ offset: inout Int, state next: (Int) -> State
  ) -> Event {
    let start = offset
    let byteCount = min(rest, bytes.count - start)
    if byteCount == 0 { return .needsMore }
    offset += byteCount
    state = next(rest - byteCount)
    return .body(start..<offset)
  }

  /// The size of a chunk in hexadecimal digits, and its extensions, which are dropped.
  private mutating func takeChunkLine(
    _ bytes: Span<UInt8>, _ offset: inout Int
  ) throws(HTTPError) -> Bool {
    let isWhole = try line.take(
      bytes, at: &offset, byteCountMax: HTTPLimits.chunkLineByteCountMax,
      overflow: .chunkExtensionsTooLong)
    if !isWhole { return false }
    let size = try readChunkLine()
    if extensionByteCount > HTTPLimits.chunkExtensionByteCountMax {
      throw .chunkExtensionsTooLong
    }
    if size > bodyByteCountMax - bodyByteCount { throw .bodyTooLarge }
    bodyByteCount += size
    line.clear()
    state = size == 0 ? .trailers : .chunkData(size)
    return true
  }

  /// - Returns: the chunk's size.
  private mutating func readChunkLine() throws(HTTPError) -> Int {
    let whole = line.storage.span.extracting(0..<line.count)
    let sizeEnd = firstIndex(of: UInt8(ascii: ";"), in: whole) ?? whole.count
    extensionByteCount += whole.count - sizeEnd
    guard let size = hexadecimalCount(whole.extracting(0..<sizeEnd)) else {
      throw .malformedChunk
    }
    return size
  }

  /// The CRLF after a chunk's data.
  private mutating func takeChunkEnd(
    _ bytes: Span<UInt8>, _ offset: inout Int
  ) throws(HTTPError) -> Bool {
    let isWhole = try line.take(
      bytes, at: &offset, byteCountMax: 0, overflow: .malformedChunk)
    if isWhole { state = .chunkLine }
    return isWhole
  }

  /// Trailer lines are checked as header lines are, and dropped.
  private mutating func takeTrailerLine(
    _ bytes: Span<UInt8>, _ offset: inout Int
  ) throws(HTTPError) -> Bool {
    let isWhole = try line.take(
      bytes, at: &offset, byteCountMax: HTTPLimits.trailerByteCountMax - lineByteCount,
      overflow: .trailersTooLarge)
    if !isWhole { return false }
    if line.count == 0 {
      state = .ended
      return true
    }
    lineByteCount += line.count + 2
    lineCount += 1
    if lineCount > HTTPLimits.trailerCountMax { throw .trailersTooLarge }
    _ = try RequestHead.checkedNameEnd(line.storage.span.extracting(0..<line.count))
    line.clear()
    return true
  }
}
