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

  static let count = 96
  static var firstInner: RequestField { .includeUsage }

  /// The objects that have members of their own.
  public struct Owner: Equatable, Sendable {
    /// A bit for each of them.
    let rawValue: UInt16

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
    _ name: StaticString, _ number: Double, _ rule: StaticString
  ) -> RequestMember {
    RequestMember(name, .both, .only(number), rule)
  }
}

extension RequestField {
  var name: StaticString { member.name }

  var member: RequestMember {
    if rawValue < Self.tools.rawValue { return doneMember }
    if rawValue < Self.user.rawValue { return missingMember }
    if rawValue < Self.tokenizedText.rawValue { return ignoredMember }
    return isInner ? innerMember : plainMember
  }

  private var doneMember: RequestMember {
    switch self {
    case .model: .own("model", .both, "a string")
    case .messages:
      .own("messages", .chat, "a list of objects with role and content, one at least")
    case .prompt:
      .own(
        "prompt", .text,
        "a string, a list of token ids, or a list of at most 128 strings or of such lists")
    case .stream: .flag("stream", .both)
    case .streamOptions: .own("stream_options", .both, "an object")
    case .temperature: .own("temperature", .both, "a number from 0 to 2")
    case .topP: .own("top_p", .both, "a number from 0 to 1")
    case .topK: .own("top_k", .both, "a whole number from -1 to 2147483647; 0 and -1 take all")
    case .minP: .own("min_p", .both, "a number from 0 to 1")
    case .repeatPenalty: .own("repeat_penalty", .both, "a number from 0.01 to 100")
    case .presencePenalty: .own("presence_penalty", .both, "a number from -2 to 2")
    case .frequencyPenalty: .own("frequency_penalty", .both, "a number from -2 to 2")
    case .logitBias:
      .own("logit_bias", .both, "an object of at most 300 token ids, with numbers from -100 to 100")
    case .maxTokens: .own("max_tokens", .both, "a whole number from 1 to 2147483647, or -1")
    case .maxCompletionTokens:
      .own("max_completion_tokens", .both, "a whole number from 1 to 2147483647, or -1")
    case .minTokens: .own("min_tokens", .both, "a whole number from 0 to 2147483647")
    case .stop:
      .own(
        "stop", .both,
        "a string of 1 to 256 bytes without zero bytes, or a list of at most 16 such strings")
    case .ignoreEOS: .flag("ignore_eos", .both)
    case .seed: .own("seed", .both, "a whole number of 64 bits")
    case .n: .own("n", .both, "a whole number from 1 to 128; prompts times n are at most 128")
    case .logprobs:
      .own("logprobs", .both, "true or false, or for /v1/completions a whole number from 0 to 20")
    case .topLogprobs:
      .own("top_logprobs", .chat, "a whole number from 0 to 20, with logprobs true")
    case .echo: .flag("echo", .text)
    case .cachePrompt: .flag("cache_prompt", .both)
    case .returnProgress: .flag("return_progress", .both)
    case .responseFormat, .jsonSchema, .guidedJSON, .grammar, .guidedGrammar: bindingMember
    case .addGenerationPrompt:
      .flag(
        "add_generation_prompt", .chat,
        "true or false, and not true if the last message is gone on with")
    default:
      .flag(
        "continue_final_message", .chat, "false, or true if the last message is the assistant's")
    }
  }

  private var bindingMember: RequestMember {
    let schema: StaticString = "a JSON schema, as an object"
    let grammar: StaticString = "a grammar in GBNF, as a string"
    return switch self {
    case .responseFormat:
      .own(
        "response_format", .both, "an object with the type text, json_object or json_schema")
    case .jsonSchema: .own("json_schema", .both, schema)
    case .guidedJSON: .own("guided_json", .both, schema)
    case .grammar: .own("grammar", .both, grammar)
    default: .own("guided_grammar", .both, grammar)
    }
  }

