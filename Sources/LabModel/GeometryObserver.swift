import Model

/// Gathers keys, sums of queries and received attention of a text while it passes a `FloatModel`.
public final class GeometryObserver: ForwardObserver {
  let shape: ModelShape
  public let tokenCount: Int
  /// The position of the last block's first token.
  public let lastBlockStart: Int
  /// Of each KV head of each layer: `[tokens][headDim]`.
  private let keys: [FloatBuffer]
  private var keySums: [RowSums]
  /// Of each query head of each layer.
  private var querySums: [RowSums]
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
    let kvHeads = shape.layerCount * shape.kvHeadCount
    let heads = shape.layerCount * shape.headCount
    keys = (0..<kvHeads).map { _ in FloatBuffer(count: tokenCount * shape.headDim) }
    keySums = Array(repeating: RowSums(length: shape.headDim), count: kvHeads)
    querySums = Array(repeating: RowSums(length: shape.headDim), count: heads)
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
    for token in 0..<keys.rowCount {
      for head in 0..<shape.kvHeadCount {
        let row = keys.row(token, head: head)
        let target = self.keys[layer * shape.kvHeadCount + head]
        (target.start + (firstPosition + token) * shape.headDim)
          .update(from: row.baseAddress!, count: shape.headDim)
        keySums[layer * shape.kvHeadCount + head].add(row)
      }
      for head in 0..<shape.headCount {
        querySums[layer * shape.headCount + head].add(queries.row(token, head: head))
      }
    }
  }

  public func attention(
    layer: Int, head: Int, position: Int, weights: UnsafeBufferPointer<Float>
  ) {
    let sums = received + (layer * shape.headCount + head) * tokenCount
    for index in weights.indices { sums[index] += Double(weights[index]) }
    if position < lastBlockStart { return }
    let lastSums = receivedLast + (layer * shape.headCount + head) * tokenCount
    for index in weights.indices { lastSums[index] += Double(weights[index]) }
  }

  var group: Int { shape.headCount / shape.kvHeadCount }

  func keySums(_ layer: Int, _ kvHead: Int) -> RowSums {
    keySums[layer * shape.kvHeadCount + kvHead]
  }
  func querySums(_ layer: Int, _ head: Int) -> RowSums { querySums[layer * shape.headCount + head] }

  func key(layer: Int, kvHead: Int, position: Int) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(
      start: keys[layer * shape.kvHeadCount + kvHead].start + position * shape.headDim,
      count: shape.headDim)
  }

  /// Sums over the query heads of a KV head.
  func received(layer: Int, kvHead: Int) -> [Double] { sum(received, layer, kvHead) }
  func receivedLast(layer: Int, kvHead: Int) -> [Double] { sum(receivedLast, layer, kvHead) }

  private func sum(_ values: UnsafeMutablePointer<Double>, _ layer: Int, _ kvHead: Int) -> [Double]
  {
    var sums = [Double](repeating: 0, count: tokenCount)
    for head in kvHead * group..<(kvHead + 1) * group {
      let row = values + (layer * shape.headCount + head) * tokenCount
      for index in 0..<tokenCount { sums[index] += row[index] }
    }
    return sums
  }
}
