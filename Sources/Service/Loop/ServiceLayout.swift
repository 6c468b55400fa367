import Generation
import Inference
import Memory
import Model
import Platform

/// The part of the arena that is a service's.
@safe public struct ServiceLayout {
  let connections: UnsafeMutablePointer<Connection>
  let connectionCount: Int
  let polls: UnsafeMutableRawPointer
  /// The signal's pipe and the listening socket are waited for too.
  let pollCount: Int
  /// Connections that wait for their turn.
  let queue: UnsafeMutablePointer<Int>
  let queueCapacity: Int
  /// Text between the body that is being read and the tokenizer.
  let queuedText: UnsafeMutablePointer<PromptQueue>
  /// Text between the generator and the client.
  let answerText: UnsafeMutablePointer<UInt8>
  let answerTextByteCount: Int
  /// A request's stop texts, `StopTexts.byteCountMax + 1` bytes each.
  let stops: UnsafeMutablePointer<CChar>
  /// See `BodyStore`.
  let bodyBytes: UnsafeMutablePointer<UInt8>
  let bodyBlocks: UnsafeMutablePointer<Int32>
  /// Of the prompt that is being served.
  let promptTokens: UnsafeMutablePointer<Int32>
  let promptTokenCapacity: Int
  /// See `KeptTexts`.
  let keptCount: Int
  let keptEntries: UnsafeMutablePointer<KeptTexts.Entry>
  let keptTokens: UnsafeMutablePointer<Int32>
  let keptTokenCapacity: Int
  let keptMemory: UnsafeMutableRawPointer
  let keptStateByteCount: Int

  /// Tokens of a text that is kept; longer ones are not compared with prompts.
  private static let keptTokenCountMax = 65_536

  /// - Parameter longestTokenByteCount: of the vocabulary.
  @export(interface)
  public init(
    carver: inout Carver, _ settings: ServiceSettings, _ shape: ModelShape,
    _ runSettings: RunSettings, longestTokenByteCount: Int
  ) {
    connectionCount = settings.connectionCount
    unsafe connections = carver.takeUninitialized(
      .connections, Connection.self, count: settings.connectionCount)
    for index in 0..<settings.connectionCount {
      let input = unsafe carver.take(.connections, UInt8.self, count: Connection.inputByteCount)
      let output = unsafe carver.take(.connections, UInt8.self, count: Connection.outputByteCount)
      if carver.isMeasuring { continue }
      unsafe (connections + index).initialize(
        to: Connection(input, output, bodyByteCountMax: settings.bodyByteCountMax))
    }
    pollCount = settings.connectionCount + 2
    unsafe polls = carver.takeBytes(.connections, count: pollCount * PollList.entryByteCount)
    // One more, which is to be served next.
    queueCapacity = settings.queueCount + 1
    unsafe queue = carver.take(.connections, Int.self, count: queueCapacity)
    unsafe queuedText = carver.takeUninitialized(.connections, PromptQueue.self, count: 1)
    let text = unsafe carver.take(.connections, UInt8.self, count: PromptQueue.capacity)
    if !carver.isMeasuring { unsafe queuedText.initialize(to: PromptQueue(text)) }
    answerTextByteCount = AnswerBuffer.byteCountMax(longestTokenByteCount: longestTokenByteCount)
    unsafe answerText = carver.take(.connections, UInt8.self, count: answerTextByteCount)
    unsafe stops = carver.take(
      .connections, CChar.self, count: StopList.countMax * (StopList.byteCountMax + 1))
    let blockCount = BodyStore.blockCount(settings)
    unsafe bodyBytes = carver.take(
      .connections, UInt8.self, count: blockCount * BodyStore.blockByteCount)
    unsafe bodyBlocks = carver.take(.connections, Int32.self, count: blockCount)
    promptTokenCapacity = settings.promptTokenCountMax
    unsafe promptTokens = carver.take(.connections, Int32.self, count: promptTokenCapacity)
    keptCount = settings.keptCount
    unsafe keptEntries = carver.takeUninitialized(
      .keptText, KeptTexts.Entry.self, count: keptCount)
    keptTokenCapacity = max(
      runSettings.slotCount, min(shape.contextLength, Self.keptTokenCountMax))
    unsafe keptTokens = carver.take(
      .keptText, Int32.self, count: (keptCount + 1) * keptTokenCapacity)
    keptStateByteCount = EngineLayout.keptByteCount(shape, runSettings, tokenCount: .max)
    unsafe keptMemory = carver.takeBytes(.keptText, count: keptCount * keptStateByteCount)
  }
}
