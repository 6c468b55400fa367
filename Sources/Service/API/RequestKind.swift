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

  /// The member that must be there.
  var promptField: RequestField {
    switch self {
    case .chat, .template: .messages
    case .text: .prompt
    case .tokenize: .tokenizedText
    case .detokenize: .detokenizedTokens
    }
  }

  var owner: RequestField.Owner {
    switch self {
    case .chat, .template: .chat
    case .text: .text
    case .tokenize: .tokenize
    case .detokenize: .detokenize
    }
  }

  /// Whether the prompt is a conversation, which the template writes.
  var isConversation: Bool { promptField == .messages }

  /// Whether the model answers.
  var isAnswered: Bool { self == .chat || self == .text }
}
