import Generation
import Template
import Text
import Tokenizer

/// What comes of a body that is read: text on its way to the tokenizer, with tokens between behind a
/// byte that UTF-8 never has; and a conversation, which goes into the data of the chat template.
@safe struct PromptQueue: PromptConsumer {
  /// For what a piece of the body gives. A token takes six bytes, and at least two in JSON; the first
  /// one of a piece may have begun in the one before.
  static let capacity = 3 * Connection.pieceByteCountMax + 16
  /// Five bytes of a token follow, of seven bits each, the lowest first.
  private static let token: UInt8 = 0xfb
  private static let tokenByteCount = 5

  /// Nil for a queue that drops what it takes.
  private let bytes: UnsafeMutablePointer<UInt8>?
  /// Stop texts, each with a zero byte behind it.
  private let stopMemory: UnsafeMutablePointer<CChar>?
  private(set) var stops = StopTexts()
  private(set) var biases: LogitBiases?
  private var start = 0
  private var end = 0
  /// Nil if the body has none.
  private(set) var conversation: ConversationFiller?
  /// Whether the chat template knows the role `developer`.
  private var knowsDeveloper = false
  /// Whether it takes no message without a content.
  private var looksIntoContent = false
  /// What comes is dropped.
  private var isMuted = false
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
  /// - Parameter template: of a conversation.
  mutating func reset(template: TemplateData?, _ traits: TemplateTraits?) {
    (start, end) = (0, 0)
    conversation = template.map { ConversationFiller($0) }
    knowsDeveloper = traits?.knowsDeveloper ?? false
    looksIntoContent = traits?.looksIntoContent ?? false
    (isWhole, isMuted) = (false, false)
    stops = StopTexts()
    biases?.removeAll()
  }

  mutating func endPrompt() { isWhole = true }

  mutating func mute(_ isMuted: Bool) { self.isMuted = isMuted }

  private mutating func append(_ byte: UInt8) {
    guard let bytes = unsafe bytes else { return }
    if start == end { (start, end) = (0, 0) }
    precondition(end < Self.capacity)
    unsafe bytes[end] = byte
    end += 1
  }

  mutating func take(_ text: Span<UInt8>) {
    if unsafe bytes == nil || isMuted { return }
    for index in 0..<text.count { append(text[index]) }
  }

  mutating func take(token: Int32) {
    if isMuted { return }
    append(Self.token)
    for index in 0..<Self.tokenByteCount {
      append(UInt8(truncatingIfNeeded: token >> Int32(7 * index)) & 0x7f)
    }
  }

  mutating func take(stop: FixedText<257>) {
    guard let memory = unsafe stopMemory, !isMuted else { return }
    let place = unsafe memory + stops.count * (CompletionSettings.stopByteCountMax + 1)
    for index in 0..<stop.count { unsafe place[index] = CChar(bitPattern: stop[index]) }
    unsafe place[stop.count] = 0
    do throws(StopTextError) {
      unsafe try stops.append(place)
    } catch {
      preconditionFailure("the request's reader has checked it")
    }
  }

  mutating func take(bias: Double, of token: Int32) {
    if !isMuted { biases?.append(Float(bias), of: token) }
  }

  /// The text that comes next.
  mutating func next(into target: UnsafeMutableRawBufferPointer) -> TextPortion {
    guard !isEmpty, let bytes = unsafe bytes else { return isWhole ? .end : .pending }
    let first = unsafe bytes[start]
    if first == Self.token { return unsafe .token(takeToken(bytes)) }
    var count = 0
    while start < end && count < target.count, unsafe bytes[start] < Self.token {
      unsafe target[count] = bytes[start]
      count += 1
      start += 1
    }
    return .bytes(count)
  }
}

// A conversation.
extension PromptQueue {
  mutating func take(_ event: JSONTokenizer.Event, _ bytes: Span<UInt8>) {
    if !isMuted { conversation?.take(event, bytes) }
  }
  private mutating func give(_ step: ConversationFiller.Step) {
    if !isMuted { conversation?.take(step) }
  }
  @export(interface)
  mutating func take(role: MessageRole) {
    let isOther = role == .developer && !knowsDeveloper
    give(.name("role"))
    give(.text(isOther ? MessageRole.system.name : role.name))
  }
  mutating func takeNoContent() {
    if !looksIntoContent { return takeNullContent() }
    beginContent()
    endContent()
  }
  mutating func take(name: StaticString) { give(.name(name)) }
  mutating func take(word: FixedText<33>) { give(.word(word)) }
  mutating func beginContent() { give(.beginContent) }
  mutating func endContent() { give(.endContent) }
  mutating func beginContentList() { give(.beginContentList) }
  mutating func beginContentPart() { give(.beginContentPart) }
  mutating func endContentPart() { give(.endContentPart) }
  mutating func endContentList() { give(.endContentList) }
}

extension PromptQueue {
  /// Takes the token that comes next.
  private mutating func takeToken(_ bytes: UnsafeMutablePointer<UInt8>) -> Int32 {
    var token: Int32 = 0
    for index in 0..<Self.tokenByteCount {
      unsafe token |= Int32(bytes[start + 1 + index]) << Int32(7 * index)
    }
    start += 1 + Self.tokenByteCount
    return token
  }
}

/// The text of a prompt. `CompletionReader` has checked that it is UTF-8.
@safe struct QueuedText: TextSource {
  private let queue: UnsafeMutablePointer<PromptQueue>
  var parsesSpecialTokens = true

  init(_ queue: UnsafeMutablePointer<PromptQueue>) { unsafe self.queue = unsafe queue }

  mutating func read(into target: UnsafeMutableRawBufferPointer) -> TextPortion {
    unsafe queue.pointee.next(into: target)
  }
}
