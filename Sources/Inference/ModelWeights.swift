import Kernels
import Memory
import Model

/// All weights of a model in the arena: matrices, and Float32 norms and biases.
@safe package struct ModelWeights {
  /// In the arena, because all threads read it and it is too large to be copied for every share.
  private let shapeAddress: UnsafeMutablePointer<ModelShape>
  /// `[layers]`
  let layers: UnsafeMutablePointer<LayerWeights>
  /// `[layers]`
  let keys: UnsafeMutablePointer<LayerKeys>
  let embeddings: WeightMatrix
  /// The embeddings again if the model ties them.
  let outputHead: WeightMatrix
  let outputNorm: UnsafeMutablePointer<Float>
  /// If layers have an input for each token.
  let layerInputs: LayerInputWeights?

  /// Not to be read of weights that were only measured.
  var shape: ModelShape { unsafeAddress { unsafe UnsafePointer(shapeAddress) } }

  init(carver: inout Carver, shape: ModelShape) {
    let length = shape.embeddingLength
    unsafe shapeAddress = unsafe carver.take(.tables, ModelShape.self, count: 1)
    unsafe layers = unsafe carver.take(.tables, LayerWeights.self, count: shape.layerCount)
    unsafe keys = unsafe carver.take(.tables, LayerKeys.self, count: shape.layerCount)
    if !carver.isMeasuring { unsafe shapeAddress.pointee = shape }
    for index in 0..<shape.layerCount {
      let layer = LayerWeights(carver: &carver, shape, index)
      if carver.isMeasuring { continue }
      unsafe layers[index] = layer
      unsafe keys[index] = LayerKeys(
        layer: shape.layer(index).keySource ?? index, isLast: shape.isLastOfKeys(index))
    }
    embeddings = carver.takeMatrix(
      .embeddings, shape.format(.tokenEmbedding), outputs: shape.vocabularyCount, k: length)
    outputHead =
      shape.isOutputTied
      ? embeddings
      : carver.takeMatrix(
        .outputHead, shape.format(.output), outputs: shape.vocabularyCount, k: length)
    unsafe outputNorm = unsafe carver.takeNorm(count: length)
    layerInputs =
      shape.layerInputLength > 0 ? LayerInputWeights(carver: &carver, shape) : nil
  }
}

/// Which keys and values a layer attends to. It is asked for each KV head, and the layer's weights are too large a
/// value for that.
struct LayerKeys: BitwiseCopyable {
  /// The layer that keeps them.
  let layer: Int
  /// Whether no later layer attends to them, so that they are evicted from.
  let isLast: Bool
}

extension ModelShape {
  /// Whether no layer behind this one attends to the same keys.
  func isLastOfKeys(_ layer: Int) -> Bool {
    let source = self.layer(layer).keySource ?? layer
    for later in layer + 1..<max(layerCount, layer + 1)
    where self.layer(later).keySource == source { return false }
    return true
  }

  /// The greatest K of the matrices.
  var longestRowLength: Int {
    max(
      embeddingLength,
      layers.largest {
        max($0.mixedLength(embeddingLength: embeddingLength), $0.feedForwardLength)
      })
  }
}
