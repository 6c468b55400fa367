import KVCache
import Profile

/// The cache sizes, policies and runs that a measurement of policies' cost is asked for.
public struct PolicyCostRequest: Sendable {
  public static let repeatCountDefault = 25
  /// Policies that take every pair of keys would take minutes.
  private static let slowRepeatCount = 3

  /// Filled slots of a KV head after a block.
  public let counts: NumberList
  public let policies: PolicyList
  public let repeatCount: Int

  init(counts: NumberList, policies: PolicyList, repeatCount: Int) {
    self.counts = counts
    self.policies = policies
    self.repeatCount = repeatCount
  }

  /// Checks what the command line gave.
  @export(interface)
  public init(
    counts: NumberList, policies: PolicyList, repeat repeatCount: Int, blockSize: Int
  ) throws(BenchRequestError) {
    if counts.least <= blockSize { throw .slots(counts.least, blockSize: blockSize) }
    self.init(
      counts: counts, policies: policies,
      repeatCount: try BenchRequest.checked(repeat: repeatCount))
  }

  /// What measuring a policy at a count takes, in the time that scoring a slot once takes. Pairs of keys
  /// take their square.
  func work(_ policy: Int, _ count: Int) -> Double {
    let slots = Double(counts[count])
    let runs = Double(repeatCount(policy) + 1)
    return policies[policy].policy == .keydiffPairwise ? runs * slots * slots / 16 : runs * slots
  }

  /// Of all policies and counts.
  var work: Double {
    var sum = 0.0
    for policy in 0..<policies.count {
      for count in 0..<counts.count { sum += work(policy, count) }
    }
    return sum
  }

  /// Measured runs of a policy.
  func repeatCount(_ policy: Int) -> Int {
    policies[policy].policy == .keydiffPairwise
      ? min(repeatCount, Self.slowRepeatCount) : repeatCount
  }

  /// Without the largest cache; nil if there is but one.
  func withoutLargestCache() -> PolicyCostRequest? {
    if counts.count == 1 { return nil }
    var smaller = NumberList()
    for index in 0..<counts.count where counts[index] != counts.greatest {
      smaller.append(counts[index])
    }
    return PolicyCostRequest(counts: smaller, policies: policies, repeatCount: repeatCount)
  }
}
