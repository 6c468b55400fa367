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
  /// Of the text that is kept, and of the beginning of the text that is read.
  let keptTokens: UnsafeMutablePointer<Int32>
  let collectedTokens: UnsafeMutablePointer<Int32>
  let keptTokenCapacity: Int
  let keptMemory: UnsafeMutableRawBufferPointer

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
    keptTokenCapacity = settings.keptTokenCount
    unsafe keptTokens = carver.take(.keptText, Int32.self, count: keptTokenCapacity)
    unsafe collectedTokens = carver.take(.keptText, Int32.self, count: keptTokenCapacity)
    let keptByteCount =
      keptTokenCapacity == 0
      ? 0 : EngineLayout.keptByteCount(shape, runSettings, tokenCount: keptTokenCapacity)
    unsafe keptMemory = UnsafeMutableRawBufferPointer(
      start: carver.takeBytes(.keptText, count: keptByteCount), count: keptByteCount)
  }
}
