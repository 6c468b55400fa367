import KVCache
import Profile

/// What the parts measure.
public struct ProfileRunRequests: Sendable {
  public let speed: BenchRequest
  public var policyCost: PolicyCostRequest
  public let firstToken: FirstTokenRequest
  /// Scoring a slot takes, of a layer, about as long as so many tokens of a prompt; for the time left.
  private static let tokensPerScoredSlot = 1.0 / 250

  /// - Parameter profile: its policy stands beside `full` and KeyDiff where it is neither, and its block
  ///   is the one of all measurements.
  @export(interface)
  public init(_ profile: DeviceProfile, isQuick: Bool) {
    let prompts: NumberList
    if isQuick {
      speed = BenchRequest(
        prompts: NumberList([256, 1024]), generateCount: 16, repeatCount: 2)
      policyCost = PolicyCostRequest(
        counts: Self.counts([512, 1024, 2048, 0, 0], profile),
        policies: PolicyList([.keydiff, .sink, .tova, .h2o, .snapkv, .l2]), repeatCount: 5)
      prompts = NumberList([256, 1024])
    } else {
      speed = BenchRequest(
        prompts: NumberList([512, 2048]), generateCount: 64, repeatCount: 3)
      policyCost = PolicyCostRequest(
        counts: Self.counts([512, 1024, 2048, 4096, 8192], profile), policies: .measured,
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

  /// As tokens of a prompt, roughly: for the time left.
  @export(interface)
  public func work(_ part: ProfileRunPart) -> Double {
    switch part {
    case .memory: 0
    case .speed: Double(BenchWork.tokenCount(speed))
    case .scoring: policyCost.work * Self.tokensPerScoredSlot
    case .ttft: Double(firstToken.tokenCount(firstToken.caseCount))
    }
  }
}
