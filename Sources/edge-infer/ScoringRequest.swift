import Inference
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

  /// Measured runs of a policy.
  func repeatCount(_ policy: Int) -> Int {
    policies[policy].policy == .keydiffPairwise
      ? min(repeatCount, Self.slowRepeatCount) : repeatCount
  }
}
