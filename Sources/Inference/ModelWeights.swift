import Kernels
import Memory
import Model

/// All weights of a model in the arena: matrices, and Float32 norms and biases.
@safe package struct ModelWeights {
  /// In the arena, because all threads read it and it is too large to be copied for every share.
  private let shapeAddress: UnsafeMutablePointer<ModelShape>
  /// `[layers]`
  let layers: UnsafeMutablePointer<LayerWeights>
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
    if !carver.isMeasuring { unsafe shapeAddress.pointee = shape }
    for index in 0..<shape.layerCount {
      let layer = LayerWeights(carver: &carver, shape, index)
      if !carver.isMeasuring { unsafe layers[index] = layer }
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
