extension RequestField {
  var name: StaticString { member.name }

  var member: RequestMember {
    @export(interface) get {
      if rawValue < Self.tools.rawValue { return doneMember }
      if rawValue < Self.user.rawValue { return missingMember }
      if rawValue < Self.tokenizedText.rawValue { return ignoredMember }
      if !isInner { return plainMember }
      if rawValue < Self.ollamaOptions.rawValue { return innerMember }
      if rawValue < Self.numPredict.rawValue { return ollamaMember }
      if rawValue < Self.stopSequences.rawValue { return optionMember }
      if rawValue < Self.toolTitle.rawValue { return messagesMember }
      if rawValue < Self.input.rawValue { return configurationMember }
      return rawValue < Self.itemType.rawValue ? responsesMember : itemMember
    }
  }

  /// What the template calls it, if it is the template's.
  var givenName: StaticString {
    switch self {
    case .messageThinking, .thinkingText: "reasoning_content"
    case .toolName, .toolUseName, .toolTitle, .callName: "name"
    case .toolInput, .callArguments: "arguments"
    case .resultID: "tool_call_id"
    case .inputSchema: "parameters"
    case .effort: "reasoning_effort"
    default: name
    }
  }

  private var doneMember: RequestMember {
    switch self {
    case .model: .own("model", .both | .ollama | .show | .messages | .responses, "a string")
    case .messages:
      .own(
        "messages", .chat | .ollamaChat | .messages,
        "a list of objects with role and content, one at least")
    case .prompt:
      .own(
        "prompt", .text,
        "a string, a list of token ids, or a list of at most 128 strings or of such lists")
    case .stream: .flag("stream", .both | .ollama | .messages | .responses)
    case .streamOptions: .own("stream_options", .both | .responses, "an object")
    case .temperature: .own("temperature", .sampled, "a number from 0 to 2")
    case .topP: .own("top_p", .sampled, "a number from 0 to 1")
    case .topK:
      .own(
        "top_k", .both | .options | .messages,
        "a whole number from -1 to 2147483647; 0 and -1 take all")
    case .minP: .own("min_p", .both | .options, "a number from 0 to 1")
    case .repeatPenalty: .own("repeat_penalty", .both | .options, "a number from 0.01 to 100")
    case .presencePenalty: .own("presence_penalty", .both | .options, "a number from -2 to 2")
    case .frequencyPenalty: .own("frequency_penalty", .both | .options, "a number from -2 to 2")
    case .logitBias:
      .own("logit_bias", .both, "an object of at most 300 token ids, with numbers from -100 to 100")
    case .maxTokens:
      .own(
        "max_tokens", .both | .messages,
        "a whole number from 1 to 2147483647, or -1; for /v1/completions also 0")
    case .maxCompletionTokens:
      .own("max_completion_tokens", .both, "a whole number from 1 to 2147483647, or -1")
    case .minTokens: .own("min_tokens", .both, "a whole number from 0 to 2147483647")
    case .stop:
      .own(
        "stop", .both | .options,
        "a string of 1 to 256 bytes without zero bytes, or a list of at most 16 such strings")
    case .ignoreEOS: .flag("ignore_eos", .both)
    case .seed: .own("seed", .both | .options, "a whole number of 64 bits")
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
    case .tools:
      .own("tools", .chat | .ollamaChat | .messages | .responses, "a list")
    case .functions: .nothing("functions", .chat, "an empty list: none can be called")
    case .toolChoice:
      .own(
        "tool_choice", .chat | .messages | .responses,
        "none, auto, required or an object with a function's name; with tools if it asks for calls")
    case .functionCall: .own("function_call", .chat, "none or auto: no function can be called")
    case .parallelToolCalls: .flag("parallel_tool_calls", .chat | .responses)
    case .suffix: .nothing("suffix", .text | .generate, "null: texts go on at their end")
    case .bestOf: .only("best_of", .both, 1, "1: the first answer is given")
    case .guidedRegex: .nothing("guided_regex", .both, format)
    case .guidedChoice: .nothing("guided_choice", .both, format)
    case .structuredOutputs: .nothing("structured_outputs", .both, format)
    case .reasoningEffort: .own("reasoning_effort", .chat, "a word")
    case .modalities: .own("modalities", .chat, "a list of the one word text")
    case .audio: .nothing("audio", .chat, "null: answers are text")
    case .prediction: .nothing("prediction", .chat, "null: there is no prediction")
    case .webSearchOptions: .nothing("web_search_options", .chat, "null: nothing is searched")
    case .templateVariables: .own("chat_template_kwargs", .chat, "an object")
    case .typicalP: .only("typical_p", .both | .options, 1, "1: there is no such sampling")
    case .mirostat: .nothing("mirostat", .both | .options, sampling)
    case .tailFree: .only("tfs_z", .both | .options, 1, "1: there is no such sampling")
    case .dynamicTemperature: .nothing("dynatemp_range", .both, sampling)
    case .dryMultiplier: .nothing("dry_multiplier", .both, sampling)
    case .xtcProbability: .nothing("xtc_probability", .both, sampling)
    case .repeatLast: .only("repeat_last_n", .both | .options, 64, "64: penalties look so far back")
    case .keepCount: .nothing("n_keep", .both, "0: the policy says what stays")
    case .lengthPenalty: .only("length_penalty", .both, 1, "1: there is no such penalty")
    default: .nothing("use_beam_search", .both, "false: there is no such search")
    }
  }

