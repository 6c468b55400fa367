import Platform

/// The way to a client.
public protocol ResponseSink {
  /// Sends all of the bytes. False where the client cannot be reached any more.
  mutating func send(_ bytes: Span<UInt8>) -> Bool
}

/// Writes the answers of a connection, one after the other, through a fixed buffer.
///
/// An answer that fits in the buffer is sent with its Content-Length when it is finished; until
/// then it can be taken back. A longer one, or one that is flushed, is sent in chunks, or to an
/// HTTP/1.0 client until the connection ends (RFC 9112, sections 6.3 and 7.1). Each flush is one
/// `send`.
public struct ResponseWriter<Sink: ResponseSink>: ~Copyable, ByteSink {
  /// Bytes of the body that are held.
  public static var bufferByteCount: Int { 4096 }
  /// Room for the longest head, of which all parts are bounded.
  private static var headByteCountMax: Int { 1536 }
  /// Room for a chunk's size, at most 1000 in hexadecimal digits, and CRLF.
  private static var sizeByteCountMax: Int { 6 }
  private static var bodyStart: Int { headByteCountMax + sizeByteCountMax }

  public var sink: Sink
  /// The client cannot be reached any more; what is written is dropped.
  public private(set) var isClientGone = false
  /// The head, a chunk's size, the body's bytes, and the end of the chunk and of the body.
  private var buffer = InlineArray<5645, UInt8>(repeating: 0)
  /// Of the body, in the buffer.
  private var byteCount = 0
  private var head: ResponseHead?
  private var isHeadSent = false
  private var isChunked = false

  public init(_ sink: consuming Sink) {
    self.sink = sink
  }

  /// Begins an answer; the one before must be finished or taken back.
  /// - Parameter isHeadSent: whether another writer has sent the head, and flushed.
  public mutating func begin(_ head: ResponseHead, isHeadSent: Bool = false) {
    precondition(self.head == nil)
    self.head = head
    byteCount = 0
    self.isHeadSent = isHeadSent
    isChunked = false
    if isHeadSent { chooseFraming() }
  }

  public mutating func write(byte: UInt8) {
    if omitsBody {
      byteCount += 1
      return
    }
    if byteCount == Self.bufferByteCount { flush() }
    buffer[Self.bodyStart + byteCount] = byte
    byteCount += 1
  }

  private var omitsBody: Bool { head?.omitsBody ?? false }

  /// Sends what has been written. Does nothing for HEAD, where only `finish` sends.
  public mutating func flush() {
    if !omitsBody { send(isLast: false) }
  }

  /// Takes back the answer if nothing of it has been sent; another one may begin.
  public mutating func discard() -> Bool {
    if isHeadSent { return false }
    head = nil
    return true
  }

  /// Ends the answer.
  /// - Returns: whether the connection may be used for a further one.
  public mutating func finish() -> Bool {
    send(isLast: true)
    let keepsAlive = head?.keepsAlive ?? false
    head = nil
    return keepsAlive && !isClientGone
  }

  /// Ends an answer that cannot be made whole. Without the end of its last chunk the client does
  /// not take it for a whole one (RFC 9112, section 8); the connection must be closed.
  public mutating func abandon() {
    flush()
    head = nil
  }

  /// Tells the client to send the body of its request (RFC 9110, section 15.2.1).
  public mutating func sendContinue() {
    precondition(head == nil)
    byteCount = 0
    write("HTTP/1.1 100 Continue\r\n\r\n")
    sendBuffer(Self.bodyStart..<Self.bodyStart + byteCount)
    byteCount = 0
  }

  private mutating func send(isLast: Bool) {
    guard head != nil else { preconditionFailure() }
    var start = Self.bodyStart
    var end = omitsBody ? start : start + byteCount
    if !isHeadSent && !isLast { chooseFraming() }
    if isChunked {
      if byteCount > 0 { frameChunk(&start, &end) }
      if isLast { append("0\r\n\r\n", &end) }
    }
    if !isHeadSent { prependHead(isLast: isLast, &start) }
    byteCount = 0
    sendBuffer(start..<end)
  }

  /// The answer's length is not known.
  private mutating func chooseFraming() {
    isChunked = head!.minorVersion > 0
    if !isChunked { head!.keepsAlive = false }
  }

  private mutating func frameChunk(_ start: inout Int, _ end: inout Int) {
    append("\r\n", &end)
    start -= 2
    buffer[start] = UInt8(ascii: "\r")
    buffer[start + 1] = UInt8(ascii: "\n")
    var rest = byteCount
    while rest > 0 {
      start -= 1
      buffer[start] = hexadecimalDigit(UInt8(rest & 15))
      rest >>= 4
    }
  }

  private mutating func append(_ text: StaticString, _ end: inout Int) {
    let bytes = unsafe text.utf8Start
    for index in 0..<text.utf8CodeUnitCount {
      unsafe buffer[end] = bytes[index]
      end += 1
    }
  }

  /// Writes the head to end where the body or its chunk begins.
  private mutating func prependHead(isLast: Bool, _ start: inout Int) {
    var text = HeadText()
    head!.write(byteCount: isLast ? byteCount : nil, isChunked: isChunked, to: &text)
    start -= text.count
    for index in 0..<text.count { buffer[start + index] = text[index] }
    isHeadSent = true
  }

  private mutating func sendBuffer(_ range: Range<Int>) {
    if range.isEmpty || isClientGone { return }
    isClientGone = !sink.send(buffer.span.extracting(range))
  }
}

/// A response's head while it is made.
private struct HeadText: ByteSink {
  private var bytes = InlineArray<1536, UInt8>(repeating: 0)
  private(set) var count = 0

  mutating func write(byte: UInt8) {
    bytes[count] = byte
    count += 1
  }

  subscript(index: Int) -> UInt8 { bytes[index] }
}
