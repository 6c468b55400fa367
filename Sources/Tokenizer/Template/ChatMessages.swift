import Platform

/// Who says a message of a conversation.
public enum ChatRole: Sendable {
  case system
  case user
  case assistant
}

/// What comes next of a conversation's messages.
public enum MessagePortion: Sendable {
  /// A message begins; messages of the system come first.
  case begin(ChatRole)
  /// So many bytes of the message's text, at least one.
  case bytes(Int)
  /// The message ends.
  case endMessage
  /// There are no more messages.
  case end
  /// Nothing yet: more is to be asked for later.
  case pending
}

/// Messages of any number and length, read as they come. All texts are UTF-8.
public protocol MessageSource: ~Copyable {
  /// The next portion; bytes are put into `target`, which holds at least 4.
  mutating func next(into target: UnsafeMutableRawBufferPointer) throws(TokenizerError)
    -> MessagePortion
}

/// A whole conversation as the template writes it, up to the beginning of the next answer. Special
/// tokens are parsed in the template's own text only.
///
/// Messages of the same role that follow one another are one message, joined by a line end. An answer
/// that no message of the user stands before gets an empty one. Where an answer comes last, it is left
/// open, and goes on.
///
/// Where the system message is followed by a special token of the template, `TextPortion.placeMark`
/// is given between the two.
@safe public struct ChatMessages<Source: MessageSource & ~Copyable>: ~Copyable, TextSource {
  /// What has been written last.
  private enum Place {
    case start
    case system
    case user
    case assistant
    case end
  }

  /// Pieces that are to be written before the next message's text.
  private enum Piece {
    case text(StaticString)
    case preset
    case placeMark
  }

  private let template: ChatTemplate
  private let marks: ChatMarks
  private let specialTokens: SpecialTokens
  private var message: TrimmedText<MessageText<Source>>
  private var place = Place.start
  private var isInMessage = false
  /// What precedes the next message's text: those of `pieceIndex ..< pieceCount`.
  private var pieces = InlineArray<10, Piece>(repeating: .placeMark)
  private var pieceIndex = 0
  private var pieceCount = 0
  private var literal = TemplateText(TextSlice(""))

  public var parsesSpecialTokens: Bool { false }

  public init(
    _ template: ChatTemplate, _ messages: consuming Source, _ marks: ChatMarks,
    _ vocabulary: borrowing Vocabulary
  ) {
    self.template = template
    self.marks = marks
    specialTokens = vocabulary.specialTokens
    message = TrimmedText(MessageText(source: messages), .none)
  }

  public mutating func read(
    into target: UnsafeMutableRawBufferPointer
  ) throws(TokenizerError) -> TextPortion {
    while true {
      if !literal.isEnded {
        let portion = unsafe literal.read(into: target, marks, specialTokens)
        if let portion { return portion }
      } else if pieceIndex < pieceCount {
        if let mark = nextPiece() { return mark }
      } else if isInMessage {
        let portion = try unsafe message.read(into: target)
        if case .end = portion { isInMessage = false } else { return portion }
      } else if place == .end {
        return .end
      } else if try unsafe !nextMessage(target) {
        return .pending
      }
    }
  }

  /// Takes up a piece of the template.
  private mutating func nextPiece() -> TextPortion? {
    let piece = pieces[pieceIndex]
    pieceIndex += 1
    switch piece {
    case .text(let text): literal = TemplateText(TextSlice(text))
    case .preset: literal = TemplateText(template.presetText, hasMarks: false)
    case .placeMark: return .token(TextPortion.placeMark)
    }
    return nil
  }

  /// - Returns: false if nothing of it has come yet.
  private mutating func nextMessage(
    _ target: UnsafeMutableRawBufferPointer
  ) throws(TokenizerError) -> Bool {
    (pieceIndex, pieceCount) = (0, 0)
    switch try unsafe message.source.source.next(into: target) {
    case .begin(let role):
      let ends = trimmedEnds(of: role)
      begin(role)
      message.restart(ends)
      isInMessage = true
    case .end:
      end()
      place = .end
    case .bytes, .endMessage: break
    case .pending: return false
    }
    return true
  }
}

// What the template writes between messages.
extension ChatMessages where Source: ~Copyable {
  private var format: ChatFormat { template.format }

  /// A system message in one of the user's is no end of that.
  private func trimmedEnds(of role: ChatRole) -> TrimmedEnds {
    if !format.trims { return .none }
    if !format.isSystemInUser { return .both }
    if role == .system { return .none }
    return place == .system ? .trailing : .both
  }

  private mutating func append(_ text: StaticString) { append(.text(text)) }

  private mutating func append(_ piece: Piece) {
    pieces[pieceCount] = piece
    pieceCount += 1
  }

  private mutating func begin(_ role: ChatRole) {
    switch (place, role) {
    case (.system, .system), (.user, .user), (.assistant, .assistant): append("\n")
    case (_, .system): beginSystem()
    case (_, .user): beginUser()
    case (_, .assistant):
      if place != .user { beginUser() }
      append(format.userTail)
      append(format.answerHead)
    }
    place =
      switch role {
      case .system: .system
      case .user: .user
      case .assistant: .assistant
      }
  }

  private mutating func beginSystem() {
    append(format.opening)
    if format.isSystemInUser { append(format.userHead) }
    append(format.systemHead)
    if format.keepsPreset { append(.preset) }
  }

  /// Up to the head of a message of the user.
  private mutating func beginUser() {
    switch place {
    case .assistant: append(format.assistantTail)
    case .start:
      append(format.opening)
      if format.isSystemInUser { append(format.userHead) }
      if template.hasPreset {
        append(format.systemHead)
        append(.preset)
        endSystem()
      }
    default: endSystem()
    }
    if !format.isSystemInUser || place == .assistant { append(format.userHead) }
  }

  private mutating func endSystem() {
    append(format.systemTail)
    if format.isSystemInUser { return }
    let next = TemplateText(TextSlice(format.userHead))
    if next.beginsWithToken(marks, specialTokens) { append(.placeMark) }
  }

  private mutating func end() {
    if place == .assistant { return }
    if place != .user { beginUser() }
    append(format.userTail)
    append(format.answerStart)
  }
}

/// The text of one message after the other.
struct MessageText<Source: MessageSource & ~Copyable>: ~Copyable, TextSource {
  var source: Source
  var parsesSpecialTokens: Bool { false }

  init(source: consuming Source) { self.source = source }

  mutating func read(
    into target: UnsafeMutableRawBufferPointer
  ) throws(TokenizerError) -> TextPortion {
    switch try unsafe source.next(into: target) {
    case .bytes(let count): .bytes(count)
    case .pending: .pending
    case .begin, .endMessage, .end: .end
    }
  }
}
