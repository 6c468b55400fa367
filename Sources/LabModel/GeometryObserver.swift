import Model

/// Gathers keys, sums of queries and received attention of a text while it passes a `FloatModel`.
public final class GeometryObserver: ForwardObserver {
  let shape: ModelShape
  public let tokenCount: Int
  /// The position of the last block's first token.
  public let lastBlockStart: Int
  /// Of each KV head of each layer: `[tokens][headDim]`.
  private let keys: [[FloatBuffer]]
  private var keySums: [[RowSums]]
  /// Of each query head of each layer.
  private var querySums: [[RowSums]]
  /// The number of each layer's first query head among those of all layers.
  private let firstHeads: [Int]
  /// Of each query head of each layer: `[tokens]` sums of attention weights that a position received,
  /// of all queries and of the last block's.
  private let received: UnsafeMutablePointer<Double>
  private let receivedLast: UnsafeMutablePointer<Double>

  /// - Parameter blockSize: the runtime's, B.
  public init(_ shape: ModelShape, tokenCount: Int, blockSize: Int) {
    precondition(tokenCount > 0 && blockSize > 0)
    self.shape = shape
    self.tokenCount = tokenCount
    lastBlockStart = (tokenCount - 1) / blockSize * blockSize
    let layers = (0..<shape.layerCount).map(shape.layer)
    let heads = shape.layers.sum { $0.headCount }
    keys = layers.map { layer in
      (0..<layer.keptHeadCount).map { _ in FloatBuffer(count: tokenCount * layer.headDim) }
    }
    keySums = layers.map {
      Array(repeating: RowSums(length: $0.headDim), count: $0.keptHeadCount)
    }
    querySums = layers.map {
      Array(repeating: RowSums(length: $0.headDim), count: $0.headCount)
    }
    firstHeads = layers.reduce(into: [0]) { $0.append($0.last! + $1.headCount) }
    received = .allocate(capacity: heads * tokenCount)
    received.initialize(repeating: 0, count: heads * tokenCount)
    receivedLast = .allocate(capacity: heads * tokenCount)
    receivedLast.initialize(repeating: 0, count: heads * tokenCount)
  }

  deinit {
    received.deallocate()
    receivedLast.deallocate()
  }

  public func layer(_ layer: Int, firstPosition: Int, keys: HeadRows, queries: HeadRows) {
    let spec = shape.layer(layer)
    for token in 0..<keys.rowCount {
      for head in 0..<spec.keptHeadCount {
        let row = keys.row(token, head: head)
        (self.keys[layer][head].start + (firstPosition + token) * spec.headDim)
          .update(from: row.baseAddress!, count: spec.headDim)
        keySums[layer][head].add(row)
      }
      for head in 0..<spec.headCount {
        querySums[layer][head].add(queries.row(token, head: head))
      }
    }
  }

  public func attention(
    layer: Int, head: Int, position: Int, weights: UnsafeBufferPointer<Float>
  ) {
    let sums = received + (firstHeads[layer] + head) * tokenCount
    for index in weights.indices { sums[index] += Double(weights[index]) }
    if position < lastBlockStart { return }
    let lastSums = receivedLast + (firstHeads[layer] + head) * tokenCount
    for index in weights.indices { lastSums[index] += Double(weights[index]) }
  }

  func keySums(_ layer: Int, _ kvHead: Int) -> RowSums { keySums[layer][kvHead] }
  func querySums(_ layer: Int, _ head: Int) -> RowSums { querySums[layer][head] }

  func key(layer: Int, kvHead: Int, position: Int) -> UnsafeBufferPointer<Float> {
    let headDim = shape.layer(layer).headDim
    return UnsafeBufferPointer(
      start: keys[layer][kvHead].start + position * headDim, count: headDim)
  }

  /// Sums over the query heads of a KV head.
  func received(layer: Int, kvHead: Int) -> [Double] { sum(received, layer, kvHead) }
  func receivedLast(layer: Int, kvHead: Int) -> [Double] { sum(receivedLast, layer, kvHead) }

  private func sum(_ values: UnsafeMutablePointer<Double>, _ layer: Int, _ kvHead: Int) -> [Double]
  {
    var sums = [Double](repeating: 0, count: tokenCount)
    let group = shape.layer(layer).group
    for head in kvHead * group..<(kvHead + 1) * group {
      let row = values + (firstHeads[layer] + head) * tokenCount
      for index in 0..<tokenCount { sums[index] += row[index] }
    }
    return sums
  }
}
