import Text

/// The members of a request's objects that mean something here.
public enum RequestField: Int, Sendable {
  case model, messages, prompt, stream, streamOptions, temperature, topP
  case topK, minP, repeatPenalty
  case maxTokens, maxCompletionTokens, stop, seed, n, bestOf, presencePenalty, frequencyPenalty
  case tools, functions, responseFormat, logprobs, topLogprobs, logitBias, echo, suffix
  case cachePrompt, returnProgress
  case guidedJSON, grammar, guidedGrammar
  case includeUsage, formatType, jsonSchema, schema
  case role, content
  case partType, partText

  /// The objects that have members of their own.
  enum Owner {
    case request(CompletionKind)
    case streamOptions
    case responseFormat
    case jsonSchema
    case message
    case part
  }

  private static let count = 39

  /// The field of that name; nil where the name means nothing.
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

  private func isMember(of owner: Owner) -> Bool {
    switch (self, owner) {
    case (.messages, .request(let kind)), (.tools, .request(let kind)),
      (.functions, .request(let kind)), (.responseFormat, .request(let kind)):
      kind == .chat
    case (.prompt, .request(let kind)), (.bestOf, .request(let kind)),
      (.echo, .request(let kind)), (.suffix, .request(let kind)):
      kind == .text
    case (.includeUsage, .streamOptions), (.formatType, .responseFormat): true
    case (.jsonSchema, .responseFormat), (.schema, .responseFormat), (.schema, .jsonSchema): true
    case (.role, .message), (.content, .message): true
    case (.partType, .part), (.partText, .part): true
    case (_, .request): rawValue < RequestField.includeUsage.rawValue
    default: false
    }
  }

  var name: StaticString {
    switch self {
    case .model: "model"
    case .messages: "messages"
    case .prompt: "prompt"
    case .stream: "stream"
    case .streamOptions: "stream_options"
    case .temperature: "temperature"
    case .topP: "top_p"
    case .topK: "top_k"
    case .minP: "min_p"
    case .repeatPenalty: "repeat_penalty"
    case .maxTokens: "max_tokens"
    case .maxCompletionTokens: "max_completion_tokens"
    case .stop: "stop"
    case .seed: "seed"
    case .n: "n"
    case .bestOf: "best_of"
    case .presencePenalty: "presence_penalty"
    case .frequencyPenalty: "frequency_penalty"
    case .tools: "tools"
    case .functions: "functions"
    case .responseFormat: "response_format"
    case .logprobs: "logprobs"
    case .topLogprobs: "top_logprobs"
    case .logitBias: "logit_bias"
    case .echo: "echo"
    case .suffix: "suffix"
    case .cachePrompt: "cache_prompt"
    case .returnProgress: "return_progress"
    case .includeUsage: "include_usage"
    case .guidedJSON: "guided_json"
    case .grammar: "grammar"
    case .guidedGrammar: "guided_grammar"
    case .jsonSchema: "json_schema"
    case .schema: "schema"
    case .role: "role"
    case .content: "content"
    case .partType, .formatType: "type"
    case .partText: "text"
    }
  }

  /// What the value must be.
  var rule: StaticString {
    switch self {
    case .model: "a string"
    case .messages: "a list of objects with role and content, one at least"
    case .prompt: "a string, or a list of one string"
    case .stream, .includeUsage, .cachePrompt, .returnProgress: "true or false"
    case .streamOptions: "an object"
    case .temperature: "a number from 0 to 2"
    case .topP, .minP: "a number from 0 to 1"
    case .topK: "a whole number from 0 to 2147483647"
    case .repeatPenalty: "a number from 0.01 to 100"
    case .maxTokens, .maxCompletionTokens: "a whole number from 1 to 2147483647"
    case .stop: "a string of 1 to 256 bytes without zero bytes, or a list of at most 4 such strings"
    case .seed: "a whole number of 64 bits"
    case .n, .bestOf: "1: there is one answer"
    case .presencePenalty, .frequencyPenalty: "0: there are no penalties"
    case .tools, .functions: "an empty list: none can be called"
    case .responseFormat: "an object with the type text, json_object or json_schema"
    case .guidedJSON, .schema: "a JSON schema, as an object"
    case .grammar, .guidedGrammar: "a grammar in GBNF, as a string"
    case .jsonSchema: "an object with a schema"
    case .logprobs: "false: answers have no log-probabilities"
    case .topLogprobs: "0: answers have no log-probabilities"
    case .logitBias: "an empty object: logits are as they are"
    case .echo: "false: prompts are not repeated"
    case .suffix: "null: texts go on at their end"
    case .role: "system, developer, user or assistant"
    case .content: "a string, or a list of objects with type and text"
    case .partType: "text"
    case .formatType: "text, json_object or json_schema"
    case .partText: "a string"
    }
  }
}
