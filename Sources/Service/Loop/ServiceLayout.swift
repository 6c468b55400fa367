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
  /// See `ServedTexts`.
  let chances: UnsafeMutablePointer<TokenChances>
  let chancesCapacity: Int
  /// See `BodyStore`.
  let bodyBytes: UnsafeMutablePointer<UInt8>
  let bodyBlocks: UnsafeMutablePointer<Int32>
  /// Of the prompt that is being served.
  let promptTokens: UnsafeMutablePointer<Int32>
  let promptTokenCapacity: Int
  /// See `KeptTexts`.
  let kept: KeptTextSizes
  let keptEntries: UnsafeMutablePointer<KeptTexts.Entry>
  let keptTokens: UnsafeMutablePointer<Int32>
  let keptMemory: UnsafeMutableRawPointer

  /// Tokens of an answer whose probabilities can be told behind it.
  private static let chancesCountMax = 4096

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
    let stops = unsafe carver.take(
      .connections, CChar.self,
      count: CompletionSettings.stopCountMax * (CompletionSettings.stopByteCountMax + 1))
    let biases = unsafe LogitBiases(
      carver.take(.connections, Int32.self, count: CompletionSettings.biasCountMax),
      carver.take(.connections, Float.self, count: CompletionSettings.biasCountMax),
      capacity: CompletionSettings.biasCountMax)
    if !carver.isMeasuring {
      unsafe queuedText.initialize(to: PromptQueue(text, stops: stops, biases))
    }
    answerTextByteCount = AnswerBuffer.byteCountMax(longestTokenByteCount: longestTokenByteCount)
    unsafe answerText = carver.take(.connections, UInt8.self, count: answerTextByteCount)
    chancesCapacity = Self.chancesCountMax
    unsafe chances = carver.takeUninitialized(
      .connections, TokenChances.self, count: chancesCapacity)
    let blockCount = BodyStore.blockCount(settings)
    unsafe bodyBytes = carver.take(
      .connections, UInt8.self, count: blockCount * BodyStore.blockByteCount)
    unsafe bodyBlocks = carver.take(.connections, Int32.self, count: blockCount)
    promptTokenCapacity = settings.promptTokenCountMax
    unsafe promptTokens = carver.take(.connections, Int32.self, count: promptTokenCapacity)
    kept = KeptTextSizes(settings, shape, runSettings)
    let textCount = kept.count + kept.slotCount
    unsafe keptEntries = carver.takeUninitialized(
      .keptText, KeptTexts.Entry.self, count: textCount)
    unsafe keptTokens = carver.take(
      .keptText, Int32.self, count: (textCount + 1) * kept.tokenCapacity)
    unsafe keptMemory = carver.takeBytes(.keptText, count: kept.count * kept.stateByteCount)
  }
}
