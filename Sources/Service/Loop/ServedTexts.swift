import Generation
import Inference
import Model
import Platform
import Text
import Tokenizer

/// What answers are if requests do not say otherwise.
@safe public struct AnswerDefaults {
  let maxTokens: Int
  let stops: StopTexts
  let sampling: SamplingSettings
  /// Else each answer has random numbers of its own.
  let isSeedGiven: Bool

  @export(interface)
  public init(
    maxTokens: Int, stops: StopTexts, sampling: SamplingSettings, isSeedGiven: Bool
  ) {
    self.maxTokens = maxTokens
    self.stops = stops
    self.sampling = sampling
    self.isSeedGiven = isSeedGiven
  }
}

/// What the model's texts are made with, and what answers are.
@safe struct ServedTexts {
  private let defaults: AnswerDefaults
  private let vocabulary: UnsafeMutablePointer<Vocabulary>
  /// The probabilities of an answer's tokens, for an answer that is no stream.
  private let keptChances: UnsafeMutablePointer<TokenChances>
  let chancesCapacity: Int
  var trainedLength: TrainedLength
  /// Of the latest answer, for its name and its random numbers.
  private var number = randomWordOfProcess()

  init(
    _ layout: ServiceLayout, _ defaults: AnswerDefaults, _ text: borrowing TextLayout,
    _ model: borrowing ModelFile
  ) {
    self.defaults = defaults
    unsafe vocabulary = unsafe text.vocabulary
    unsafe keptChances = unsafe layout.chances
    chancesCapacity = layout.chancesCapacity
    trainedLength = TrainedLength(model.shape)
  }

  /// A number that no answer had before (Steele, Lea, Flood, "Fast splittable pseudorandom number
  /// generators", 2014: distinct states have distinct outputs).
  mutating func nextNumber() -> UInt64 {
    number &+= 0x9e37_79b9_7f4a_7c15
    var mixed = number
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  func maxTokens(_ settings: CompletionSettings) -> Int {
    settings.completionCountMax ?? defaults.maxTokens
  }

  /// The defaults, and in their place what the request says.
  /// - Parameter choice: of the answers to a request, which have random numbers of their own.
  func sampling(
    _ settings: CompletionSettings, _ number: UInt64, choice: UInt64
  ) -> SamplingSettings {
    var sampling = defaults.sampling
    if let temperature = settings.temperature { sampling.temperature = temperature }
    if let topP = settings.topP { sampling.topP = topP }
    if let topK = settings.topK { sampling.topK = topK }
    if let minP = settings.minP { sampling.minP = minP }
    if let penalty = settings.repeatPenalty { sampling.repeatPenalty = penalty }
    if let penalty = settings.presencePenalty { sampling.presencePenalty = penalty }
    if let penalty = settings.frequencyPenalty { sampling.frequencyPenalty = penalty }
    if let seed = settings.seed {
      sampling.seed = UInt64(bitPattern: Int64(seed))
    } else if !defaults.isSeedGiven {
      sampling.seed = number
    }
    sampling.seed &+= choice
    return sampling
  }

  var defaultStops: StopTexts { defaults.stops }

  /// The texts of single tokens.
  var names: TokenNames { unsafe TokenNames(vocabulary) }

  /// Writes a token's text.
  func write(
    _ token: Int32, _ decoder: inout StreamingDecoder, to text: inout AnswerBuffer
  ) {
    unsafe decoder.write(token, vocabulary.pointee, to: &text)
  }

  /// Keeps what is told of a token, up to the end of the answer.
  func keep(_ chances: TokenChances, at index: Int) {
    precondition(index < chancesCapacity)
    unsafe (keptChances + index).initialize(to: chances)
  }

  /// The same memory, for a streamed response.
  var record: AnswerRecord {
    unsafe AnswerRecord(
      UnsafeMutableRawPointer(keptChances),
      capacity: chancesCapacity * MemoryLayout<TokenChances>.stride)
  }

  func chances(_ index: Int) -> TokenChances {
    precondition(index < chancesCapacity)
    return unsafe keptChances[index]
  }
}
