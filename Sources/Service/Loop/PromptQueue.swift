import Generation
import Text
import Tokenizer

/// Text of messages on its way from the body to the tokenizer, with the messages' ends between as
/// bytes that UTF-8 never has. A prompt that is no conversation is text alone.
@safe struct PromptQueue: PromptConsumer {
  /// For what a piece of the body gives: the piece, what the reader held, and marks, and for each mark
  /// the JSON has more bytes. A token takes six bytes, and at least two in JSON.
  static let capacity = 3 * (Connection.pieceByteCountMax + CompletionReader.heldByteCountMax)
  /// Five bytes of a token follow, of seven bits each, the lowest first.
  private static let token: UInt8 = 0xfb
  private static let tokenByteCount = 5
  private static let messageEnd: UInt8 = 0xfc
  private static let systemStart: UInt8 = 0xfd
  private static let userStart: UInt8 = 0xfe
  private static let assistantStart: UInt8 = 0xff

  /// Nil for a queue that drops what it takes.
  private let bytes: UnsafeMutablePointer<UInt8>?
  /// Stop texts, each with a zero byte behind it.
  private let stopMemory: UnsafeMutablePointer<CChar>?
  private(set) var stops = StopTexts()
  private(set) var biases: LogitBiases?
  private var start = 0
  private var end = 0
  /// The token that `next` has found in place of text.
  fileprivate(set) var nextToken: Int32?
  /// Nothing follows what is in the queue.
  private(set) var isWhole = false

  /// - Parameters:
  ///   - bytes: room for `capacity` bytes.
  ///   - stops: room for as many stop texts as a request may have.
  ///   - biases: room for as many as a request may have.
  init(
    _ bytes: UnsafeMutablePointer<UInt8>, stops: UnsafeMutablePointer<CChar>,
    _ biases: LogitBiases
  ) {
    unsafe self.bytes = unsafe bytes
    unsafe stopMemory = unsafe stops
    self.biases = biases
  }

  /// For a body that is only checked: all that is taken is dropped.
  init() {
    unsafe bytes = nil
    unsafe stopMemory = nil
    biases = nil
  }

  var isEmpty: Bool { start == end }

  /// For another request.
  mutating func reset() {
    (start, end) = (0, 0)
    isWhole = false
    stops = StopTexts()
    biases?.removeAll()
  }

  mutating func endPrompt() { isWhole = true }

  private mutating func append(_ byte: UInt8) {
    guard let bytes = unsafe bytes else { return }
    if start == end { (start, end) = (0, 0) }
    precondition(end < Self.capacity)
    unsafe bytes[end] = byte
    end += 1
  }

  mutating func beginMessage(_ role: MessageRole) {
    switch role {
    case .system: append(Self.systemStart)
    case .user: append(Self.userStart)
    case .assistant: append(Self.assistantStart)
    }
  }

  mutating func take(_ text: Span<UInt8>) {
    if unsafe bytes == nil { return }
    for index in 0..<text.count { append(text[index]) }
  }

  mutating func endMessage() { append(Self.messageEnd) }

  mutating func take(token: Int32) {
    append(Self.token)
    for index in 0..<Self.tokenByteCount {
      append(UInt8(truncatingIfNeeded: token >> Int32(7 * index)) & 0x7f)
    }
  }

  mutating func take(stop: FixedText<257>) {
    guard let memory = unsafe stopMemory else { return }
    let place = unsafe memory + stops.count * (CompletionSettings.stopByteCountMax + 1)
    for index in 0..<stop.count { unsafe place[index] = CChar(bitPattern: stop[index]) }
    unsafe place[stop.count] = 0
    do throws(StopTextError) {
      unsafe try stops.append(place)
    } catch {
      preconditionFailure("the request's reader has checked it")
    }
  }

  mutating func take(bias: Double, of token: Int32) { biases?.append(Float(bias), of: token) }

  /// What comes next.
  mutating func next(into target: UnsafeMutableRawBufferPointer) -> QueuedPortion {
    nextToken = nil
    guard !isEmpty, let bytes = unsafe bytes else { return isWhole ? .end : .pending }
    let first = unsafe bytes[start]
    if first == Self.token {
      unsafe takeToken(bytes)
      return .pending
    }
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
    while start < end && count < target.count, unsafe bytes[start] < Self.token {
      unsafe target[count] = bytes[start]
      count += 1
      start += 1
    }
    return .bytes(count)
  }
}

/// What comes next in the queue.
enum QueuedPortion {
  case begin(MessageRole)
  /// So many bytes of a message's or the prompt's text, at least one.
  case bytes(Int)
  case endMessage
  case end
  /// Nothing has come yet, or the token `nextToken`.
  case pending
}

extension PromptQueue {
  /// Takes the token that comes next.
  private mutating func takeToken(_ bytes: UnsafeMutablePointer<UInt8>) {
    var token: Int32 = 0
    for index in 0..<Self.tokenByteCount {
      unsafe token |= Int32(bytes[start + 1 + index]) << Int32(7 * index)
    }
    start += 1 + Self.tokenByteCount
    nextToken = token
  }
}

/// The text of a prompt. `CompletionReader` has checked that it is UTF-8.
@safe struct QueuedText: TextSource {
  private let queue: UnsafeMutablePointer<PromptQueue>
  var parsesSpecialTokens = true

  init(_ queue: UnsafeMutablePointer<PromptQueue>) { unsafe self.queue = unsafe queue }

  mutating func read(into target: UnsafeMutableRawBufferPointer) -> TextPortion {
    while true {
      switch unsafe queue.pointee.next(into: target) {
      case .bytes(let count): return .bytes(count)
      case .end: return .end
      case .pending:
        if let token = unsafe queue.pointee.nextToken { return .token(token) }
        return .pending
      case .begin, .endMessage: break
      }
    }
  }
}
