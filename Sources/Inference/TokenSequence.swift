import KVCache
import Kernels
import Memory
import Model
import Platform
import Profile

/// A sequence's part of the arena.
@safe public struct SequenceLayout {
  let shape: ModelShape
  let settings: RunSettings
  let state: UnsafeMutablePointer<CacheState>

  @export(interface)
  public init(carver: inout Carver, shape: ModelShape, settings: RunSettings) {
    self.shape = shape
    self.settings = settings
    unsafe state = unsafe carver.takeUninitialized(.tables, CacheState.self, count: 1)
    let cacheState = CacheState(carver: &carver, shape: shape, settings: settings)
    if !carver.isMeasuring { unsafe state.initialize(to: cacheState) }
  }
}

/// The prompt does not fit: `full` keeps every token and has only so many slots.
public struct CacheFull: LineError {
  public let slotCount: Int

  @export(interface)
  public func write(to out: inout TextOutput) {
    out.write("the prompt is longer than the ")
    out.write(slotCount)
    out.write(" slots that policy full has here: take a larger --budget, or a policy that evicts")
  }

  public var exitCode: ExitCode { .malformedData }
}

/// Why tokens were not appended. Nothing was written then.
public enum AppendError: Error {
  case full(CacheFull)
  /// A block has 1 to `blockSize` tokens.
  case tokenCount(Int, blockSize: Int)
}

/// One text: its cache, what the eviction policy keeps, and its place. Weights and machine are shared
/// with other sequences.
///
/// `append` writes the keys and values of some tokens behind the kept slots and attends; nothing of it
/// that could not be undone happens before `commit`, which makes the first of these tokens part of
/// the text and evicts. The numbers are the same, bit for bit, as if only those had been appended,
/// with one exception: policies that score by attention weights (tova, h2o, snapkv) take the weights
/// that the rows of all appended tokens gave.
@safe public struct TokenSequence: ~Copyable {
  public private(set) var settings: RunSettings
  let shape: ModelShape
  let state: UnsafeMutablePointer<CacheState>
  /// The budget that the arena was planned for, and a block.
  private let slotCountMax: Int
  /// Tokens of the text so far.
  public internal(set) var tokenCount = 0
  /// The next token's position: `tokenCount`, or less after renumbering.
  public internal(set) var position = 0
  /// Tokens behind them that are appended and not committed.
  public private(set) var appendedCount = 0
  /// Tokens that `truncate` cannot take back: those there were at the latest eviction; all, if layers of the
  /// model keep a state in place of keys.
  public internal(set) var fixedCount = 0
  /// The row of the last token in the block that the machine took last.
  public internal(set) var lastRow = 0
  /// Tokens that lie in the cache behind the text, because they were proposed: see `propose`.
  public internal(set) var openCount = 0
  /// Tokens of the latest block that had proposed ones.
  var stepCount = 0
  /// The first of them for which a token is evicted; it may be past the last.
  var evictingStep = 0

  @export(interface)
  public init(_ layout: SequenceLayout) {
    settings = layout.settings
    shape = layout.shape
    unsafe state = unsafe layout.state
    slotCountMax = layout.settings.slotCount
  }

  /// Filled slots of the head that has most. (With open tokens, a head from which tokens were evicted
  /// for them counts as full.)
  public var slotsFilled: Int {
    @export(interface) get {
      let count = unsafe state.pointee.cache.count
      // A full window has lost a token for each open one.
      return settings.evicts ? count : max(count - openCount, min(count, tokenCount))
    }
  }

  /// Whether no token can follow: policy `full` with all slots filled.
  public var isFull: Bool {
    !Eviction.evicts(settings.policy) && slotsFilled == settings.slotCount
  }

  /// Tokens that can follow; `Int.max` if there is no end to them.
  public var roomCount: Int {
    Eviction.evicts(settings.policy) ? Int.max : settings.slotCount - slotsFilled
  }

  /// Evictions whose anchor meant little: see `Eviction.weakAnchorLimit`.
  public var weakAnchorCount: Int { unsafe state.pointee.eviction.weakAnchorCount }

