import CPlatform
import Inference
import Platform
import Service
import Tokenizer

/// Why a request for a text gets no whole answer.
enum ServeFailure: Error {
  case http(HTTPError)
  case request(RequestError)
  /// The client went away.
  case gone
  case numbers(NumberFault)
}

/// Text of messages on its way from the body to the tokenizer, with the messages' ends between as
/// bytes that UTF-8 never has.
@safe struct MessageQueue: PromptConsumer {
  /// For what a piece of the body gives: the piece, what the reader held, and marks, of which each
  /// has more bytes of JSON.
  static let capacity = 2 * (Connection.pieceByteCountMax + CompletionReader.heldByteCountMax)
  private static let messageEnd: UInt8 = 0xfc
  private static let systemStart: UInt8 = 0xfd
  private static let userStart: UInt8 = 0xfe
  private static let assistantStart: UInt8 = 0xff

  private let bytes: UnsafeMutablePointer<UInt8>
  private var start = 0
  private var end = 0
  private var hasOtherThanSystem = false
  /// A system message came after others.
  private(set) var hasLateSystem = false

  init(_ bytes: UnsafeMutablePointer<UInt8>) { unsafe self.bytes = unsafe bytes }

  var isEmpty: Bool { start == end }

  private mutating func append(_ byte: UInt8) {
    if start == end { (start, end) = (0, 0) }
    precondition(end < Self.capacity)
    unsafe bytes[end] = byte
    end += 1
  }

  mutating func beginMessage(_ role: MessageRole) {
    switch role {
    case .system:
      if hasOtherThanSystem { hasLateSystem = true }
      append(Self.systemStart)
      return
    case .user: append(Self.userStart)
    case .assistant: append(Self.assistantStart)
    }
    hasOtherThanSystem = true
  }

  mutating func take(_ text: Span<UInt8>) {
    for index in 0..<text.count { append(text[index]) }
  }

  mutating func endMessage() { append(Self.messageEnd) }

  /// What comes next; there must be something.
  mutating func next(into target: UnsafeMutableRawBufferPointer) -> MessagePortion {
    let first = unsafe bytes[start]
    if first >= Self.messageEnd {
      start += 1
      switch first {
      case Self.messageEnd: return .endMessage
      case Self.systemStart: return .begin(.system)
      case Self.userStart: return .begin(.user)
      default: return .begin(.assistant)
      }
    }
    var count = 0
    while start < end && count < target.count, unsafe bytes[start] < Self.messageEnd {
      unsafe target[count] = bytes[start]
      count += 1
      start += 1
    }
    return .bytes(count)
  }
}

/// The body of the request that is being served, read as its text is asked for. While more must come,
/// the other connections are attended to.
@safe struct RequestBody: ~Copyable {
  private let server: Server
  private let index: Int
  private var reader: CompletionReader
  private var queue: MessageQueue
  private(set) var failure: ServeFailure?
  private(set) var isWhole = false
  private var byteCount = 0
  private var patience = Patience()
  private var hasContinued = false

  init(
    _ server: Server, _ index: Int, _ kind: CompletionKind, _ memory: UnsafeMutablePointer<UInt8>
  ) {
    self.server = server
    self.index = index
    reader = CompletionReader(kind)
    queue = unsafe MessageQueue(memory)
    unsafe server[index].pointee.readsBody = true
  }

  /// Known when the body is whole.
  var settings: CompletionSettings { reader.settings }

  /// The next portion of the messages or of the prompt.
  mutating func next(
    into target: UnsafeMutableRawBufferPointer
  ) throws(SystemFailure) -> MessagePortion {
    do throws(ServeFailure) {
      while queue.isEmpty && !isWhole { try fill() }
    } catch {
      failure = error
      throw SystemFailure("read", code: EIO)
    }
    return queue.isEmpty ? .end : unsafe queue.next(into: target)
  }

  private mutating func fill() throws(ServeFailure) {
    let event: RequestParser.Event
    do throws(HTTPError) {
      event = try unsafe server[index].pointee.nextEvent()
    } catch {
      throw .http(error)
    }
    switch event {
    case .needsMore: try wait()
    case .body(let range): try feed(range)
    case .end: try finish()
    case .head: break
    }
  }

  private mutating func feed(_ range: Range<Int>) throws(ServeFailure) {
    byteCount += range.count
    let bytes = unsafe Span(
      _unsafeStart: server[index].pointee.inputPointer(range.lowerBound), count: range.count)
    do throws(RequestError) {
      try reader.feed(bytes, to: &queue)
    } catch {
      throw .request(error)
    }
    if queue.hasLateSystem { throw .http(.lateSystemMessage) }
  }

  private mutating func finish() throws(ServeFailure) {
    isWhole = true
    unsafe server[index].pointee.readsBody = false
    do throws(RequestError) {
      try reader.finish()
    } catch {
      throw .request(error)
    }
    if !server.facts.name.isMeant(by: reader.settings.model) { throw .http(.modelNotFound) }
  }

  /// Waits for more bytes of the body.
  private mutating func wait() throws(ServeFailure) {
    if unsafe server[index].pointee.isGone { throw .gone }
    if server.isStopDue { throw .http(.stopping) }
    if !hasContinued && byteCount == 0, unsafe server[index].pointee.parser.head.expectsContinue {
      var writer = ResponseWriter(ConnectionSink(server, index, waits: false))
      writer.sendContinue()
    }
    hasContinued = true
    if !patience.wait(for: index, server) { throw .http(server.isStopDue ? .stopping : .timeout) }
  }
}

/// The messages of a conversation.
@safe struct BodyMessages: MessageSource {
  let body: UnsafeMutablePointer<RequestBody>

  init(_ body: UnsafeMutablePointer<RequestBody>) { unsafe self.body = unsafe body }

  mutating func next(
    into target: UnsafeMutableRawBufferPointer
  ) throws(TokenizerError) -> MessagePortion {
    do throws(SystemFailure) {
      return try unsafe body.pointee.next(into: target)
    } catch {
      throw .unreadable(error)
    }
  }
}

/// The text of a prompt.
@safe struct BodyText: ByteSource {
  let body: UnsafeMutablePointer<RequestBody>

  init(_ body: UnsafeMutablePointer<RequestBody>) { unsafe self.body = unsafe body }

  mutating func read(into target: UnsafeMutableRawBufferPointer) throws(SystemFailure) -> Int {
    while true {
      switch try unsafe body.pointee.next(into: target) {
      case .bytes(let count): return count
      case .end: return 0
      case .begin, .endMessage, .pending: break
      }
    }
  }
}
