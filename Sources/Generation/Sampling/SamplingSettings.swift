/// How the next token is chosen from the logits.
public struct SamplingSettings: Sendable {
  /// The largest value of `temperature`.
  public static let temperatureMax = 100.0
  /// The values of `repeatPenalty`.
  public static let repeatPenaltyMin = 0.01
  public static let repeatPenaltyMax = 100.0

  /// 0 takes the likeliest token; higher values make the others more likely.
  public var temperature = 0.0
  /// The so many likeliest tokens are candidates; 0: all of them.
  public var topK = 40
  /// Of the candidates, the likeliest whose probabilities sum up to this; at least one.
  public var topP = 0.95
  /// Candidates must be at least so likely, as a fraction of the likeliest.
  public var minP = 0.05
  /// The logits of the latest tokens are divided by this where they are positive and multiplied
  /// where they are not; 1 leaves them as they are.
  public var repeatPenalty = 1.0
  /// Taken off the logits of tokens that are among the latest ones, once for each token and once for
  /// each time that it is there.
  public var presencePenalty = 0.0
  public var frequencyPenalty = 0.0
  public var seed: UInt64 = 0

  public init() {}

  public var isGreedy: Bool { temperature == 0 }

  var hasPenalties: Bool {
    repeatPenalty != 1 || presencePenalty != 0 || frequencyPenalty != 0
  }

  /// Room for candidates of a model's vocabulary.
  func candidateCountMax(vocabularyCount: Int) -> Int {
    if isGreedy { return 0 }
    return topK == 0 ? vocabularyCount : min(topK, vocabularyCount)
  }
}
