/// Why a request is not served. What `RequestParser` throws leaves it unknown where the next
/// request begins: the connection must be closed after the answer.
public enum HTTPError: Error, Equatable {
  case malformedRequestLine
  case invalidTarget
  case unknownMethod
  case unsupportedVersion
  case requestLineTooLong
  case controlCharacter
  case bareCarriageReturn
  case bareLineFeed
  case foldedHeader
  case spaceBeforeColon
  case malformedHeader
  case headTooLarge
  case tooManyHeaders
  case missingHost
  case invalidHost
  case repeatedHeader
  case invalidContentLength
  /// Both Content-Length and Transfer-Encoding, or the latter in HTTP/1.0.
  case conflictingLength
  case invalidTransferEncoding
  case unknownTransferCoding
  case lengthRequired
  case bodyTooLarge
  case contentEncoding
  case unknownExpectation
  case malformedChunk
  case chunkExtensionsTooLong
  case trailersTooLarge
  case notFound
  case methodNotAllowed(Route)
  case unauthorized
  case forbidden
  case foreignHost
  case notJSON
  case modelNotFound
  case noChatTemplate
  case emptyPrompt
  case contextLengthExceeded
  case promptTooLong
  case unknownToken
  case timeout
  case queueFull
  case stopping
  case internalFailure
}

extension HTTPError {
  public var status: HTTPStatus {
    switch self {
    case .unknownMethod, .unknownTransferCoding: .notImplemented
    case .unsupportedVersion: .versionNotSupported
    case .requestLineTooLong: .uriTooLong
    case .headTooLarge, .tooManyHeaders, .trailersTooLarge: .headerFieldsTooLarge
    case .lengthRequired: .lengthRequired
    case .bodyTooLarge: .contentTooLarge
    case .contentEncoding, .notJSON: .unsupportedMediaType
    case .unknownExpectation: .expectationFailed
    case .notFound, .modelNotFound: .notFound
    case .methodNotAllowed: .methodNotAllowed
    case .unauthorized: .unauthorized
    case .forbidden, .foreignHost: .forbidden
    case .timeout: .requestTimeout
    case .queueFull, .stopping: .serviceUnavailable
    case .internalFailure: .internalServerError
    default: .badRequest
    }
  }

  /// One sentence for the client.
  public var reason: StaticString {
    @export(interface) get {
      switch self {
      case .notFound: "there is nothing at this path"
      case .methodNotAllowed: "this path has no such method"
      case .unauthorized: "the token is missing or wrong: Authorization: Bearer, or X-Api-Key"
      case .forbidden: "web pages of this origin are not served; see --allow-origin"
      case .foreignHost: "the Host header must be localhost, 127.0.0.1 or [::1] here"
      case .notJSON: "Content-Type must be application/json"
      case .modelNotFound: "there is no model of this name; GET /v1/models names the one there is"
      case .noChatTemplate: "there is no chat template here; /v1/completions takes plain text"
      case .emptyPrompt: "the prompt is empty"
      case .contextLengthExceeded: "the prompt has more tokens than the cache has slots"
      case .unknownToken: "a token of the prompt or of logit_bias is none of the vocabulary's"
      case .promptTooLong: "the prompt has more tokens than the service takes"
      case .timeout: "the request took too long to arrive"
      case .queueFull: "too many requests are waiting; try again later"
      case .stopping: "the service is stopping"
      case .internalFailure: "the answer could not be made"
      default: framingReason
      }
    }
  }

  /// For what `RequestParser` throws.
  private var framingReason: StaticString {
    switch self {
    case .malformedRequestLine: "the request line must be METHOD TARGET HTTP/1.1"
    case .invalidTarget: "the request target must be a path or an http URL"
    case .unknownMethod: "the method is unknown"
    case .unsupportedVersion: "the version must be HTTP/1.1 or HTTP/1.0"
    case .requestLineTooLong: "the request line is too long"
    case .controlCharacter: "a line has a control character"
    case .bareCarriageReturn: "a line has a carriage return without a line feed"
    case .bareLineFeed: "a line ends in a line feed without a carriage return"
    case .foldedHeader: "a header line begins with white space"
    case .spaceBeforeColon: "a header's name is followed by white space"
    case .malformedHeader: "a header line must be NAME: VALUE"
    case .headTooLarge: "the header lines are too long"
    case .tooManyHeaders: "there are too many header lines"
    case .missingHost: "the Host header is missing"
    case .invalidHost: "the Host header must be a name or address with an optional port"
    case .repeatedHeader: "a header that may come once is repeated"
    case .invalidContentLength: "Content-Length must be one decimal number"
    case .conflictingLength: "the body's length is given in conflicting ways"
    case .invalidTransferEncoding: "Transfer-Encoding must be chunked"
    case .unknownTransferCoding: "Transfer-Encoding has a coding other than chunked"
    case .lengthRequired: "Content-Length or Transfer-Encoding: chunked is missing"
    case .bodyTooLarge: "the body is too large"
    case .contentEncoding: "the body must have no Content-Encoding"
    case .unknownExpectation: "Expect must be 100-continue"
    case .chunkExtensionsTooLong: "the chunks' extensions are too long"
    case .trailersTooLarge: "the trailer lines are too long or too many"
    default: "a chunk of the body is malformed"
    }
  }
}
