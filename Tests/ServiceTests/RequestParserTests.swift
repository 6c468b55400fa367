import Platform
import Testing
import Text

@testable import Service

@Suite struct RequestParserTests {
  @Test func aRequestWithoutBody() throws {
    let seen = readParted("GET /health HTTP/1.1\r\nHost: localhost:8080\r\n\r\n")
    let request = try #require(seen.requests.first)
    #expect(seen.requests.count == 1 && seen.error == nil && seen.isBetweenRequests)
    #expect(request.method == .get && request.route == .health && request.isWhole)
    #expect(request.target == "/health" && request.host == "localhost:8080")
    #expect(request.keepsAlive && !request.expectsContinue && request.contentType == .absent)
  }

  @Test func aBodyWithLength() throws {
    let seen = readParted(
      "POST /v1/completions?a=b HTTP/1.1\r\nhost:x\r\nCONTENT-TYPE: Application/JSON ;charset=utf-8"
        + "\r\nContent-Length:\t013 \r\nExpect: 100-Continue\r\nX: \u{e9}\"\t;\r\n\r\n"
        + "hello,\r\n\r\nyou"
    )
    let request = try #require(seen.requests.first)
    #expect(request.route == .completions && request.contentType == .json)
    #expect(request.text == "hello,\r\n\r\nyou" && request.expectsContinue && request.isWhole)
    #expect(request.target == "/v1/completions?a=b")
  }

  /// RFC 9112, section 7.1, with extensions of each form and trailers.
  @Test func aBodyInChunks() throws {
    let seen = readParted(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n"
        + "4\r\nWiki\r\n00006;a=b ; c=\"d\"\r\npedia \r\nE;x\r\nin \r\n\r\nchunks.\r\n"
        + "0;last\r\nX-Sum: 1\r\nContent-Length: 7\r\n\r\n")
    let request = try #require(seen.requests.first)
    #expect(seen.error == nil && seen.requests.count == 1)
    #expect(request.text == "Wikipedia in \r\n\r\nchunks." && request.framing == .chunked)
    #expect(request.isWhole && seen.isBetweenRequests)
  }