  /// The positions that a KV head of a layer keeps, in slot order.
  @export(interface)
  public func keptPositions(layer: Int, kvHead: Int) -> UnsafeBufferPointer<UInt32> {
    unsafe UnsafeBufferPointer(
      start: state.pointee.cache.head(layer: layer, kvHead: kvHead).positions,
      count: state.pointee.cache.count(layer: layer, kvHead: kvHead))
  }

  /// Forgets all tokens: the next block is the first one of a text.
  public mutating func reset() {
    (position, tokenCount, appendedCount, fixedCount, lastRow) = (0, 0, 0, 0, 0)
    openCount = 0
    unsafe state.pointee.reset()
  }

  /// The place of a text whose cache is filled by other means.
  package mutating func setPlace(tokenCount: Int, position: Int, fixedCount: Int) {
    (self.tokenCount, self.position, self.fixedCount) = (tokenCount, position, fixedCount)
    (appendedCount, lastRow, openCount) = (0, 0, 0)
  }

  /// Makes N smaller than what the arena was planned for, or as large again, and with it the tokens
  /// that are never evicted: for texts of different lengths. There must be no tokens yet.
  /// - Parameters:
  ///   - cacheBudget: 1 to the budget that the layout was made with.
  ///   - retained: sinks and recent tokens, together at most the budget.
  @export(interface)
  public mutating func limit(cacheBudget: Int, retained: Retained) {
    precondition(tokenCount == 0 && appendedCount == 0, "the budget changes between texts only")
    let next = settings.with(cacheBudget: cacheBudget, retained: retained)
    precondition(cacheBudget > 0 && next.slotCount <= slotCountMax)
    precondition(retained.sinkCount + retained.recentCount <= cacheBudget)
    settings = next
    for layer in 0..<shape.layerCount {
      unsafe state.pointee.cache.setBudgets(layer: layer, next.cacheLayer(layer, of: shape))
    }
    unsafe state.pointee.eviction.retain(retained)
  }

  /// Another budget for one KV head of one layer, until `limit` gives all heads one again. There must
  /// be no tokens yet, and the policy must be one that evicts.
  /// - Parameter budget: at least the tokens that are never evicted and 1, at most the budget of the
  ///   settings.
  @export(interface)
  public mutating func limit(layer: Int, kvHead: Int, budget: Int) {
    precondition(tokenCount == 0 && appendedCount == 0, "the budget changes between texts only")
    precondition(Eviction.evicts(settings.policy))
    precondition(budget > 0 && budget <= settings.cacheBudget)
    precondition(settings.retained.sinkCount + settings.retained.recentCount <= budget)
    unsafe state.pointee.cache.setBudget(budget, layer: layer, kvHead: kvHead)
  }
}

// MARK: - Tokens come and go

extension TokenSequence {
  /// Passes the first `count` ids of the machine's block through the transformer. Their logits can be
  /// made until the machine takes another block.
  ///
  /// If the next positions would pass the model's trained length and the settings ask for it, the
  /// kept tokens are renumbered first, for good.
  /// - Parameters:
  ///   - count: 1 to the block's size.
  ///   - commits: whether all of them are committed at once: the same as `commit(count)`, done while
  ///     each layer's keys are still in the processor's caches. Else the settings must take back, and
  ///     all layers of the model must keep keys.
  @export(interface)
  package mutating func append(
    _ count: Int, commits: Bool, on machine: borrowing Machine, _ weights: ModelWeights
  ) throws(AppendError) -> BlockRecord {
    if count < 1 || count > settings.blockSize {
      throw .tokenCount(count, blockSize: settings.blockSize)
    }
    drop(on: machine)
    precondition(appendedCount == 0, "the last block is not committed")
    precondition(commits || settings.takesBack, "the settings leave no room for it")
    precondition(commits || shape.stateLayerCount == 0, "states take nothing back")
    let (slotsBefore, slotsBeforeLeast) = unsafe (slotsFilled, state.pointee.cache.leastCount)
    // `limit` may have left fewer slots than there is room for.
    let evicts = Eviction.evicts(settings.policy)
    if unsafe !state.pointee.cache.hasRoom(for: count)
      || !evicts && slotsBefore + count > settings.slotCount
    {
      throw .full(CacheFull(slotCount: settings.slotCount))
    }
    if settings.renumbers && position + count > shape.contextLength { renumber(on: machine) }
    var pass = unsafe ForwardPass(
      weights: weights, workspace: machine.workspace, settings: settings, state: state,
      tokenCount: count, firstPosition: position, commits: commits)
    unsafe machine.team.run(&pass, members: settings.threadCount(of: count)) {
      context, team, index in
      let pass = unsafe context.assumingMemoryBound(to: ForwardPass.self).pointee
      unsafe pass.workspace.times[index] = unsafe pass.run(Member(team: team, index: index))
    }
    appendedCount = count
    lastRow = count - 1
    if commits { finish(count) }
    return BlockRecord(
      tokenCount: count, slotsBefore: slotsBefore, slotsBeforeLeast: slotsBeforeLeast,
      times: machine.meanTimes)
  }

