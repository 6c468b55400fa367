import Tokenizer

/// Text of messages on its way from the body to the tokenizer, with the messages' ends between as
/// bytes that UTF-8 never has. A prompt that is no conversation is text alone.
@safe struct PromptQueue: PromptConsumer {
  /// For what a piece of the body gives: the piece, what the reader held, and marks, and for each mark
  /// the JSON has more bytes.
  static let capacity = 2 * (Connection.pieceByteCountMax + CompletionReader.heldByteCountMax)
  private static let messageEnd: UInt8 = 0xfc
  private static let systemStart: UInt8 = 0xfd
  private static let userStart: UInt8 = 0xfe
  private static let assistantStart: UInt8 = 0xff

  /// Nil for a queue that drops what it takes.
  private let bytes: UnsafeMutablePointer<UInt8>?
  private var start = 0
  private var end = 0
  /// Nothing follows what is in the queue.
  private(set) var isWhole = false

  /// - Parameter bytes: room for `capacity` bytes.
  init(_ bytes: UnsafeMutablePointer<UInt8>) { unsafe self.bytes = unsafe bytes }

  /// For a body that is only checked: all that is taken is dropped.
  init() { unsafe bytes = nil }

  var isEmpty: Bool { start == end }

  /// For another request.
  mutating func reset() {
    (start, end) = (0, 0)
    isWhole = false
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

  /// What comes next.
  mutating func next(into target: UnsafeMutableRawBufferPointer) -> QueuedPortion {
    guard !isEmpty, let bytes = unsafe bytes else { return isWhole ? .end : .pending }
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

/// What comes next in the queue.
enum QueuedPortion {
  case begin(MessageRole)
  /// So many bytes of a message's or the prompt's text, at least one.
  case bytes(Int)
  case endMessage
  case end
  /// Nothing has come yet.
  case pending
}

/// The text of a prompt. `CompletionReader` has checked that it is UTF-8.
@safe struct QueuedText: TextSource {
  private let queue: UnsafeMutablePointer<PromptQueue>
  var parsesSpecialTokens: Bool { true }

  init(_ queue: UnsafeMutablePointer<PromptQueue>) { unsafe self.queue = unsafe queue }

  mutating func read(into target: UnsafeMutableRawBufferPointer) -> TextPortion {
    while true {
      switch unsafe queue.pointee.next(into: target) {
      case .bytes(let count): return .bytes(count)
      case .end: return .end
      case .pending: return .pending
      case .begin, .endMessage: break
      }
    }
  }
}