  private var ignoredMember: RequestMember {
    switch self {
    case .user: .ignored("user", .both | .responses)
    case .metadata: .ignored("metadata", .both | .messages | .responses)
    case .store: .ignored("store", .both | .responses)
    case .serviceTier: .ignored("service_tier", .both | .messages | .responses)
    case .safetyIdentifier: .ignored("safety_identifier", .both | .responses)
    case .promptCacheKey: .ignored("prompt_cache_key", .both | .responses)
    case .promptCacheRetention: .ignored("prompt_cache_retention", .both | .responses)
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
    case .formatType:
      .own("type", .responseFormat | .nestedFormat, "text, json_object or json_schema")
    case .formatSchema: .own("json_schema", .responseFormat, "an object with a schema")
    case .schema: .own("schema", .schema | .nestedFormat, "a JSON schema, as an object")
    case .choiceType:
      .own(
        "type", .toolChoice | .choice, "function, or for /v1/messages auto, any, tool or none")
    case .chosenFunction: .own("function", .toolChoice, "an object with a name")
    case .chosenName: .own("name", .choiceName | .choice, "a string")
    case .schemaName: .ignored("name", .jsonSchema | .nestedFormat)
    case .schemaDescription: .ignored("description", .jsonSchema | .nestedFormat)
    case .schemaStrict: .ignored("strict", .jsonSchema | .nestedFormat)
    case .role:
      .own(
        "role", .message | .ollamaMessage | .turn | .item,
        "system, developer, user, assistant or tool; in /v1/messages user or assistant")
    case .content:
      .own(
        "content", .message | .ollamaMessage, "a string, or a list of objects with type and text")
    case .name: .given("name", .message)
    case .refusal: .nothing("refusal", .message, "null: answers refuse nothing")
    case .toolCalls: .own("tool_calls", .message | .ollamaMessage, "a list")
    case .toolCallID: .given("tool_call_id", .message | .ollamaMessage)
    case .reasoningContent: .given("reasoning_content", .message)
    case .messageAudio: .nothing("audio", .message, "null: messages are text")
    case .annotations: .ignored("annotations", .message)
    case .messageFunctionCall:
      .nothing("function_call", .message, "null: no function can be called")
    case .partType:
      .own(
        "type", .part | .systemPart | .itemPart,
        "text; in /v1/responses input_text or output_text")
    case .partText: .own("text", .part | .systemPart | .itemPart, "a string")
    default: .ignored("cache_control", .part | .systemPart)
    }
  }
}
