import KVCache
import Kernels
import Memory
import Model
import Platform

/// The activations of one block and each thread's scratch.
@safe struct Workspace {
  /// Tokens of a block, and rows of them whose logits are there at the same time.
  let blockSize: Int
  let logitRowCount: Int
  /// A row for each of the block's tokens. Strides leave room for the padding of the products that the
  /// rows come from, and for that of those they go into, which stays 0.
  let residual: ArenaRows<Float>
  /// Queries, keys and values of each token, or what a convolution takes.
  let queryKeyValue: ArenaRows<Float>
  let attention: ArenaRows<Float>
  /// What a part adds to the residual rows, if a layer normalizes it first: rows as those of `residual`.
  let branch: ArenaRows<Float>
  /// The gate's function of gate, times up.
  let gated: ArenaRows<Float>
  let logits: ArenaRows<Float>
  /// The block's rows as int8, one matrix input at a time; see `ActivationRows`.
  let rounded: UnsafeMutableRawPointer
  let experts: ExpertWorkspace
  /// Of the layers with a delta rule: a token's decays of all heads, and then its rates.
  let deltaRates: ArenaRows<Float>
  let layerInputs: LayerInputWorkspace
  let rotary: RotaryTables
  /// `[B]`
  let tokens: UnsafeMutablePointer<Int32>
  /// A row for each thread, as are those that follow.
  let rowScratch: ArenaRows<Float>
  /// The rows of a few tokens, which each thread rounds for itself.
  private let ownRounded: ArenaRows<UInt8>
  /// So few: one, or those of a pass with proposals.
  let ownRowCount: Int
  let attentionScratch: ArenaRows<Float>
  /// Of the layers with a delta rule.
  private let deltaScratch: ArenaRows<Float>
  /// For a single token, if several threads take one: a row for each segment of each KV head's slots.
  private let segmentSums: ArenaRows<Float>
  private let segmentCountMax: Int
  /// Empty rows, if positions are not renumbered.
  let renumberingScratch: ArenaRows<UInt32>
  /// `[threads]`
  let times: UnsafeMutablePointer<BlockTimes>
  /// `[threads]`
  let numbers: UnsafeMutablePointer<NumberRecord>

  init(carver: inout Carver, shape: ModelShape, settings: RunSettings) {
    let block = settings.blockSize
    blockSize = block
    logitRowCount = settings.logitRowCount
    let kMax = shape.longestRowLength
    residual = carver.takeRows(
      .activations, Float.self, count: block,
      stride: MatrixFormat.rowCapacity(shape.embeddingLength))
    queryKeyValue = carver.takeRows(
      .activations, Float.self, count: block,
      stride: MatrixFormat.outputCapacity(
        shape.layers.largest { $0.mixerInputLength(embeddingLength: shape.embeddingLength) }))
    attention = carver.takeRows(
      .activations, Float.self, count: block,
      stride: MatrixFormat.inputCapacity(
        shape.layers.largest { $0.mixedLength(embeddingLength: shape.embeddingLength) }))
    let hasBranch = shape.layers.largest {
      $0.norms.afterAttention || $0.norms.afterFeedForward ? 1 : 0
    }
    branch = carver.takeRows(
      .activations, Float.self, count: hasBranch * block, stride: residual.stride)
    gated = carver.takeRows(
      .activations, Float.self, count: block,
      stride: MatrixFormat.rowCapacity(
        shape.layers.largest { max($0.feedForwardLength, $0.inputLength) }))
    logits = carver.takeRows(
      .logits, Float.self, count: settings.logitRowCount,
      stride: MatrixFormat.outputCapacity(shape.vocabularyCount))
    let forms = shape.roundingForms
    unsafe rounded = unsafe carver.takeBytes(
      .int8Activations, count: ActivationRows.byteCount(forms, tokens: block, k: kMax))
    experts = ExpertWorkspace(carver: &carver, shape: shape, settings: settings)
    deltaRates = carver.takeRows(
      .activations, Float.self, count: block,
      stride: 2 * shape.layers.largest { $0.delta?.valueHeadCount ?? 0 })
    layerInputs = LayerInputWorkspace(carver: &carver, shape: shape, settings: settings)
    rotary = RotaryTables(carver: &carver, shape: shape, block: block)
    unsafe tokens = unsafe carver.take(.activations, Int32.self, count: block)
    rowScratch = carver.takeRows(
      .activations, Float.self, count: settings.threadCount,
      stride: MatrixFormat.inputCapacity(kMax))
    ownRowCount = max(1, settings.stepCountMax)
    ownRounded = carver.takeRows(
      .int8Activations, UInt8.self, count: settings.threadCount,
      stride: ActivationRows.byteCount(forms, tokens: ownRowCount, k: kMax))
    let slotCount = settings.slotCountMax(of: shape)
    attentionScratch = carver.takeRows(
      .attention, Float.self, count: settings.threadCount,
      stride: AttentionScratch.count(
        headDim: shape.layers.largest { $0.headDim }, slots: slotCount))
    let copiesState = settings.stepCountMax > 0
    deltaScratch = carver.takeRows(
      .attention, Float.self, count: settings.threadCount,
      stride: settings.blockSize == 1
        ? 0
        : shape.layers.largest { $0.delta?.scratchCount(copiesState: copiesState) ?? 0 })
    segmentCountMax = AttentionGeometry.segmentCount(slots: slotCount)
    let isSegmented = settings.decodeThreadCount > 1 && segmentCountMax > 1
    segmentSums = carver.takeRows(
      .attention, Float.self,
      count: isSegmented ? segmentCountMax * shape.layers.largest { $0.kvHeadCount } : 0,
      stride: shape.layers.largest { SoftmaxSums.count(rows: $0.group, headDim: $0.headDim) })
    renumberingScratch = carver.takeRows(
      .policy, UInt32.self, count: settings.threadCount,
      stride: settings.renumbers
        ? Eviction.renumberingWordCount(slots: slotCount) : 0)
    unsafe times = unsafe carver.take(.tables, BlockTimes.self, count: settings.threadCount)
    unsafe numbers = unsafe carver.take(.tables, NumberRecord.self, count: settings.threadCount)
  }
}

