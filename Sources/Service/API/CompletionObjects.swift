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
  mutating func beginOtherObject<Consumer: PromptConsumer & ~Copyable>(
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
  mutating func giveObject<Consumer: PromptConsumer & ~Copyable>(
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
  mutating func beginOtherArray<Consumer: PromptConsumer & ~Copyable>(
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
  mutating func beginGivenList<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) {
    if let field { consumer.take(name: field.name) }
    if field == .toolCalls { hasCalls = true }
    consumer.take(.beginArray, Span())
    givenDepth = 1
  }

  /// The value of a member that changes nothing, or that must be empty.
  @export(interface)
  mutating func beginOther(_ empty: Place) throws(RequestError) {
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
  var isMemberPlace: Bool {
    switch place {
    case .start, .messages, .contentParts, .stops, .prompts, .promptTokens, .biases, .words,
      .systemParts, .blocks, .resultParts, .items, .itemParts, .tools, .emptyList, .emptyObject,
      .end:
      false
    default: true
    }
  }

  /// A list of tokens in a list of prompts.
  mutating func beginTokens() throws(RequestError) {
    if isFlatPrompt { throw invalid() }
    try beginPrompt(isTokens: true)
    place = .promptTokens
  }

  /// One of several prompts, all of which are texts or all of which are tokens.
  @export(interface)
  mutating func beginPrompt(isTokens: Bool) throws(RequestError) {
    let isOther = settings.promptCount > 0 && settings.hasTokenPrompt != isTokens
    if isOther || settings.promptCount == CompletionSettings.answerCountMax { throw invalid() }
    settings.hasTokenPrompt = isTokens
    settings.promptCount += 1
  }

  var isWantedPrompt: Bool { settings.promptCount == wantedPrompt + 1 }

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

  @export(interface)
  mutating func endFormat() throws(RequestError) {
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

  @export(interface)
  mutating func endToolChoice() throws(RequestError) {
    if kind.form == .anthropic {
      if !has(.choiceType) { throw error(.missing, .choiceType) }
      if settings.toolChoice != .named { return }
    }
    if !has(.chosenName) { throw error(.missing, .chosenName) }
    settings.toolChoice = .named
  }

  /// The end of an object of other requests than chat and text completions.
  mutating func endOtherObject<Consumer: PromptConsumer & ~Copyable>(
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
  mutating func endOtherArray<Consumer: PromptConsumer & ~Copyable>(
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
  mutating func bind(_ kind: BindingKind) throws(RequestError) {
    if settings.binding != nil { throw error(.repeated, field) }
    settings.binding = kind
  }

  mutating func beginMessage<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) {
    role = nil
    settings.hasPrompt = true
    (hasCalls, hasNullContent) = (false, false)
    forgetMembers(of: messageOwner)
    if kind.form == .anthropic { turn.beginMessage() } else { consumer.take(.beginObject, Span()) }
    place = .message
  }

  /// A message that calls tools need not have a content.
  mutating func endMessage<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    if !has(.role) { throw error(.missing, .role) }
    if kind.form == .anthropic {
      try endTurn(&consumer)
      return
    }
    if !has(.content) {
      if !hasCalls { throw error(.missing, .content) }
      consumer.takeNoContent()
    }
    if hasNullContent && !hasCalls { throw error(.invalid, .content) }
    consumer.take(.endObject, Span())
  }

  mutating func beginPart<Consumer: PromptConsumer & ~Copyable>(
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
