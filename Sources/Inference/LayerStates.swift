import KVCache
import Memory
import Model

/// What layers that keep no keys remember of a text: Float32 numbers, as many whatever its length, which
/// each token changes for good.
@safe struct LayerStates {
  private let values: UnsafeMutablePointer<Float>
  private let count: Int
  /// `[layers]`: numbers of the layers before.
  private let firsts: UnsafeMutablePointer<UInt32>

  init(carver: inout Carver, shape: ModelShape) {
    let length = shape.embeddingLength
    count = shape.layers.sum { $0.stateCount(embeddingLength: length) }
    unsafe values = unsafe carver.take(.states, Float.self, count: count)
    unsafe firsts = unsafe carver.take(
      .tables, UInt32.self, count: count == 0 ? 0 : shape.layerCount)
    if carver.isMeasuring || count == 0 { return }
    var next = 0
    for layer in 0..<shape.layerCount {
      unsafe firsts[layer] = UInt32(next)
      next += shape.layer(layer).stateCount(embeddingLength: length)
    }
  }

  /// - Parameter layer: one that has a state.
  func state(_ layer: Int) -> UnsafeMutablePointer<Float> { unsafe values + Int(firsts[layer]) }

  /// The state before a text.
  func reset() { unsafe values.update(repeating: 0, count: count) }

  func forEachPart<Visitor: CacheVisitor & ~Copyable>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try unsafe visitor.visit(values, count: count)
  }
}
