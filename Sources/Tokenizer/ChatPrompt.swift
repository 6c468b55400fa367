import Platform

/// A conversation of one user message, as the template writes it, up to where the assistant's answer
/// begins. Special tokens are parsed in the template's own text only, never in the messages.
@safe public struct ChatPrompt<Message: ByteSource & ~Copyable>: ~Copyable, TextSource {
  private enum Step: Int {
    case systemHead
    case system
    case systemTail
    case userHead
    case user
    case assistantHead
    case end
  }

  private let template: ChatTemplate
  private let specialTokens: SpecialTokens
  private var step: Step
  /// The template's own text that is given next; empty between pieces.
  private var literal: TextSlice
  private var literalIndex = 0
  private var system: PlainText<MemoryInput>?
  private var user: PlainText<Message>

  /// The template has been parsed here; in the messages nothing is.
  public var parsesSpecialTokens: Bool { false }

  /// - Parameters:
  ///   - system: the system prompt; nil for the template's default.
  ///   - user: the user's message.
  public init(
    _ template: ChatTemplate, system: consuming MemoryInput?, user: consuming Message,
    _ vocabulary: borrowing Vocabulary
  ) {
    self.template = template
    specialTokens = vocabulary.specialTokens
    if let text = system {
      self.system = PlainText(text, name: "system prompt", parsesSpecialTokens: false)
      step = .systemHead
    } else {
      self.system = nil
      step = template.hasDefaultSystem ? .systemHead : .userHead
    }
    self.user = PlainText(user, name: "prompt", parsesSpecialTokens: false)
    literal = unsafe TextSlice(ChatML.start.utf8Start, count: 0)
    literal = literal(of: step)
  }

  public mutating func read(
    into target: UnsafeMutableRawBufferPointer
  ) throws(TokenizerError) -> TextPortion {
    while step != .end {
      if literalIndex < literal.count { return unsafe readLiteral(into: target) }
      let portion = try unsafe readMessage(into: target)
      if case .bytes = portion { return portion }
      step = Step(rawValue: step.rawValue + 1)!
      literal = literal(of: step)
      literalIndex = 0
    }
    return .end
  }

  private mutating func readMessage(
    into target: UnsafeMutableRawBufferPointer
  ) throws(TokenizerError) -> TextPortion {
    switch step {
    case .system: try unsafe system?.read(into: target) ?? .end
    case .user: try unsafe user.read(into: target)
    default: .end
    }
  }

  /// A special token that the literal has here, or the text before the next one.
  private mutating func readLiteral(into target: UnsafeMutableRawBufferPointer) -> TextPortion {
    if let found = specialTokens.match(literal, at: literalIndex, includesControl: true) {
      literalIndex += found.byteCount
      return .token(found.token)
    }
    var count = 0
    repeat {
      unsafe target[count] = literal[literalIndex]
      count += 1
      literalIndex += 1
    } while count < target.count && literalIndex < literal.count
      && specialTokens.match(literal, at: literalIndex, includesControl: true) == nil
    return .bytes(count)
  }

  private func literal(of step: Step) -> TextSlice {
    let text: StaticString
    switch step {
    case .systemHead: text = ChatML.systemHead
    case .system:
      if let preset = template.defaultSystemText, system == nil { return preset }
      text = ""
    case .systemTail: text = ChatML.systemTail
    case .userHead: text = ChatML.userHead
    case .assistantHead: text = ChatML.assistantHead
    case .user, .end: text = ""
    }
    return unsafe TextSlice(text.utf8Start, count: text.utf8CodeUnitCount)
  }
}
