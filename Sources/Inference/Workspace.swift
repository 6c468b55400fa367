import KVCache
import Kernels
import Memory
import Model
import Platform

/// The activations of one block and each thread's scratch.
struct Workspace {
  /// Tokens of a block, and rows of them whose logits are there at the same time.
  let blockSize: Int
  let logitRowCount: Int
  /// Float32 rows of the block, `[B][stride]`. Strides leave room for the padding of the products
  /// that the rows come from, and for that of those they go into, which stays 0.
  let residual: UnsafeMutablePointer<Float>
  let residualStride: Int
  /// Queries, keys and values of each token, or what a convolution takes.
  let queryKeyValue: UnsafeMutablePointer<Float>
  let queryKeyValueStride: Int
  let attention: UnsafeMutablePointer<Float>
  let attentionStride: Int
  /// What a part adds to the residual rows, if a layer normalizes it first: `[B][residualStride]`.
  let branch: UnsafeMutablePointer<Float>
  /// The gate's function of gate, times up.
  let gated: UnsafeMutablePointer<Float>
  let gatedStride: Int
  /// `[logitRows][stride]`
  let logits: UnsafeMutablePointer<Float>
  let logitStride: Int
  /// The block's rows as int8, one matrix input at a time; see `ActivationRows`.
  let rounded: UnsafeMutableRawPointer
  let experts: ExpertWorkspace
  /// Of the layers with a delta rule: `[B][2][heads]`, decays and then rates.
  private let deltaRates: UnsafeMutablePointer<Float>
  let rotary: RotaryTables
  /// `[B]`
  let tokens: UnsafeMutablePointer<Int32>
  /// `[threads][rowScratchCount]`
  let rowScratch: UnsafeMutablePointer<Float>
  let rowScratchCount: Int
  /// A single token's row, which each thread rounds for itself: `[threads][singleByteCount]`.
  let single: UnsafeMutableRawPointer
  let singleByteCount: Int
  /// `[threads][attentionScratchCount]`
  let attentionScratch: UnsafeMutablePointer<Float>
  let attentionScratchCount: Int
  /// `[threads][renumberingWordCount]`, if positions are renumbered.
  let renumberingScratch: UnsafeMutablePointer<UInt32>
  let renumberingWordCount: Int
  /// `[threads]`
  let times: UnsafeMutablePointer<BlockTimes>
  /// `[threads]`
  let numbers: UnsafeMutablePointer<NumberRecord>

  init(carver: inout Carver, shape: ModelShape, settings: RunSettings) {
    let block = settings.blockSize
    blockSize = block
    logitRowCount = settings.logitRowCount
    let kMax = shape.longestRowLength
    residualStride = MatrixFormat.rowCapacity(shape.embeddingLength)
    queryKeyValueStride = MatrixFormat.outputCapacity(
      shape.layers.largest { $0.mixerInputLength(embeddingLength: shape.embeddingLength) })
    attentionStride = MatrixFormat.inputCapacity(
      shape.layers.largest { $0.mixedLength(embeddingLength: shape.embeddingLength) })
    gatedStride = MatrixFormat.rowCapacity(shape.layers.largest { $0.feedForwardLength })
    logitStride = MatrixFormat.outputCapacity(shape.vocabularyCount)
    residual = carver.take(.activations, Float.self, count: block * residualStride)
    queryKeyValue = carver.take(.activations, Float.self, count: block * queryKeyValueStride)
    attention = carver.take(.activations, Float.self, count: block * attentionStride)
    let hasBranch = shape.layers.largest {
      $0.norms.afterAttention || $0.norms.afterFeedForward ? 1 : 0
    }
    branch = carver.take(.activations, Float.self, count: hasBranch * block * residualStride)
    gated = carver.take(.activations, Float.self, count: block * gatedStride)
    logits = carver.take(.logits, Float.self, count: settings.logitRowCount * logitStride)
    let forms = shape.roundingForms
    rounded = carver.takeBytes(
      .int8Activations, count: ActivationRows.byteCount(forms, tokens: block, k: kMax))
    experts = ExpertWorkspace(carver: &carver, shape: shape, settings: settings)
    deltaRates = carver.take(
      .activations, Float.self,
      count: 2 * block * shape.layers.largest { $0.delta?.valueHeadCount ?? 0 })
    rotary = RotaryTables(carver: &carver, shape: shape, block: block)
    tokens = carver.take(.activations, Int32.self, count: block)
    rowScratchCount = MatrixFormat.inputCapacity(kMax)
    rowScratch = carver.take(
      .activations, Float.self, count: settings.threadCount * rowScratchCount)
    singleByteCount = ActivationRows.byteCount(forms, tokens: 1, k: kMax)
    single = carver.takeBytes(
      .int8Activations, count: settings.threadCount * singleByteCount)
    attentionScratchCount = AttentionScratch.count(headDim: shape.layers.largest { $0.headDim })
    attentionScratch = carver.take(
      .attention, Float.self, count: settings.threadCount * attentionScratchCount)
    renumberingWordCount =
      settings.renumbers
      ? Eviction.renumberingWordCount(slots: settings.slotCountMax(of: shape)) : 0
    renumberingScratch = carver.take(
      .policy, UInt32.self, count: settings.threadCount * renumberingWordCount)
    times = carver.take(.tables, BlockTimes.self, count: settings.threadCount)
    numbers = carver.take(.tables, NumberRecord.self, count: settings.threadCount)
  }
}

extension Workspace {
  /// One of each for every head of a layer.
  func deltaRates(
    _ token: Int, _ spec: DeltaSpec
  ) -> (decays: UnsafeMutablePointer<Float>, rates: UnsafeMutablePointer<Float>) {
    let decays = deltaRates + 2 * token * spec.valueHeadCount
    return (decays, decays + spec.valueHeadCount)
  }

  /// Room for the rows of tokens that a product takes; a member has a row of its own for a single
  /// token.
  func rows(
    _ forms: RoundingForms, k: Int, tokenCount: Int, member: Int
  ) -> ActivationRows {
    ActivationRows(
      forms, memory: tokenCount == 1 ? single + member * singleByteCount : rounded, k: k,
      tokenCount: tokenCount)
  }
}

extension RotaryTable {
  @export(interface)
  package init(
    carver: inout Carver, headDim: Int, block: Int, turning: Int? = nil, magnitude: Double = 1
  ) {
    let half = headDim / 2
    self.init(
      frequencies: carver.take(.norms, Double.self, count: half),
      cosines: carver.take(.activations, Float.self, count: block * half),
      sines: carver.take(.activations, Float.self, count: block * half), half: half,
      turning: turning, magnitude: magnitude)
  }
}
