/// What is asked for with a body.
public enum RequestKind: Sendable {
  /// `/v1/chat/completions`
  case chat
  /// `/v1/completions`
  case text
  /// `/apply-template`: the text of messages.
  case template
  /// `/tokenize`: the tokens of a text.
  case tokenize
  /// `/detokenize`: the text of tokens.
  case detokenize
  /// `/api/chat`
  case ollamaChat
  /// `/api/generate`, with the chat template and without it.
  case generate, rawGenerate
  /// `/api/show`: what is known of the model.
  case show
  /// `/v1/messages`
  case messages
  /// `/v1/messages/count_tokens`: how many tokens such a request has.
  case countTokens
  /// `/v1/responses`
  case responses

  /// The member that must be there.
  var promptField: RequestField? {
    switch self {
    case .chat, .template, .messages, .countTokens: .messages
    case .text: .prompt
    case .tokenize: .tokenizedText
    case .detokenize: .detokenizedTokens
    case .responses: .input
    // Without a prompt, Ollama's requests ask for the model to be there.
    case .ollamaChat, .generate, .rawGenerate, .show: nil
    }
  }

  var owner: RequestField.Owner {
    switch self {
    case .chat, .template: .chat
    case .text: .text
    case .tokenize: .tokenize
    case .detokenize: .detokenize
    case .ollamaChat: .ollamaChat
    case .generate, .rawGenerate: .generate
    case .show: .show
    case .messages, .countTokens: .messages
    case .responses: .responses
    }
  }

  /// Whose answers and errors it gets.
  var form: AnswerForm {
    switch self {
    case .chat, .text, .template, .tokenize, .detokenize: .openAI
    case .ollamaChat, .generate, .rawGenerate, .show: .ollama
    case .messages, .countTokens: .anthropic
    case .responses: .responses
    }
  }

  /// Whether the prompt is a conversation, which the template writes.
  var isConversation: Bool {
    switch self {
    case .chat, .template, .ollamaChat, .generate, .messages, .countTokens, .responses: true
    case .text, .tokenize, .detokenize, .rawGenerate, .show: false
    }
  }

  /// Whether the model answers.
  var isAnswered: Bool {
    switch self {
    case .chat, .text, .ollamaChat, .generate, .rawGenerate, .messages, .responses: true
    case .template, .tokenize, .detokenize, .show, .countTokens: false
    }
  }

  /// Whether the model answers a conversation.
  var isChat: Bool { isConversation && isAnswered }
}
