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
  /// Of `max_completion_tokens` or `max_tokens`.
  public internal(set) var completionCountMax: Int?
  public internal(set) var seed: Int?
  public internal(set) var stops = StopList()
  /// What the answer is bound to; its text is read again when the request's turn has come.
  public internal(set) var binding: BindingKind?
}

/// The texts at which an answer ends.
public struct StopList: Sendable {
  public static let countMax = 4
  /// Bytes of one text. None is empty, and none has a zero byte.
  public static let byteCountMax = 256
  public private(set) var count = 0
  private var texts = InlineArray<4, FixedText<257>>(repeating: FixedText())

  /// A stop text, followed by a zero byte.
  public subscript(index: Int) -> FixedText<257> {
    precondition(index < count)
    return texts[index]
  }

  mutating func append(_ text: FixedText<257>) {
    texts[count] = text
    count += 1
  }
}
