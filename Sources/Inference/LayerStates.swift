import KVCache
import Memory
import Model

/// What layers that keep no keys remember of a text: Float32 numbers, as many whatever its length, which
/// each token changes for good. They begin with the latest rows that the layer convolves.
///
/// For a block whose tokens can be taken back, the log has those rows of all its tokens, and what each token
/// brings to a delta rule. The rule's own numbers do not change in such a block: they follow when it is known
/// how many tokens stay.
@safe struct LayerStates {
  private let values: UnsafeMutablePointer<Float>
  private let count: Int
  /// `[layers]`: numbers of the layers before.
  private let firsts: UnsafeMutablePointer<UInt32>
  private let log: UnsafeMutablePointer<Float>
  /// `[layers]`: numbers of the layers before in the log.
  private let logFirsts: UnsafeMutablePointer<UInt32>
  /// Tokens of a block that can be taken back; 0 if none can.
  private let depth: Int

  init(carver: inout Carver, shape: ModelShape, undoDepth: Int) {
    let length = shape.embeddingLength
    count = shape.layers.sum { $0.stateCount(embeddingLength: length) }
    depth = count == 0 ? 0 : undoDepth
    unsafe values = unsafe carver.take(.states, Float.self, count: count)
    unsafe firsts = unsafe carver.take(
      .tables, UInt32.self, count: count == 0 ? 0 : shape.layerCount)
    let depth = depth
    unsafe log = unsafe carver.take(
      .states, Float.self,
      count: shape.layers.sum { $0.logCount(embeddingLength: length, depth: depth) })
    unsafe logFirsts = unsafe carver.take(
      .tables, UInt32.self, count: depth == 0 ? 0 : shape.layerCount)
    if carver.isMeasuring || count == 0 { return }
    var (next, nextOfLog) = (0, 0)
    for layer in 0..<shape.layerCount {
      unsafe firsts[layer] = UInt32(next)
      next += shape.layer(layer).stateCount(embeddingLength: length)
      if depth == 0 { continue }
      unsafe logFirsts[layer] = UInt32(nextOfLog)
      nextOfLog += shape.layer(layer).logCount(embeddingLength: length, depth: depth)
    }
  }

  /// - Parameter layer: one that has a state.
  func state(_ layer: Int) -> UnsafeMutablePointer<Float> { unsafe values + Int(firsts[layer]) }

  private func log(_ layer: Int) -> UnsafeMutablePointer<Float> {
    unsafe log + Int(logFirsts[layer])
  }

  /// What a token of the block brought to a layer's delta rule.
  func change(_ layer: Int, step: Int, _ spec: DeltaSpec) -> DeltaChange {
    let rows = spec.convolutionStateCount + (depth - 1) * spec.channelCount
    return unsafe DeltaChange(memory: log(layer) + rows + step * spec.changeCount, spec)
  }

  /// The state before a text.
  func reset() { unsafe values.update(repeating: 0, count: count) }

  /// Remembers some channels of a layer's rows as they are before a token.
  /// - Parameters:
  ///   - step: the token's number in its block.
  ///   - rowCount: rows of `channelCount` numbers each that the state begins with.
  func save(
    _ layer: Int, step: Int, channels: Range<Int>, of channelCount: Int, rowCount: Int
  ) {
    let (source, target) = unsafe (state(layer), log(layer) + step * channelCount)
    // All but the last one were there before the token before.
    for row in (step == 0 ? 0 : rowCount - 1)..<rowCount {
      let start = row * channelCount + channels.lowerBound
      unsafe (target + start).update(from: source + start, count: channels.count)
    }
  }

  /// The rows are what they were before a token of the latest block.
  func restoreRows(step: Int, _ shape: ModelShape) {
    if depth == 0 { return }
    let length = shape.embeddingLength
    for layer in 0..<shape.layerCount {
      let (rowCount, channelCount) = shape.layer(layer).convolvedRows(embeddingLength: length)
      if rowCount == 0 { continue }
      unsafe state(layer).update(
        from: log(layer) + step * channelCount, count: rowCount * channelCount)
    }
  }

  func forEachPart<Visitor: CacheVisitor & ~Copyable>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try unsafe visitor.visit(values, count: count)
  }
}

/// What one token brings to the delta rule of a layer.
@safe struct DeltaChange {
  /// `[keyLength]` and `[valueLength]`, convolved: the row's channels behind the queries.
  let keys: UnsafeMutablePointer<Float>
  let values: UnsafeMutablePointer<Float>
  /// `[valueHeadCount]`, and as many rates behind them.
  let decays: UnsafeMutablePointer<Float>
  let rates: UnsafeMutablePointer<Float>

  init(memory: UnsafeMutablePointer<Float>, _ spec: DeltaSpec) {
    unsafe keys = unsafe memory
    unsafe values = unsafe keys + spec.keyLength
    unsafe decays = unsafe values + spec.valueLength
    unsafe rates = unsafe decays + spec.valueHeadCount
  }
}

extension DeltaSpec {
  /// Numbers of a `DeltaChange`.
  var changeCount: Int { keyLength + valueLength + 2 * valueHeadCount }
}

extension LayerSpec {
  /// The rows that a state begins with: those before a token that its convolution sees.
  fileprivate func convolvedRows(embeddingLength: Int) -> (count: Int, channelCount: Int) {
    switch mixer {
    case .attention: (0, 0)
    case .convolution(let length): (length - 1, embeddingLength)
    case .delta(let delta): (delta.convolutionLength - 1, delta.channelCount)
    }
  }

  /// Numbers that are kept for a block of `depth` tokens.
  fileprivate func logCount(embeddingLength: Int, depth: Int) -> Int {
    let (rowCount, channelCount) = convolvedRows(embeddingLength: embeddingLength)
    if depth == 0 || rowCount == 0 { return 0 }
    let changes = delta.map { $0.changeCount * depth } ?? 0
    return (rowCount + depth - 1) * channelCount + changes
  }
}
