import KVCache
import Kernels
import Memory
import Model
import Platform
import Profile

/// Everything of the arena that inference uses. Making it on a measuring carver gives the plan.
public struct EngineLayout {
  public let shape: ModelShape
  public internal(set) var settings: RunSettings
  let weights: ModelWeights
  let workspace: Workspace
  let state: UnsafeMutablePointer<CacheState>
  let team: TeamLayout
  let loading: LoadingScratch
  let tensors: TensorTable
  /// Slots that there is room for.
  let slotCount: Int

  public init(carver: inout Carver, shape: ModelShape, settings: RunSettings) {
    self.shape = shape
    self.settings = settings
    slotCount = settings.slotCount
    weights = ModelWeights(carver: &carver, shape: shape)
    workspace = Workspace(carver: &carver, shape: shape, settings: settings)
    let cacheShape = CacheShape(
      layerCount: shape.layerCount, kvHeadCount: shape.kvHeadCount, headDim: shape.headDim,
      slotCount: settings.slotCount)
    state = carver.takeUninitialized(.tables, CacheState.self, count: 1)
    let cacheState = CacheState(
      carver: &carver, shape: cacheShape, settings: settings,
      group: shape.headCount / shape.kvHeadCount)
    if !carver.isMeasuring { state.initialize(to: cacheState) }
    team = TeamLayout(carver: &carver, threadCount: settings.threadCount)
    loading = LoadingScratch(carver: &carver, shape: shape, threadCount: settings.threadCount)
    tensors = TensorTable(shape: shape, carver: &carver)
  }
}

/// The prompt does not fit: `full` keeps every token and has only so many slots.
public struct CacheFull: LineError {
  public let slotCount: Int

  public func write(to out: inout TextOutput) {
    out.write("the prompt is longer than the ")
    out.write(slotCount)
    out.write(" slots that policy full has here: take a larger --budget, or a policy that evicts")
  }

  public var exitCode: ExitCode { .malformedData }
}

/// A model in the arena, its cache and its threads: takes blocks of tokens, gives logits.
public struct Engine: ~Copyable {
  public private(set) var layout: EngineLayout
  package let team: Team
  /// Tokens taken so far.
  public internal(set) var tokenCount = 0
  /// The next token's position: `tokenCount`, or less after renumbering.
  public internal(set) var position = 0
  /// The row of the last token in the block that `forward` took last.
  public internal(set) var lastRow = 0

  /// Starts the threads. The arena is not yet sealed.
  public init(layout: EngineLayout, cores: Span<Int32>) throws(SystemFailure) {
    self.layout = layout
    team = try layout.team.start(cores: cores)
  }

  public var settings: RunSettings { layout.settings }
  public var shape: ModelShape { layout.shape }
  public var slotsFilled: Int { layout.state.pointee.cache.count }

  /// Whether no token can follow: policy `full` with all slots filled.
  public var isFull: Bool {
    settings.policy == .full && slotsFilled == settings.slotCount
  }

  /// Reads and packs all weights on all threads, or takes packed ones as they are.
  /// - Parameters:
  ///   - arena: the one that the layout lies in.
  ///   - buffer: for reading the header, at least `GGUF.bufferByteCountMin` bytes.
  public func load(
    _ file: borrowing ModelFile, into arena: borrowing Arena,
    buffer: UnsafeMutableRawBufferPointer
  ) throws(ModelError) {
    if let packed = file.packed {
      try takePacked(packed.weights, file, arena.modelImage)
      return
    }
    var tensors = layout.tensors
    try tensors.fill(from: file, buffer: buffer)
    layout.workspace.rotary.setFrequencies(shape.ropeTables[0])
    try WeightLoader.load(
      file, tensors, into: layout.weights, layout.workspace.rotary, scratch: layout.loading,
      team: team)
  }

  /// Touches the pages of the arena on all threads, so that the system has given all memory, and
  /// none is waited for, before the first block. The threads' own stacks and counters are in use and
  /// left out, as are mapped weights, which cannot be written.
  public func touchPages(of arena: borrowing Arena, hasMappedWeights: Bool = false) {
    let start = arena.plan.offset(of: hasMappedWeights ? .keys : .weights)
    var range = UnsafeMutableRawBufferPointer(
      start: arena.baseAddress + start, count: arena.plan.offset(of: .threadStacks) - start)
    team.run(&range) { context, team, index in
      let range = context.assumingMemoryBound(to: UnsafeMutableRawBufferPointer.self).pointee
      let member = Member(team: team, index: index)
      let share = 512 * Arena.pageByteCount
      while true {
        let start = member.nextShare() * share
        if start >= range.count { return }
        for page in stride(
          from: start, to: min(start + share, range.count), by: Arena.pageByteCount)
        {
          touchPage(range.baseAddress! + page)
        }
      }
    }
  }

  /// Forgets all tokens: the next block is the first one of a text.
  public mutating func reset() {
    position = 0
    tokenCount = 0
    lastRow = 0
    for index in 0..<settings.threadCount { layout.workspace.numbers[index].forgetPlace() }
    layout.state.pointee.reset()
  }

  /// Makes N smaller than what the arena was planned for, or as large again, and with it the tokens
  /// that are never evicted: for texts of different lengths. There must be no tokens yet.
  /// - Parameters:
  ///   - cacheBudget: 1 to the budget that the layout was made with.
  ///   - retained: sinks and recent tokens, together at most the budget.
  public mutating func limit(cacheBudget: Int, retained: Retained) {
    precondition(tokenCount == 0, "the budget changes between texts only")
    let next = settings.with(cacheBudget: cacheBudget, retained: retained)
    precondition(cacheBudget > 0 && next.slotCount <= layout.slotCount)
    precondition(retained.sinkCount + retained.recentCount <= cacheBudget)
    layout.settings = next
    layout.state.pointee.eviction.limit(budget: cacheBudget, retained: retained)
  }

