import Foundation
import Inference
import Kernels
import Model

/// A text on its way through a `FloatModel`: its cache of keys and values, and room for a block.
public final class FloatText {
  /// Rows of logits that are made at a time, to bound the memory.
  private static let logitRowCount = 64

  let model: FloatModel
  let blockSize: Int
  /// Tokens taken so far.
  public private(set) var tokenCount = 0
  /// Tokens of the block that `forward` took last.
  private var rowCount = 0
  private let caches: [FloatCache]
  /// As many as the model has tables.
  private let rotary: [FloatRotary]
  private let attention: FloatAttention

  private let residual: FloatRows
  private let normalized: FloatRows
  private let queries: FloatRows
  private let keys: FloatRows
  private let values: FloatRows
  private let attended: FloatRows
  private let gate: FloatRows
  private let up: FloatRows
  private let product: FloatRows
  private let logits: FloatRows

  init(_ model: FloatModel, capacity: Int, blockSize: Int) {
    precondition(capacity > 0 && blockSize > 0)
    let shape = model.shape
    self.model = model
    self.blockSize = blockSize
    let rows = { FloatRows(rowCount: blockSize, length: $0) }
    caches = (0..<shape.layerCount).map { FloatCache(shape.layer($0), capacity: capacity) }
    rotary = (0..<shape.ropeTables.count).map {
      FloatRotary(
        shape.ropeTables[$0], factors: $0 == 0 ? model.weights.ropeFactors : nil,
        rowCount: blockSize)
    }
    attention = FloatAttention(shape, capacity: capacity, blockSize: blockSize, model.workers)
    residual = rows(shape.embeddingLength)
    normalized = rows(shape.embeddingLength)
    queries = rows(shape.layers.largest { $0.queryLength })
    keys = rows(shape.layers.largest { $0.kvLength })
    values = rows(shape.layers.largest { $0.kvLength })
    attended = rows(shape.layers.largest { $0.queryLength })
    gate = rows(shape.layers.largest { $0.feedForwardLength })
    up = rows(shape.layers.largest { $0.feedForwardLength })
    product = rows(shape.embeddingLength)
    logits = FloatRows(rowCount: Self.logitRowCount, length: shape.vocabularyCount)
  }

  private var shape: ModelShape { model.shape }
  private var workers: Workers { model.workers }

  /// Passes the next tokens, 1 to `blockSize` of them, through all layers.
  public func forward(_ tokens: some Collection<Int32>, observer: (any ForwardObserver)? = nil) {
    precondition(!tokens.isEmpty && tokens.count <= blockSize)
    rowCount = tokens.count
    for (row, token) in tokens.enumerated() {
      precondition(token >= 0 && token < shape.vocabularyCount)
      model.weights.embeddings.getRow(Int(token), into: residual[row])
      for table in rotary { table.setRow(row, position: tokenCount + row) }
    }
    for (index, layer) in model.weights.layers.enumerated() {
      attend(index, layer, observer)
      feedForward(layer)
    }
    tokenCount += rowCount
  }

  /// Calls `body` with the row of each token of the last block, and the logits of the token after it.
  public func forEachLogitRow(
    _ body: (_ row: Int, _ logits: UnsafeBufferPointer<Float>) throws -> Void
  ) rethrows {
    normalize(model.weights.outputNorm)
    for first in stride(from: 0, to: rowCount, by: Self.logitRowCount) {
      let count = min(Self.logitRowCount, rowCount - first)
      model.weights.outputHead.multiply(
        normalized, firstRow: first, rowCount: count, into: logits, workers)
      for row in 0..<count {
        try body(
          first + row, UnsafeBufferPointer(start: logits[row], count: shape.vocabularyCount))
      }
    }
  }

  private func attend(_ index: Int, _ layer: FloatLayer, _ observer: (any ForwardObserver)?) {
    normalize(layer.attentionNorm)
    multiply(normalized, layer.query, plus: layer.biases?.query, into: queries)
    multiply(normalized, layer.key, plus: layer.biases?.key, into: keys)
    multiply(normalized, layer.value, plus: layer.biases?.value, into: values)
    rotate(queries, layer.spec, headCount: layer.spec.headCount, norm: layer.headNorms?.query)
    rotate(keys, layer.spec, headCount: layer.spec.kvHeadCount, norm: layer.headNorms?.key)
    caches[index].append(keys, values, rowCount: rowCount, at: tokenCount)
    observer?.layer(
      index, firstPosition: tokenCount,
      keys: HeadRows(rows: keys, rowCount: rowCount, headDim: layer.spec.headDim),
      queries: HeadRows(rows: queries, rowCount: rowCount, headDim: layer.spec.headDim))
    attention.run(
      queries, rowCount: rowCount, firstPosition: tokenCount, caches[index], into: attended
    ) { head, position, weights in
      observer?.attention(layer: index, head: head, position: position, weights: weights)
    }
    multiply(attended, layer.attentionOutput, into: product)
    addProduct()
  }

  private func feedForward(_ layer: FloatLayer) {
    normalize(layer.feedForwardNorm)
    multiply(normalized, layer.gate, into: gate)
    multiply(normalized, layer.up, into: up)
    workers.forEach(rowCount) { _, row in
      for index in 0..<layer.spec.feedForwardLength {
        let x = gate[row][index]
        gate[row][index] = x / (1 + exp(-x)) * up[row][index]
      }
    }
    multiply(gate, layer.down, into: product)
    addProduct()
  }

  private func multiply(
    _ x: FloatRows, _ matrix: FloatMatrix, plus bias: [Float]? = nil, into out: FloatRows
  ) {
    matrix.multiply(x, rowCount: rowCount, plus: bias, into: out, workers)
  }

  /// normalized = RMS norm of residual
  private func normalize(_ weight: [Float]) {
    for row in 0..<rowCount {
      rootMeanSquareNorm(
        residual[row], weight: weight, epsilon: shape.rmsEpsilon, into: normalized[row])
    }
  }

  private func addProduct() {
    for row in 0..<rowCount {
      for index in 0..<shape.embeddingLength { residual[row][index] += product[row][index] }
    }
  }

  /// Heads in place.
  private func rotate(_ rows: FloatRows, _ layer: LayerSpec, headCount: Int, norm: [Float]?) {
    for row in 0..<rowCount {
      for head in 0..<headCount {
        let values = rows[row] + head * layer.headDim
        if let norm {
          rootMeanSquareNorm(values, weight: norm, epsilon: shape.rmsEpsilon, into: values)
        }
        rotary[layer.ropeTable!].rotate(values, row: row)
      }
    }
  }
}

/// target = x / sqrt(mean(x²) + epsilon) * weight; may be in place. The mean is taken in Double.
func rootMeanSquareNorm(
  _ x: UnsafePointer<Float>, weight: [Float], epsilon: Float,
  into target: UnsafeMutablePointer<Float>
) {
  var squares = 0.0
  for index in 0..<weight.count { squares += Double(x[index]) * Double(x[index]) }
  let scale = Float(1 / (squares / Double(weight.count) + Double(epsilon)).squareRoot())
  for index in 0..<weight.count { target[index] = x[index] * scale * weight[index] }
}
