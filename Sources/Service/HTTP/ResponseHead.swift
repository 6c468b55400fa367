import Platform
import Text

/// The kinds of body that the service answers with.
public enum ResponseType: Sendable {
  case json
  /// Server-sent events (WHATWG HTML, section 9.2).
  case eventStream
  /// JSON objects, each on a line of its own.
  case jsonLines
  /// Prometheus' text exposition format 0.0.4.
  case metrics
  /// A page for browsers.
  case page

  var name: StaticString {
    switch self {
    case .json: "application/json"
    case .eventStream: "text/event-stream; charset=utf-8"
    case .jsonLines: "application/x-ndjson"
    case .metrics: "text/plain; version=0.0.4; charset=utf-8"
    case .page: "text/html; charset=utf-8"
    }
  }
}

/// What comes before an answer's body.
public struct ResponseHead: Sendable {
  public var status: HTTPStatus
  public var type: ResponseType
  /// Seconds until a client should ask again (RFC 9110, section 10.2.3).
  public var retryAfterSeconds: Int?
  /// The time of the answer, in seconds since 1970; nil where the machine does not know it.
  public var unixSeconds: Int?
  var keepsAlive: Bool
  let minorVersion: Int
  /// The request's method is HEAD: the answer ends with its head.
  let omitsBody: Bool
  private var allowedMethods: StaticString?
  /// See `RequestHead.number`.
  private let number: UInt64
  /// The page that may read the answer.
  private let origin: FixedText<261>?
  /// Of the answer to a preflight request.
  var allowedHeaders: FixedText<513>?

  /// - Parameter keepsAlive: false where the connection must end with this answer.
  @export(interface)
  public init(
    _ status: HTTPStatus, _ type: ResponseType, to request: RequestHead,
    keepsAlive: Bool = true
  ) {
    self.status = status
    self.type = type
    self.keepsAlive = keepsAlive && request.keepsAlive
    minorVersion = request.minorVersion
    omitsBody = request.method == .head || status == .noContent
    number = request.number
    origin = status == .forbidden ? nil : request.origin
  }

  /// - Parameter keepsAlive: false for what `RequestParser` throws.
  public init(_ error: HTTPError, to request: RequestHead, keepsAlive: Bool) {
    self.init(error.status, .json, to: request, keepsAlive: keepsAlive)
    if case .methodNotAllowed(let route) = error { allowedMethods = route.allowedMethods }
  }

  /// All lines with the empty one that ends them.
  /// - Parameter isChunked: for a body without `byteCount`; with neither, the body ends with the
  ///   connection.
  func write<Sink: ByteSink & ~Copyable>(
    byteCount: Int?, isChunked: Bool, to out: inout Sink
  ) {
    writeStatusLine(to: &out)
    if let unixSeconds {
      out.write("Date: ")
      CalendarTime(unixSeconds: unixSeconds).write(to: &out)
      out.write("\r\n")
    }
    out.write("Content-Type: ")
    out.write(type.name)
    if type == .page { out.write(Self.pagePolicy) }
    if status == .noContent {
      // It has no body, and no length (RFC 9110, section 8.6).
    } else if let byteCount {
      out.write("\r\nContent-Length: ")
      out.write(byteCount)
    } else if isChunked {
      out.write("\r\nTransfer-Encoding: chunked")
    }
    out.write(keepsAlive ? "\r\nConnection: keep-alive" : "\r\nConnection: close")
    out.write("\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n")
    writeHints(to: &out)
    out.write("\r\n")
  }

  private func writeStatusLine<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    out.write("HTTP/1.1 ")
    out.write(status.rawValue)
    out.write(" ")
    out.write(status.reasonPhrase)
    out.write("\r\n")
  }

  private func writeHints<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    if let retryAfterSeconds {
      out.write("Retry-After: ")
      out.write(retryAfterSeconds)
      out.write("\r\n")
    }
    if let allowedMethods {
      out.write("Allow: ")
      out.write(allowedMethods)
      out.write("\r\n")
    }
    if number != 0 {
      out.write("X-Request-Id: ")
      out.write(hexadecimal: number)
      out.write("\r\n")
    }
    writeOrigin(to: &out)
    if status == .unauthorized { out.write("WWW-Authenticate: Bearer\r\n") }
  }

  /// What a page may do with the answer (Fetch standard, section 3.2.3).
  private func writeOrigin<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    guard let origin else { return }
    out.write("Vary: Origin\r\nAccess-Control-Allow-Origin: ")
    for index in 0..<origin.count { out.write(byte: origin[index]) }
    out.write("\r\nAccess-Control-Expose-Headers: X-Request-Id, Retry-After\r\n")
    guard let allowedHeaders else { return }
    out.write("Access-Control-Allow-Methods: GET, HEAD, POST\r\nAccess-Control-Max-Age: 3600\r\n")
    if allowedHeaders.count == 0 { return }
    out.write("Access-Control-Allow-Headers: ")
    for index in 0..<allowedHeaders.count { out.write(byte: allowedHeaders[index]) }
    out.write("\r\n")
  }

  /// The page has all that it needs in it, and speaks with its own service alone.
  private static var pagePolicy: StaticString {
    """
    \r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; \
    script-src 'unsafe-inline'; connect-src 'self'; img-src data:; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'
    """
  }
}
