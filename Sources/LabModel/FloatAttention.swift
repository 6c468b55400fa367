import Foundation
import Model

/// Keys and values of a layer, in panels: of each KV head `[slots / 16][headDim][16]` keys and
/// `[headDim / 16][slots][16]` values. A token's slot is its position.
struct FloatCache {
  let layer: LayerSpec
  let slotCount: Int
  private let keys: FloatBuffer
  private let values: FloatBuffer

  init(_ layer: LayerSpec, capacity: Int) {
    self.layer = layer
    slotCount = FloatPanel.padded(capacity)
    keys = FloatBuffer(count: layer.keptLength * slotCount)
    values = FloatBuffer(
      count: layer.keptHeadCount * FloatPanel.padded(layer.headDim) * slotCount)
  }

  func append(_ keyRows: FloatRows, _ valueRows: FloatRows, rowCount: Int, at slot: Int) {
    precondition(slot + rowCount <= slotCount)
    for row in 0..<rowCount {
      for head in 0..<layer.kvHeadCount {
        let key = keyRows[row] + head * layer.headDim
        let keyTarget =
          keyPanel(head, (slot + row) / FloatPanel.width)
          + (slot + row) % FloatPanel.width
        let value = valueRows[row] + head * layer.headDim
        for index in 0..<layer.headDim {
          keyTarget[index * FloatPanel.width] = key[index]
          valuePanel(head, index / FloatPanel.width)[
            (slot + row) * FloatPanel.width + index % FloatPanel.width] = value[index]
        }
      }
    }
  }

  func keyPanel(_ head: Int, _ panel: Int) -> UnsafeMutablePointer<Float> {
    keys.start + (head * slotCount + panel * FloatPanel.width) * layer.headDim
  }

  func valuePanel(_ head: Int, _ panel: Int) -> UnsafeMutablePointer<Float> {
    let perHead = FloatPanel.padded(layer.headDim)
    return values.start + (head * perHead + panel * FloatPanel.width) * slotCount
  }
}

/// Causal attention of a block's queries over all slots so far, or those of the layer's window.
struct FloatAttention {
  private let workers: Workers
  /// Of each worker: `[blockSize][slots]` scores, then weights, and `[blockSize][headDim]` outputs.
  private let scores: [FloatRows]
  private let outputs: [FloatRows]

  init(_ shape: ModelShape, capacity: Int, blockSize: Int, _ workers: Workers) {
    self.workers = workers
    let count = min(workers.count, shape.layers.largest { $0.headCount })
    let headDim = shape.layers.largest { $0.headDim }
    scores = (0..<count).map { _ in FloatRows(rowCount: blockSize, length: capacity) }
    outputs = (0..<count).map { _ in FloatRows(rowCount: blockSize, length: headDim) }
  }

  /// - Parameters:
  ///   - sinks: of each query head, if there are any.
  ///   - observe: gets the query head, the position and its weights.
  func run(
    _ queries: FloatRows, rowCount: Int, firstPosition: Int, _ cache: FloatCache,
    sinks: [Float]?, into attended: FloatRows,
    _ observe: (Int, Int, UnsafeBufferPointer<Float>) -> Void
  ) {
    let (group, headDim) = (cache.layer.group, cache.layer.headDim)
    workers.forEach(cache.layer.headCount) { worker, head in
      let (scores, outputs) = (scores[worker], outputs[worker])
      makeScores(
        queries[0] + head * headDim, stride: queries.stride, rowCount: rowCount,
        slots: firstPosition + rowCount, cache, kvHead: head / group, into: scores)
      for row in 0..<rowCount {
        softmax(
          scores[row], scale: cache.layer.queryScale ?? 1 / Float(headDim).squareRoot(),
          sink: sinks?[head], seen: seen(by: firstPosition + row, cache.layer),
          padded: scores.stride)
        observe(
          head, firstPosition + row,
          UnsafeBufferPointer(start: scores[row], count: firstPosition + row + 1))
      }
      for panel in 0..<FloatPanel.padded(headDim) / FloatPanel.width {
        FloatPanel.multiply(
          scores[0], stride: scores.stride, rowCount: rowCount,
          cache.valuePanel(head / group, panel), k: firstPosition + rowCount,
          into: outputs[0] + panel * FloatPanel.width, outStride: outputs.stride)
      }
      for row in 0..<rowCount {
        (attended[row] + head * headDim).update(from: outputs[row], count: headDim)
      }
    }
  }

  /// The slots that a token sees.
  private func seen(by position: Int, _ layer: LayerSpec) -> Range<Int> {
    switch layer.span {
    case .full: 0..<position + 1
    case .window(let length): max(position + 1 - length, 0)..<position + 1
    }
  }

  private func makeScores(
    _ queries: UnsafePointer<Float>, stride: Int, rowCount: Int, slots: Int, _ cache: FloatCache,
    kvHead: Int, into scores: FloatRows
  ) {
    for panel in 0..<FloatPanel.padded(slots) / FloatPanel.width {
      FloatPanel.multiply(
        queries, stride: stride, rowCount: rowCount, cache.keyPanel(kvHead, panel),
        k: cache.layer.headDim, into: scores[0] + panel * FloatPanel.width, outStride: scores.stride
      )
    }
  }

  /// Softmax of row * scale, and of a sink if there is one, in place; zeros for the slots that are not seen.
  private func softmax(
    _ row: UnsafeMutablePointer<Float>, scale: Float, sink: Float?, seen: Range<Int>, padded: Int
  ) {
    var largest = row[seen.lowerBound]
    for index in seen { largest = max(largest, row[index]) }
    var sum = 0.0
    for index in seen {
      row[index] = exp((row[index] - largest) * scale)
      sum += Double(row[index])
    }
    if let sink { sum += exp(Double(sink - largest * scale)) }
    let factor = Float(1 / sum)
    for index in seen { row[index] *= factor }
    for index in 0..<seen.lowerBound { row[index] = 0 }
    for index in seen.upperBound..<padded { row[index] = 0 }
  }
}
