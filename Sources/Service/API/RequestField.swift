import Text

/// The members of a request's objects that are known here. `member` says of each where it stands and
/// what it must be.
public enum RequestField: Int, Sendable {
  // What the service does.
  case model, messages, prompt, stream, streamOptions
  case temperature, topP, topK, minP, repeatPenalty, presencePenalty, frequencyPenalty, logitBias
  case maxTokens, maxCompletionTokens, minTokens, stop, ignoreEOS, seed, n
  case logprobs, topLogprobs, echo
  case cachePrompt, returnProgress
  case responseFormat, jsonSchema, guidedJSON, grammar, guidedGrammar
  case addGenerationPrompt, continueFinalMessage
  // What it does not: a value that asks for nothing is taken.
  case tools, functions, toolChoice, functionCall, parallelToolCalls, suffix, bestOf
  case guidedRegex, guidedChoice, structuredOutputs
  case reasoningEffort, modalities, audio, prediction, webSearchOptions, templateVariables
  case typicalP, mirostat, tailFree, dynamicTemperature, dryMultiplier, xtcProbability
  case repeatLast, keepCount, lengthPenalty, useBeamSearch
  // What changes no answer.
  case user, metadata, store, serviceTier, safetyIdentifier, promptCacheKey, promptCacheRetention
  case slot, verbosity
  // Of requests without an answer.
  case tokenizedText, addsSpecial, parsesSpecial, withPieces, detokenizedTokens
  // Of objects inside.
  case includeUsage, includeObfuscation
  case formatType, formatSchema, schema, schemaName, schemaDescription, schemaStrict
  case choiceType, chosenFunction, chosenName
  case role, content, name, refusal, toolCalls, toolCallID, reasoningContent, messageAudio
  case annotations, messageFunctionCall
  case partType, partText, cacheControl
  // Of Ollama's requests, and of their objects.
  case ollamaOptions, ollamaFormat, think, isRaw, system, promptText, promptTemplate, context
  case images, keepAlive, ollamaLogprobs, ollamaTopLogprobs, isVerbose, shownModel
  case numPredict, numContext, numKeep, mirostatTau, mirostatEta, penalizeNewline
  case numa, numBatch, numGPU, mainGPU, lowVRAM, halfCache, usesMap, usesLock, numThread
  case allLogits, vocabularyOnly, embeddingOnly
  case messageImages, messageThinking, toolName
  // Of Anthropic's requests, and of their objects.
  case stopSequences, thinkingConfig, container, mcpServers, outputConfig, topCacheControl
  case turnContent
  case blockType, blockText, toolUseID, toolUseName, toolInput, toolCaller
  case resultID, resultContent, resultIsError
  case thinkingText, thinkingSignature, blockCacheControl, citations
  case toolTitle, toolDescription, toolType, inputSchema, parameters, toolStrict, toolCacheControl
  case disablesParallel, thinkingType, thinkingBudget, effort, nestedFormat
  // Of requests for OpenAI's responses, and of their objects.
  case input, instructions, maxOutputTokens, previousResponse, conversation, include, background
  case truncation, reasoning, textConfig, maxToolCalls, reusablePrompt, topLikely
  case summaryKind, generatedSummary, textVerbosity
  case itemType, itemContent, itemID, itemStatus, itemPhase, callID, callName, callArguments
  case callOutput, itemSummary, encryptedContent, partAnnotations, partLogprobs

  static let count = 192
  static var firstInner: RequestField { .includeUsage }

  /// The objects that have members of their own.
  public struct Owner: Equatable, Sendable {
    /// A bit for each of them.
    let rawValue: UInt32

