// The members of requests of Ollama's, of Anthropic's and for OpenAI's responses.
extension RequestField {
  var ollamaMember: RequestMember {
    let noChances: StaticString = "false: probabilities are told by /v1/chat/completions"
    return switch self {
    case .ollamaOptions: .own("options", .ollama, "an object")
    case .ollamaFormat: .own("format", .ollama, "json, or a JSON schema as an object")
    case .think: .own("think", .ollama, "true, false, or a word such as high")
    case .isRaw: .flag("raw", .generate)
    case .system:
      .own("system", .generate | .messages, "a string, or in /v1/messages a list of texts")
    case .promptText: .own("prompt", .generate, "a string")
    case .promptTemplate: .nothing("template", .generate, "null: the model's own one is used")
    case .context: .nothing("context", .generate, "null: conversations go to /api/chat")
    case .images: .nothing("images", .generate, "null: prompts are text")
    case .keepAlive: .ignored("keep_alive", .ollama)
    case .ollamaLogprobs: .nothing("logprobs", .ollama, noChances)
    case .ollamaTopLogprobs: .nothing("top_logprobs", .ollama, noChances)
    case .isVerbose: .ignored("verbose", .show)
    default: .own("name", .show, "a string")
    }
  }

  /// In `options`, and in messages of Ollama's.
  var optionMember: RequestMember {
    switch self {
    case .numPredict:
      .own("num_predict", .options, "a whole number from 1 to 2147483647, or -1 or -2: no bound")
    case .numContext:
      .own("num_ctx", .options, "a whole number from 1 to the tokens that a text may have here")
    case .numKeep: .nothing("num_keep", .options, "0: the policy says what stays")
    case .mirostatTau: .ignored("mirostat_tau", .options)
    case .mirostatEta: .ignored("mirostat_eta", .options)
    case .penalizeNewline:
      .own("penalize_newline", .options, "true: penalties are of all tokens")
    case .numa: .ignored("numa", .options)
    case .numBatch: .ignored("num_batch", .options)
    case .numGPU: .ignored("num_gpu", .options)
    case .mainGPU: .ignored("main_gpu", .options)
    case .lowVRAM: .ignored("low_vram", .options)
    case .halfCache: .ignored("f16_kv", .options)
    case .usesMap: .ignored("use_mmap", .options)
    case .usesLock: .ignored("use_mlock", .options)
    case .numThread: .ignored("num_thread", .options)
    case .allLogits: .ignored("logits_all", .options)
    case .vocabularyOnly: .nothing("vocab_only", .options, "false: the whole model is there")
    case .embeddingOnly: .nothing("embedding_only", .options, "false: answers are text")
    case .messageImages: .nothing("images", .ollamaMessage, "null: messages are text")
    case .messageThinking: .given("thinking", .ollamaMessage)
    default: .given("tool_name", .ollamaMessage)
    }
  }

  /// Of `/v1/messages`.
  var messagesMember: RequestMember {
    switch self {
    case .stopSequences:
      .own(
        "stop_sequences", .messages,
        "a list of at most 16 strings of 1 to 256 bytes without zero bytes")
    case .thinkingConfig: .own("thinking", .messages, "an object with a type")
    case .container: .nothing("container", .messages, "null: no code is run")
    case .mcpServers: .nothing("mcp_servers", .messages, "an empty list: no server is asked")
    case .outputConfig: .own("output_config", .messages, "an object")
    case .topCacheControl: .ignored("cache_control", .messages)
    case .turnContent:
      .own("content", .turn, "a string, or a list of objects with a type")
    case .blockType:
      .own("type", .block, "text, tool_use, tool_result or thinking, as its other members are")
    case .blockText: .own("text", .block, "a string")
    case .toolUseID: .own("id", .block, "a string of at most 64 bytes")
    case .toolUseName: .own("name", .block, "a string")
    case .toolInput: .own("input", .block, "an object")
    case .toolCaller: .ignored("caller", .block)
    case .resultID: .own("tool_use_id", .block, "a string")
    case .resultContent: .own("content", .block, "a string, or a list of texts")
    case .resultIsError: .own("is_error", .block, "true or false")
    case .thinkingText: .own("thinking", .block, "a string")
    case .thinkingSignature: .ignored("signature", .block)
    case .blockCacheControl: .ignored("cache_control", .block)
    default: .nothing("citations", .block, "null: nothing is cited")
    }
  }

