import Constraint
import Text

// Lists and objects.
extension CompletionReader {
  mutating func beginObject<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    switch (place, field) {
    case (.start, _): place = .request
    case (.request, .streamOptions): place = .streamOptions
    case (.request, .responseFormat): place = .responseFormat
    case (.request, .guidedJSON), (.request, .jsonSchema):
      try bind(.schema)
      skippedDepth = 1
    case (.responseFormat, .formatSchema): place = .jsonSchema
    case (.responseFormat, .schema), (.jsonSchema, .schema): skippedDepth = 1
    case (.request, .logitBias): place = .biases
    case (.request, .templateVariables): givenDepth = 1
    case (.request, .toolChoice): place = .toolChoice
    case (.toolChoice, .chosenFunction): place = .chosenFunction
    case (.messages, _): beginMessage(&consumer)
    case (.contentParts, _): beginPart(&consumer)
    default: try beginOtherObject(&consumer)
    }
  }

  /// An object of other requests than chat and text completions.
  private mutating func beginOtherObject<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    switch (place, field) {
    case (.request, .ollamaOptions): place = .options
    case (.request, .ollamaFormat):
      try bind(.schema)
      skippedDepth = 1
    case (.nestedFormat, .schema): skippedDepth = 1
    case (.request, .thinkingConfig): place = .thinking
    case (.request, .outputConfig): place = .outputConfig
    case (.request, .reasoning): place = .reasoning
    case (.request, .textConfig): place = .textConfig
    case (.outputConfig, .nestedFormat), (.textConfig, .nestedFormat): place = .nestedFormat
    case (.blocks, _): beginBlock(.block)
    case (.items, _): beginBlock(.item)
    case (.systemParts, _): beginTextPart(.systemPart)
    case (.resultParts, _): beginTextPart(.resultPart)
    case (.itemParts, _): beginTextPart(.itemPart)
    case (.tools, _): beginTool(&consumer)
    case (.tool, .inputSchema), (.tool, .parameters): giveObject(&consumer)
    case (.block, .toolInput):
      try beginCall(&consumer)
      giveObject(&consumer)
    default: try beginOther(.emptyObject)
    }
  }

  /// An object that is the template's as it is.
  private mutating func giveObject<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) {
    if let field { consumer.take(name: field.givenName) }
    consumer.take(.beginObject, Span())
    givenDepth = 1
  }

  mutating func beginArray<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    switch (place, field) {
    case (.request, .messages):
      beginConversation(&consumer)
      place = .messages
    case (.request, .tools) where kind.form == .anthropic || kind.form == .responses:
      consumer.take(name: "tools")
      consumer.take(.beginArray, Span())
      place = .tools
    case (.request, .tools), (.message, .toolCalls): beginGivenList(&consumer)
    case (.request, .stop), (.options, .stop), (.request, .stopSequences): place = .stops
    case (.request, .modalities): place = .words
    case (.request, .prompt): place = .prompts
    case (.request, .detokenizedTokens):
      settings.hasTokenPrompt = true
      settings.promptCount = 1
      place = .promptTokens
    case (.prompts, _): try beginTokens()
    case (.message, .content):
      consumer.beginContentList()
      place = .contentParts
    default: try beginOtherArray(&consumer)
    }
  }

  /// A list of other requests than chat and text completions.
  private mutating func beginOtherArray<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    switch (place, field) {
    case (.request, .system) where kind.form == .anthropic: place = .systemParts
    case (.message, .turnContent): place = .blocks
    case (.block, .resultContent), (.item, .callOutput):
      try beginResult(&consumer)
      consumer.beginContentList()
      place = .resultParts
    case (.request, .input):
      beginConversation(&consumer)
      place = .items
    case (.item, .itemContent):
      try beginItemContent(&consumer)
      place = .itemParts
    default: try beginOther(.emptyList)
    }
  }

  /// A list that is the template's as it is.
  private mutating func beginGivenList<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) {
    if let field { consumer.take(name: field.name) }
    if field == .toolCalls { hasCalls = true }
    consumer.take(.beginArray, Span())
    givenDepth = 1
  }

  /// The value of a member that changes nothing, or that must be empty.
  private mutating func beginOther(_ empty: Place) throws(RequestError) {
    guard isMemberPlace, let field else { throw invalid() }
    switch field.member.kind {
    case .ignored: skippedDepth = 1
    case .nothing:
      outerPlace = place
      place = empty
    default: throw invalid()
    }
  }

  /// Whether the value that comes is a member of an object.
  private var isMemberPlace: Bool {
    switch place {
    case .start, .messages, .contentParts, .stops, .prompts, .promptTokens, .biases, .words,
      .systemParts, .blocks, .resultParts, .items, .itemParts, .tools, .emptyList, .emptyObject,
      .end:
      false
    default: true
    }
  }

  /// A list of tokens in a list of prompts.
  private mutating func beginTokens() throws(RequestError) {
    if isFlatPrompt { throw invalid() }
    try beginPrompt(isTokens: true)
    place = .promptTokens
  }

  /// One of several prompts, all of which are texts or all of which are tokens.
  private mutating func beginPrompt(isTokens: Bool) throws(RequestError) {
    let isOther = settings.promptCount > 0 && settings.hasTokenPrompt != isTokens
    if isOther || settings.promptCount == CompletionSettings.answerCountMax { throw invalid() }
    settings.hasTokenPrompt = isTokens
    settings.promptCount += 1
  }

  private var isWantedPrompt: Bool { settings.promptCount == wantedPrompt + 1 }

  mutating func endObject<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    switch place {
    case .message:
      try endMessage(&consumer)
      messageIndex += 1
      place = .messages
      field = .messages
    case .part:
      if !has(.partType) { throw error(.missing, .partType) }
      if !has(.partText) { throw error(.missing, .partText) }
      consumer.endContentPart()
      place = .contentParts
      field = .content
    case .responseFormat:
      try endFormat()
      place = .request
    case .jsonSchema:
      if !has(.schema) { throw error(.missing, .schema) }
      place = .responseFormat
    case .chosenFunction: place = .toolChoice
    case .toolChoice:
      try endToolChoice()
      place = .request
    case .streamOptions, .biases: place = .request
    case .emptyObject: place = outerPlace
    case .request: place = .end
    default: try endOtherObject(&consumer)
    }
  }

  private mutating func endFormat() throws(RequestError) {
    if !has(.formatType) { throw error(.missing, .formatType) }
    switch format {
    case .text: break
    case .object: try bind(has(.schema) ? .schema : .anyObject)
    case .schema:
      // Most clients have it there.
      let isWrapped = place == .responseFormat
      if !has(.schema) { throw error(.missing, .schema, in: isWrapped ? .jsonSchema : nil) }
      try bind(.schema)
    }
  }

  private mutating func endToolChoice() throws(RequestError) {
    if kind.form == .anthropic {
      if !has(.choiceType) { throw error(.missing, .choiceType) }
      if settings.toolChoice != .named { return }
    }
    if !has(.chosenName) { throw error(.missing, .chosenName) }
    settings.toolChoice = .named
  }

  /// The end of an object of other requests than chat and text completions.
  private mutating func endOtherObject<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    switch place {
    case .block:
      try endBlock(&consumer)
      (place, field) = (.blocks, .turnContent)
    case .item:
      try endItem(&consumer)
      messageIndex += 1
      (place, field) = (.items, .input)
    case .systemPart:
      try endTextPart(&consumer)
      (place, field) = (.systemParts, .system)
    case .resultPart:
      try endTextPart(&consumer)
      let isItem = kind.form == .responses
      (place, field) = (.resultParts, isItem ? .callOutput : .resultContent)
    case .itemPart:
      try endTextPart(&consumer)
      (place, field) = (.itemParts, .itemContent)
    case .tool:
      if !has(.toolTitle) { throw error(.missing, .toolTitle) }
      consumer.take(.endObject, Span())
      consumer.take(.endObject, Span())
      (place, field) = (.tools, .tools)
    case .nestedFormat:
      try endFormat()
      place = kind.form == .responses ? .textConfig : .outputConfig
    case .thinking:
      if !has(.thinkingType) { throw error(.missing, .thinkingType) }
      place = .request
    default: place = .request
    }
  }

  mutating func endArray<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    switch place {
    case .messages:
      // Without messages, Ollama's clients ask for the model to be there.
      if messageIndex == 0 && kind.form != .ollama { throw invalid() }
      endMessages(&consumer)
      place = .request
    case .prompts where settings.promptCount == 0: throw invalid()
    case .promptTokens where field == .prompt: place = .prompts
    case .contentParts:
      consumer.endContentList()
      place = .message
    case .emptyList: place = outerPlace
    case .stops where kind.form == .ollama: place = .options
    default: try endOtherArray(&consumer)
    }
  }

  /// The end of a list of other requests than chat and text completions.
  private mutating func endOtherArray<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    switch place {
    case .systemParts:
      endSystem(&consumer)
      place = .request
    case .blocks: place = .message
    case .resultParts:
      consumer.endContentList()
      place = kind.form == .responses ? .item : .block
    case .itemParts:
      endItemContent(&consumer)
      place = .item
    case .items:
      if messageIndex == 0 { throw invalid() }
      endConversation(&consumer)
      place = .request
    case .tools:
      consumer.take(.endArray, Span())
      place = .request
    default: place = .request
    }
  }

  /// An answer is bound to one thing.
  private mutating func bind(_ kind: BindingKind) throws(RequestError) {
    if settings.binding != nil { throw error(.repeated, field) }
    settings.binding = kind
  }

  private mutating func beginMessage<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) {
    role = nil
    settings.hasPrompt = true
    (hasCalls, hasNullContent) = (false, false)
    forgetMembers(of: messageOwner)
    if kind.form == .anthropic { turn.beginMessage() } else { consumer.take(.beginObject, Span()) }
    place = .message
  }

  /// A message that calls tools need not have a content; the templates' authors know it as null.
  private mutating func endMessage<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    if !has(.role) { throw error(.missing, .role) }
    if kind.form == .anthropic {
      try endTurn(&consumer)
      return
    }
    if !has(.content) {
      if !hasCalls { throw error(.missing, .content) }
      consumer.take(name: "content")
      consumer.take(.null, Span())
    }
    if hasNullContent && !hasCalls { throw error(.invalid, .content) }
    consumer.take(.endObject, Span())
  }

  private mutating func beginPart<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) {
    forgetMembers(of: .part)
    consumer.beginContentPart()
    place = .part
  }

  /// The value is not what the field must be.
  func invalid() -> RequestError {
    place == .start ? error(.notAnObject, nil) : error(.invalid, field)
  }
}

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
  private mutating func beginPromptString<Consumer: PromptConsumer & ~Copyable>(
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

  private mutating func beginWord() {
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

  private mutating func take<Consumer: PromptConsumer & ~Copyable>(
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

  private mutating func endGivenString<Consumer: PromptConsumer & ~Copyable>(
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

  private mutating func endWord<Consumer: PromptConsumer & ~Copyable>(
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

  private mutating func takeToolChoice() -> Bool {
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

  private mutating func endRole<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    guard let role = MessageRole(word) else { throw invalid() }
    if kind.form == .anthropic && role != .user && role != .assistant { throw invalid() }
    self.role = role
    if kind.form == .openAI || kind.form == .ollama { consumer.take(role: role) }
  }

  private mutating func endStop<Consumer: PromptConsumer & ~Copyable>(
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

// Numbers, booleans and null.
extension CompletionReader {
  mutating func take<Consumer: PromptConsumer & ~Copyable>(
    _ number: JSONNumber, _ consumer: inout Consumer
  ) throws(RequestError) {
    switch place {
    case .prompts, .promptTokens: try takeToken(number, &consumer)
    case .biases:
      let bias = try checked(number, minimum: -100, maximum: 100)
      consumer.take(bias: bias, of: biasedToken)
    default:
      guard isMemberPlace, let field else { throw invalid() }
      switch field.member.kind {
      case .own: try take(number, for: field)
      case .flag, .givenText: throw invalid()
      case .ignored: break
      case .nothing: if number.double != 0 { throw invalid() }
      case .only(let value): if number.double != value { throw invalid() }
      }
    }
  }

  /// A list of numbers is one prompt.
  private mutating func takeToken<Consumer: PromptConsumer & ~Copyable>(
    _ number: JSONNumber, _ consumer: inout Consumer
  ) throws(RequestError) {
    if place == .prompts {
      // Behind a first number nothing may come but numbers.
      if !isFlatPrompt {
        if settings.promptCount > 0 { throw invalid() }
        try beginPrompt(isTokens: true)
      }
      isFlatPrompt = true
    }
    guard let integer = number.integer, let token = Int32(exactly: integer), token >= 0 else {
      throw invalid()
    }
    if isWantedPrompt { consumer.take(token: token) }
  }

  private mutating func take(
    _ number: JSONNumber, for field: RequestField
  ) throws(RequestError) {
    switch field {
    case .temperature:
      settings.temperature = try checked(number, maximum: CompletionSettings.temperatureMax)
    case .topP: settings.topP = try checked(number, maximum: CompletionSettings.topPMax)
    case .minP: settings.minP = try checked(number, maximum: CompletionSettings.topPMax)
    case .topK: settings.topK = max(try checkedCount(number, minimum: -1), 0)
    case .repeatPenalty:
      settings.repeatPenalty = try checked(
        number, minimum: CompletionSettings.repeatPenaltyMin,
        maximum: CompletionSettings.repeatPenaltyMax)
    case .presencePenalty: settings.presencePenalty = try checked(number, minimum: -2, maximum: 2)
    case .frequencyPenalty:
      settings.frequencyPenalty = try checked(number, minimum: -2, maximum: 2)
    case .maxTokens, .maxOutputTokens: maxTokens = try checkedTokenCount(number)
    case .numPredict:
      maxTokens =
        number.integer == -2 ? CompletionSettings.countMax : try checkedTokenCount(number)
    case .numContext: settings.contextCount = try checkedCount(number, minimum: 1)
    case .maxCompletionTokens: maxCompletionTokens = try checkedTokenCount(number)
    case .minTokens: settings.minTokens = try checkedCount(number, minimum: 0)
    case .n:
      settings.answerCount = try checkedCount(
        number, minimum: 1, maximum: CompletionSettings.answerCountMax)
    case .logprobs where kind == .text:
      settings.logprobCount = try checkedCount(
        number, minimum: 0, maximum: CompletionSettings.logprobCountMax)
    case .topLogprobs:
      topLogprobCount = try checkedCount(
        number, minimum: 0, maximum: CompletionSettings.logprobCountMax)
    case .seed:
      guard let seed = number.integer else { throw invalid() }
      settings.seed = seed
    default: throw invalid()
    }
  }

  private func checked(
    _ number: JSONNumber, minimum: Double = 0, maximum: Double
  ) throws(RequestError) -> Double {
    let value = number.double
    if !(value >= minimum && value <= maximum) { throw invalid() }
    return value
  }

  private func checkedCount(
    _ number: JSONNumber, minimum: Int, maximum: Int = CompletionSettings.countMax
  ) throws(RequestError) -> Int {
    guard let count = number.integer, count >= minimum, count <= maximum
    else { throw invalid() }
    return count
  }

  /// -1 is as many as there is room for.
  private func checkedTokenCount(_ number: JSONNumber) throws(RequestError) -> Int {
    number.integer == -1
      ? CompletionSettings.countMax : try checkedCount(number, minimum: 1)
  }

  mutating func take<Consumer: PromptConsumer & ~Copyable>(
    _ value: Bool, _ consumer: inout Consumer
  ) throws(RequestError) {
    guard isMemberPlace, let field else { throw invalid() }
    switch field.member.kind {
    case .ignored: return
    case .nothing:
      if value { throw invalid() }
      return
    case .own where field == .logprobs && (kind == .chat || !value):
      settings.logprobCount = value ? 0 : nil
      return
    case .own where field == .penalizeNewline && value: return
    case .own where field == .think:
      takeThinking(value, &consumer)
      return
    case .own where field == .resultIsError:
      try beginResult(&consumer)
      consumer.take(name: "is_error")
      consumer.take(.boolean(value), Span())
      return
    case .flag: break
    default: throw invalid()
    }
    switch field {
    case .isRaw: settings.isRaw = value
    case .disablesParallel: settings.callsInParallel = !value
    case .stream: settings.isStream = value
    case .cachePrompt: settings.reusesKept = value
    case .returnProgress: settings.reportsProgress = value
    case .includeUsage: settings.includesUsage = value
    case .ignoreEOS: settings.ignoresEnds = value
    case .parallelToolCalls: settings.callsInParallel = value
    case .echo: settings.echoes = value
    case .addGenerationPrompt: settings.addsGenerationPrompt = value
    case .continueFinalMessage: settings.continuesFinalMessage = value
    case .addsSpecial: settings.addsMarks = value
    case .parsesSpecial: settings.parsesSpecialTokens = value
    default: settings.hasPieces = value
    }
  }

  mutating func takeNull<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    guard isMemberPlace, let field else { throw invalid() }
    if field == kind.promptField || isNullRefused {
      switch field.member.kind {
      case .ignored, .nothing: return
      default: throw invalid()
      }
    }
    switch field {
    case .role: throw invalid()
    case .content:
      hasNullContent = true
      consumer.take(name: "content")
      consumer.take(.null, Span())
    default: break
    }
  }

  /// Whether null is no value for the members of the object that is being read.
  private var isNullRefused: Bool {
    switch place {
    case .part, .responseFormat, .jsonSchema, .toolChoice, .chosenFunction, .systemPart, .block,
      .resultPart, .itemPart, .thinking, .nestedFormat:
      true
    default: false
    }
  }
}
