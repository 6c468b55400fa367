import Text

// Lists and objects.
extension CompletionReader {
  mutating func beginObject() throws(RequestError) {
    switch (place, field) {
    case (.start, _): place = .request
    case (.request, .streamOptions): place = .streamOptions
    case (.request, .responseFormat): place = .responseFormat
    case (.request, .logitBias): place = .emptyObject
    case (.request, .guidedJSON):
      try bind(.schema)
      skippedDepth = 1
    case (.responseFormat, .jsonSchema): place = .jsonSchema
    case (.responseFormat, .schema), (.jsonSchema, .schema): skippedDepth = 1
    case (.messages, _): beginMessage()
    case (.contentParts, _): beginPart()
    case (_, nil): skippedDepth = 1
    default: throw invalid()
    }
  }

  mutating func beginArray() throws(RequestError) {
    switch (place, field) {
    case (.request, .messages): place = .messages
    case (.request, .stop): place = .stops
    case (.request, .tools), (.request, .functions): place = .emptyList
    case (.request, .prompt):
      textCount = 0
      place = .prompts
    case (.message, .content):
      textCount = 0
      place = .contentParts
    case (.start, _): throw invalid()
    case (_, nil): skippedDepth = 1
    default: throw invalid()
    }
  }

  mutating func endObject<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    switch place {
    case .message:
      if !has(.role) { throw error(.missing, .role) }
      if !has(.content) { throw error(.missing, .content) }
      consumer.endMessage()
      messageIndex += 1
      place = .messages
      field = .messages
    case .part:
      if !has(.partType) { throw error(.missing, .partType) }
      if !has(.partText) { throw error(.missing, .partText) }
      place = .contentParts
      field = .content
    case .responseFormat:
      if !has(.formatType) { throw error(.missing, .formatType) }
      switch format {
      case .text: break
      case .object: try bind(has(.schema) ? .schema : .anyObject)
      case .schema:
        if !has(.schema) { throw error(.missing, .schema) }
        try bind(.schema)
      }
      place = .request
    case .jsonSchema:
      if !has(.schema) { throw error(.missing, .schema) }
      place = .responseFormat
    case .streamOptions, .emptyObject: place = .request
    default: place = .end
    }
  }

  mutating func endArray() throws(RequestError) {
    switch place {
    case .messages where messageIndex == 0: throw invalid()
    case .prompts where textCount == 0: throw invalid()
    case .contentParts: place = .message
    default: place = .request
    }
  }

  /// An answer is bound to one thing.
  private mutating func bind(_ kind: BindingKind) throws(RequestError) {
    if settings.binding != nil { throw error(.repeated, field) }
    settings.binding = kind
  }

  private mutating func beginMessage() {
    role = nil
    heldByteCount = 0
    forget(.role)
    forget(.content)
    place = .message
  }

  private mutating func beginPart() {
    forget(.partType)
    forget(.partText)
    place = .part
  }

  /// The value is not what the field must be.
  func invalid() -> RequestError {
    place == .start ? error(.notAnObject, nil) : error(.invalid, field)
  }

  /// For a value of another type than the field has; a value without a field is skipped.
  private func checkSkipped() throws(RequestError) {
    if place == .start || field != nil { throw invalid() }
  }
}