  /// Makes the first `count` of the appended tokens part of the text, drops the others, and evicts.
  /// - Parameter count: 1 to `appendedCount`. To drop all, `truncate(to: tokenCount)`.
  /// - Returns: where the time went: a part of the block's.
  @export(interface)
  public mutating func commit(_ count: Int, on machine: borrowing Machine) -> BlockTimes {
    precondition(count > 0 && count <= appendedCount, "only appended tokens can be committed")
    let dropped = appendedCount - count
    let isScored =
      unsafe state.pointee.eviction.scoresEveryBlock
      || state.pointee.cache.isOverBudget(with: count)
    let times =
      dropped > 0 || isScored
      ? run(CommitTask(self, machine, tokenCount: count, droppedCount: dropped), on: machine)
      : BlockTimes()
    lastRow = count - 1
    finish(count)
    return times
  }

  private mutating func finish(_ count: Int) {
    let evicts = unsafe state.pointee.cache.isOverBudget(with: count)
    unsafe state.pointee.cache.commit(tokenCount: count)
    position += count
    tokenCount += count
    appendedCount = 0
    if evicts || shape.stateLayerCount > 0 { fixedCount = tokenCount }
  }

  /// Drops the tokens that are not committed, and the last ones of the text until `count` are left. A
  /// block must follow before logits are made.
  ///
  /// Tokens that were there at the latest eviction cannot be taken back: other tokens have left for
  /// their sake. Attention weights that dropped tokens gave others stay in the sums of `h2o`.
  /// - Parameter count: `fixedCount` to `tokenCount`.
  @export(interface)
  public mutating func truncate(to count: Int, on machine: borrowing Machine) {
    drop(on: machine)
    precondition(count >= fixedCount && count <= tokenCount, "evicted tokens do not come back")
    let dropped = tokenCount - count
    unsafe state.pointee.cache.takeBack(tokenCount: dropped)
    position -= dropped
    tokenCount = count
    let droppedCount = dropped + appendedCount
    appendedCount = 0
    lastRow = 0
    if droppedCount == 0 { return }
    _ = run(CommitTask(self, machine, tokenCount: 0, droppedCount: droppedCount), on: machine)
  }

  private func run(_ task: CommitTask, on machine: borrowing Machine) -> BlockTimes {
    var task = task
    let memberCount = settings.threadCount(of: task.tokenCount + task.droppedCount)
    unsafe machine.team.run(&task, members: memberCount) { context, team, index in
      let task = unsafe context.assumingMemoryBound(to: CommitTask.self).pointee
      unsafe task.times[index] = unsafe task.run(Member(team: team, index: index))
    }
    return machine.meanTimes
  }

  /// Gives the kept tokens of every head the first positions; see `CacheHead.renumber`.
  private mutating func renumber(on machine: borrowing Machine) {
    let nextPosition = slotsFilled
    var task = unsafe RenumberingTask(
      state: state, shape: shape, workspace: machine.workspace, nextPosition: nextPosition)
    unsafe machine.team.run(&task) { context, team, index in
      let task = unsafe context.assumingMemoryBound(to: RenumberingTask.self).pointee
      unsafe task.run(Member(team: team, index: index))
    }
    position = nextPosition
  }
}
