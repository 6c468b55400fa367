import Constraint
import Text

/// What a request for a text says beside its messages or prompt. Nil: it says nothing.
public struct CompletionSettings: Sendable {
  /// The largest values of `temperature` and `top_p`, as OpenAI's API reference has them.
  public static let temperatureMax = 2.0
  public static let topPMax = 1.0
  /// More tokens than any model has room for or knows.
  static let countMax = Int(Int32.max)
  static let repeatPenaltyMin = 0.01
  static let repeatPenaltyMax = 100.0
  /// Stop texts of a request.
  static let stopCountMax = 16
  /// Bytes of one stop text. None is empty, and none has a zero byte.
  public static let stopByteCountMax = 256
  /// Tokens whose logits a request changes.
  static let biasCountMax = 300
  /// Prompts of a request, and answers to all of them together.
  static let answerCountMax = 128
  /// Tokens whose probabilities are told beside the one that was chosen.
  static let logprobCountMax = 20

  /// The name of the model that is asked for; empty where none is. A longer one is cut: no model
  /// has it.
  public internal(set) var model = FixedText<129>()
  /// The answer is sent in pieces, as events.
  public internal(set) var isStream = false
  /// The stream ends with the counts of tokens.
  public internal(set) var includesUsage = false
  /// A stream tells how much of the prompt has been read.
  public internal(set) var reportsProgress = false
  /// A prompt may go on behind a kept text.
  public internal(set) var reusesKept = true
  public internal(set) var temperature: Double?
  public internal(set) var topP: Double?
  /// These three as llama.cpp's server has them; 0 candidates: all.
  public internal(set) var topK: Int?
  public internal(set) var minP: Double?
  public internal(set) var repeatPenalty: Double?
  public internal(set) var presencePenalty: Double?
  public internal(set) var frequencyPenalty: Double?
  /// Of `max_completion_tokens` or `max_tokens`.
  public internal(set) var completionCountMax: Int?
  /// Tokens before which the answer does not end by itself.
  public internal(set) var minTokens = 0
  /// The tokens that end an answer do not end it.
  public internal(set) var ignoresEnds = false
  public internal(set) var seed: Int?
  /// What the answer is bound to; its text is read again when the request's turn has come.
  public internal(set) var binding: BindingKind?
  /// The list of tools is not empty.
  public internal(set) var hasTools = false
  /// Nil: none is called.
  public internal(set) var toolChoice: ToolChoice? = .auto
  /// The one tool that a named choice is of.
  public internal(set) var chosenTool = FixedText<65>()
  /// An answer may have several calls.
  public internal(set) var callsInParallel = true
  var callsTools: Bool { hasTools && toolChoice != nil }
  /// Answers to each prompt.
  public internal(set) var answerCount = 1
  /// Prompts, of which there are several in a list alone.
  public internal(set) var promptCount = 0
  /// Prompts are lists of tokens.
  public internal(set) var hasTokenPrompt = false
  /// The text of a prompt comes before its answer.
  public internal(set) var echoes = false
  /// Tokens whose probabilities are told beside those of each token that was chosen; nil: none are,
  /// and not those either.
  public internal(set) var logprobCount: Int?
  public internal(set) var addsGenerationPrompt: Bool?
  public internal(set) var continuesFinalMessage: Bool?
  // Of requests of Ollama's and others.
  /// Tokens that the text must have room for.
  public internal(set) var contextCount: Int?
  /// The prompt of `/api/generate` is not put into the chat template.
  public internal(set) var isRaw = false
  /// A member of the request is the system message.
  public internal(set) var hasSystem = false
  /// Of a request for a response.
  var repeatedPlaces = RepeatedPlaces()
  /// There is a prompt, or a message.
  public internal(set) var hasPrompt = false
  // Of `/tokenize`.
  /// The tokens that a model wants at the ends of a text are added.
  public internal(set) var addsMarks = false
  public internal(set) var parsesSpecialTokens = true
  /// Each token comes with its text.
  public internal(set) var hasPieces = false
}
