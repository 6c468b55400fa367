import Constraint
import Text

/// Who says a message.
public enum MessageRole: Sendable {
  case system
  /// Newer models of OpenAI's have it in place of `system`.
  case developer
  case user
  case assistant
  /// The result of a call.
  case tool

  /// What chat templates call it.
  var name: StaticString {
    switch self {
    case .system: "system"
    case .developer: "developer"
    case .user: "user"
    case .assistant: "assistant"
    case .tool: "tool"
    }
  }

  init?(_ name: FixedText<33>) {
    if matches(name, "system") {
      self = .system
    } else if matches(name, "developer") {
      self = .developer
    } else if matches(name, "user") {
      self = .user
    } else if matches(name, "assistant") {
      self = .assistant
    } else if matches(name, "tool") {
      self = .tool
    } else {
      return nil
    }
  }
}

/// Takes the lists and texts of a request as they arrive. A prompt is given as text or tokens alone, a
/// conversation as the members of the object that a chat template is given.
public protocol PromptConsumer: ~Copyable {
  /// A piece of the prompt: whole characters of UTF-8.
  mutating func take(_ text: Span<UInt8>)
  /// A member of the template's object, or of a message in it; the value follows.
  mutating func take(name: StaticString)
  /// The value of a member, or a part of it.
  /// - Parameter bytes: those of the event.
  mutating func take(_ event: JSONTokenizer.Event, _ bytes: Span<UInt8>)
  mutating func take(role: MessageRole)
  /// The content of a message that has none.
  mutating func takeNoContent()
  /// A word that is a member's value.
  mutating func take(word: FixedText<33>)
  /// The text of a message comes as events, up to `endContent`.
  mutating func beginContent()
  mutating func endContent()
  /// A list of texts is the message's content: each of them comes as events, up to `endContentPart`.
  mutating func beginContentList()
  mutating func beginContentPart()
  mutating func endContentPart()
  mutating func endContentList()
  /// A token of the prompt, which may be none of the vocabulary's.
  mutating func take(token: Int32)
  /// A stop text, of at least one byte.
  mutating func take(stop: FixedText<257>)
  /// What is to be added to a token's logit; the token may be none of the vocabulary's.
  mutating func take(bias: Double, of token: Int32)
  /// Whether what comes is to be dropped.
  mutating func mute(_ isMuted: Bool)
}

extension PromptConsumer where Self: ~Copyable {
  /// As most templates' authors know it.
  public mutating func takeNullContent() {
    take(name: "content")
    take(.null, Span())
  }
}

/// What of a body goes to the consumer. Templates want the system message first among the messages, and
/// some APIs have it in a member that may come last: their bodies are read three times, for what is not
/// of the list of messages, for the system message, with which the list begins, and for the other ones.
public enum BodyPart: Sendable {
  case all, rest, system, conversation

  /// Whether members of the request are dropped, beside the one that is wanted.
  var isMuted: Bool { self == .system || self == .conversation }
}

/// Reads the body of a request from bytes that arrive in pieces of any size. Texts of any length go to
/// a consumer; the rest is held in fixed memory.
///
/// The requests of all APIs give the same settings and the same conversation. The members of a chat
/// completion of OpenAI's reach the template as they are; for other conversations see `OpenTurn`.
///
/// Members may have any order: settings are known when the body has ended. Null is as if the member
/// were not there, except for the messages, the prompt, and their parts. A member may not come twice.
/// Members that ask for what is not done here, such as grammars, are refused, and so are members that
/// are not known, at every depth, beside those of what is the template's: tools, calls of them and the
/// template's variables.
///
/// The text given to the consumer during a call of `feed` is not longer than the bytes fed.
public struct CompletionReader: ~Copyable {
  /// Where in the body the next value lies.
  enum Place {
    case start
    case request
    case messages
    case message
    case contentParts
    case part
    /// Of Ollama's requests.
    case options
    /// Of Anthropic's requests.
    case systemParts, systemPart, blocks, block, resultParts, resultPart, thinking, outputConfig
    /// Of requests for a response.
    case items, item, itemParts, itemPart, reasoning, textConfig
    /// Of both.
    case tools, tool, nestedFormat
    case stops
    case prompts
    case promptTokens
    case biases
    case words
    case streamOptions
    case responseFormat
    case jsonSchema
    case toolChoice
    case chosenFunction
    /// Nothing may come but their ends.
    case emptyList
    case emptyObject
    case end
  }

  /// Where the text of the string goes that is being read.
  enum Destination {
    case nowhere
    /// A name, a role, or another word.
    case word
    /// The template's value.
    case given
    case prompt
    case model
    case stop
    /// The name of the tool that is to be called.
    case chosenTool
    /// The name of a call.
    case callID
    /// The system message that is a member of the request.
    case system
  }

