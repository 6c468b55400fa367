import Text

/// What the service has to offer.
public enum Route: Sendable {
  case models
  /// One model, of the name that the path ends with.
  case model
  case chatCompletions
  case completions
  case applyTemplate
  case tokenize
  case detokenize
  /// Anthropic's.
  case messages
  case countTokens
  case responses
  /// Ollama's.
  case ollamaChat
  case generate
  case tags
  case show
  case version
  case running
  case properties
  case slots
  case health
  case metrics
  /// The page for browsers.
  case page

  /// - Parameter path: of the request's target, without the query.
  init?(path: Span<UInt8>) {
    let version: StaticString = "/v1"
    let hasVersion = hasText(path, "/v1/", at: 0)
    let rest = path.extracting((hasVersion ? version.utf8CodeUnitCount : 0)..<path.count)
    if matches(rest, "/models") {
      self = .models
    } else if Self.modelNameStart(rest) != nil {
      self = .model
    } else if matches(rest, "/chat/completions") {
      self = .chatCompletions
    } else if matches(rest, "/completions") {
      self = .completions
    } else if matches(rest, "/health") {
      self = .health
    } else if matches(rest, "/messages") {
      self = .messages
    } else if matches(rest, "/messages/count_tokens") {
      self = .countTokens
    } else if matches(rest, "/responses") {
      self = .responses
    } else if Self.isOllamas(path) {
      self.init(ollamaPath: path)
    } else {
      self.init(otherPath: path)
    }
  }

  /// Whether a path is one of Ollama's API.
  static func isOllamas(_ path: Span<UInt8>) -> Bool { hasText(path, "/api/", at: 0) }

  private init?(ollamaPath path: Span<UInt8>) {
    if matches(path, "/api/chat") {
      self = .ollamaChat
    } else if matches(path, "/api/generate") {
      self = .generate
    } else if matches(path, "/api/tags") {
      self = .tags
    } else if matches(path, "/api/show") {
      self = .show
    } else if matches(path, "/api/version") {
      self = .version
    } else if matches(path, "/api/ps") {
      self = .running
    } else {
      return nil
    }
  }

  private init?(otherPath path: Span<UInt8>) {
    if matches(path, "/metrics") {
      self = .metrics
    } else if matches(path, "/tokenize") {
      self = .tokenize
    } else if matches(path, "/detokenize") {
      self = .detokenize
    } else if matches(path, "/apply-template") {
      self = .applyTemplate
    } else if matches(path, "/props") {
      self = .properties
    } else if matches(path, "/slots") {
      self = .slots
    } else if matches(path, "/") {
      self = .page
    } else {
      return nil
    }
  }

  /// Where the name of a model begins in a path, if it has one.
  static func modelNameStart(_ path: Span<UInt8>) -> Int? {
    let folder: StaticString = "/models/"
    let start = hasText(path, "/v1/", at: 0) ? 3 : 0
    if !hasText(path, folder, at: start) { return nil }
    let nameStart = start + folder.utf8CodeUnitCount
    return nameStart < path.count ? nameStart : nil
  }

  /// What a body of the path asks for; nil if the path takes none.
  var kind: RequestKind? {
    switch self {
    case .chatCompletions: .chat
    case .completions: .text
    case .applyTemplate: .template
    case .tokenize: .tokenize
    case .detokenize: .detokenize
    case .messages: .messages
    case .countTokens: .countTokens
    case .responses: .responses
    case .ollamaChat: .ollamaChat
    case .generate: .generate
    case .show: .show
    default: nil
    }
  }

  func allows(_ method: Method) -> Bool {
    if method == .options { return true }
    return kind != nil ? method == .post : method == .get || method == .head
  }

  /// Whether nobody need say who they are.
  var isOpen: Bool { self == .health || self == .page }

  /// The value of the Allow header (RFC 9110, section 10.2.1).
  public var allowedMethods: StaticString {
    kind != nil ? "POST, OPTIONS" : "GET, HEAD, OPTIONS"
  }
}

/// The request's method (RFC 9110, section 9).
public enum Method: Sendable {
  case get
  case head
  case post
  case options
  /// A known one that no path has.
  case other

  init?(_ name: Span<UInt8>) {
    if matches(name, "GET") {
      self = .get
    } else if matches(name, "HEAD") {
      self = .head
    } else if matches(name, "POST") {
      self = .post
    } else if matches(name, "OPTIONS") {
      self = .options
    } else if Self.isOther(name) {
      self = .other
    } else {
      return nil
    }
  }

  private static func isOther(_ name: Span<UInt8>) -> Bool {
    matches(name, "PUT") || matches(name, "DELETE") || matches(name, "PATCH")
      || matches(name, "TRACE")
  }
}
