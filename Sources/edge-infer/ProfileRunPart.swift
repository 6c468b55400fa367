import Inference
import Measurement
import Platform
import Profile

/// A part of `profile-run`: what is measured by one routine and goes into one file, in the order in
/// which they are done. A further part is a case here, with its name, its work and its routine.
enum ProfileRunPart: Int {
  case memory
  case speed
  case scoring
  case ttft

  static let count = 4

  var name: StaticString {
    switch self {
    case .memory: "memory"
    case .speed: "speed"
    case .scoring: "scoring"
    case .ttft: "ttft"
    }
  }

  var fileName: StaticString {
    switch self {
    case .memory: "memory.json"
    case .speed: "speed.json"
    case .scoring: "scoring.json"
    case .ttft: "ttft.json"
    }
  }
}

/// What the parts measure.
struct ProfileRunRequests {
  let speed: BenchRequest
  let scoring: ScoringRequest
  let firstToken: FirstTokenRequest
  /// Scoring a slot takes, of a layer, about as long as so many tokens of a prompt; for the time left.
  private static let tokensPerScoredSlot = 1.0 / 250

  /// - Parameter profile: its policy stands beside `full` and KeyDiff where it is neither, and its block
  ///   is the one of all measurements.
  init(_ profile: DeviceProfile, isQuick: Bool) {
    let prompts: NumberList
    if isQuick {
      speed = BenchRequest(
        prompts: NumberList([256, 1024]), generateCount: 16, repeatCount: 2)
      scoring = ScoringRequest(
        counts: Self.counts([512, 1024, 2048, 0, 0], profile),
        policies: PolicyList([.keydiff, .sink, .tova, .h2o, .snapkv, .l2]), repeatCount: 5)
      prompts = NumberList([256, 1024])
    } else {
      speed = BenchRequest(
        prompts: NumberList([512, 2048]), generateCount: 64, repeatCount: 3)
      scoring = ScoringRequest(
        counts: Self.counts([512, 1024, 2048, 4096, 8192], profile), policies: .scored,
        repeatCount: 25)
      prompts = NumberList([1024, 4096, 16384])
    }
    firstToken = FirstTokenRequest(
      prompts: prompts, policies: PolicyList([.full, .keydiff, profile.policy]),
      blocks: NumberList(profile.blockSize), repeatCount: isQuick ? 1 : 3)
  }

  /// Those that leave something to keep beside a block; a large block gets one of its own.
  private static func counts(
    _ wanted: InlineArray<5, Int>, _ profile: DeviceProfile
  ) -> NumberList {
    var counts = NumberList()
    for index in 0..<wanted.count where wanted[index] > profile.blockSize {
      counts.append(wanted[index])
    }
    if counts.count == 0 { counts.append(2 * profile.blockSize) }
    return counts
  }

  private init(_ other: ProfileRunRequests, scoring: ScoringRequest) {
    speed = other.speed
    firstToken = other.firstToken
    self.scoring = scoring
  }

  /// Without the largest cache of the scoring; nil where there is but one.
  func withoutLargestCache() -> ProfileRunRequests? {
    if scoring.counts.count == 1 { return nil }
    var counts = NumberList()
    for index in 0..<scoring.counts.count
    where scoring.counts[index] != scoring.counts.greatest {
      counts.append(scoring.counts[index])
    }
    return ProfileRunRequests(
      self,
      scoring: ScoringRequest(
        counts: counts, policies: scoring.policies, repeatCount: scoring.repeatCount))
  }

  /// As tokens of a prompt, roughly: for the time left.
  func work(_ part: ProfileRunPart) -> Double {
    switch part {
    case .memory: 0
    case .speed: Double(BenchProgress.tokenCount(speed))
    case .scoring: scoring.work * Self.tokensPerScoredSlot
    case .ttft: Double(firstToken.tokenCount(firstToken.caseCount))
    }
  }
}
