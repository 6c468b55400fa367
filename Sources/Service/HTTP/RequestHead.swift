import Platform
import Text

/// What a request's line and headers say. Headers that are not named here are checked and dropped.
public struct RequestHead: Sendable {
  /// How the body's end is found (RFC 9112, section 6.3).
  public enum Body: Sendable, Equatable {
    case byteCount(Int)
    case chunked
  }

  public enum ContentType: Sendable {
    case absent
    case json
    case other
  }

  public internal(set) var method = Method.other
  /// Nil where the service has nothing at the target's path, or the path has not been read.
  public internal(set) var route: Route?
  /// Whose API the path is of.
  public internal(set) var form = AnswerForm.openAI
  /// The beginning of the target, for messages.
  public internal(set) var target = Excerpt()
  /// Of HTTP/1: 0 or 1. Later ones are as 1 (RFC 9110, section 2.5).
  public internal(set) var minorVersion = 1
  public internal(set) var body = Body.byteCount(0)
  public internal(set) var contentType = ContentType.absent
  /// The client waits for `100 Continue` before it sends the body.
  public internal(set) var expectsContinue = false
  /// The value of Host. A service that listens on loopback only can refuse names of other hosts,
  /// which web pages use to reach it (DNS rebinding).
  public internal(set) var host = FixedText<260>()
  /// The origin of the web page that made the request; nil if none did.
  public internal(set) var origin: FixedText<261>?
  /// The headers that a page wants to send, of a preflight request (Fetch standard, section 3.2.2).
  public internal(set) var requestedHeaders = FixedText<513>()
  /// The name of a model in the target.
  public internal(set) var modelName = FixedText<129>()
  /// Given to the request by the service; 0 if it has none yet.
  public internal(set) var number: UInt64 = 0
  /// The connection may be used for a further request.
  public var keepsAlive: Bool { !asksForClose && (minorVersion > 0 || asksForKeepAlive) }

  private var bearer = FixedText<257>()
  private var asksForClose = false
  private var asksForKeepAlive = false
  private var seen: UInt16 = 0

  /// A header that the server heeds.
  private enum Header: UInt16 {
    case host, contentLength, transferEncoding, authorization, contentType, contentEncoding
    case expect, origin, connection, key, requestedHeaders
  }

  init() {}

  /// What is asked for, or why it cannot be had: `notFound`, `methodNotAllowed`.
  @export(interface)
  public func checkedRoute() throws(HTTPError) -> Route {
    guard let route else { throw .notFound }
    if !route.allows(method) { throw .methodNotAllowed(route) }
    return route
  }

  /// Whether the request has this bearer token (RFC 6750, section 2.1). How long the comparison
  /// takes does not depend on where the two differ.
  @export(interface)
  public func hasBearer(_ token: Span<UInt8>) -> Bool {
    precondition(token.count <= HTTPLimits.bearerByteCountMax)
    var difference = bearer.offeredByteCount ^ token.count
    for index in 0..<token.count {
      let byte = index < bearer.count ? bearer[index] : 0
      difference |= Int(byte ^ token[index])
    }
    return difference == 0 && token.count > 0
  }
}

// The request line (RFC 9112, section 3).
extension RequestHead {
  mutating func takeRequestLine(_ line: Span<UInt8>) throws(HTTPError) {
    let space = UInt8(ascii: " ")
    guard let methodEnd = firstIndex(of: space, in: line),
      let targetEnd = firstIndex(of: space, in: line, from: methodEnd + 1)
    else { throw .malformedRequestLine }
    let name = line.extracting(0..<methodEnd)
    if !isToken(name) || targetEnd == methodEnd + 1 { throw .malformedRequestLine }
    minorVersion = try Self.minorVersion(line.extracting((targetEnd + 1)..<line.count))
    guard let method = Method(name) else { throw .unknownMethod }
    self.method = method
    try takeTarget(line.extracting((methodEnd + 1)..<targetEnd))
  }

  private static func minorVersion(_ text: Span<UInt8>) throws(HTTPError) -> Int {
    if text.count != 8 || !matches(text.extracting(0..<5), "HTTP/")
      || text[6] != UInt8(ascii: ".")
    {
      throw .malformedRequestLine
    }
    guard let major = decimalCount(text.extracting(5..<6)),
      let minor = decimalCount(text.extracting(7..<8))
    else { throw .malformedRequestLine }
    if major != 1 { throw .unsupportedVersion }
    return min(minor, 1)
  }

