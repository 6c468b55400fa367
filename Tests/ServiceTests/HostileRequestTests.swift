import Testing

@testable import Service

private let get = "GET /health HTTP/1.1\r\nHost: x\r\n"
private let post = "POST /v1/completions HTTP/1.1\r\nHost: x\r\n"
private let chunked = post + "Transfer-Encoding: chunked\r\n\r\n"
private let long = String(repeating: "a", count: 9000)

@Suite struct HostileRequestTests {
  /// The status, and no request with a body taken for whole.
  private func expect(_ status: Int, _ text: String, _ location: SourceLocation) {
    let input = Array(text.unicodeScalars.map { UInt8($0.value) })
    let whole = read([input[...]])
    #expect(whole.error?.status.rawValue == status, sourceLocation: location)
    let isAnyWhole = whole.requests.contains { $0.isWhole }
    #expect(!isAnyWhole && !whole.isBetweenRequests, sourceLocation: location)
    #expect(read(input.indices.map { input[$0...$0] }) == whole, sourceLocation: location)
    if input.count > 2000 { return }
    for pieces in partings(input) where read(pieces) != whole {
      Issue.record("parted as \(pieces.map(Array.init))", sourceLocation: location)
    }
  }

  private func expect(
    _ status: Int, _ texts: [String], location: SourceLocation = #_sourceLocation
  ) {
    for text in texts { expect(status, text, location) }
  }

  @Test func requestLines() {
    expect(
      400,
      [
        "GET /\r\n", "GET  / HTTP/1.1\r\n", "GET / HTTP/1.1 \r\n", " GET / HTTP/1.1\r\n",
        "GET /  HTTP/1.1\r\n", "GET\t/\tHTTP/1.1\r\n", "GET / a HTTP/1.1\r\n", "GET /HTTP/1.1\r\n",
        "G(T / HTTP/1.1\r\n", "GET: / HTTP/1.1\r\n", "GET / http/1.1\r\n", "GET / HTTP/1.11\r\n",
        "GET / HTTP/11\r\n", "GET / HTTP/1,1\r\n", "GET / HTTP/a.1\r\n", "GET / HTTP/1.-\r\n",
        "GET / HTP/1.1\r\n", "GET / \r\n", "GET \r\n", "GET\r\n", "/ HTTP/1.1\r\n",
        "GET a HTTP/1.1\r\n", "GET * HTTP/1.1\r\n", "GET /# HTTP/1.1\r\n",
        "GET /\u{e9} HTTP/1.1\r\n",
        "GET https://a/ HTTP/1.1\r\n", "GET http:///health HTTP/1.1\r\n",
        "GET http:// HTTP/1.1\r\n",
        "GET http:a HTTP/1.1\r\n", "\r\n\r\nGET / HTTP/1.1\r\n", "\u{16}\u{3}\u{1}", "GET /\0",
        "GET / HTTP/1.1\n", "\nGET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\r\n", "GET /\r HTTP/1.1\r\n",
        "GET / HTTP/1.1\rX", "PRI * HTTP/2.0\r\n".replacing("HTTP/2.0", with: "http/2"), "\u{7f}",
      ])
    expect(
      505,
      [
        "GET / HTTP/2.0\r\n", "GET / HTTP/0.9\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET / HTTP/3.1\r\n",
      ])
    expect(
      501,
      [
        "BREW / HTTP/1.1\r\n", "get / HTTP/1.1\r\n", "CONNECT a:80 HTTP/1.1\r\n",
        "GETGET / HTTP/1.1\r\n",
      ])
    expect(414, ["GET /\(long) HTTP/1.1\r\n", "GET /\(long)", long])
  }