  /// Of tools that stand in no `function`, and of settings in objects.
  var configurationMember: RequestMember {
    switch self {
    case .toolTitle: .given("name", .tool)
    case .toolDescription: .given("description", .tool)
    case .toolType: .own("type", .tool, "function, or in /v1/messages custom")
    case .inputSchema: .own("input_schema", .tool, "a JSON schema, as an object")
    case .parameters: .own("parameters", .tool, "a JSON schema, as an object")
    case .toolStrict: .ignored("strict", .tool)
    case .toolCacheControl: .ignored("cache_control", .tool)
    case .disablesParallel: .flag("disable_parallel_tool_use", .choice)
    case .thinkingType: .own("type", .thinking, "enabled, adaptive or disabled")
    case .thinkingBudget:
      .nothing("budget_tokens", .thinking, "null: thoughts have no bound of their own")
    case .effort: .own("effort", .outputConfig | .reasoning, "a word")
    default: .own("format", .outputConfig | .textConfig, "an object with a type")
    }
  }

  /// Of `/v1/responses`.
  var responsesMember: RequestMember {
    switch self {
    case .input: .own("input", .responses, "a string, or a list of items")
    case .instructions: .own("instructions", .responses, "a string")
    case .maxOutputTokens:
      .own("max_output_tokens", .responses, "a whole number from 1 to 2147483647")
    case .previousResponse:
      .nothing("previous_response_id", .responses, "null: no response is stored")
    case .conversation: .nothing("conversation", .responses, "null: no response is stored")
    case .include: .nothing("include", .responses, "an empty list: there is nothing to include")
    case .background: .nothing("background", .responses, "false: no response is stored")
    case .truncation: .own("truncation", .responses, "disabled")
    case .reasoning: .own("reasoning", .responses, "an object")
    case .textConfig: .own("text", .responses, "an object")
    case .maxToolCalls:
      .nothing("max_tool_calls", .responses, "null: no tool is called by the service")
    case .reusablePrompt: .nothing("prompt", .responses, "null: no prompt is stored")
    case .topLikely:
      .nothing("top_logprobs", .responses, "0: probabilities are told by /v1/chat/completions")
    case .summaryKind: .nothing("summary", .reasoning, "null: thoughts are not summed up")
    case .generatedSummary:
      .nothing("generate_summary", .reasoning, "null: thoughts are not summed up")
    default: .ignored("verbosity", .textConfig)
    }
  }

  /// Of an item of `input`.
  var itemMember: RequestMember {
    switch self {
    case .itemType:
      .own(
        "type", .item,
        "message, function_call, function_call_output or reasoning")
    case .itemContent:
      .own("content", .item, "a string, or a list of objects with type and text")
    case .itemID: .ignored("id", .item)
    case .itemStatus: .ignored("status", .item)
    case .itemPhase: .ignored("phase", .item)
    case .callID: .own("call_id", .item, "a string of at most 64 bytes")
    case .callName: .own("name", .item, "a string")
    case .callArguments: .own("arguments", .item, "a string")
    case .callOutput: .own("output", .item, "a string, or a list of texts")
    case .itemSummary: .ignored("summary", .item)
    case .encryptedContent: .ignored("encrypted_content", .item)
    case .partAnnotations: .ignored("annotations", .itemPart)
    default: .ignored("logprobs", .itemPart)
    }
  }
}
