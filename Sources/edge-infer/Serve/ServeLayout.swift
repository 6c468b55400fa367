import Generation
import Inference
import Memory
import Model
import Platform
import Service

/// What a service asks of the arena.
struct ServeNeeds {
  let connectionCount: Int
  let queueCount: Int
  let bodyByteCountMax: Int
  /// Tokens of a system message that is kept; 0: none is.
  let keptTokenCount: Int
}

/// The part of the arena that is a service's.
@safe struct ServeLayout {
  let connections: UnsafeMutablePointer<Connection>
  let connectionCount: Int
  let polls: UnsafeMutableRawPointer
  /// The signal's pipe and the listening socket are waited for too.
  let pollCount: Int
  let state: UnsafeMutablePointer<ServerState>
  /// Connections that wait for their turn.
  let queue: UnsafeMutablePointer<Int>
  let queueCapacity: Int
  /// The body that is being read.
  let body: UnsafeMutablePointer<RequestBody>
  let messages: UnsafeMutablePointer<UInt8>
  /// A request's stop texts, `StopTexts.byteCountMax + 1` bytes each.
  let stops: UnsafeMutablePointer<CChar>
  let bodyByteCountMax: Int
  /// Of the text that is kept, and of the beginning of the text that is read.
  let keptTokens: UnsafeMutablePointer<Int32>
  let pendingTokens: UnsafeMutablePointer<Int32>
  let keptTokenCapacity: Int
  let keptMemory: UnsafeMutableRawBufferPointer

  init(
    carver: inout Carver, _ shape: ModelShape, _ settings: RunSettings, _ needs: ServeNeeds
  ) {
    connectionCount = needs.connectionCount
    bodyByteCountMax = needs.bodyByteCountMax
    unsafe connections = carver.takeUninitialized(
      .connections, Connection.self, count: needs.connectionCount)
    for index in 0..<needs.connectionCount {
      let input = unsafe carver.take(.connections, UInt8.self, count: Connection.inputByteCount)
      let output = unsafe carver.take(.connections, UInt8.self, count: Connection.outputByteCount)
      if carver.isMeasuring { continue }
      unsafe (connections + index).initialize(
        to: Connection(input, output, bodyByteCountMax: needs.bodyByteCountMax))
    }
    pollCount = needs.connectionCount + 2
    unsafe polls = carver.takeBytes(.connections, count: pollCount * PollList.entryByteCount)
    unsafe state = carver.takeUninitialized(.connections, ServerState.self, count: 1)
    // One more, which is to be served next.
    queueCapacity = needs.queueCount + 1
    unsafe queue = carver.take(.connections, Int.self, count: queueCapacity)
    unsafe body = carver.takeUninitialized(.connections, RequestBody.self, count: 1)
    unsafe messages = carver.take(.connections, UInt8.self, count: MessageQueue.capacity)
    unsafe stops = carver.take(
      .connections, CChar.self, count: StopList.countMax * (StopList.byteCountMax + 1))
    keptTokenCapacity = needs.keptTokenCount
    unsafe keptTokens = carver.take(.keptText, Int32.self, count: needs.keptTokenCount)
    unsafe pendingTokens = carver.take(.keptText, Int32.self, count: needs.keptTokenCount)
    let keptByteCount =
      needs.keptTokenCount == 0
      ? 0
      : EngineLayout.keptByteCount(shape, settings, tokenCount: needs.keptTokenCount)
    unsafe keptMemory = UnsafeMutableRawBufferPointer(
      start: carver.takeBytes(.keptText, count: keptByteCount), count: keptByteCount)
  }
}
