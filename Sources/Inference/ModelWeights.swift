import Kernels
import Memory
import Model

/// The matrices and norms of one transformer layer.
struct LayerWeights: BitwiseCopyable {
  /// `[embedding]`, zero-padded to whole vectors
  let attentionNorm: UnsafeMutablePointer<Float>
  /// Outputs: all query heads, then all key heads, then all value heads.
  let queryKeyValue: PackedMatrix
  /// One for each output of `queryKeyValue`, where the model has biases.
  let bias: UnsafeMutablePointer<Float>?
  /// `[headDim]` each, where the model has norms of heads.
  let headNorms: HeadNorms?
  let attentionOutput: PackedMatrix
  let feedForwardNorm: UnsafeMutablePointer<Float>
  let gate: PackedMatrix
  let up: PackedMatrix
  let down: PackedMatrix
}

/// Factors of the RMS norms of query and key heads.
struct HeadNorms: BitwiseCopyable {
  let query: UnsafeMutablePointer<Float>
  let key: UnsafeMutablePointer<Float>
}

/// All weights of a model in the arena: int8 matrices, Float32 norms.
package struct ModelWeights {
  let shape: ModelShape
  /// `[layers]`
  let layers: UnsafeMutablePointer<LayerWeights>
  let embeddings: PackedMatrix
  /// The embeddings again where the model ties them.
  let outputHead: PackedMatrix
  let outputNorm: UnsafeMutablePointer<Float>

  init(carver: inout Carver, shape: ModelShape) {
    self.shape = shape
    layers = carver.take(.tables, LayerWeights.self, count: shape.layerCount)
    for index in 0..<shape.layerCount {
      let layer = LayerWeights(carver: &carver, shape: shape)
      if !carver.isMeasuring { layers[index] = layer }
    }
    embeddings = PackedMatrix(
      carver: &carver, .embeddings, outputs: shape.vocabularyCount, k: shape.embeddingLength)
    outputHead =
      shape.isOutputTied
      ? embeddings
      : PackedMatrix(
        carver: &carver, .outputHead, outputs: shape.vocabularyCount, k: shape.embeddingLength)
    outputNorm = carver.takeNorm(count: shape.embeddingLength)
  }
}

extension LayerWeights {
  init(carver: inout Carver, shape: ModelShape) {
    let dim = shape.embeddingLength
    attentionNorm = carver.takeNorm(count: dim)
    queryKeyValue = PackedMatrix(
      carver: &carver, .weights, outputs: shape.queryKeyValueLength, k: dim)
    bias =
      shape.hasBias
      ? carver.take(
        .norms, Float.self, count: PackedMatrix.paddedOutputCount(shape.queryKeyValueLength))
      : nil
    headNorms =
      shape.layers[0].norms.heads
      ? HeadNorms(
        query: carver.takeNorm(count: shape.headDim), key: carver.takeNorm(count: shape.headDim))
      : nil
    attentionOutput = PackedMatrix(
      carver: &carver, .weights, outputs: dim, k: shape.queryLength)
    feedForwardNorm = carver.takeNorm(count: dim)
    gate = PackedMatrix(carver: &carver, .weights, outputs: shape.feedForwardLength, k: dim)
    up = PackedMatrix(carver: &carver, .weights, outputs: shape.feedForwardLength, k: dim)
    down = PackedMatrix(carver: &carver, .weights, outputs: dim, k: shape.feedForwardLength)
  }
}

extension PackedMatrix {
  init(carver: inout Carver, _ region: Region, outputs: Int, k: Int) {
    let padded = PackedMatrix.paddedOutputCount(outputs)
    let weights = carver.take(
      region, Int8.self, count: PackedMatrix.weightCount(outputs: outputs, k: k))
    let scales = carver.take(region, Float.self, count: padded)
    let starts = carver.take(region, Int32.self, count: padded)
    self.init(weights: weights, scales: scales, starts: starts, outputCount: outputs, k: k)
  }
}

extension Carver {
  mutating func takeNorm(count: Int) -> UnsafeMutablePointer<Float> {
    take(.norms, Float.self, count: roundUp(count, to: Int8Geometry.kStep))
  }
}

extension ModelShape {
  /// Values of all query, key and value heads of a token.
  var queryKeyValueLength: Int { queryLength + 2 * kvLength }

  /// The greatest K of the matrices.
  var longestRowLength: Int { max(max(embeddingLength, queryLength), feedForwardLength) }
}
