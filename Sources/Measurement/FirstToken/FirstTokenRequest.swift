import Profile

/// One prompt of a length, read by blocks of a size under a policy.
public struct FirstTokenCase: Sendable {
  public let policy: Policy
  public let blockSize: Int
  public let promptLength: Int
}

/// The prompts, policies, blocks and runs that a measurement of times to the first token is asked for.
public struct FirstTokenRequest: Sendable {
  /// Bounds the memory for results.
  public static let caseCountMax = 256

  public let prompts: NumberList
  public let policies: PolicyList
  public let blocks: NumberList
  public let repeatCount: Int

  init(prompts: NumberList, policies: PolicyList, blocks: NumberList, repeatCount: Int) {
    self.prompts = prompts
    self.policies = policies
    self.blocks = blocks
    self.repeatCount = repeatCount
  }

  /// Checks what the command line gave.
  @export(interface)
  public init(
    prompts: NumberList, policies: PolicyList, blocks: NumberList, repeat repeatCount: Int
  ) throws(BenchRequestError) {
    self.init(
      prompts: prompts, policies: policies, blocks: blocks,
      repeatCount: try BenchRequest.checked(repeat: repeatCount))
    if caseCount > Self.caseCountMax { throw .cases(caseCount, maximum: Self.caseCountMax) }
  }

  /// Tokens of all runs of the first `caseCount` cases.
  func tokenCount(_ caseCount: Int) -> Int {
    var count = 0
    for index in 0..<caseCount { count += repeatCount * self[index].promptLength }
    return count
  }

  public var caseCount: Int { policies.count * blocks.count * prompts.count }

  func index(policy: Int, block: Int, prompt: Int) -> Int {
    (policy * blocks.count + block) * prompts.count + prompt
  }

  /// Policy by policy, block by block, prompt by prompt.
  public subscript(index: Int) -> FirstTokenCase {
    FirstTokenCase(
      policy: policies[index / prompts.count / blocks.count].policy,
      blockSize: blocks[index / prompts.count % blocks.count],
      promptLength: prompts[index % prompts.count])
  }
}
