import KVCache
import Kernels
import Memory
import Model
import Platform

// Tokens that may be the text's next ones pass through the model together with the last one that is. Each
// KV head takes them one by one, with its attention and eviction, so that every number is that of a
// pass of its own. They lie open behind the text until they are accepted, one after the other, or
// dropped; what was evicted for dropped ones is put back.

extension TokenSequence {
  /// Tokens that can be proposed behind the next one now: as many as the settings allow and there is room
  /// for, before positions would be renumbered.
  public var proposalRoom: Int {
    @export(interface) get {
      var room = min(settings.proposalCountMax, settings.blockSize - 1)
      room = min(room, settings.logitRowCount - 1)
      if !settings.undoesSteps(of: shape) { room = 0 }
      if !settings.evicts { room = min(room, roomCount - 1) }
      if settings.renumbers { room = min(room, shape.contextLength - position - 1) }
      if Eviction.weightTokens(settings.policy) > 0 { room = min(room, countBeforeWeights - 1) }
      return max(room, 0)
    }
  }

  /// Tokens that can come before the policy evicts from a KV head that several layers attend to. A policy that takes
  /// attention weights takes those of the last of these layers, and the next token must be evicted for before it
  /// comes to the first one.
  private var countBeforeWeights: Int {
    var least = Int.max
    for index in 0..<shape.layerCount {
      guard let source = shape.layer(index).keySource else { continue }
      least = unsafe min(least, state.pointee.cache.countBeforeEviction(layer: source))
    }
    return least
  }

  /// Passes the first ids of the machine's block through the transformer: the text's next token, and
  /// `count` more that may follow it and lie open until they are accepted or dropped. Their logits can
  /// be made until the machine takes another block; each row's numbers are those of the token alone.
  ///
  /// Whatever appends, truncates or begins another text drops open tokens first.
  /// - Parameter count: 1 to `proposalRoom`.
  @export(interface)
  package mutating func propose(
    _ count: Int, on machine: borrowing Machine, _ weights: ModelWeights
  ) throws(AppendError) -> BlockRecord {
    drop(on: machine)
    precondition(count > 0 && count <= proposalRoom, "more tokens than can be proposed")
    precondition(appendedCount == 0, "the last block is not committed")
    stepCount = count + 1
    if unsafe !state.pointee.cache.hasRoom(for: stepCount) {
      throw .full(CacheFull(slotCount: settings.slotCount))
    }
    evictingStep = unsafe state.pointee.cache.countBeforeEviction
    let (slotsBefore, slotsBeforeLeast) = unsafe (slotsFilled, state.pointee.cache.leastCount)
    var pass = unsafe ForwardPass(
      weights: weights, workspace: machine.workspace, settings: settings, state: state,
      tokenCount: stepCount, firstPosition: position, commits: true, isStepwise: true)
    unsafe machine.team.run(&pass, members: settings.threadCount(of: stepCount)) {
      context, team, index in
      let pass = unsafe context.assumingMemoryBound(to: ForwardPass.self).pointee
      unsafe pass.workspace.times[index] = unsafe pass.run(Member(team: team, index: index))
    }
    unsafe state.pointee.cache.commit(tokenCount: stepCount)
    (openCount, lastRow) = (count, 0)
    grow(step: 0)
    return BlockRecord(
      tokenCount: stepCount, slotsBefore: slotsBefore, slotsBeforeLeast: slotsBeforeLeast,
      times: machine.meanTimes)
  }

  /// The text has a token more.
  private mutating func grow(step: Int) {
    position += 1
    tokenCount += 1
    if step >= evictingStep || shape.stateLayerCount > 0 { fixedCount = tokenCount }
  }

  /// Drops the open tokens. The text and its cache are then as if they had not come.
  @export(interface)
  package mutating func drop(on machine: borrowing Machine) {
    if openCount == 0 { return }
    undo(stepCount - openCount..<stepCount, on: machine)
    openCount = 0
  }

  /// Drops the text's last token with the open ones, all of one block. A block must follow.
  package mutating func withdraw(on machine: borrowing Machine) {
    precondition(openCount == stepCount - 1 && openCount > 0, "tokens of the block were accepted")
    undo(0..<stepCount, on: machine)
    (openCount, lastRow) = (0, 0)
    position -= 1
    tokenCount -= 1
    fixedCount = min(fixedCount, tokenCount)
  }

  @export(interface)
  private func undo(_ steps: Range<Int>, on machine: borrowing Machine) {
    unsafe state.pointee.states.restoreRows(step: steps.lowerBound, shape)
    settleStates(steps.lowerBound, on: machine)
    if unsafe !state.pointee.eviction.keepsKeySum && steps.upperBound <= evictingStep {
      unsafe state.pointee.cache.takeBack(tokenCount: steps.count)
      return
    }
    var task = unsafe UndoTask(
      state: state, shape: shape, rotary: machine.workspace.rotary, steps: steps)
    unsafe machine.team.run(&task) { context, team, index in
      let task = unsafe context.assumingMemoryBound(to: UndoTask.self).pointee
      unsafe task.run(Member(team: team, index: index))
    }
  }

  /// The states of delta rules follow the block's first tokens, the others having been dropped or not.
  private func settleStates(_ tokenCount: Int, on machine: borrowing Machine) {
    if tokenCount == 0 || shape.layers.largest({ $0.delta == nil ? 0 : 1 }) == 0 { return }
    var replay = unsafe DeltaReplay(
      state: state, shape: shape, workspace: machine.workspace, tokenCount: tokenCount)
    unsafe machine.team.run(&replay, members: settings.threadCount(of: tokenCount)) {
      context, team, index in
      let replay = unsafe context.assumingMemoryBound(to: DeltaReplay.self).pointee
      unsafe replay.run(Member(team: team, index: index))
    }
  }

  /// The token behind the text, which is open, is the text's next one.
  public mutating func accept(on machine: borrowing Machine) {
    precondition(openCount > 0, "no token is open")
    openCount -= 1
    lastRow += 1
    grow(step: lastRow)
    if openCount == 0 { settleStates(stepCount, on: machine) }
  }
}

extension Engine {
  /// See `TokenSequence.proposalRoom`.
  public var proposalRoom: Int { sequence.proposalRoom }

  /// Open tokens: see `propose`.
  public var openCount: Int { sequence.openCount }

  /// See `TokenSequence.propose`.
  public mutating func propose(_ count: Int) throws(AppendError) -> BlockRecord {
    try sequence.propose(count, on: machine, layout.weights)
  }

  /// See `TokenSequence.accept`.
  @export(interface)
  public mutating func accept() { sequence.accept(on: machine) }

  /// See `TokenSequence.drop`.
  @export(interface)
  public mutating func drop() { sequence.drop(on: machine) }

  /// Takes back a block that `propose` has appended, none of whose tokens is accepted, and forgets that
  /// numbers in it were not finite.
  public mutating func withdraw() {
    sequence.withdraw(on: machine)
    machine.forgetNumberPlaces()
  }
}
