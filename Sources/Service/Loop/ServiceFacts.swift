import Platform
import Text

/// What does not change while a service runs.
@safe public struct ServiceFacts {
  public let name: ServedName
  /// Of the program.
  let version: StaticString
  let arenaByteCount: Int
  let startSeconds: Int
  /// Only names of this machine may stand in the Host header: web pages reach a service at a loopback
  /// address by names that lead there (DNS rebinding).
  let checksHost: Bool
  let token: FixedText<257>?
  /// An origin of web pages that are served, or `*` for all.
  let allowedOrigin: FixedText<261>?
  /// A request for a model of another name is answered by the one there is.
  let takesAnyModel: Bool
  /// Tokens that a text may have.
  let contextLength: Int
  let limits: ServiceLimits

  /// - Parameters:
  ///   - version: of the program.
  ///   - startSeconds: since 1970.
  ///   - checksHost: whether requests must name this machine.
  ///   - token: what requests must bring; nil if they need none.
  ///   - allowedOrigin: an origin of web pages that are served, or `*` for all; nil: none is.
  ///   - takesAnyModel: whether the names of models in requests mean nothing.
  ///   - contextLength: tokens that a text may have.
  @export(interface)
  public init(
    name: ServedName, version: StaticString, arenaByteCount: Int, startSeconds: Int,
    checksHost: Bool,
    token: FixedText<257>?, allowedOrigin: FixedText<261>?, takesAnyModel: Bool,
    contextLength: Int, _ settings: ServiceSettings
  ) {
    self.name = name
    self.version = version
    self.arenaByteCount = arenaByteCount
    self.startSeconds = startSeconds
    self.checksHost = checksHost
    self.token = token
    self.allowedOrigin = allowedOrigin
    self.takesAnyModel = takesAnyModel
    self.contextLength = contextLength
    limits = ServiceLimits(settings)
  }

  /// What a request is for, or why it is not served.
  @export(interface)
  func checkedRoute(_ head: RequestHead) throws(HTTPError) -> Route {
    if checksHost && !isOwn(head.host) { throw .foreignHost }
    if let origin = head.origin, !allows(origin, head.host) { throw .forbidden }
    // A browser asks before it sends a token.
    if let token, let route = head.route, !route.isOpen, head.method != .options {
      let isRight = head.hasBearer(token.bytes)
      if !isRight { throw .unauthorized }
    }
    return try head.checkedRoute()
  }

  /// Whether pages of an origin are served: those of the service itself, and those that the owner
  /// names.
  private func allows(_ origin: FixedText<261>, _ host: FixedText<260>) -> Bool {
    if let allowedOrigin {
      if matches(allowedOrigin, "*") { return true }
      if !origin.isCut && isSame(allowedOrigin.bytes, origin.bytes) { return true }
    }
    for scheme in 0..<2 {
      let start: StaticString = scheme == 0 ? "http://" : "https://"
      let count = start.utf8CodeUnitCount
      if !hasText(origin.bytes, start, at: 0) || origin.isCut { continue }
      if isSame(origin.bytes.extracting(count..<origin.count), host.bytes) {
        return checksHost || isLocalName(host)
      }
    }
    return false
  }

  private func isSame(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
    if one.count != other.count { return false }
    for index in 0..<one.count where one[index] != other[index] { return false }
    return true
  }

  /// Whether no other machine's name can lead to this one: an address, a name without a dot, or one
  /// that ends in `.local`. A page at another name may have been led here (DNS rebinding).
  private func isLocalName(_ host: FixedText<260>) -> Bool {
    if host.count > 0 && host[0] == UInt8(ascii: "[") { return true }
    var end = host.count
    for index in 0..<host.count where host[index] == UInt8(ascii: ":") { end = index }
    if end == 0 { return false }
    let name = host.bytes.extracting(0..<end)
    let local: StaticString = ".local"
    if hasText(name, local, at: end - local.utf8CodeUnitCount) { return true }
    var (hasDot, isAddress) = (false, true)
    for index in 0..<end {
      if name[index] == UInt8(ascii: ".") {
        hasDot = true
      } else if name[index] < UInt8(ascii: "0") || name[index] > UInt8(ascii: "9") {
        isAddress = false
      }
    }
    return isAddress || !hasDot
  }

  /// Whether a request for this model is served.
  func serves(_ model: FixedText<129>) -> Bool { takesAnyModel || name.isMeant(by: model) }

  /// Whether a Host header names this machine, with any port; HTTP/1.0 has no such header.
  private func isOwn(_ host: FixedText<260>) -> Bool {
    host.count == 0 || isName(host, "localhost") || isName(host, "127.0.0.1")
      || isName(host, "[::1]")
  }

  /// Whether the host is this name, in letters of any case, with a port or without.
  private func isName(_ host: FixedText<260>, _ name: StaticString) -> Bool {
    let count = name.utf8CodeUnitCount
    if host.count < count { return false }
    for index in 0..<count {
      let byte = host[index]
      let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
      if unsafe (isUpper ? byte | 0x20 : byte) != name.utf8Start[index] { return false }
    }
    return host.count == count || host[count] == UInt8(ascii: ":")
  }
}

/// The limits of a service, for its metrics.
struct ServiceLimits {
  private let settings: ServiceSettings

  init(_ settings: ServiceSettings) { self.settings = settings }

  func write<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    Prometheus.write(gauge: "edge_infer_limit_connections", settings.connectionCount, to: &out)
    Prometheus.write(gauge: "edge_infer_limit_waiting", settings.queueCount, to: &out)
    Prometheus.write(gauge: "edge_infer_limit_body_bytes", settings.bodyByteCountMax, to: &out)
    Prometheus.write(
      gauge: "edge_infer_limit_prompt_tokens", settings.promptTokenCountMax, to: &out)
    Prometheus.write(gauge: "edge_infer_limit_kept_texts", settings.keptCount, to: &out)
  }
}
