import Inference
import Measurement
import Platform
import Profile

/// One prompt of a length, read by blocks of a size under a policy.
struct FirstTokenCase {
  let policy: Policy
  let blockSize: Int
  let promptLength: Int
}

/// The prompts, policies, blocks and runs that `bench ttft` is asked for, checked.
struct FirstTokenRequest {
  /// Bounds the memory for results.
  static let caseCountMax = 256

  let prompts: NumberList
  let policies: PolicyList
  let blocks: NumberList
  let repeatCount: Int

  init(prompts: NumberList, policies: PolicyList, blocks: NumberList, repeatCount: Int) {
    self.prompts = prompts
    self.policies = policies
    self.blocks = blocks
    self.repeatCount = repeatCount
  }

  init(_ arguments: Arguments, _ console: inout Console) throws(Exit) {
    repeatCount = try BenchRequest.repeatCount(arguments, default: 3, &console)
    prompts = unsafe try NumberList(
      "--prompt", arguments.prompt, maximum: BenchRequest.promptLengthMax,
      example: "1024,4096,16384", &console)
    if let blockSize = arguments.overrides.blockSize {
      blocks = NumberList(blockSize)
    } else {
      blocks = unsafe try NumberList(
        "--blocks", arguments.blocks, maximum: ProfileLimits.blockSizeMax, example: "64,128,256",
        &console)
    }
    if let policy = arguments.overrides.policy {
      policies = PolicyList(policy)
    } else {
      policies = unsafe try PolicyList(
        arguments.policies ?? cString("full,keydiff"), for: .running, &console)
    }
    if caseCount > Self.caseCountMax {
      console.beginError()
      console.error.write("bench ttft: prompts, policies and blocks make ")
      console.error.write(caseCount)
      console.error.write(" cases; at most ")
      console.error.write(Self.caseCountMax)
      console.error.write(" are measured at a time")
      throw console.end(.usage)
    }
  }

  /// Tokens of all runs of the first `caseCount` cases.
  func tokenCount(_ caseCount: Int) -> Int {
    var count = 0
    for index in 0..<caseCount { count += repeatCount * self[index].promptLength }
    return count
  }

  var caseCount: Int { policies.count * blocks.count * prompts.count }

  func index(policy: Int, block: Int, prompt: Int) -> Int {
    (policy * blocks.count + block) * prompts.count + prompt
  }

  /// Policy by policy, block by block, prompt by prompt.
  subscript(index: Int) -> FirstTokenCase {
    FirstTokenCase(
      policy: policies[index / prompts.count / blocks.count].policy,
      blockSize: blocks[index / prompts.count % blocks.count],
      promptLength: prompts[index % prompts.count])
  }
}