  /// Where the caller puts the ids of the next block.
  public var block: UnsafeMutableBufferPointer<Int32> {
    UnsafeMutableBufferPointer(start: layout.workspace.tokens, count: settings.blockSize)
  }

  /// Passes the first `tokenCount` ids of `block` through the transformer and evicts.
  /// - Parameter tokenCount: 1 to the block's size.
  public mutating func forward(tokenCount: Int) throws(CacheFull) -> BlockRecord {
    precondition(
      tokenCount > 0 && tokenCount <= settings.blockSize, "a block has 1 to blockSize tokens")
    let slotsBefore = slotsFilled
    if slotsBefore + tokenCount > settings.slotCount {
      throw CacheFull(slotCount: settings.slotCount)
    }
    if settings.renumbers && position + tokenCount > shape.contextLength { renumber() }
    var pass = makePass(tokenCount: tokenCount)
    team.run(&pass) { context, team, index in
      let pass = context.assumingMemoryBound(to: ForwardPass.self).pointee
      pass.workspace.times[index] = pass.run(Member(team: team, index: index))
    }
    position += tokenCount
    self.tokenCount += tokenCount
    lastRow = tokenCount - 1
    let filled = slotsBefore + tokenCount
    let kept = settings.policy == .full ? filled : min(filled, settings.cacheBudget)
    layout.state.pointee.cache.setCount(kept)
    return BlockRecord(
      tokenCount: tokenCount, slotsBefore: slotsBefore,
      times: BlockTimes.mean(layout.workspace.times, count: settings.threadCount))
  }

  /// Gives the kept tokens of every head the first positions; see `CacheHead.renumber`.
  private mutating func renumber() {
    var task = RenumberingTask(layout: layout)
    team.run(&task) { context, team, index in
      let task = context.assumingMemoryBound(to: RenumberingTask.self).pointee
      task.run(Member(team: team, index: index))
    }
    position = slotsFilled
  }

  /// Evictions whose anchor meant little: see `Eviction.weakAnchorLimit`.
  public var weakAnchorCount: Int { layout.state.pointee.eviction.weakAnchorCount }

  /// Elements of keys and values that were past Float16's range and became its largest number.
  public var clampedCount: Int {
    var count = 0
    for index in 0..<settings.threadCount { count += layout.workspace.numbers[index].clampedCount }
    return count
  }

  /// Shares of attention, of at most `AttentionGeometry.chunkRows` query rows of a KV head, whose
  /// scores or sums of values were past Float16's range and were taken in Float32.
  public var repeatedCount: Int {
    var count = 0
    for index in 0..<settings.threadCount { count += layout.workspace.numbers[index].repeatedCount }
    return count
  }

  /// Where a number was first past Float32's range or none at all; nil where all were finite. What
  /// the model gives after that means nothing.
  public var numberFault: NumberFault? {
    var first = NumberPlace.none
    for index in 0..<settings.threadCount {
      first = layout.workspace.numbers[index].place.earlier(than: first)
    }
    return NumberFault(first)
  }

  /// Makes the logits of `rowCount` tokens of the block that `forward` took last.
  /// - Parameter rowCount: at most `settings.logitRowCount`.
  public func makeLogits(firstRow: Int, rowCount: Int) {
    precondition(rowCount >= 1 && rowCount <= settings.logitRowCount)
    var head = OutputHead(
      pass: makePass(tokenCount: firstRow + rowCount), firstRow: firstRow, rowCount: rowCount)
    team.run(&head) { context, team, index in
      let head = context.assumingMemoryBound(to: OutputHead.self)
      head.pointee.run(Member(team: team, index: index))
    }
  }

  /// A row made by `makeLogits`.
  public func logits(_ row: Int) -> LogitRow {
    LogitRow(
      values: layout.workspace.logits + row * layout.workspace.logitStride,
      count: shape.vocabularyCount)
  }

  /// The positions that a KV head of a layer keeps, in slot order.
  public func keptPositions(layer: Int, kvHead: Int) -> UnsafeBufferPointer<UInt32> {
    let head = layout.state.pointee.cache.head(layer: layer, kvHead: kvHead)
    return UnsafeBufferPointer(start: head.positions, count: slotsFilled)
  }

  private func makePass(tokenCount: Int) -> ForwardPass {
    ForwardPass(
      weights: layout.weights, workspace: layout.workspace, settings: settings,
      state: layout.state, tokenCount: tokenCount, firstPosition: position)
  }
}

private struct RenumberingTask {
  let layout: EngineLayout

  func run(_ member: Member) {
    let (shape, workspace) = (layout.shape, layout.workspace)
    let row = workspace.rowScratch + member.index * workspace.rowScratchCount
    let scratch =
      workspace.renumberingScratch + member.index * workspace.renumberingWordCount
    while let share = member.nextShare(below: shape.layerCount * shape.kvHeadCount) {
      let (layer, kvHead) = (share / shape.kvHeadCount, share % shape.kvHeadCount)
      let head = layout.state.pointee.cache.head(layer: layer, kvHead: kvHead)
      layout.state.pointee.eviction.renumber(
        head, layer: layer, kvHead: kvHead, slotCount: layout.state.pointee.cache.count,
        workspace.rotary, row: row, scratch: scratch)
    }
  }
}