    static let chat = Owner(rawValue: 1)
    static let text = Owner(rawValue: 2)
    static let streamOptions = Owner(rawValue: 4)
    static let responseFormat = Owner(rawValue: 8)
    static let message = Owner(rawValue: 16)
    static let part = Owner(rawValue: 32)
    static let tokenize = Owner(rawValue: 64)
    static let detokenize = Owner(rawValue: 128)
    static let jsonSchema = Owner(rawValue: 256)
    /// A schema stands in `json_schema`, and for llama.cpp in `response_format` itself.
    static var schema: Owner { Owner(rawValue: 264) }
    static let toolChoice = Owner(rawValue: 512)
    static let chosenFunction = Owner(rawValue: 1024)
    /// A name stands in `function`, and in newer requests beside the type.
    static var choiceName: Owner { Owner(rawValue: 1536) }
    static var both: Owner { Owner(rawValue: 3) }
    static let ollamaChat = Owner(rawValue: 1 << 11)
    static let generate = Owner(rawValue: 1 << 12)
    static let options = Owner(rawValue: 1 << 13)
    static let ollamaMessage = Owner(rawValue: 1 << 14)
    static let show = Owner(rawValue: 1 << 15)
    static var ollama: Owner { .ollamaChat | .generate }
    /// A request of Anthropic's, a message of it, and a part of a message.
    static let messages = Owner(rawValue: 1 << 16)
    static let turn = Owner(rawValue: 1 << 17)
    static let block = Owner(rawValue: 1 << 18)
    static let systemPart = Owner(rawValue: 1 << 19)
    /// A tool whose members stand in no `function`.
    static let tool = Owner(rawValue: 1 << 20)
    static let choice = Owner(rawValue: 1 << 21)
    static let thinking = Owner(rawValue: 1 << 22)
    static let outputConfig = Owner(rawValue: 1 << 23)
    /// `format` in `output_config`.
    static let outputFormat = Owner(rawValue: 1 << 24)
    /// A request for one of OpenAI's responses, and an item of its input.
    static let responses = Owner(rawValue: 1 << 25)
    static let item = Owner(rawValue: 1 << 26)
    static let itemPart = Owner(rawValue: 1 << 27)
    static let reasoning = Owner(rawValue: 1 << 28)
    static let textConfig = Owner(rawValue: 1 << 29)
    /// `format` in `text`.
    static let textFormat = Owner(rawValue: 1 << 30)
    static var nestedFormat: Owner { .outputFormat | .textFormat }
    /// The objects whose settings are those of sampling.
    static var sampled: Owner { .both | .options | .messages | .responses }

    static func | (one: Owner, other: Owner) -> Owner {
      Owner(rawValue: one.rawValue | other.rawValue)
    }
  }

  /// What a member's value is to be.
  enum Kind {
    /// See `CompletionReader`.
    case own
    case flag
    /// Any value: it changes no answer.
    case ignored
    /// A text that is the template's.
    case givenText
    /// Null, or a value that asks for nothing: false, 0, an empty list, object or text.
    case nothing
    /// Null, or this number.
    case only(Double)
  }

  /// The field of that name; nil if there is none.
  init?(_ name: FixedText<33>, of owner: Owner) {
    for value in 0..<Self.count {
      guard let field = RequestField(rawValue: value) else { continue }
      if field.isMember(of: owner) && matches(name, field.name) {
        self = field
        return
      }
    }
    return nil
  }

  func isMember(of owner: Owner) -> Bool { member.owners.rawValue & owner.rawValue != 0 }

  /// The object that the member stands in lies in a request.
  var isInner: Bool { rawValue >= Self.firstInner.rawValue }
}

/// What is known of a member.
struct RequestMember {
  let name: StaticString
  let owners: RequestField.Owner
  let kind: RequestField.Kind
  /// What the value must be.
  let rule: StaticString

  init(
    _ name: StaticString, _ owners: RequestField.Owner, _ kind: RequestField.Kind,
    _ rule: StaticString
  ) {
    self.name = name
    self.owners = owners
    self.kind = kind
    self.rule = rule
  }

  static func own(
    _ name: StaticString, _ owners: RequestField.Owner, _ rule: StaticString
  ) -> RequestMember {
    RequestMember(name, owners, .own, rule)
  }

  static func flag(
    _ name: StaticString, _ owners: RequestField.Owner, _ rule: StaticString = "true or false"
  ) -> RequestMember {
    RequestMember(name, owners, .flag, rule)
  }

  static func given(_ name: StaticString, _ owners: RequestField.Owner) -> RequestMember {
    RequestMember(name, owners, .givenText, "a string")
  }

  static func ignored(_ name: StaticString, _ owners: RequestField.Owner) -> RequestMember {
    RequestMember(name, owners, .ignored, "")
  }

  static func nothing(
    _ name: StaticString, _ owners: RequestField.Owner, _ rule: StaticString
  ) -> RequestMember {
    RequestMember(name, owners, .nothing, rule)
  }

  static func only(
    _ name: StaticString, _ owners: RequestField.Owner, _ number: Double,
    _ rule: StaticString
  ) -> RequestMember {
    RequestMember(name, owners, .only(number), rule)
  }
}
