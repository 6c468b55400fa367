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
  /// `[steps][count]`: the numbers before each token of a block whose tokens can be taken back.
  private let before: UnsafeMutablePointer<Float>

  /// - Parameter undoDepth: tokens of a block that can be taken back; 0 if none can.
  init(carver: inout Carver, shape: ModelShape, undoDepth: Int) {
    let length = shape.embeddingLength
    count = shape.layers.sum { $0.stateCount(embeddingLength: length) }
    unsafe values = unsafe carver.take(.states, Float.self, count: count)
    unsafe firsts = unsafe carver.take(
      .tables, UInt32.self, count: count == 0 ? 0 : shape.layerCount)
    unsafe before = unsafe carver.take(.states, Float.self, count: count * undoDepth)
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

  /// Remembers some channels of a layer's rows as they are before a token.
  /// - Parameters:
  ///   - step: the token's number in its block.
  ///   - rowCount: rows of `channelCount` numbers each that the state is.
  func save(
    _ layer: Int, step: Int, channels: Range<Int>, of channelCount: Int, rowCount: Int
  ) {
    let source = unsafe state(layer)
    let target = unsafe before + step * count + Int(firsts[layer])
    for row in 0..<rowCount {
      let start = row * channelCount + channels.lowerBound
      unsafe (target + start).update(from: source + start, count: channels.count)
    }
  }

  /// The states are what they were before a token of the latest block.
  func restore(step: Int) { unsafe values.update(from: before + step * count, count: count) }

  func forEachPart<Visitor: CacheVisitor & ~Copyable>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try unsafe visitor.visit(values, count: count)
  }
}
