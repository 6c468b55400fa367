import Tokenizer

/// How a prompt is to be answered.
public struct AnswerRequest {
  /// The answer ends after so many tokens; 0 reads the prompt alone.
  public var maxTokens: Int
  public var stops = StopTexts()
  /// How tokens are chosen; nil goes on with the sampler's settings and random numbers.
  public var sampling: SamplingSettings?
  /// Whether the answer goes on with the prompt's own text.
  public var continuesText = false
  /// Whether the tokens that end a message or a text end the answer.
  public var hasEnds = true
  /// Before so many tokens those that end a message or a text are not chosen.
  public var minTokens = 0
  /// What is added to logits before a token is chosen.
  public var biases: LogitBiases?
  /// Control tokens whose text is written.
  public var shown = ShownTokens()
  /// Whether an answer may begin with what the cache holds, without a token of a prompt.
  public var mayLackPrompt = false

  public init(maxTokens: Int) { self.maxTokens = maxTokens }
}

/// Why an answer ended.
public enum StopReason: Sendable {
  /// `maxTokens` was reached, or the slots of a full cache.
  case length
  /// The model gave a token that ends a message or the text.
  case endOfSequence
  /// A stop text came.
  case stopText
  /// What the answer must be is whole.
  case whole
  /// The driver ended it.
  case interrupt

  public var name: StaticString {
    switch self {
    case .length: "length"
    case .endOfSequence: "eos"
    case .stopText, .whole: "stop"
    case .interrupt: "interrupt"
    }
  }
}
