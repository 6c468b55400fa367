import Template

/// What a service is told at its start.
public struct ServiceSettings: Sendable {
  /// Connections at a time.
  public var connectionCount: Int
  /// Requests that wait for their turn.
  public var queueCount: Int
  public var bodyByteCountMax: Int
  public var promptTokenCountMax: Int
  /// Texts whose caches are kept beside the engine's.
  public var keptCount: Int
  /// Of a file for more of them; 0 if there is none.
  public var keptFileByteCount = 0
  /// How long a client may keep still in the middle of something.
  public var timeoutSeconds: Int
  /// How long a connection stays open without a request.
  public var keepAliveSeconds: Int
  /// How long the running request may go on when the service is to end.
  public var graceSeconds: Int

  @export(interface)
  public init(
    connectionCount: Int, queueCount: Int, bodyByteCountMax: Int, promptTokenCountMax: Int,
    keptCount: Int, timeoutSeconds: Int, keepAliveSeconds: Int, graceSeconds: Int
  ) {
    self.connectionCount = connectionCount
    self.queueCount = queueCount
    self.bodyByteCountMax = bodyByteCountMax
    self.promptTokenCountMax = promptTokenCountMax
    self.keptCount = keptCount
    self.timeoutSeconds = timeoutSeconds
    self.keepAliveSeconds = keepAliveSeconds
    self.graceSeconds = graceSeconds
  }

  /// Of the memory of the chat template: any conversation that fits in a body fits in it.
  public var templateSizes: TemplateSizes {
    TemplateSizes(conversationByteCount: bodyByteCountMax)
  }
}

/// Times of a service that are not settings, and all of them in nanoseconds.
struct ServiceTimes: Sendable {
  static let second: Int64 = 1_000_000_000
  /// A head must be whole so many seconds after its first byte, or less if `timeoutSeconds` says so.
  private static let headSecondsMax = 10
  /// What a client still sends after the answer is dropped for so long.
  static let closing = 2 * second
  /// A connection without a request that is younger is not given up for another one.
  static let givenUp = second
  /// A request that has taken so long to arrive may be given up for another one.
  static let slowRequest = second / 4
  /// A body that others wait for may keep still for so long.
  static let slowBody = 2 * second
  /// From one comment of a stream to the next.
  static let comment = 5 * second
  /// After the last answer of a service that ends.
  static let lastWords = 2 * second
  /// How often the temperature is looked at in a pause.
  static let pauseStep: Int64 = 200_000_000
  /// After the system refused a connection.
  static let acceptStep = second
  /// While no place is free.
  static let placeStep = second / 10

  let timeout: Int64
  let head: Int64
  let keepAlive: Int64
  let grace: Int64

  init(_ settings: ServiceSettings) {
    timeout = Int64(settings.timeoutSeconds) * Self.second
    head = Int64(min(settings.timeoutSeconds, Self.headSecondsMax)) * Self.second
    keepAlive = Int64(settings.keepAliveSeconds) * Self.second
    grace = Int64(settings.graceSeconds) * Self.second
  }
}
