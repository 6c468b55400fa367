import Kernels
import Memory
import Model

/// What makes the inputs of all layers from a token and its embedding.
@safe struct LayerInputWeights: BitwiseCopyable {
  /// Elements of the inputs of all layers.
  let count: Int
  /// Takes the embedding; its outputs are the inputs of one layer after the other.
  let projection: WeightMatrix
  /// `[inputLength]`
  let norm: UnsafeMutablePointer<Float>
  /// The file's rows, one a token; none with weights that are made up.
  let rows: UnsafeMutablePointer<FileRows?>

  init(carver: inout Carver, _ shape: ModelShape) {
    count = shape.layerInputLength * shape.layerCount
    projection = carver.takeMatrix(
      .weights, .int8, outputs: count, k: shape.embeddingLength)
    unsafe norm = unsafe carver.takeNorm(count: shape.layerInputLength)
    unsafe rows = unsafe carver.takeUninitialized(.tables, FileRows?.self, count: 1)
    if !carver.isMeasuring { unsafe rows.initialize(to: nil) }
  }

  /// From here on rows come from there.
  func take(_ file: FileRows) {
    unsafe rows.pointee?.close()
    unsafe rows.pointee = file
  }
}

/// What a layer adds of its input.
@safe struct LayerInput: BitwiseCopyable {
  /// From the residual stream to as many elements as the input has.
  let gate: WeightMatrix
  /// Back to the residual stream.
  let projection: WeightMatrix
  /// `[embedding]`
  let norm: UnsafeMutablePointer<Float>
  /// What the residual stream is multiplied by behind the layer.
  let outputScale: UnsafeMutablePointer<Float>

  init(carver: inout Carver, _ spec: LayerSpec, embeddingLength: Int) {
    gate = carver.takeMatrix(.weights, .int8, outputs: spec.inputLength, k: embeddingLength)
    projection = carver.takeMatrix(.weights, .int8, outputs: embeddingLength, k: spec.inputLength)
    unsafe norm = unsafe carver.takeNorm(count: embeddingLength)
    unsafe outputScale = unsafe carver.takeNorm(count: 1)
  }
}

/// Closes the file of the rows when the engine ends. The arena outlives it.
@safe public struct LayerInputFile: ~Copyable {
  private let rows: UnsafeMutablePointer<FileRows?>?

  init(_ weights: ModelWeights) { unsafe rows = unsafe weights.layerInputs?.rows }

  deinit { unsafe rows?.pointee?.close() }
}
