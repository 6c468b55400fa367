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
  /// A request's stop texts, each with a zero byte behind it.
  private let stopMemory: UnsafeMutablePointer<CChar>
  var trainedLength: TrainedLength
  /// Of the latest answer, for its name and its random numbers.
  private var number = randomWordOfProcess()

  init(
    _ layout: ServiceLayout, _ defaults: AnswerDefaults, _ text: borrowing TextLayout,
    _ model: borrowing ModelFile
  ) {
    self.defaults = defaults
    unsafe stopMemory = unsafe layout.stops
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
  func sampling(_ settings: CompletionSettings, _ number: UInt64) -> SamplingSettings {
    var sampling = defaults.sampling
    if let temperature = settings.temperature { sampling.temperature = temperature }
    if let topP = settings.topP { sampling.topP = topP }
    // There is room for as many candidates as the defaults have.
    if let topK = settings.topK, topK > 0, sampling.topK == 0 || topK < sampling.topK {
      sampling.topK = topK
    }
    if let minP = settings.minP { sampling.minP = minP }
    if let penalty = settings.repeatPenalty { sampling.repeatPenalty = penalty }
    if let seed = settings.seed {
      sampling.seed = UInt64(bitPattern: Int64(seed))
    } else if !defaults.isSeedGiven {
      sampling.seed = number
    }
    return sampling
  }

  /// The request's stop texts, or the defaults' if it has none.
  func stops(_ settings: CompletionSettings) -> StopTexts {
    if settings.stops.count == 0 { return defaults.stops }
    var stops = StopTexts()
    for text in 0..<settings.stops.count {
      let place = unsafe stopMemory + text * (StopTexts.byteCountMax + 1)
      let given = settings.stops[text]
      for index in 0..<given.count { unsafe place[index] = CChar(bitPattern: given[index]) }
      unsafe place[given.count] = 0
      do throws(StopTextError) {
        unsafe try stops.append(place)
      } catch {
        preconditionFailure("the request's reader has checked it")
      }
    }
    return stops
  }
}
