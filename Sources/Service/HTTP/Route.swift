import Text

/// What the service has to offer.
public enum Route: Sendable {
  case models
  case chatCompletions
  case completions
  case health
  case metrics

  /// - Parameter path: of the request's target, without the query.
  init?(path: Span<UInt8>) {
    if matches(path, "/v1/models") {
      self = .models
    } else if matches(path, "/v1/chat/completions") {
      self = .chatCompletions
    } else if matches(path, "/v1/completions") {
      self = .completions
    } else if matches(path, "/health") {
      self = .health
    } else if matches(path, "/metrics") {
      self = .metrics
    } else {
      return nil
    }
  }

  var takesBody: Bool { self == .chatCompletions || self == .completions }

  func allows(_ method: Method) -> Bool {
    takesBody ? method == .post : method == .get || method == .head
  }

  /// The value of the Allow header (RFC 9110, section 10.2.1).
  public var allowedMethods: StaticString { takesBody ? "POST" : "GET, HEAD" }
}

/// The request's method (RFC 9110, section 9).
public enum Method: Sendable {
  case get
  case head
  case post
  /// A known one that no path has.
  case other

  init?(_ name: Span<UInt8>) {
    if matches(name, "GET") {
      self = .get
    } else if matches(name, "HEAD") {
      self = .head
    } else if matches(name, "POST") {
      self = .post
    } else if Self.isOther(name) {
      self = .other
    } else {
      return nil
    }
  }

  private static func isOther(_ name: Span<UInt8>) -> Bool {
    matches(name, "PUT") || matches(name, "DELETE") || matches(name, "OPTIONS")
      || matches(name, "PATCH") || matches(name, "TRACE")
  }
}