  private mutating func takeTarget(_ text: Span<UInt8>) throws(HTTPError) {
    for index in 0..<text.count {
      let isVisible = text[index] > 0x20 && text[index] < 0x7f
      if !isVisible || text[index] == UInt8(ascii: "#") { throw .invalidTarget }
    }
    target = Excerpt(text)
    if matches(text, "*") && (method == .other || method == .options) { return }
    let path = try Self.withoutAuthority(text)
    let end = firstIndex(of: UInt8(ascii: "?"), in: path) ?? path.count
    takePath(path.extracting(0..<end))
  }

  private mutating func takePath(_ path: Span<UInt8>) {
    route = Route(path: path)
    form = Route.isOllamas(path) ? .ollama : route?.kind?.form ?? .openAI
    guard route == .model, let start = Route.modelNameStart(path) else { return }
    var index = start
    while index < path.count {
      var byte = path[index]
      if byte == UInt8(ascii: "%"), index + 2 < path.count,
        let code = hexadecimalCount(path.extracting(index + 1..<index + 3))
      {
        byte = UInt8(code)
        index += 2
      }
      modelName.append(byte)
      index += 1
    }
  }

  /// A URL without its scheme and authority (RFC 9112, section 3.2.2); a path as it is.
  @_lifetime(copy target)
  private static func withoutAuthority(_ target: Span<UInt8>) throws(HTTPError) -> Span<UInt8> {
    if target[0] == UInt8(ascii: "/") { return target }
    let scheme: StaticString = "http://"
    if !hasPrefixIgnoringCase(target, scheme) { throw .invalidTarget }
    let rest = target.extracting(scheme.utf8CodeUnitCount..<target.count)
    var end = 0
    while end < rest.count && rest[end] != UInt8(ascii: "/") && rest[end] != UInt8(ascii: "?") {
      end += 1
    }
    if end == 0 { throw .invalidTarget }
    return rest.extracting(end..<rest.count)
  }
}

// The header lines (RFC 9112, section 5).
extension RequestHead {
  mutating func takeHeaderLine(_ line: Span<UInt8>) throws(HTTPError) {
    let nameEnd = try Self.checkedNameEnd(line)
    let value = trimmed(line.extracting((nameEnd + 1)..<line.count))
    guard let header = Self.header(line.extracting(0..<nameEnd)) else { return }
    let mark: UInt16 = 1 << header.rawValue
    if header != .connection && seen & mark != 0 { throw .repeatedHeader }
    seen |= mark
    try take(header, value)
  }

  /// The index of the colon.
  static func checkedNameEnd(_ line: Span<UInt8>) throws(HTTPError) -> Int {
    if isBlank(line[0]) { throw .foldedHeader }
    guard let end = firstIndex(of: UInt8(ascii: ":"), in: line), end > 0 else {
      throw .malformedHeader
    }
    if isBlank(line[end - 1]) { throw .spaceBeforeColon }
    if !isToken(line.extracting(0..<end)) { throw .malformedHeader }
    return end
  }

  private static func header(_ name: Span<UInt8>) -> Header? {
    if matchesIgnoringCase(name, "host") { return .host }
    if matchesIgnoringCase(name, "content-length") { return .contentLength }
    if matchesIgnoringCase(name, "transfer-encoding") { return .transferEncoding }
    if matchesIgnoringCase(name, "authorization") { return .authorization }
    if matchesIgnoringCase(name, "content-type") { return .contentType }
    if matchesIgnoringCase(name, "content-encoding") { return .contentEncoding }
    if matchesIgnoringCase(name, "expect") { return .expect }
    if matchesIgnoringCase(name, "origin") { return .origin }
    if matchesIgnoringCase(name, "connection") { return .connection }
    if matchesIgnoringCase(name, "x-api-key") { return .key }
    if matchesIgnoringCase(name, "access-control-request-headers") { return .requestedHeaders }
    return nil
  }

  private func has(_ header: Header) -> Bool { seen & 1 << header.rawValue != 0 }

