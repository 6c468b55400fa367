import Kernels
import Memory
import Model

/// What a layer with a delta rule has beside its matrices.
@safe struct DeltaWeights: BitwiseCopyable {
  /// `[tokens][channels]`
  let convolution: UnsafeMutablePointer<Float>
  /// `[value heads]` each: what is added to alpha, and what its softplus is multiplied by.
  let bias: UnsafeMutablePointer<Float>
  let decay: UnsafeMutablePointer<Float>
  /// `[value heads][embedding]` each.
  let beta: UnsafeMutablePointer<Float>
  let alpha: UnsafeMutablePointer<Float>
  /// `[valueDim]`
  let norm: UnsafeMutablePointer<Float>

  init(carver: inout Carver, _ delta: DeltaSpec, embeddingLength: Int) {
    unsafe convolution = unsafe carver.take(
      .norms, Float.self, count: delta.convolutionLength * delta.channelCount)
    unsafe bias = unsafe carver.take(.norms, Float.self, count: delta.valueHeadCount)
    unsafe decay = unsafe carver.take(.norms, Float.self, count: delta.valueHeadCount)
    unsafe beta = unsafe carver.take(
      .norms, Float.self, count: delta.valueHeadCount * embeddingLength)
    unsafe alpha = unsafe carver.take(
      .norms, Float.self, count: delta.valueHeadCount * embeddingLength)
    unsafe norm = unsafe carver.take(.norms, Float.self, count: delta.valueDim)
  }
}
