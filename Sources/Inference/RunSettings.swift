import KVCache
import Kernels
import Model
import Platform
import Profile

/// What a run is asked to do, from the profile and the command line, checked.
public struct RunSettings: Sendable {
  /// Tokens of a prompt block, B.
  public private(set) var blockSize: Int
  /// Tokens each KV head keeps, N.
  public private(set) var cacheBudget: Int
  public private(set) var policy: Policy
  public private(set) var retained: Retained
  public let threadCount: Int
  /// The first of the threads, which take blocks of at most `decodeTokenCount` tokens.
  public private(set) var decodeThreadCount: Int
  /// Cores that the process may run on. No more threads than these are at work: they would take turns,
  /// and each would wait for the others' turns at every step. What they compute does not depend on it.
  private(set) var coreCount = Int.max
  /// Positions of a block whose logits are held at the same time.
  public private(set) var logitRowCount: Int
  /// A thread's part of the second-level cache, which matrix products arrange their order for.
  public let l2ByteCount: Int
  /// Attention multiplies in Float16, which the processor must be able to; else in Float32.
  public let usesFloat16: Bool
  /// Positions are renumbered if the next ones would pass the model's trained length.
  public let renumbers: Bool
  /// By which the KV heads' budgets differ, with N as their mean; nil for equal budgets.
  public var headShares: KeptHeadShares?
  /// Whether appended tokens may be left uncommitted (`TokenSequence.append`); the policy then keeps
  /// for each layer what attention left.
  public var takesBack = false
  /// Tokens that may be proposed behind one that is read (`TokenSequence.propose`); the cache then keeps
  /// what was evicted for each of them, until they are known to be the text's.
  public private(set) var proposalCountMax = 0
  /// Whether weights stay in the file's own bits; otherwise all become int8. A packed model has what
  /// it was packed with.
  public var keepsCodes = false
  /// Bytes of a packed model's experts that may be in memory at a time (`ExpertPages`); nil: all.
  public var expertByteCountMax: Int?

  @export(interface)
  public init(
    blockSize: Int, cacheBudget: Int, policy: Policy, retained: Retained, threadCount: Int,
    logitRowCount: Int, l2ByteCount: Int, usesFloat16: Bool = false,
    renumbers: Bool = false
  ) {
    self.blockSize = blockSize
    self.cacheBudget = cacheBudget
    self.policy = policy
    self.retained = retained
    self.threadCount = threadCount
    decodeThreadCount = threadCount
    self.logitRowCount = logitRowCount
    self.l2ByteCount = l2ByteCount
    self.usesFloat16 = usesFloat16
    self.renumbers = renumbers
  }

  /// As a profile says. Attention multiplies in Float16 if the profile says so and the build can.
  /// - Parameter coreCount: cores that the process may run on.
  @export(interface)
  public init(
    _ profile: DeviceProfile, _ retention: Retention, logitRowCount: Int, renumbers: Bool,
    coreCount: Int
  ) {
    self.init(
      blockSize: profile.blockSize, cacheBudget: profile.cacheBudget, policy: profile.policy,
      retained: Retained(sinkCount: retention.sinks, recentCount: retention.recent),
      threadCount: profile.threads, logitRowCount: logitRowCount,
      l2ByteCount: profile.l2ByteCountPerThread,
      usesFloat16: profile.fp16 && BuildFeatures.hasFloat16Arithmetic, renumbers: renumbers)
    keepsCodes = profile.weights != .int8
    if profile.expertsMiB > 0 { expertByteCountMax = profile.expertsMiB * 1_048_576 }
    if profile.decodeThreads > 0 { decodeThreadCount = min(profile.decodeThreads, profile.threads) }
    self.coreCount = coreCount
  }

  /// Tokens of a block that is limited by the reading of weights, not by arithmetic: a token of an answer,
  /// and those proposed with it.
  static var decodeTokenCount: Int { 8 }

  /// How many threads take a block.
  func threadCount(of tokenCount: Int) -> Int {
    min(tokenCount <= Self.decodeTokenCount ? decodeThreadCount : threadCount, coreCount)
  }

  /// Threads that take the blocks of a prompt.
  public var workingThreadCount: Int { min(threadCount, coreCount) }

  /// "4 threads", and how many are at work if not all are.
  @export(interface)
  public func writeThreads(to out: inout TextOutput) {
    out.write(threadCount)
    out.write(" threads")
    if workingThreadCount == threadCount { return }
    out.write(" (")
    out.write(workingThreadCount)
    out.write(workingThreadCount == 1 ? " at work, on the one core" : " at work, on as many cores")
    out.write(" that this process may use)")
  }

  /// So many tokens may be proposed, or as many as a block has room for; none with a policy that cannot put
  /// back what it has evicted.
  @export(interface)
  public mutating func takeProposals(_ count: Int) {
    proposalCountMax = Eviction.undoesSteps(policy) ? min(count, blockSize - 1) : 0
    logitRowCount = max(logitRowCount, proposalCountMax + 1)
  }

  /// Whether tokens that were proposed to a model can be dropped.
  @export(interface)
  public func undoesSteps(of shape: ModelShape) -> Bool {
    Eviction.undoesSteps(policy)
      && shape.layers.largest { $0.group } <= AttentionGeometry.chunkRows
  }

  /// The same for a model whose experts are not pages of a file.
  @export(interface)
  public func holdingExperts(unless isPacked: Bool) -> RunSettings {
    var settings = self
    if !isPacked { settings.expertByteCountMax = nil }
    return settings
  }

  /// The same but for these sizes.
  @export(interface)
  public func with(blockSize: Int, cacheBudget: Int) -> RunSettings {
    var settings = self
    (settings.blockSize, settings.cacheBudget) = (blockSize, cacheBudget)
    return settings
  }

  /// The same but for N and the tokens that are never evicted.
  func with(cacheBudget: Int, retained: Retained) -> RunSettings {
    var settings = self
    (settings.cacheBudget, settings.retained) = (cacheBudget, retained)
    return settings
  }

  /// The same but for the policy and the block.
  @export(interface)
  public func with(policy: Policy, blockSize: Int) -> RunSettings {
    var settings = self
    (settings.policy, settings.blockSize) = (policy, blockSize)
    return settings
  }

  /// Tokens of a block that come one by one; 0 if none are proposed.
  var stepCountMax: Int { proposalCountMax > 0 ? proposalCountMax + 1 : 0 }

  /// Whether tokens beyond N are evicted; else the slots bound the text.
  public var evicts: Bool { Eviction.evicts(policy) }

  /// Slots of each KV head, if their budgets are equal, or the mean: N kept ones and a block.
  public var slotCount: Int { cacheBudget + blockSize }

  /// The least and the greatest budget of a KV head.
  public var headBudgets: ClosedRange<Int> {
    guard let headShares, Eviction.evicts(policy) else { return cacheBudget...cacheBudget }
    return headShares.shares.budgets(mean: cacheBudget)
  }

  /// Every head's budget must have room for the tokens that are never evicted.
  @export(interface)
  public func checkRetained() throws(HeadSharesError) {
    let count = retained.sinkCount + retained.recentCount
    let least = headBudgets.lowerBound
    if count > least { throw .tooFewSlots(least, retained: count) }
  }
}