extension Workspace {
  /// One of each for every head of a layer.
  func deltaRates(
    _ token: Int, _ spec: DeltaSpec
  ) -> (decays: UnsafeMutablePointer<Float>, rates: UnsafeMutablePointer<Float>) {
    let decays = unsafe deltaRates[token]
    return unsafe (decays, decays + spec.valueHeadCount)
  }

  /// A member's memory for several tokens of a head.
  func deltaScratch(_ member: Member, _ spec: DeltaSpec) -> DeltaScratch {
    unsafe DeltaScratch(
      memory: deltaScratch[member.index], keyDim: spec.keyDim, valueDim: spec.valueDim)
  }

  /// A member's memory for a head's state while tokens pass that may be dropped.
  func stateCopy(_ member: Member) -> UnsafeMutablePointer<Float> {
    unsafe deltaScratch[member.index]
  }

  /// What attention of a single token sums up over a segment of a KV head's slots.
  func sums(ofSegment segment: Int, kvHead: Int, _ spec: LayerSpec) -> SoftmaxSums {
    unsafe SoftmaxSums(
      memory: segmentSums[kvHead * segmentCountMax + segment], rows: spec.group,
      headDim: spec.headDim)
  }

  /// Whether there is room for the sums of segments.
  var hasSegments: Bool { segmentSums.count > 0 }

  /// Room for the rows of tokens that a product takes; a member has rows of its own for a few.
  func rows(
    _ forms: RoundingForms, k: Int, tokenCount: Int, member: Int
  ) -> ActivationRows {
    unsafe ActivationRows(
      forms,
      memory: tokenCount <= ownRowCount ? UnsafeMutableRawPointer(ownRounded[member]) : rounded,
      k: k, tokenCount: tokenCount)
  }
}

extension DeltaSpec {
  /// Numbers that a thread works with: for a chunk of tokens, or a copy of a head's state.
  fileprivate func scratchCount(copiesState: Bool) -> Int {
    let chunk = DeltaScratch.count(keyDim: keyDim, valueDim: valueDim)
    return copiesState ? max(chunk, keyDim * valueDim) : chunk
  }
}

extension ProductOutput {
  /// - Parameter row: where the product's first token goes.
  init(_ rows: ArenaRows<Float>, from row: Int = 0) {
    unsafe self.init(rows[row], stride: rows.stride)
  }
}

extension RotaryTable {
  @export(interface)
  package init(
    carver: inout Carver, headDim: Int, block: Int, turning: Int? = nil, magnitude: Double = 1
  ) {
    let half = headDim / 2
    unsafe self.init(
      frequencies: carver.take(.norms, Double.self, count: half),
      cosines: carver.take(.activations, Float.self, count: block * half),
      sines: carver.take(.activations, Float.self, count: block * half), half: half,
      turning: turning, magnitude: magnitude)
  }
}
