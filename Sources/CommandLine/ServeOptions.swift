import Text

/// The options of `serve` alone.
@safe public struct ServeOptions {
  public let listen: UnsafePointer<CChar>?
  public let tokenFile: UnsafePointer<CChar>?
  public let alias: UnsafePointer<CChar>?
  /// Whether requests for models of other names are answered.
  public let takesAnyModel: Bool
  public let allowedOrigin: UnsafePointer<CChar>?
  /// Connections at a time.
  public let connectionCount: Int
  /// Requests that wait for their turn.
  public let queueCount: Int
  /// How long a client may keep still in the middle of something.
  public let timeoutSeconds: Int
  /// How long a connection stays open without a request.
  public let keepAliveSeconds: Int
  /// How long the running request may go on when the service is to end.
  public let graceSeconds: Int
  /// Texts whose caches are kept beside the latest one.
  public let keptCount: Int
  /// A file for more of them, and its size; 0 if there is none.
  public let keptFile: UnsafePointer<CChar>?
  public let keptFileByteCount: Int
  public let bodyByteCountMax: Int
  public let promptTokenCountMax: Int

  @export(interface)
  fileprivate init(_ arguments: Arguments) {
    unsafe listen = unsafe arguments.text(.listen)
    unsafe tokenFile = unsafe arguments.text(.tokenFile)
    unsafe alias = unsafe arguments.text(.alias)
    takesAnyModel = unsafe arguments.text(.anyModel).map { unsafe isEqual($0, "on") } ?? true
    unsafe allowedOrigin = unsafe arguments.text(.allowOrigin)
    connectionCount = arguments.whole(.connections)
    queueCount = arguments.whole(.queue)
    timeoutSeconds = arguments.whole(.timeout)
    keepAliveSeconds = arguments.whole(.keepAlive)
    graceSeconds = arguments.whole(.grace)
    keptCount = arguments.whole(.kept)
    unsafe keptFile = unsafe arguments.text(.keptFile)
    keptFileByteCount = arguments.whole(.keptFileMiB) << 20
    bodyByteCountMax = arguments.whole(.maxBodyMiB) << 20
    promptTokenCountMax = arguments.whole(.maxPromptTokens)
  }
}

/// The options that say how tokens are chosen.
public struct SamplingOptions: Sendable {
  public let temperature: Double
  public let topK: Int
  public let topP: Double
  public let minP: Double
  public let repeatPenalty: Double
  public let seed: UInt64
  public let isSeedGiven: Bool

  @export(interface)
  fileprivate init(_ arguments: Arguments) {
    temperature = arguments.decimal(.temperature)
    topK = arguments.whole(.topK)
    topP = arguments.decimal(.topP)
    minP = arguments.decimal(.minP)
    repeatPenalty = arguments.decimal(.repeatPenalty)
    seed = arguments.seed
    isSeedGiven = arguments.has(.seed)
  }
}

extension Arguments {
  public var service: ServeOptions { ServeOptions(self) }
  public var sampling: SamplingOptions { SamplingOptions(self) }
}