  @Test func headerLines() {
    expect(
      400,
      [
        "X : y\r\n", "X\t: y\r\n", ": y\r\n", "X\r\n", "X y: z\r\n", " X: y\r\n", "\tX: y\r\n",
        "X: y\r\n z\r\n", "X: y\r\n\t\r\n", "X@Y: z\r\n", "X\u{e9}: y\r\n", "\"X\": y\r\n",
        "X: \0\r\n",
        "X: \u{1}\r\n", "X: \u{7f}\r\n", "X\0: y\r\n", "X: y\n", "X: y\rz\r\n", "X: y\r\r\n",
        "X: \u{b}\r\n",
        "X: y\u{c}\r\n", "X: y\r\n\n", "Host: y\r\n", "host: x\r\n",
        "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n",
      ].map { get + $0 + "\r\n" })
    expect(
      400,
      [
        "\r\n", "Host: a b\r\n\r\n", "Host: a/b\r\n\r\n", "Host: a@b\r\n\r\n",
        "Host: \u{e9}\r\n\r\n",
        "Host: \(String(repeating: "a", count: 260))\r\n\r\n",
      ].map { "GET / HTTP/1.1\r\n" + $0 })
    expect(417, [get + "Expect: 200-ok\r\n\r\n", get + "Expect:\r\n\r\n"])
    expect(415, [post + "Content-Encoding: gzip\r\n", post + "Content-Encoding: br\r\n"])
    let headers64KiB = String(repeating: "X: \(String(repeating: "y", count: 1019))\r\n", count: 64)
    expect(
      431,
      [
        get + headers64KiB, get + "X: \(long)", get + "\(long)\(long)", get + "\(long): x\r\n",
        get + String(repeating: "X:\r\n", count: 101),
      ])
  }

  @Test func lengths() {
    let lengths = [
      "", "+5", "-5", "5 5", "5,5", "5, 5", "0x5", "5a", "a", "5.0", "1e1", "\u{b2}", "5;", "'5'",
      "\"5\"",
    ]
    expect(400, lengths.map { post + "Content-Length: \($0)\r\n\r\n" })
    expect(
      400,
      [
        "Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length: 5\r\ncontent-length: 6\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
        "Transfer-Encoding: gzip\r\nContent-Length: 0\r\n",
        "Content-Length : 5\r\n", "Content-Length\0: 5\r\n", "Content-Length: 5\0\r\n",
      ].map { post + $0 + "\r\nhello" })
    expect(411, [post + "\r\n", "POST / HTTP/1.0\r\n\r\n"])
    let tooLarge = [
      "1048577", "9223372036854775807", "9223372036854775808", "18446744073709551616",
      "18446744073709551621", String(repeating: "9", count: 4000),
    ]
    expect(413, tooLarge.map { post + "Content-Length: \($0)\r\n\r\n" })
  }

  @Test func transferEncodings() {
    let invalid = [
      "", "gzip", "identity", "chunked, gzip", "chunked, chunked", "chunked,", ", chunked",
      "xchunked",
      "chunked;a=b", "chunked x", "\"chunked\"", "chunkedx, chunked", "gzip,, chunked",
    ]
    expect(400, invalid.map { post + "Transfer-Encoding: \($0)\r\n\r\n0\r\n\r\n" })
    expect(400, [post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"])
    expect(400, [post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"])
    expect(400, [post + "Transfer-Encoding: \u{b}chunked\r\n\r\n0\r\n\r\n"])
    expect(400, ["POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"])
    expect(501, [post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"])
  }

  @Test func chunks() {
    let sizes = [
      "", "+1", "-1", " 1", "1 ", "1 ;a", "0x1", "1x", "g", "1,", "\t1", "1\u{e9}", ";a", "1\n",
      "1\r1",
      "1;\0", "1;a\n",
    ]
    expect(400, sizes.map { chunked + "\($0)\r\na\r\n0\r\n\r\n" })
    expect(
      400,
      [
        "1\r\nab\r\n", "1\r\na\n0\r\n\r\n", "1\r\na\r0\r\n", "1\r\na0\r\n\r\n",
        "2\r\na\r\n\r\n0\r\n\r\n",
        "0\r\nX\r\n\r\n", "0\r\n x\r\n\r\n", "0\r\nX : y\r\n\r\n", "0\r\n\n", "0\r\nX: \0\r\n",
        "0\r\r\n",
      ].map { chunked + $0 })
    let tooLarge = [
      "100001", "7fffffffffffffff", "8000000000000000", "ffffffffffffffff", "10000000000000000",
      "10000000000000001", String(repeating: "f", count: 200),
    ]
    expect(413, tooLarge.map { chunked + "\($0)\r\na\r\n" })
    expect(413, [chunked + "1\r\na\r\n100000\r\n"])
    expect(400, [chunked + "1;\(String(repeating: "a", count: 300))\r\na\r\n"])
    let extended = "1;\(String(repeating: "a", count: 200))\r\na\r\n"
    expect(400, [chunked + String(repeating: extended, count: 21)])
    expect(
      431,
      [
        chunked + "0\r\nX: \(long)", chunked + "0\r\n" + String(repeating: "X:\r\n", count: 17),
      ])
  }
}
