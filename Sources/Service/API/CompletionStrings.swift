import Constraint
import Text

// Strings.
extension CompletionReader {
  mutating func beginString<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    switch (place, field) {
    case (.request, .model): destination = .model
    case (.request, .prompt), (.request, .tokenizedText), (.prompts, _):
      try beginPrompt(isTokens: false)
      destination = isWantedPrompt ? .prompt : .nowhere
    case (.request, .stop), (.options, .stop), (.stops, _):
      stop.removeAll()
      destination = .stop
    case (.message, .content):
      consumer.beginContent()
      destination = .given
    case (.part, .partText): destination = .given
    case (.toolChoice, .chosenName), (.chosenFunction, .chosenName):
      settings.chosenTool.removeAll()
      destination = .chosenTool
    case (.message, .role), (.part, .partType), (.responseFormat, .formatType), (.words, _),
      (.toolChoice, .choiceType),
      (.request, .toolChoice), (.request, .functionCall), (.request, .reasoningEffort),
      (.request, .grammar), (.request, .guidedGrammar), (.request, .ollamaFormat),
      (.request, .think), (.request, .truncation), (.block, .blockType), (.item, .itemType),
      (.item, .role), (.systemPart, .partType), (.resultPart, .partType), (.itemPart, .partType),
      (.tool, .toolType), (.thinking, .thinkingType), (.outputConfig, .effort),
      (.reasoning, .effort), (.nestedFormat, .formatType):
      beginWord()
    default: try beginPromptString(&consumer)
    }
  }

  /// A string of a conversation of other requests than chat completions.
  mutating func beginPromptString<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    switch (place, field) {
    case (.request, .shownModel): destination = .model
    case (.request, .system), (.request, .instructions): destination = .system
    case (.request, .promptText) where kind == .rawGenerate:
      try beginPrompt(isTokens: false)
      destination = .prompt
    case (.request, .promptText), (.request, .input):
      beginUserMessage(&consumer)
      destination = .given
    case (.systemPart, .partText):
      beginSystemPart(&consumer)
      destination = .given
    case (.message, .turnContent), (.block, _), (.resultPart, _), (.item, _), (.itemPart, _):
      try beginTurnString(&consumer)
    default: try beginOtherString(&consumer)
    }
  }

  mutating func beginOtherString<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    guard isMemberPlace, let field else { throw invalid() }
    switch field.member.kind {
    case .ignored: destination = .nowhere
    case .givenText: beginGivenString(&consumer)
    case .nothing: beginWord()
    default: throw invalid()
    }
  }

  /// A text that is the template's.
  mutating func beginGivenString<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) {
    if let field { consumer.take(name: field.givenName) }
    consumer.take(.beginString, Span())
    destination = .given
  }

  mutating func beginWord() {
    word.removeAll()
    destination = .word
  }

  mutating func take<Consumer: PromptConsumer & ~Copyable>(
    text event: JSONTokenizer.Event, _ bytes: Span<UInt8>, _ consumer: inout Consumer
  ) {
    if destination == .system {
      if !turn.isSystemBegun { beginSystemText(&consumer) }
      consumer.take(event, bytes)
      return
    }
    if destination == .given {
      if field == .promptText { settings.hasPrompt = true }
      consumer.take(event, bytes)
      return
    }
    switch event {
    case .text(let range): take(bytes.extracting(range), &consumer)
    case .character(let character):
      let bytes = character.storage
      take(bytes.span.extracting(0..<character.count), &consumer)
    default: break
    }
  }

  mutating func take<Consumer: PromptConsumer & ~Copyable>(
    _ text: Span<UInt8>, _ consumer: inout Consumer
  ) {
    switch destination {
    case .nowhere, .given, .system: break
    case .word: Self.append(text, to: &word)
    case .model: Self.append(text, to: &settings.model)
    case .stop: Self.append(text, to: &stop)
    case .prompt:
      settings.hasPrompt = true
      consumer.take(text)
    case .callID: Self.append(text, to: &turn.id)
    case .chosenTool: Self.append(text, to: &settings.chosenTool)
    }
  }

  private static func append<let capacity: Int>(
    _ bytes: Span<UInt8>, to text: inout FixedText<capacity>
  ) {
    for index in 0..<bytes.count { text.append(bytes[index]) }
  }

  mutating func endString<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    switch destination {
    case .word: try endWord(&consumer)
    case .stop: try endStop(&consumer)
    case .system: endSystem(&consumer)
    case .callID: if turn.id.isCut { throw invalid() }
    case .given: endGivenString(&consumer)
    default: break
    }
  }

  mutating func endGivenString<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) {
    switch field {
    case .content, .turnContent, .resultContent, .callOutput, .itemContent: consumer.endContent()
    case .promptText, .input: endUserMessage(&consumer)
    // The end of the part ends its text.
    case .partText: break
    case .blockText: consumer.endContentPart()
    default: consumer.take(.endString, Span())
    }
  }

  mutating func endWord<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    switch field {
    case .role:
      try endRole(&consumer)
      return
    case .formatType:
      guard let format = AnswerFormat(word) else { throw invalid() }
      self.format = format
      return
    case .grammar, .guidedGrammar:
      if word.offeredByteCount > 0 { try bind(.grammar) }
      return
    case .ollamaFormat where word.offeredByteCount > 0:
      if !matches(word, "json") { throw invalid() }
      try bind(.anyObject)
      return
    case .blockType, .itemType:
      try takeTurnType()
      return
    default: break
    }
    let isRight =
      switch field {
      case .partType where place == .itemPart: isItemPartType
      case .partType where kind.form == .responses: matches(word, "input_text")
      case .partType, .modalities: matches(word, "text")
      case .toolType:
        matches(word, "function") || kind.form == .anthropic && matches(word, "custom")
      case .thinkingType: takeThinking(&consumer)
      case .truncation: matches(word, "disabled")
      case .choiceType where kind.form == .anthropic: takeToolChoice()
      case .toolChoice where kind.form == .anthropic: false
      case .toolChoice: takeToolChoice()
      case .choiceType: matches(word, "function")
      case .functionCall: matches(word, "none") || matches(word, "auto")
      case .reasoningEffort, .think, .effort: word.count > 0 && !word.isCut
      default: word.offeredByteCount == 0
      }
    if !isRight { throw invalid() }
    if field == .think { takeThinking(true, &consumer) }
    switch field {
    case .toolChoice, .reasoningEffort, .effort, .think:
      consumer.take(name: field == .toolChoice ? "tool_choice" : "reasoning_effort")
      consumer.take(word: word)
    default: break
    }
  }

  @export(interface)
  mutating func takeToolChoice() -> Bool {
    if matches(word, "none") {
      settings.toolChoice = nil
    } else if matches(word, "auto") {
      settings.toolChoice = .auto
    } else if matches(word, "required") || matches(word, "any") {
      settings.toolChoice = .required
    } else if kind.form == .anthropic && matches(word, "tool") {
      settings.toolChoice = .named
    } else {
      return false
    }
    return true
  }

  mutating func endRole<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    guard let role = MessageRole(word) else { throw invalid() }
    if kind.form == .anthropic && role != .user && role != .assistant { throw invalid() }
    self.role = role
    if kind.form == .openAI || kind.form == .ollama { consumer.take(role: role) }
  }

  mutating func endStop<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    if stop.count == 0 || stop.isCut || stopCount == CompletionSettings.stopCountMax {
      throw error(.invalid, .stop)
    }
    for index in 0..<stop.count where stop[index] == 0 { throw error(.invalid, .stop) }
    stopCount += 1
    consumer.take(stop: stop)
  }
}
