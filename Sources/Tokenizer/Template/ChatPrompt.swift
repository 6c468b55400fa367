import Platform

/// The tokens that begin and end a text, as templates name them; nil where the vocabulary has none.
public struct ChatMarks: Sendable {
  public let bos: Int32?
  public let eos: Int32?

  public init(bos: Int?, eos: Int?) {
    self.bos = bos.map { Int32(truncatingIfNeeded: $0) }
    self.eos = eos.map { Int32(truncatingIfNeeded: $0) }
  }
}

/// Where a message of the user stands in the conversation.
public enum ChatTurn: Sendable {
  case first
  /// After an answer, which has not been closed.
  case afterAnswer
  /// After a message of the user that was left without an answer, and may have been cut.
  case afterMessage
}

/// The part of a conversation from one answer to the next, as the template writes it: the end of the
/// answer before, at the start the system message, a message of the user, and the beginning of the
/// next answer. Special tokens are parsed in the template's own text only, never in the messages.
@safe public struct ChatPrompt<Message: ByteSource & ~Copyable>: ~Copyable, TextSource {
  private enum Step: Int {
    case unansweredTail
    case assistantTail
    case opening
    /// Of a template that puts the system message into the user's.
    case outerUserHead
    case systemHead
    case preset
    case system
    case systemTail
    case userHead
    case user
    case userTail
    case answerStart
    case end
  }

  private let template: ChatTemplate
  private let specialTokens: SpecialTokens
  private let marks: ChatMarks
  private let isFirst: Bool
  private let hasSystem: Bool
  private var step: Step
  /// The template's own text that is given next; empty between pieces.
  private var literal: TemplateText
  private var system: TrimmedText<PlainText<MemoryInput>>
  private var user: TrimmedText<PlainText<Message>>

  /// The template has been parsed here; in the messages nothing is.
  public var parsesSpecialTokens: Bool { false }

  /// - Parameters:
  ///   - system: the system message, for the first turn; nil for the template's default.
  ///   - user: the user's message.
  public init(
    _ template: ChatTemplate, _ turn: ChatTurn = .first, system: consuming MemoryInput?,
    user: consuming Message, _ marks: ChatMarks, _ vocabulary: borrowing Vocabulary
  ) {
    self.template = template
    self.marks = marks
    specialTokens = vocabulary.specialTokens
    let format = template.format
    isFirst = turn == .first
    hasSystem = system != nil
    let trims: TrimmedEnds = format.trims ? .both : .none
    self.system = TrimmedText(
      PlainText(
        system ?? MemoryInput.empty, name: "system prompt", parsesSpecialTokens: false),
      format.isSystemInUser ? .none : trims)
    self.user = TrimmedText(
      PlainText(user, name: "prompt", parsesSpecialTokens: false),
      trims == .both && format.isSystemInUser && isFirst && hasSystem ? .trailing : trims)
    step =
      switch turn {
      case .first: .opening
      case .afterAnswer: .assistantTail
      case .afterMessage: .unansweredTail
      }
    literal = TemplateText(TextSlice(""))
    literal = text(of: step)
  }

  public mutating func read(
    into target: UnsafeMutableRawBufferPointer
  ) throws(TokenizerError) -> TextPortion {
    while step != .end {
      if !literal.isEnded {
        let portion = unsafe literal.read(into: target, marks, specialTokens)
        if let portion { return portion }
        continue
      }
      let portion = try unsafe readMessage(into: target)
      guard case .end = portion else { return portion }
      step = Step(rawValue: step.rawValue + 1)!
      literal = text(of: step)
    }
    return .end
  }

  private mutating func readMessage(
    into target: UnsafeMutableRawBufferPointer
  ) throws(TokenizerError) -> TextPortion {
    switch step {
    case .system where isFirst && hasSystem: try unsafe system.read(into: target)
    case .user: try unsafe user.read(into: target)
    default: .end
    }
  }

  private func text(of step: Step) -> TemplateText {
    // The template's own system text has no marks.
    TemplateText(literal(of: step), hasMarks: step != .preset)
  }

  private func literal(of step: Step) -> TextSlice {
    let format = template.format
    let hasBlock = isFirst && (hasSystem || template.hasPreset)
    switch step {
    case .unansweredTail, .userTail: return TextSlice(format.userTail)
    case .answerStart: return TextSlice(format.answerStart)
    case .assistantTail: return TextSlice(isFirst ? "" : format.assistantTail)
    case .opening: return TextSlice(isFirst ? format.opening : "")
    case .outerUserHead: return TextSlice(format.isSystemInUser ? format.userHead : "")
    case .systemHead: return TextSlice(hasBlock ? format.systemHead : "")
    case .preset:
      return isFirst && (format.keepsPreset || !hasSystem) ? template.presetText : TextSlice("")
    case .systemTail: return TextSlice(hasBlock ? format.systemTail : "")
    case .userHead: return TextSlice(format.isSystemInUser ? "" : format.userHead)
    case .system, .user, .end: return TextSlice("")
    }
  }
}
