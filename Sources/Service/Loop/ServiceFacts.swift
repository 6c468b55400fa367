import Platform
import Text

/// What does not change while a service runs.
@safe public struct ServiceFacts {
  public let name: ServedName
  let arenaByteCount: Int
  let startSeconds: Int
  /// Only names of this machine may stand in the Host header: web pages reach a service at a loopback
  /// address by names that lead there (DNS rebinding).
  let checksHost: Bool
  let token: FixedText<257>?
  let limits: ServiceLimits

  /// - Parameters:
  ///   - startSeconds: since 1970.
  ///   - checksHost: whether requests must name this machine.
  ///   - token: what requests must bring; nil if they need none.
  @export(interface)
  public init(
    name: ServedName, arenaByteCount: Int, startSeconds: Int, checksHost: Bool,
    token: FixedText<257>?, _ settings: ServiceSettings
  ) {
    self.name = name
    self.arenaByteCount = arenaByteCount
    self.startSeconds = startSeconds
    self.checksHost = checksHost
    self.token = token
    limits = ServiceLimits(settings)
  }

  /// What a request is for, or why it is not served.
  func checkedRoute(_ head: RequestHead) throws(HTTPError) -> Route {
    if head.hasOrigin || checksHost && !isOwn(head.host) { throw .forbidden }
    if let token, head.route != .health {
      let isRight = head.hasBearer(token.bytes)
      if !isRight { throw .unauthorized }
    }
    return try head.checkedRoute()
  }

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
