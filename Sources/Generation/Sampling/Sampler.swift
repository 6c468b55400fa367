import Constraint
import Inference
import Memory
import Platform
import Tokenizer

/// Chooses tokens. The same settings, seed and logits give the same tokens with every build: logits
/// are compared and scaled one by one, and sums and exponentials are Doubles in a fixed order.
///
/// In this order: what a request adds to logits, the penalties for repeats, the choice of the `topK` largest logits, their softmax
/// with the temperature, `topP`, `minP`, and one number of the generator.
public struct Sampler: ~Copyable {
  /// Tokens that the penalty for repeats looks back on, those of the prompt too.
  public static let repeatWindowCount = 64
  /// exp below this is counted as 0; `Elementary.exp` reaches to 700.
  private static let exponentMin = -600.0

  public private(set) var settings: SamplingSettings
  private let vocabularyCount: Int
  private var generator: SplitMix64
  private var candidates: Candidates
  /// The latest tokens, in a ring.
  private var window = InlineArray<64, Int32>(repeating: 0)
  private var windowCount = 0
  private var windowIndex = 0

  @export(interface)
  public init(
    carver: inout Carver, _ settings: SamplingSettings, vocabularyCount: Int,
    triesCandidates: Bool = false
  ) {
    self.settings = settings
    self.vocabularyCount = vocabularyCount
    generator = SplitMix64(seed: settings.seed)
    candidates = Candidates(
      carver: &carver,
      capacity: max(
        settings.candidateCountMax(vocabularyCount: vocabularyCount),
        triesCandidates ? min(Self.triedCountMax, vocabularyCount) : 0))
  }

  /// Other settings for what follows; the text so far stays, and the seed's numbers begin.
  /// - Parameter settings: of no more candidates than those that the sampler was made with.
  @export(interface)
  public mutating func use(_ settings: SamplingSettings) {
    precondition(
      settings.candidateCountMax(vocabularyCount: vocabularyCount) <= candidates.capacity)
    self.settings = settings
    generator = SplitMix64(seed: settings.seed)
  }

  /// As it was made: for a new text.
  public mutating func reset() {
    generator = SplitMix64(seed: settings.seed)
    (windowCount, windowIndex) = (0, 0)
  }

  /// Tells of a token of the text, of the prompt or chosen.
  @export(interface)
  public mutating func accept(_ token: Int32) {
    window[windowIndex] = token
    windowIndex = (windowIndex + 1) % Self.repeatWindowCount
    windowCount = min(windowCount + 1, Self.repeatWindowCount)
  }

  /// The token that follows. The logits are as before when it returns.
  @export(interface)
  public mutating func next(_ logits: LogitRow) -> Int32 {
    if !settings.hasPenalties { return choose(logits) }
    let saved = penalize(logits)
    let token = choose(logits)
    restore(logits, saved)
    return token
  }

  /// Penalizes the latest tokens.
  /// - Returns: the logits that they had.
  private func penalize(_ logits: LogitRow) -> InlineArray<64, Float> {
    var saved = InlineArray<64, Float>(repeating: 0)
    if !settings.hasPenalties { return saved }
    let values = unsafe UnsafeMutablePointer(mutating: logits.values)
    for index in 0..<windowCount { saved[index] = unsafe values[Int(window[index])] }
    for index in 0..<windowCount {
      // From the saved value: a token that stands there twice is penalized once.
      unsafe values[Int(window[index])] = penalized(saved[index], window[index])
    }
    return saved
  }

  private func restore(_ logits: LogitRow, _ saved: InlineArray<64, Float>) {
    if !settings.hasPenalties { return }
    let values = unsafe UnsafeMutablePointer(mutating: logits.values)
    for index in 0..<windowCount { unsafe values[Int(window[index])] = saved[index] }
  }

  private func penalized(_ logit: Float, _ token: Int32) -> Float {
    let penalty = Float(settings.repeatPenalty)
    let scaled = logit > 0 ? logit / penalty : logit * penalty
    if settings.presencePenalty == 0 && settings.frequencyPenalty == 0 { return scaled }
    var count = 0
    for index in 0..<windowCount where window[index] == token { count += 1 }
    return scaled
      - Float(settings.presencePenalty + settings.frequencyPenalty * Double(count))
  }

  private mutating func choose(_ logits: LogitRow) -> Int32 {
    if settings.isGreedy { return logits.best() }
    candidates.take(
      logits, countMax: settings.candidateCountMax(vocabularyCount: vocabularyCount))
    // Logits that are no numbers leave no candidates, or no softmax.
    guard candidates.count > 0, candidates.logit(0).isFinite else { return logits.best() }
    return pick()
  }

  private mutating func pick() -> Int32 {
    candidates.weigh(temperature: settings.temperature, exponentMin: Self.exponentMin)
    candidates.cut(topP: settings.topP, minP: settings.minP)
    // 53 bits: a number of [0, 1).
    return candidates.pick(Double(generator.next() >> 11) * 0x1p-53)
  }
}

// Answers that must be something.
extension Sampler {
  /// Candidates that are tried one by one before all tokens are looked at.
  static let triedCountMax = 256

  /// The token that follows, of those that a constraint allows, with the probabilities that they have
  /// among each other.
  /// - Parameter leftCount: tokens that may follow it.
  /// - Returns: nil if none can.
  mutating func next(
    _ logits: LogitRow, _ constraint: inout TokenConstraint, _ vocabulary: borrowing Vocabulary,
    leftCount: Int
  ) -> Int32? {
    let saved = penalize(logits)
    let token = choose(logits, &constraint, vocabulary, leftCount)
    restore(logits, saved)
    return token
  }

  private mutating func choose(
    _ logits: LogitRow, _ constraint: inout TokenConstraint, _ vocabulary: borrowing Vocabulary,
    _ leftCount: Int
  ) -> Int32? {
    let best = logits.best()
    if settings.isGreedy && constraint.allows(best, vocabulary, leftCount: leftCount) {
      return best
    }
    let countMax = max(settings.candidateCountMax(vocabularyCount: vocabularyCount), 1)
    if !tryCandidates(logits, countMax, &constraint, vocabulary, leftCount) {
      constraint.findAllowed(vocabulary, leftCount: leftCount)
      candidates.take(logits, countMax: countMax, of: constraint.allowed)
    }
    if candidates.count == 0 { return nil }
    if settings.isGreedy || !candidates.logit(0).isFinite { return candidates.id(0) }
    return pick()
  }

  /// Takes as many candidates as are wanted of the likeliest tokens, if so many of them are allowed:
  /// they are then the same as of all tokens.
  private mutating func tryCandidates(
    _ logits: LogitRow, _ countMax: Int, _ constraint: inout TokenConstraint,
    _ vocabulary: borrowing Vocabulary, _ leftCount: Int
  ) -> Bool {
    let triedCount = min(Self.triedCountMax, candidates.capacity)
    if countMax >= triedCount { return false }
    candidates.take(logits, countMax: triedCount)
    var kept = 0
    for index in 0..<candidates.count where kept < countMax {
      if constraint.allows(candidates.id(index), vocabulary, leftCount: leftCount) {
        candidates.move(index, to: kept)
        kept += 1
      }
    }
    candidates.shrink(to: kept)
    return kept == countMax
  }
}
