import KVCache
import Kernels
import Memory
import Model
import Platform

/// The activations of one block and each thread's scratch.
struct Workspace {
  /// Float32 rows of the block, `[B][stride]`. Strides leave room for the padding of the products
  /// that the rows come from, and for that of those they go into, which stays 0.
  let residual: UnsafeMutablePointer<Float>
  let residualStride: Int
  /// Queries, keys and values of each token.
  let queryKeyValue: UnsafeMutablePointer<Float>
  let queryKeyValueStride: Int
  let attention: UnsafeMutablePointer<Float>
  let attentionStride: Int
  /// silu(gate) * up
  let gated: UnsafeMutablePointer<Float>
  let gatedStride: Int
  /// `[logitRows][stride]`
  let logits: UnsafeMutablePointer<Float>
  let logitStride: Int
  /// The block's rows as int8, one matrix input at a time, and their scales.
  let int8Values: UnsafeMutablePointer<Int8>
  let int8Scales: UnsafeMutablePointer<Float>
  let rotary: RotaryTable
  /// `[B]`
  let tokens: UnsafeMutablePointer<Int32>
  /// `[threads][rowScratchCount]`
  let rowScratch: UnsafeMutablePointer<Float>
  let rowScratchCount: Int
  /// A single token's row, which each thread rounds for itself: `[threads][rowScratchCount]`, and
  /// the scales, a cache line apart.
  let singleValues: UnsafeMutablePointer<Int8>
  let singleScales: UnsafeMutablePointer<Float>
  static var floatsOfLine: Int { 16 }
  /// `[threads][AttentionScratch.count]`
  let attentionScratch: UnsafeMutablePointer<Float>
  /// `[threads][renumberingWordCount]`, where positions are renumbered.
  let renumberingScratch: UnsafeMutablePointer<UInt32>
  let renumberingWordCount: Int
  /// `[threads]`
  let times: UnsafeMutablePointer<BlockTimes>
  /// `[threads]`
  let numbers: UnsafeMutablePointer<NumberRecord>

  init(carver: inout Carver, shape: ModelShape, settings: RunSettings) {
    let block = settings.blockSize
    let kMax = shape.longestRowLength
    residualStride = Self.stride(shape.embeddingLength)
    queryKeyValueStride = PackedMatrix.paddedOutputCount(shape.queryKeyValueLength)
    attentionStride = roundUp(shape.queryLength, to: Int8Geometry.kStep)
    gatedStride = Self.stride(shape.feedForwardLength)
    logitStride = PackedMatrix.paddedOutputCount(shape.vocabularyCount)
    residual = carver.take(.activations, Float.self, count: block * residualStride)
    queryKeyValue = carver.take(.activations, Float.self, count: block * queryKeyValueStride)
    attention = carver.take(.activations, Float.self, count: block * attentionStride)
    gated = carver.take(.activations, Float.self, count: block * gatedStride)
    logits = carver.take(.logits, Float.self, count: settings.logitRowCount * logitStride)
    int8Values = carver.take(
      .int8Activations, Int8.self, count: ActivationRows.valueCount(tokens: block, k: kMax))
    int8Scales = carver.take(.int8Activations, Float.self, count: block)
    rotary = RotaryTable(
      carver: &carver, headDim: shape.headDim, block: block,
      magnitude: shape.ropeScaling.magnitude)
    tokens = carver.take(.activations, Int32.self, count: block)
    rowScratchCount = roundUp(kMax, to: 64)
    rowScratch = carver.take(
      .activations, Float.self, count: settings.threadCount * rowScratchCount)
    singleValues = carver.take(
      .int8Activations, Int8.self, count: settings.threadCount * rowScratchCount)
    singleScales = carver.take(
      .int8Activations, Float.self, count: settings.threadCount * Self.floatsOfLine)
    attentionScratch = carver.take(
      .attention, Float.self,
      count: settings.threadCount * AttentionScratch.count(headDim: shape.headDim))
    renumberingWordCount =
      settings.renumbers ? Eviction.renumberingWordCount(slots: settings.slotCount) : 0
    renumberingScratch = carver.take(
      .policy, UInt32.self, count: settings.threadCount * renumberingWordCount)
    times = carver.take(.tables, BlockTimes.self, count: settings.threadCount)
    numbers = carver.take(.tables, NumberRecord.self, count: settings.threadCount)
  }
}

extension Workspace {
  /// Of rows of a product's outputs that another product takes.
  private static func stride(_ count: Int) -> Int {
    max(PackedMatrix.paddedOutputCount(count), roundUp(count, to: Int8Geometry.kStep))
  }

  /// A member's own row for a single token.
  func singleRow(k: Int, member: Int) -> ActivationRows {
    ActivationRows(
      values: singleValues + member * rowScratchCount,
      scales: singleScales + member * Self.floatsOfLine, k: k, tokenCount: 1)
  }
}

extension RotaryTable {
  package init(carver: inout Carver, headDim: Int, block: Int, magnitude: Double = 1) {
    let half = headDim / 2
    self.init(
      frequencies: carver.take(.norms, Double.self, count: half),
      cosines: carver.take(.activations, Float.self, count: block * half),
      sines: carver.take(.activations, Float.self, count: block * half), half: half,
      magnitude: magnitude)
  }
}