  public internal(set) var settings = CompletionSettings()
  public internal(set) var kind: RequestKind
  let part: BodyPart
  /// The prompt that goes to the consumer, of those of the request.
  let wantedPrompt: Int
  var json = JSONTokenizer()
  private var failure: RequestError?
  var place = Place.start
  /// The object that an empty list or object stands in.
  var outerPlace = Place.start
  /// The member whose value comes next or is being read; nil for none.
  var field: RequestField?
  /// A bit for each field of the objects that are being read.
  private var seen = InlineArray<3, UInt64>(repeating: 0)
  /// Lists and objects entered of the value that is being skipped.
  var skippedDepth = 0
  /// The same of a value that is the template's.
  var givenDepth = 0
  var destination = Destination.nowhere
  var word = FixedText<33>()
  var stop = FixedText<257>()
  var messageIndex = 0
  /// Of the message that is being read, or of the last one.
  var role: MessageRole?
  /// It calls tools.
  var hasCalls = false
  var hasNullContent = false
  /// The list of prompts has numbers in it, which are one prompt.
  var isFlatPrompt = false
  var stopCount = 0
  var biasCount = 0
  var biasedToken: Int32 = 0
  /// The type of `response_format`.
  var format = AnswerFormat.text
  var maxTokens: Int?
  var maxCompletionTokens: Int?
  var topLogprobCount: Int?
  var turn = OpenTurn()

  /// - Parameters:
  ///   - prompt: of several ones, the one that goes to the consumer.
  ///   - part: what of the body goes to the consumer.
  @export(interface)
  public init(_ kind: RequestKind, prompt: Int = 0, part: BodyPart = .all) {
    self.kind = kind
    self.part = part
    wantedPrompt = prompt
    settings.isStream = kind == .ollamaChat || kind == .generate || kind == .rawGenerate
  }

  /// Reads the next bytes of the body. What has thrown throws the same again.
  public mutating func feed<Consumer: PromptConsumer & ~Copyable>(
    _ bytes: Span<UInt8>, to consumer: inout Consumer
  ) throws(RequestError) {
    if let failure { throw failure }
    do throws(RequestError) {
      try read(bytes, &consumer)
    } catch {
      failure = error
      throw error
    }
  }

  /// Checks that the body is whole. `settings` is then complete.
  @export(interface)
  public mutating func finish() throws(RequestError) {
    if let failure { throw failure }
    if !json.isEnded { throw error(.json(.unexpectedEnd), nil) }
    if let field = kind.promptField, !has(field) { throw error(.missing, field) }
    if kind == .messages && !has(.maxTokens) { throw error(.missing, .maxTokens) }
    if settings.isRaw {
      if settings.hasSystem { throw error(.invalid, .isRaw) }
      kind = .rawGenerate
    }
    if let maxTokens, let maxCompletionTokens, maxTokens != maxCompletionTokens {
      throw error(.conflicting, .maxCompletionTokens)
    }
    settings.completionCountMax = maxCompletionTokens ?? maxTokens
    if !settings.isStream { settings.reportsProgress = false }
    if let topLogprobCount, topLogprobCount > 0 {
      if settings.logprobCount == nil { throw error(.invalid, .topLogprobs) }
      settings.logprobCount = topLogprobCount
    }
    try checkTools()
    try checkFinalMessage()
  }

  /// Answers that may call tools are bound to their calls.
  private mutating func checkTools() throws(RequestError) {
    if !settings.hasTools, settings.toolChoice == .required || settings.toolChoice == .named {
      throw error(.invalid, .toolChoice)
    }
    if !settings.callsTools { return }
    // An answer that must call tools is nothing else.
    if settings.toolChoice != .auto {
      settings.binding = .tools
      return
    }
    switch settings.binding {
    case .schema: settings.binding = .toolsOrSchema
    case .anyObject: settings.binding = .toolsOrObject
    case .grammar: throw error(.boundTools, .tools)
    default: settings.binding = .tools
    }
  }

  /// The last message is gone on with if it is the assistant's and nothing else is asked for.
  private mutating func checkFinalMessage() throws(RequestError) {
    if !kind.isConversation { return }
    let canGoOn = role == .assistant && !hasCalls
    let goesOn =
      settings.continuesFinalMessage ?? (canGoOn && settings.addsGenerationPrompt != true)
    if goesOn && !canGoOn { throw error(.invalid, .continueFinalMessage) }
    if goesOn && settings.addsGenerationPrompt == true {
      throw error(.invalid, .addGenerationPrompt)
    }
    settings.continuesFinalMessage = goesOn
    if goesOn { settings.addsGenerationPrompt = false }
  }

  /// The name of the member that is not known, after a problem `unknown`.
  public var unknownName: FixedText<33> { word }

  private mutating func read<Consumer: PromptConsumer & ~Copyable>(
    _ bytes: Span<UInt8>, _ consumer: inout Consumer
  ) throws(RequestError) {
    var offset = 0
    while true {
      let event = try nextEvent(bytes, &offset)
      if case .needsMore = event { return }
      try take(event, bytes, &consumer)
    }
  }

  private mutating func nextEvent(
    _ bytes: Span<UInt8>, _ offset: inout Int
  ) throws(RequestError) -> JSONTokenizer.Event {
    do throws(JSONFault) {
      return try json.next(bytes, at: &offset)
    } catch {
      throw self.error(.json(error), nil)
    }
  }

