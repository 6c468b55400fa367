import Inference
import Measurement
import Platform
import Profile

/// The cache sizes, policies and runs that `bench scoring` is asked for, checked.
struct ScoringRequest {
  private static let repeatCountDefault = 25
  /// Policies that take every pair of keys would take minutes.
  private static let slowRepeatCount = 3

  /// Filled slots of a KV head after a block.
  let counts: NumberList
  let policies: PolicyList
  let repeatCount: Int

  init(counts: NumberList, policies: PolicyList, repeatCount: Int) {
    self.counts = counts
    self.policies = policies
    self.repeatCount = repeatCount
  }

  init(_ arguments: Arguments, blockSize: Int, _ console: inout Console) throws(Exit) {
    repeatCount = try BenchRequest.repeatCount(
      arguments, default: Self.repeatCountDefault, &console)
    counts = unsafe try NumberList(
      "--kv", arguments.kv, maximum: ProfileLimits.cacheBudgetMax,
      example: "512,1024,2048,4096,8192", &console)
    if counts.least <= blockSize {
      console.beginError()
      console.error.write("--kv: of ")
      console.error.write(counts.least)
      console.error.write(" slots a block of ")
      console.error.write(blockSize)
      console.error.write(" leaves none to keep; give more, or a smaller --block")
      throw console.end(.usage)
    }
    let named = arguments.overrides.policy?.name ?? "all"
    policies = unsafe try PolicyList(arguments.policies ?? cString(named), for: .scoring, &console)
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
}