  private mutating func take(_ header: Header, _ value: Span<UInt8>) throws(HTTPError) {
    switch header {
    case .host: try takeHost(value)
    case .contentLength:
      guard let byteCount = decimalCount(value) else { throw .invalidContentLength }
      if has(.transferEncoding) { throw .conflictingLength }
      body = .byteCount(byteCount)
    case .transferEncoding:
      if has(.contentLength) || minorVersion == 0 { throw .conflictingLength }
      try Self.checkTransferEncoding(value)
      body = .chunked
    case .authorization: takeAuthorization(value)
    case .contentType:
      let end = firstIndex(of: UInt8(ascii: ";"), in: value) ?? value.count
      let type = trimmed(value.extracting(0..<end))
      contentType = matchesIgnoringCase(type, "application/json") ? .json : .other
    case .contentEncoding:
      if !matchesIgnoringCase(value, "identity") { throw .contentEncoding }
    case .expect:
      if !matchesIgnoringCase(value, "100-continue") { throw .unknownExpectation }
      expectsContinue = minorVersion > 0
    case .origin:
      var text = FixedText<261>()
      for index in 0..<value.count { text.append(value[index]) }
      origin = text
    case .connection: takeConnection(value)
    case .key: takeKey(value)
    case .requestedHeaders:
      // What is no list of names is not said again to the page.
      for index in 0..<value.count where isTokenListByte(value[index]) {
        requestedHeaders.append(value[index])
      }
    }
  }

  /// Characters of a host and port (RFC 3986, section 3.2); which they are is not looked at.
  private mutating func takeHost(_ value: Span<UInt8>) throws(HTTPError) {
    for index in 0..<value.count {
      switch value[index] {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: ";"), UInt8(ascii: "$")...UInt8(ascii: "."),
        UInt8(ascii: "!"), UInt8(ascii: "="), UInt8(ascii: "["), UInt8(ascii: "]"),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        host.append(value[index])
      default: throw .invalidHost
      }
    }
    if host.isCut { throw .invalidHost }
  }

  /// `chunked` alone: what has it last among others cannot be decoded here, and what has it not
  /// last has no end (RFC 9112, section 6.3).
  private static func checkTransferEncoding(_ value: Span<UInt8>) throws(HTTPError) {
    if matchesIgnoringCase(value, "chunked") { return }
    var start = 0
    while let comma = firstIndex(of: UInt8(ascii: ","), in: value, from: start) {
      let coding = trimmed(value.extracting(start..<comma))
      if coding.count == 0 || hasPrefixIgnoringCase(coding, "chunked") {
        throw .invalidTransferEncoding
      }
      start = comma + 1
    }
    let last = trimmed(value.extracting(start..<value.count))
    throw start > 0 && matchesIgnoringCase(last, "chunked")
      ? .unknownTransferCoding : .invalidTransferEncoding
  }

  private mutating func takeAuthorization(_ value: Span<UInt8>) {
    let scheme: StaticString = "bearer "
    if !hasPrefixIgnoringCase(value, scheme) { return }
    takeKey(trimmed(value.extracting(scheme.utf8CodeUnitCount..<value.count)))
  }

  /// A token from one of the headers that may bring it; the latest one counts.
  private mutating func takeKey(_ token: Span<UInt8>) {
    bearer.removeAll()
    for index in 0..<token.count { bearer.append(token[index]) }
  }

  private mutating func takeConnection(_ value: Span<UInt8>) {
    var start = 0
    while start <= value.count {
      let end = firstIndex(of: UInt8(ascii: ","), in: value, from: start) ?? value.count
      let option = trimmed(value.extracting(start..<end))
      if matchesIgnoringCase(option, "close") { asksForClose = true }
      if matchesIgnoringCase(option, "keep-alive") { asksForKeepAlive = true }
      start = end + 1
    }
  }

  /// What the headers must say together.
  func check(bodyByteCountMax: Int) throws(HTTPError) {
    if minorVersion > 0 && !has(.host) { throw .missingHost }
    if method == .post && !has(.contentLength) && !has(.transferEncoding) { throw .lengthRequired }
    if case .byteCount(let byteCount) = body, byteCount > bodyByteCountMax { throw .bodyTooLarge }
  }
}