// Strings.
extension CompletionReader {
  mutating func beginString<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    switch (place, field) {
    case (.request, .model): destination = .model
    case (.request, .grammar), (.request, .guidedGrammar):
      try bind(.grammar)
      destination = .nowhere
    case (.request, .prompt): destination = .prompt
    case (.prompts, _):
      if textCount > 0 { throw invalid() }
      textCount = 1
      destination = .prompt
    case (.request, .stop), (.stops, _):
      stop.removeAll()
      destination = .stop
    case (.message, .content): destination = .content
    case (.part, .partText):
      if textCount > 0 { takeLineEnd(&consumer) }
      textCount += 1
      destination = .content
    case (.message, .role), (.part, .partType), (.responseFormat, .formatType):
      word.removeAll()
      destination = .word
    default:
      try checkSkipped()
      destination = .nowhere
    }
  }

  mutating func take<Consumer: PromptConsumer & ~Copyable>(
    _ text: Span<UInt8>, _ consumer: inout Consumer
  ) {
    switch destination {
    case .nowhere: break
    case .word: Self.append(text, to: &word)
    case .model: Self.append(text, to: &settings.model)
    case .stop: Self.append(text, to: &stop)
    case .prompt: consumer.take(text)
    case .content:
      if role == nil {
        hold(text)
      } else {
        consumer.take(text)
      }
    }
  }

  private mutating func takeLineEnd<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) {
    destination = .content
    let lineEnd = InlineArray<1, UInt8>(repeating: UInt8(ascii: "\n"))
    take(lineEnd.span, &consumer)
  }

  private mutating func hold(_ text: Span<UInt8>) {
    for index in 0..<text.count {
      if heldByteCount < Self.heldByteCountMax { held[heldByteCount] = text[index] }
      heldByteCount = min(heldByteCount + 1, Self.heldByteCountMax + 1)
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
    case .stop: try endStop()
    default: break
    }
    if heldByteCount > Self.heldByteCountMax { throw error(.roleTooLate, .role) }
  }

  private mutating func endWord<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    if field == .formatType {
      guard let format = AnswerFormat(word) else { throw invalid() }
      self.format = format
      return
    }
    if field == .partType {
      if !matches(word, "text") { throw invalid() }
      return
    }
    guard let role = MessageRole(word) else { throw invalid() }
    self.role = role
    consumer.beginMessage(role)
    if heldByteCount > 0 { consumer.take(held.span.extracting(0..<heldByteCount)) }
    heldByteCount = 0
  }

  private mutating func endStop() throws(RequestError) {
    if stop.count == 0 || stop.isCut || settings.stops.count == StopList.countMax {
      throw error(.invalid, .stop)
    }
    for index in 0..<stop.count where stop[index] == 0 { throw error(.invalid, .stop) }
    settings.stops.append(stop)
  }
}

// Numbers, booleans and null.
extension CompletionReader {
  mutating func take(_ number: JSONNumber) throws(RequestError) {
    guard place == .request, let field else {
      try checkSkipped()
      return
    }
    switch field {
    case .temperature:
      settings.temperature = try checked(number, maximum: CompletionSettings.temperatureMax)
    case .topP: settings.topP = try checked(number, maximum: CompletionSettings.topPMax)
    case .minP: settings.minP = try checked(number, maximum: CompletionSettings.topPMax)
    case .topK: settings.topK = try checkedCount(number, minimum: 0)
    case .repeatPenalty:
      settings.repeatPenalty = try checked(
        number, minimum: CompletionSettings.repeatPenaltyMin,
        maximum: CompletionSettings.repeatPenaltyMax)
    case .presencePenalty, .frequencyPenalty, .topLogprobs:
      _ = try checked(number, maximum: 0)
    case .maxTokens: maxTokens = try checkedCount(number, minimum: 1)
    case .maxCompletionTokens: maxCompletionTokens = try checkedCount(number, minimum: 1)
    case .n, .bestOf: if number.integer != 1 { throw invalid() }
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

  private func checkedCount(_ number: JSONNumber, minimum: Int) throws(RequestError) -> Int {
    guard let count = number.integer, count >= minimum, count <= CompletionSettings.countMax
    else { throw invalid() }
    return count
  }

  mutating func take(_ value: Bool) throws(RequestError) {
    switch (place, field) {
    case (.request, .stream): settings.isStream = value
    case (.request, .cachePrompt): settings.reusesKept = value
    case (.request, .returnProgress): settings.reportsProgress = value
    case (.streamOptions, .includeUsage): settings.includesUsage = value
    case (.request, .logprobs), (.request, .echo): if value { throw invalid() }
    default: try checkSkipped()
    }
  }

  mutating func takeNull() throws(RequestError) {
    switch (place, field) {
    case (.request, .messages), (.request, .prompt): throw invalid()
    case (.request, _), (.streamOptions, _): break
    default: try checkSkipped()
    }
  }
}