  private var missingMember: RequestMember {
    let format: StaticString = "null: schemas and grammars bind answers"
    let sampling: StaticString = "0: there is no such sampling"
    return switch self {
    case .tools: .own("tools", .chat, "a list")
    case .functions: .nothing("functions", .chat, "an empty list: none can be called")
    case .toolChoice:
      .own(
        "tool_choice", .chat,
        "none, auto, required or an object with a function's name; with tools if it asks for calls")
    case .functionCall: .own("function_call", .chat, "none or auto: no function can be called")
    case .parallelToolCalls: .flag("parallel_tool_calls", .chat)
    case .suffix: .nothing("suffix", .text, "null: texts go on at their end")
    case .bestOf: .only("best_of", 1, "1: the first answer is given")
    case .guidedRegex: .nothing("guided_regex", .both, format)
    case .guidedChoice: .nothing("guided_choice", .both, format)
    case .structuredOutputs: .nothing("structured_outputs", .both, format)
    case .reasoningEffort: .own("reasoning_effort", .chat, "a word")
    case .modalities: .own("modalities", .chat, "a list of the one word text")
    case .audio: .nothing("audio", .chat, "null: answers are text")
    case .prediction: .nothing("prediction", .chat, "null: there is no prediction")
    case .webSearchOptions: .nothing("web_search_options", .chat, "null: nothing is searched")
    case .templateVariables: .own("chat_template_kwargs", .chat, "an object")
    case .typicalP: .only("typical_p", 1, "1: there is no such sampling")
    case .mirostat: .nothing("mirostat", .both, sampling)
    case .tailFree: .only("tfs_z", 1, "1: there is no such sampling")
    case .dynamicTemperature: .nothing("dynatemp_range", .both, sampling)
    case .dryMultiplier: .nothing("dry_multiplier", .both, sampling)
    case .xtcProbability: .nothing("xtc_probability", .both, sampling)
    case .repeatLast: .only("repeat_last_n", 64, "64: penalties look so far back")
    case .keepCount: .nothing("n_keep", .both, "0: the policy says what stays")
    case .lengthPenalty: .only("length_penalty", 1, "1: there is no such penalty")
    default: .nothing("use_beam_search", .both, "false: there is no such search")
    }
  }

  private var ignoredMember: RequestMember {
    switch self {
    case .user: .ignored("user", .both)
    case .metadata: .ignored("metadata", .both)
    case .store: .ignored("store", .both)
    case .serviceTier: .ignored("service_tier", .both)
    case .safetyIdentifier: .ignored("safety_identifier", .both)
    case .promptCacheKey: .ignored("prompt_cache_key", .both)
    case .promptCacheRetention: .ignored("prompt_cache_retention", .both)
    case .slot: .ignored("id_slot", .both)
    default: .ignored("verbosity", .both)
    }
  }

  private var plainMember: RequestMember {
    switch self {
    case .tokenizedText: .own("content", .tokenize, "a string")
    case .addsSpecial: .flag("add_special", .tokenize)
    case .parsesSpecial: .flag("parse_special", .tokenize)
    case .withPieces: .flag("with_pieces", .tokenize)
    default: .own("tokens", .detokenize, "a list of token ids")
    }
  }

  private var innerMember: RequestMember {
    switch self {
    case .includeUsage: .flag("include_usage", .streamOptions)
    case .includeObfuscation: .ignored("include_obfuscation", .streamOptions)
    case .formatType: .own("type", .responseFormat, "text, json_object or json_schema")
    case .formatSchema: .own("json_schema", .responseFormat, "an object with a schema")
    case .schema: .own("schema", .schema, "a JSON schema, as an object")
    case .choiceType: .own("type", .toolChoice, "function")
    case .chosenFunction: .own("function", .toolChoice, "an object with a name")
    case .chosenName: .own("name", .choiceName, "a string")
    case .schemaName: .ignored("name", .jsonSchema)
    case .schemaDescription: .ignored("description", .jsonSchema)
    case .schemaStrict: .ignored("strict", .jsonSchema)
    case .role: .own("role", .message, "system, developer, user, assistant or tool")
    case .content: .own("content", .message, "a string, or a list of objects with type and text")
    case .name: .given("name", .message)
    case .refusal: .nothing("refusal", .message, "null: answers refuse nothing")
    case .toolCalls: .own("tool_calls", .message, "a list")
    case .toolCallID: .given("tool_call_id", .message)
    case .reasoningContent: .given("reasoning_content", .message)
    case .messageAudio: .nothing("audio", .message, "null: messages are text")
    case .annotations: .ignored("annotations", .message)
    case .messageFunctionCall:
      .nothing("function_call", .message, "null: no function can be called")
    case .partType: .own("type", .part, "text")
    case .partText: .own("text", .part, "a string")
    default: .ignored("cache_control", .part)
    }
  }
}