  private mutating func take<Consumer: PromptConsumer & ~Copyable>(
    _ event: JSONTokenizer.Event, _ bytes: Span<UInt8>, _ consumer: inout Consumer
  ) throws(RequestError) {
    if skippedDepth > 0 {
      skip(event)
      return
    }
    if givenDepth > 0 {
      give(event, bytes, &consumer)
      return
    }
    switch event {
    case .needsMore: break
    case .beginObject: try beginObject(&consumer)
    case .beginArray: try beginArray(&consumer)
    case .endObject: try endObject(&consumer)
    case .endArray: try endArray(&consumer)
    case .beginName:
      word.removeAll()
      destination = .word
    case .endName: try endName()
    case .beginString: try beginString(&consumer)
    case .text, .character: take(text: event, bytes, &consumer)
    case .endString: try endString(&consumer)
    case .number(let number): try take(number, &consumer)
    case .boolean(let value): try take(value, &consumer)
    case .null: try takeNull(&consumer)
    }
  }

  /// Gives a value on that is the template's. Of its variables, the members are given.
  private mutating func give<Consumer: PromptConsumer & ~Copyable>(
    _ event: JSONTokenizer.Event, _ bytes: Span<UInt8>, _ consumer: inout Consumer
  ) {
    switch event {
    case .beginObject, .beginArray:
      givenDepth += 1
      if field == .tools { settings.hasTools = true }
    case .endObject, .endArray:
      givenDepth -= 1
      if givenDepth == 0 && field == .templateVariables { return }
    default: break
    }
    consumer.take(event, bytes)
  }

  private mutating func skip(_ event: JSONTokenizer.Event) {
    switch event {
    case .beginObject, .beginArray: skippedDepth += 1
    case .endObject, .endArray: skippedDepth -= 1
    default: break
    }
  }

  /// - Parameter place: of the member, if it is not the one that is being read.
  func error(
    _ problem: RequestError.Problem, _ field: RequestField?, in place: RequestField.Owner? = nil
  ) -> RequestError {
    RequestError(
      problem: problem, field: field, place: place ?? owner, messageIndex: messageIndex,
      byteCount: json.byteCount)
  }

  func has(_ field: RequestField) -> Bool {
    seen[field.rawValue / 64] & 1 << UInt64(field.rawValue % 64) != 0
  }

  mutating func forget(_ field: RequestField) {
    seen[field.rawValue / 64] &= ~(1 << UInt64(field.rawValue % 64))
  }

  /// The members of an inner object may come again in the next one.
  @export(interface)
  mutating func forgetMembers(of owner: RequestField.Owner) {
    for value in RequestField.firstInner.rawValue..<RequestField.count {
      guard let field = RequestField(rawValue: value) else { continue }
      if field.isMember(of: owner) { forget(field) }
    }
  }

  @export(interface)
  private mutating func endName() throws(RequestError) {
    if place == .emptyObject { throw error(.invalid, field) }
    if place == .biases {
      guard biasCount < CompletionSettings.biasCountMax, let token = tokenOfWord() else {
        throw error(.invalid, .logitBias)
      }
      biasedToken = token
      biasCount += 1
      return
    }
    guard let known = RequestField(word, of: owner) else {
      throw error(.unknown, nil)
    }
    if has(known) { throw error(.repeated, known) }
    field = known
    if place == .request { settings.repeatedPlaces.note(known, endOfName: json.byteCount) }
    seen[known.rawValue / 64] |= 1 << UInt64(known.rawValue % 64)
  }

  private func tokenOfWord() -> Int32? {
    if word.isCut { return nil }
    return decimalCount(word.bytes).flatMap { Int32(exactly: $0) }
  }

  private var owner: RequestField.Owner {
    owner(of: place == .emptyList || place == .emptyObject ? outerPlace : place)
  }

  /// The object whose members are at the place, or that the list there is a member of.
  private func owner(of place: Place) -> RequestField.Owner {
    switch place {
    case .message, .contentParts, .blocks: messageOwner
    case .part: .part
    case .streamOptions: .streamOptions
    case .responseFormat: .responseFormat
    case .jsonSchema: .jsonSchema
    case .toolChoice: kind.form == .anthropic ? .choice : .toolChoice
    case .chosenFunction: .chosenFunction
    case .options: .options
    case .stops: kind.form == .ollama ? .options : kind.owner
    case .systemPart: .systemPart
    case .block, .resultParts: .block
    case .resultPart: .part
    case .thinking: .thinking
    case .outputConfig: .outputConfig
    case .nestedFormat: kind.form == .responses ? .textFormat : .outputFormat
    case .item, .itemParts: .item
    case .itemPart: .itemPart
    case .reasoning: .reasoning
    case .textConfig: .textConfig
    case .tool: .tool
    default: kind.owner
    }
  }

  /// Of the members of a message.
  var messageOwner: RequestField.Owner {
    switch kind.form {
    case .openAI, .responses: .message
    case .ollama: .ollamaMessage
    case .anthropic: .turn
    }
  }
}