  @Test func pipelinedRequests() {
    let seen = readParted(
      "\r\nGET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n"
        + "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}\r\n"
        + "POST /v1/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "2\r\n[]\r\n0\r\n\r\n"
        + "HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\nGET")
    #expect(seen.error == nil && !seen.isBetweenRequests)
    #expect(
      seen.requests.map(\.route) == [.models, .completions, .completions, .metrics])
    #expect(seen.requests.map(\.text) == ["", "{}", "[]", ""])
    #expect(seen.requests.map(\.isWhole) == [true, true, true, true])
    #expect(seen.requests.map(\.keepsAlive) == [true, true, true, false])
  }

  @Test(arguments: [
    ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
    ("HTTP/1.1", "Connection: keep-alive, CLOSE\r\n", false),
    ("HTTP/1.1", "Connection: a,, upgrade\r\nConnection: close\r\n", false),
    ("HTTP/1.1", "Connection: closed\r\n", true), ("HTTP/1.1", "Connection:\r\n", true),
    ("HTTP/1.0", "", false), ("HTTP/1.0", "Connection: Keep-Alive\r\n", true),
    ("HTTP/1.0", "Connection: keep-alive, close\r\n", false), ("HTTP/1.7", "", true),
  ])
  func keepAlive(_ version: String, _ headers: String, _ keepsAlive: Bool) {
    let seen = read("GET /health \(version)\r\nHost: x\r\n\(headers)\r\n")
    #expect(seen.error == nil && seen.requests.first?.keepsAlive == keepsAlive)
  }

  @Test func version10NeedsNoHostAndExpectsNothing() {
    let seen = read(
      "POST /v1/completions HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n")
    #expect(seen.error == nil && seen.requests.first?.expectsContinue == false)
  }

  @Test(arguments: [
    ("/health", Route.health), ("/health?", .health), ("/v1/models?x=/metrics", .models),
    ("http://a:1/metrics", .metrics), ("HTTP://a/v1/chat/completions?q", .chatCompletions),
    ("/health/", nil), ("//health", nil), ("/Health", nil), ("/%68ealth", nil), ("http://a", nil),
    ("http://a?/health", nil), ("/", .page),
  ])
  func targets(_ target: String, _ route: Route?) {
    let seen = read("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(seen.error == nil && seen.requests.first?.route == route)
  }

  private func error(_ method: String, _ path: String) -> HTTPError? {
    let request = bytes("\(method) \(path) HTTP/1.0\r\nContent-Length: 0\r\n\r\n")
    var parser = RequestParser(bodyByteCountMax: 0)
    var offset = 0
    do throws(HTTPError) {
      _ = try parser.next(request.span, at: &offset)
      _ = try parser.head.checkedRoute()
      return nil
    } catch {
      return error
    }
  }

  @Test func routesAndMethods() {
    #expect(error("GET", "/v1/models") == nil && error("HEAD", "/health") == nil)
    #expect(error("POST", "/v1/completions") == nil)
    #expect(error("GET", "/v1/completions") == .methodNotAllowed(.completions))
    #expect(error("POST", "/health") == .methodNotAllowed(.health))
    #expect(error("DELETE", "/metrics") == .methodNotAllowed(.metrics))
    #expect(error("GET", "/v1") == .notFound && error("OPTIONS", "*") == .notFound)
    #expect(HTTPError.methodNotAllowed(.health).status == .methodNotAllowed)
  }

  private func hasBearer(_ header: String, _ token: String) -> Bool {
    let request = bytes("GET / HTTP/1.1\r\nHost: x\r\n\(header)\r\n\r\n")
    var parser = RequestParser(bodyByteCountMax: 0)
    var offset = 0
    let event = try? parser.next(request.span, at: &offset)
    #expect(event == .head)
    return parser.head.hasBearer(bytes(token).span)
  }

  @Test func bearerTokens() {
    #expect(hasBearer("Authorization: Bearer secret", "secret"))
    #expect(hasBearer("authorization:bEARER   secret ", "secret"))
    for header in [
      "X: y", "Authorization: Bearer", "Authorization: Bearer ", "Authorization: secret",
      "Authorization: Basic secret", "Authorization: Bearer secre", "Authorization: Bearer secrets",
      "Authorization: Bearer secret, secret", "Authorization: Bearer Secret",
    ] {
      #expect(!hasBearer(header, "secret"), "\(header)")
    }
    #expect(!hasBearer("Authorization: Bearer ", ""))
    let longest = String(repeating: "a", count: HTTPLimits.bearerByteCountMax)
    #expect(hasBearer("Authorization: Bearer \(longest)", longest))
    #expect(!hasBearer("Authorization: Bearer \(longest)a", longest))
  }

  @Test func aNewRequestKeepsNothingOfTheOneBefore() {
    let seen = read(
      "POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nOrigin: b\r\n"
        + "Content-Type: application/json\r\nExpect: 100-continue\r\n\r\n"
        + "GET /nothing HTTP/1.0\r\n\r\n")
    let request = seen.requests[1]
    #expect(seen.requests[0].origin != nil && request.origin == nil && request.host.isEmpty)
    #expect(request.route == nil && request.contentType == .absent && !request.expectsContinue)
  }

  @Test func limitsAreReached() {
    let target = "/" + String(repeating: "a", count: HTTPLimits.lineByteCountMax - 14)
    #expect(read("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n").error == nil)
    #expect(read("GET \(target)a HTTP/1.1\r\nHost: x\r\n\r\n").error == .requestLineTooLong)
    let value = String(repeating: "a", count: HTTPLimits.lineByteCountMax - 3)
    #expect(read("GET / HTTP/1.1\r\nHost: x\r\nX: \(value)\r\n\r\n").error == nil)
    #expect(read("GET / HTTP/1.1\r\nHost: x\r\nX: \(value)a\r\n\r\n").error == .headTooLarge)
    let headers = String(repeating: "X: y\r\n", count: HTTPLimits.headerCountMax - 1)
    #expect(read("GET / HTTP/1.1\r\nHost: x\r\n\(headers)\r\n").error == nil)
    #expect(read("GET / HTTP/1.1\r\nHost: x\r\n\(headers)X:\r\n\r\n").error == .tooManyHeaders)
    let body = String(repeating: "b", count: 10)
    let post = "POST / HTTP/1.1\r\nHost: x\r\n"
    #expect(read("\(post)Content-Length: 10\r\n\r\n\(body)", bodyByteCountMax: 10).error == nil)
    let chunked = "\(post)Transfer-Encoding: chunked\r\n\r\n"
    #expect(read("\(chunked)A\r\n\(body)\r\n0\r\n\r\n", bodyByteCountMax: 10).error == nil)
    #expect(
      read("\(chunked)A\r\n\(body)\r\n1\r\n", bodyByteCountMax: 10).error == .bodyTooLarge)
  }
}
