import KVCache
import Kernels
import Memory
import Model
import Platform
import Profile

/// Everything of the arena that inference uses. Making it on a measuring carver gives the plan.
public struct EngineLayout {
  public let shape: ModelShape
  public let settings: RunSettings
  let weights: ModelWeights
  let workspace: Workspace
  let sequence: SequenceLayout
  let team: TeamLayout
  let loading: LoadingScratch
  let tensors: TensorTable

  @export(interface)
  public init(carver: inout Carver, shape: ModelShape, settings: RunSettings) {
    var shape = shape
    if settings.keepsCodes { shape.keepsCodes = true }
    shape.chooseRopeFactors(positionCount: settings.positionCount(of: shape))
    self.shape = shape
    self.settings = settings
    weights = ModelWeights(carver: &carver, shape: shape)
    workspace = Workspace(carver: &carver, shape: shape, settings: settings)
    sequence = SequenceLayout(carver: &carver, shape: shape, settings: settings)
    team = TeamLayout(carver: &carver, threadCount: settings.threadCount)
    loading = LoadingScratch(carver: &carver, shape: shape, threadCount: settings.threadCount)
    tensors = TensorTable(shape: shape, carver: &carver)
  }
}

/// A model in the arena, the machine that computes it, and one text.
public struct Engine: ~Copyable {
  public let layout: EngineLayout
  public let machine: Machine
  public internal(set) var sequence: TokenSequence
  private let layerInputFile: LayerInputFile
  private let inPlace = InPlace()

  /// Starts the threads. The arena is not yet sealed.
  @export(interface)
  public init(layout: EngineLayout, cores: Span<Int32>) throws(SystemFailure) {
    self.layout = layout
    sequence = TokenSequence(layout.sequence)
    layerInputFile = LayerInputFile(layout.weights)
    machine = try Machine(layout.workspace, layout.team, cores: cores)
  }

  public var shape: ModelShape { layout.shape }
  /// The weights, also for those that fill them by other means than `load`.
  package var weights: ModelWeights { layout.weights }
  package var team: Team { _read { yield machine.team } }

  /// Reads and packs all weights on all threads, or takes packed ones as they are.
  /// - Parameters:
  ///   - arena: the one that the layout lies in.
  ///   - buffer: for reading the header, at least `GGUF.bufferByteCountMin` bytes.
  ///   - other: what is loaded meanwhile; it has the buffer then.
  @export(interface)
  public func load(
    _ file: borrowing ModelFile, into arena: borrowing Arena,
    buffer: UnsafeMutableRawBufferPointer, beside other: LoadingTask? = nil
  ) throws(ModelError) {
    if let packed = file.packed {
      try takePacked(packed.weights, file, arena)
      if let inputs = layout.weights.layerInputs {
        inputs.take(try file.layerInputRows(nil))
      }
      other?.run()
      return
    }
    var tensors = layout.tensors
    try unsafe tensors.fill(from: file, buffer: buffer)
    if let inputs = layout.weights.layerInputs {
      inputs.take(try file.layerInputRows(tensors[.layerInputs]))
    }
    machine.workspace.rotary.setFrequencies(shape)
    try WeightLoader.load(
      file, tensors, into: layout.weights, machine.workspace.rotary, scratch: layout.loading,
      beside: other, team: machine.team)
  }

  /// See `Machine.touchPages`.
  public func touchPages(of arena: borrowing Arena, hasMappedWeights: Bool = false) {
    machine.touchPages(of: arena, hasMappedWeights: hasMappedWeights)
  }
}

// MARK: - The text

extension Engine {
  public var settings: RunSettings { sequence.settings }
  public var tokenCount: Int { sequence.tokenCount }
  public var position: Int { sequence.position }
  public var lastRow: Int { sequence.lastRow }
  public var slotsFilled: Int { sequence.slotsFilled }
  public var isFull: Bool { sequence.isFull }

  /// Tokens that can follow; `Int.max` if there is no end to them.
  public var roomCount: Int { sequence.roomCount }
  public var weakAnchorCount: Int { sequence.weakAnchorCount }

  /// The positions that a KV head of a layer keeps, in slot order.
  public func keptPositions(layer: Int, kvHead: Int) -> UnsafeBufferPointer<UInt32> {
    unsafe sequence.keptPositions(layer: layer, kvHead: kvHead)
  }

  /// Where the caller puts the ids of the next block.
  public var block: UnsafeMutableBufferPointer<Int32> { unsafe machine.block }

  /// See `TokenSequence.append`.
  public mutating func append(
    _ count: Int, commits: Bool = true
  ) throws(AppendError) -> BlockRecord {
    try sequence.append(count, commits: commits, on: machine, layout.weights)
  }

  /// See `TokenSequence.commit`.
  public mutating func commit(_ count: Int) -> BlockTimes { sequence.commit(count, on: machine) }

  /// See `TokenSequence.truncate`.
  public mutating func truncate(to count: Int) { sequence.truncate(to: count, on: machine) }

  /// See `TokenSequence.limit`.
  public mutating func limit(cacheBudget: Int, retained: Retained) {
    sequence.limit(cacheBudget: cacheBudget, retained: retained)
  }

  /// See `TokenSequence.limit`.
  public mutating func limit(layer: Int, kvHead: Int, budget: Int) {
    sequence.limit(layer: layer, kvHead: kvHead, budget: budget)
  }

  /// Forgets all tokens: the next block is the first one of a text.
  @export(interface)
  public mutating func reset() {
    sequence.reset()
    machine.forgetNumberPlaces()
  }
}

// MARK: - Numbers

extension Engine {
  /// Makes the logits of `rowCount` tokens of the block that was appended last.
  /// - Parameter rowCount: at most `settings.logitRowCount`.
  @export(interface)
  public func makeLogits(firstRow: Int, rowCount: Int) {
    machine.makeLogits(
      layout.weights, firstRow: firstRow, rowCount: rowCount,
      threadCount: settings.threadCount(of: rowCount), l2ByteCount: settings.l2ByteCount)
  }

  /// A row made by `makeLogits`.
  @export(interface)
  public func logits(_ row: Int) -> LogitRow {
    unsafe LogitRow(
      values: machine.workspace.logits[row],
      count: shape.vocabularyCount)
  }

  /// Elements of keys and values that were past Float16's range and became its largest number.
  public var clampedCount: Int { machine.clampedCount }

  /// Shares of attention that were taken in Float32: see `Machine.repeatedCount`.
  public var repeatedCount: Int { machine.repeatedCount }

  /// Where a number was first past Float32's range or none at all; nil if all were finite. What
  /// the model gives after that means nothing.
  public var numberFault: NumberFault? {
    @export(interface) get { machine.numberFault }
  }
}
