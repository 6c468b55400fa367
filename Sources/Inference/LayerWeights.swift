import Kernels
import Memory
import Model

/// The matrices and vectors of one transformer layer, as its description says.
struct LayerWeights: BitwiseCopyable {
  let spec: LayerSpec
  /// `[embedding]`, zero-padded to whole rows of a product's input.
  let attentionNorm: UnsafeMutablePointer<Float>
  /// Outputs: all query heads, then all key heads, then all value heads.
  let queryKeyValue: WeightMatrix
  /// One for each output of `queryKeyValue`, if the layer has biases.
  let bias: UnsafeMutablePointer<Float>?
  /// `[headDim]` each, if the layer has norms of heads.
  let headNorms: HeadNorms?
  let attentionOutput: WeightMatrix
  /// `[embedding]`, if the layer has it.
  let attentionPostNorm: UnsafeMutablePointer<Float>?
  let feedForwardNorm: UnsafeMutablePointer<Float>
  let gate: WeightMatrix
  let up: WeightMatrix
  let down: WeightMatrix
  /// `[embedding]`, if the layer has it.
  let feedForwardPostNorm: UnsafeMutablePointer<Float>?

  init(carver: inout Carver, _ spec: LayerSpec, embeddingLength: Int, _ format: MatrixFormat) {
    self.spec = spec
    attentionNorm = carver.takeNorm(count: embeddingLength)
    queryKeyValue = carver.takeMatrix(
      .weights, format, outputs: spec.queryKeyValueLength, k: embeddingLength)
    bias =
      spec.hasBias
      ? carver.take(
        .norms, Float.self, count: MatrixFormat.outputCapacity(spec.queryKeyValueLength))
      : nil
    headNorms =
      spec.norms.heads
      ? HeadNorms(
        query: carver.takeNorm(count: spec.headDim), key: carver.takeNorm(count: spec.headDim))
      : nil
    attentionOutput = carver.takeMatrix(
      .weights, format, outputs: embeddingLength, k: spec.queryLength)
    attentionPostNorm =
      spec.norms.afterAttention ? carver.takeNorm(count: embeddingLength) : nil
    feedForwardNorm = carver.takeNorm(count: embeddingLength)
    gate = carver.takeMatrix(.weights, format, outputs: spec.feedForwardLength, k: embeddingLength)
    up = carver.takeMatrix(.weights, format, outputs: spec.feedForwardLength, k: embeddingLength)
    down = carver.takeMatrix(
      .weights, format, outputs: embeddingLength, k: spec.feedForwardLength)
    feedForwardPostNorm =
      spec.norms.afterFeedForward ? carver.takeNorm(count: embeddingLength) : nil
  }
}

/// Factors of the RMS norms of query and key heads.
struct HeadNorms: BitwiseCopyable {
  let query: UnsafeMutablePointer<Float>
  let key: UnsafeMutablePointer<Float>
}

/// Where the values of a tensor go.
enum TensorPlace {
  /// Rows of the tensor are the outputs from `firstOutput` on, in that order.
  case matrix(WeightMatrix, firstOutput: Int, RowOrder)
  case vector(UnsafeMutablePointer<Float>, RowOrder)
}

extension LayerWeights {
  /// The place of a tensor that the layer has.
  /// - Parameter rotated: the order of rows that rotary embedding turns.
  func place(of tensor: LayerTensor, rotated: RowOrder) -> TensorPlace {
    switch tensor {
    case .attentionNorm: .vector(attentionNorm, .asStored)
    case .query: .matrix(queryKeyValue, firstOutput: 0, rotated)
    case .key: .matrix(queryKeyValue, firstOutput: spec.queryLength, rotated)
    case .value: .matrix(queryKeyValue, firstOutput: spec.queryLength + spec.kvLength, .asStored)
    case .queryBias: .vector(bias!, rotated)
    case .keyBias: .vector(bias! + spec.queryLength, rotated)
    case .valueBias: .vector(bias! + spec.queryLength + spec.kvLength, .asStored)
    case .queryNorm: .vector(headNorms!.query, .asStored)
    case .keyNorm: .vector(headNorms!.key, .asStored)
    case .attentionOutput: .matrix(attentionOutput, firstOutput: 0, .asStored)
    case .attentionPostNorm: .vector(attentionPostNorm!, .asStored)
    case .ffnNorm: .vector(feedForwardNorm, .asStored)
    case .gate: .matrix(gate, firstOutput: 0, .asStored)
    case .up: .matrix(up, firstOutput: 0, .asStored)
    case .down: .matrix(down, firstOutput: 0, .asStored)
    case .ffnPostNorm: .vector(feedForwardPostNorm!, .asStored)
    }
  }
}

extension Carver {
  mutating func takeMatrix(
    _ region: Region, _ format: MatrixFormat, outputs: Int, k: Int
  ) -> WeightMatrix {
    WeightMatrix(
      format, memory: takeBytes(region, count: format.byteCount(outputs: outputs, k: k)),
      outputs: outputs, k: k)
  }

  /// A row of factors that normalizes the input of a product.
  mutating func takeNorm(count: Int) -> UnsafeMutablePointer<Float> {
    take(.norms, Float.self, count: MatrixFormat.inputCapacity(count))
  }
}
