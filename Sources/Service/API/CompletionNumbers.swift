import Constraint
import Text

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
  mutating func takeToken<Consumer: PromptConsumer & ~Copyable>(
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

  @export(interface)
  mutating func take(
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

  func checked(
    _ number: JSONNumber, minimum: Double = 0, maximum: Double
  ) throws(RequestError) -> Double {
    let value = number.double
    if !(value >= minimum && value <= maximum) { throw invalid() }
    return value
  }

  func checkedCount(
    _ number: JSONNumber, minimum: Int, maximum: Int = CompletionSettings.countMax
  ) throws(RequestError) -> Int {
    guard let count = number.integer, count >= minimum, count <= maximum
    else { throw invalid() }
    return count
  }

  /// -1 is as many as there is room for.
  func checkedTokenCount(_ number: JSONNumber) throws(RequestError) -> Int {
    number.integer == -1
      ? CompletionSettings.countMax : try checkedCount(number, minimum: kind == .text ? 0 : 1)
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
    if place == .request { settings.repeatedPlaces.forget(field) }
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
      consumer.takeNoContent()
    default: break
    }
  }

  /// Whether null is no value for the members of the object that is being read.
  var isNullRefused: Bool {
    switch place {
    case .part, .responseFormat, .jsonSchema, .toolChoice, .chosenFunction, .systemPart, .block,
      .resultPart, .itemPart, .thinking, .nestedFormat:
      true
    default: false
    }
  }
}
