import Foundation
import Platform
import TestSupport
import Testing

@testable import Service

/// Keeps what is sent; the client is gone after so many calls.
struct RecordingSink: ResponseSink {
  var sent: [[UInt8]] = []
  var sendCountMax = Int.max

  mutating func send(_ bytes: Span<UInt8>) -> Bool {
    if sent.count == sendCountMax { return false }
    sent.append(bytes.indices.map { bytes[$0] })
    return true
  }

  var text: String { String(decoding: sent.joined(), as: UTF8.self) }
}

/// The head of a request for an answer.
func requestHead(_ text: String = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n") -> RequestHead {
  var parser = RequestParser(bodyByteCountMax: 1 << 20)
  let input = bytes(text)
  var offset = 0
  _ = try? parser.next(input.span, at: &offset)
  return parser.head
}

/// An answer taken apart by itself, in another way than it was made.
struct SeenResponse {
  var statusLine = ""
  var headers: [String: String] = [:]
  var body: [UInt8] = []
  /// Of the body, where it came in chunks.
  var chunks: [[UInt8]]?

  init(_ answer: [UInt8]) throws {
    let end = try #require(answer.firstRange(of: bytes("\r\n\r\n")))
    let head = String(decoding: answer[..<end.lowerBound], as: UTF8.self)
    let lines = head.components(separatedBy: "\r\n")
    statusLine = lines[0]
    for line in lines.dropFirst() {
      let parts = line.components(separatedBy: ": ")
      #expect(parts.count == 2 && headers[parts[0]] == nil)
      headers[parts[0]] = parts[1]
    }
    body = Array(answer[end.upperBound...])
    if headers["Transfer-Encoding"] == "chunked" { try joinChunks() }
    if let count = headers["Content-Length"] { #expect(Int(count) == body.count) }
  }

  private mutating func joinChunks() throws {
    var rest = body[...]
    var pieces: [[UInt8]] = []
    while true {
      let end = try #require(rest.firstRange(of: bytes("\r\n")))
      let size = Int(String(decoding: rest[..<end.lowerBound], as: UTF8.self), radix: 16)
      let chunk = rest[end.upperBound...].prefix(try #require(size))
      rest = rest[chunk.endIndex...]
      #expect(rest.starts(with: bytes("\r\n")))
      rest = rest.dropFirst(2)
      if chunk.isEmpty { break }
      pieces.append(Array(chunk))
    }
    #expect(rest.isEmpty)
    chunks = pieces
    body = Array(pieces.joined())
  }
}

func expectEnd(_ writer: inout ResponseWriter<RecordingSink>, keepsAlive: Bool) {
  let isKept = writer.finish()
  #expect(isKept == keepsAlive)
}

private func expectDiscard(_ writer: inout ResponseWriter<RecordingSink>, _ isPossible: Bool) {
  let isDiscarded = writer.discard()
  #expect(isDiscarded == isPossible)
}

@Suite struct ResponseWriterTests {
  @Test func aShortAnswerHasItsLength() throws {
    var writer = ResponseWriter(RecordingSink())
    writer.begin(ResponseHead(.ok, .json, to: requestHead()))
    writer.write("{\"status\":\"ok\"}")
    expectEnd(&writer, keepsAlive: true)
    #expect(writer.sink.sent.count == 1)
    #expect(
      writer.sink.text == """
        HTTP/1.1 200 OK\r
        Content-Type: application/json\r
        Content-Length: 15\r
        Connection: keep-alive\r
        Cache-Control: no-store\r
        X-Content-Type-Options: nosniff\r
        \r
        {"status":"ok"}
        """)
  }

  @Test(arguments: [0, 1, 4095, 4096, 4097, 8192, 8193, 100_000])
  func answersOfAnyLength(_ byteCount: Int) throws {
    for version in ["1.0", "1.1"] {
      var writer = ResponseWriter(RecordingSink())
      let request = requestHead(
        "GET / HTTP/\(version)\r\nHost: x\r\nConnection: keep-alive\r\n\r\n")
      writer.begin(ResponseHead(.ok, .metrics, to: request))
      for index in 0..<byteCount { writer.write(byte: UInt8(index % 251)) }
      let keepsAlive = writer.finish()
      let seen = try SeenResponse(Array(writer.sink.sent.joined()))
      #expect(seen.body == (0..<byteCount).map { UInt8($0 % 251) })
      #expect((seen.headers["Content-Length"] != nil) == (byteCount <= 4096))
      #expect((seen.chunks != nil) == (byteCount > 4096 && version == "1.1"))
      #expect(keepsAlive == (byteCount <= 4096 || version == "1.1"))
      #expect(seen.headers["Connection"] == (keepsAlive ? "keep-alive" : "close"))
    }
  }

  @Test func eachFlushIsOneSend() throws {
    var writer = ResponseWriter(RecordingSink())
    writer.begin(ResponseHead(.ok, .eventStream, to: requestHead()))
    for text in ["a", "bc", "d"] as [StaticString] {
      writer.write(text)
      writer.flush()
    }
    writer.flush()
    expectEnd(&writer, keepsAlive: true)
    #expect(writer.sink.sent.filter { !$0.isEmpty }.count == 4)
    let seen = try SeenResponse(Array(writer.sink.sent.joined()))
    #expect(seen.chunks == [bytes("a"), bytes("bc"), bytes("d")])
    #expect(seen.headers["Content-Type"] == "text/event-stream; charset=utf-8")
  }

  @Test func anAnswerToHeadHasNoBody() throws {
    for byteCount in [15, 5000] {
      var writer = ResponseWriter(RecordingSink())
      writer.begin(
        ResponseHead(.ok, .json, to: requestHead("HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n")))
      for _ in 0..<byteCount { writer.write(byte: 0x20) }
      writer.flush()
      expectEnd(&writer, keepsAlive: true)
      #expect(writer.sink.text.hasSuffix("\r\n\r\n"))
      #expect(writer.sink.text.contains("Content-Length: \(byteCount)\r\n"))
    }
  }

  @Test func anAnswerIsTakenBackUntilItIsSent() throws {
    var writer = ResponseWriter(RecordingSink())
    writer.begin(ResponseHead(.ok, .json, to: requestHead()))
    writer.write("{\"id\":")
    expectDiscard(&writer, true)
    writer.begin(ResponseHead(.internalFailure, to: requestHead(), keepsAlive: true))
    HTTPError.internalFailure.writeBody(to: &writer)
    expectEnd(&writer, keepsAlive: true)
    #expect(writer.sink.text.hasPrefix("HTTP/1.1 500 Internal Server Error\r\n"))
    writer.begin(ResponseHead(.ok, .json, to: requestHead()))
    writer.write("{\"id\":")
    writer.flush()
    expectDiscard(&writer, false)
    let sentCount = writer.sink.sent.count
    writer.write("1")
    writer.abandon()
    #expect(writer.sink.sent.count == sentCount + 1)
    #expect(!writer.sink.text.hasSuffix("0\r\n\r\n"))
  }

  @Test func aClientThatIsGoneIsWrittenToNoMore() {
    var writer = ResponseWriter(RecordingSink(sendCountMax: 1))
    writer.begin(ResponseHead(.ok, .json, to: requestHead()))
    for _ in 0..<20_000 { writer.write(byte: 0x20) }
    #expect(writer.isClientGone && writer.sink.sent.count == 1)
    expectEnd(&writer, keepsAlive: false)
  }

  @Test func headersOfRefusals() throws {
    var writer = ResponseWriter(RecordingSink())
    writer.sendContinue()
    #expect(writer.sink.text == "HTTP/1.1 100 Continue\r\n\r\n")
    writer.sink.sent = []
    var head = ResponseHead(.queueFull, to: requestHead(), keepsAlive: true)
    head.retryAfterSeconds = 3
    head.unixSeconds = 784_111_777
    writer.begin(head)
    HTTPError.queueFull.writeBody(to: &writer)
    expectEnd(&writer, keepsAlive: true)
    var seen = try SeenResponse(Array(writer.sink.sent.joined()))
    #expect(seen.statusLine == "HTTP/1.1 503 Service Unavailable")
    #expect(seen.headers["Retry-After"] == "3")
    // The example of RFC 9110, section 5.6.7.
    #expect(seen.headers["Date"] == "Sun, 06 Nov 1994 08:49:37 GMT")
    writer.sink.sent = []
    writer.begin(ResponseHead(.methodNotAllowed(.health), to: requestHead(), keepsAlive: false))
    expectEnd(&writer, keepsAlive: false)
    seen = try SeenResponse(Array(writer.sink.sent.joined()))
    #expect(seen.headers["Allow"] == "GET, HEAD, OPTIONS" && seen.headers["Connection"] == "close")
    writer.sink.sent = []
    writer.begin(ResponseHead(.unauthorized, to: requestHead(), keepsAlive: true))
    expectEnd(&writer, keepsAlive: true)
    #expect(writer.sink.text.contains("\r\nWWW-Authenticate: Bearer\r\n"))
  }

  /// The longest head that there can be fits in its room.
  @Test func longestHead() throws {
    var head = ResponseHead(.methodNotAllowed(.health), to: requestHead(), keepsAlive: true)
    head.status = .headerFieldsTooLarge
    head.type = .metrics
    head.retryAfterSeconds = Int.min
    head.unixSeconds = Int.max
    var writer = ResponseWriter(RecordingSink())
    writer.begin(head)
    for _ in 0..<4096 { writer.write(byte: 0x20) }
    writer.flush()
    expectEnd(&writer, keepsAlive: true)
    let seen = try SeenResponse(Array(writer.sink.sent.joined()))
    #expect(seen.headers["Date"] == "Fri, 31 Dec 9999 23:59:59 GMT" && seen.body.count == 4096)
  }

  @Test func datesAreThoseOfFoundation() {
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.timeZone = TimeZone(identifier: "GMT")
    format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    var random = SeededGenerator(seed: 1)
    let edges = [0, 951_782_399, 951_782_400, 951_868_800, 4_107_542_399, 4_107_542_400]
    for seconds in edges + (0..<500).map({ _ in Int.random(in: 0..<1 << 37, using: &random) }) {
      var text = Text()
      CalendarTime(unixSeconds: seconds).write(to: &text)
      #expect(text.string == format.string(from: Date(timeIntervalSince1970: Double(seconds))))
    }
  }
}

/// Text that is kept.
struct Text: ByteSink {
  var bytes: [UInt8] = []
  mutating func write(byte: UInt8) { bytes.append(byte) }
  var string: String { String(decoding: bytes, as: UTF8.self) }
}
