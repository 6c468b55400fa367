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
  private(set) var rowCount = 0
  private let caches: [FloatCache]
  /// Of layers that convolve: what they take of the tokens before, `[tokens][channels]`.
  let states: [FloatBuffer]
  private let layers: [LayerSpec]
  /// As many as the model has tables.
  private let rotary: [FloatRotary]
  private let attention: FloatAttention

  private let residual: FloatRows
  let normalized: FloatRows
  /// What a convolution takes.
  let parts: FloatRows
  private let queries: FloatRows
  private let keys: FloatRows
  private let values: FloatRows
  let attended: FloatRows
  private let gate: FloatRows
  private let up: FloatRows
  private let product: FloatRows
  /// What an expert gives one token.
  private let expertOutput: FloatRows
  private let logits: FloatRows
  /// Of each token the inputs of all layers, and what the file has of them.
  private let inputs: FloatRows

  init(_ model: FloatModel, capacity: Int, blockSize: Int) {
    precondition(capacity > 0 && blockSize > 0)
    var shape = model.shape
    shape.chooseRopeFactors(positionCount: capacity)
    layers = (0..<shape.layerCount).map { shape.layer($0) }
    self.model = model
    self.blockSize = blockSize
    let rows = { FloatRows(rowCount: blockSize, length: $0) }
    caches = (0..<shape.layerCount).map { FloatCache(shape.layer($0), capacity: capacity) }
    states = (0..<shape.layerCount).map {
      FloatBuffer(
        count: shape.layer($0).stateCount(embeddingLength: shape.embeddingLength))
    }
    rotary = (0..<shape.ropeTables.count).map {
      FloatRotary(
        shape.ropeTables[$0],
        factors: model.weights.ropeFactors[$0].isEmpty ? nil : model.weights.ropeFactors[$0],
        rowCount: blockSize)
    }
    attention = FloatAttention(shape, capacity: capacity, blockSize: blockSize, model.workers)
    residual = rows(shape.embeddingLength)
    normalized = rows(shape.embeddingLength)
    parts = rows(
      shape.layers.largest { layer in
        layer.attends ? 0 : layer.mixerInputLength(embeddingLength: shape.embeddingLength)
      })
    queries = rows(shape.layers.largest { $0.keyStart })
    keys = rows(shape.layers.largest { $0.kvLength })
    values = rows(shape.layers.largest { $0.kvLength })
    attended = rows(
      shape.layers.largest { $0.mixedLength(embeddingLength: shape.embeddingLength) })
    gate = rows(shape.layers.largest { max($0.feedForwardLength, $0.inputLength) })
    up = rows(shape.layers.largest { $0.feedForwardLength })
    product = rows(shape.embeddingLength)
    expertOutput = FloatRows(rowCount: 1, length: shape.embeddingLength)
    inputs = rows(shape.layerInputLength * shape.layerCount)
    logits = FloatRows(rowCount: Self.logitRowCount, length: shape.vocabularyCount)
  }

  var shape: ModelShape { model.shape }
  private var workers: Workers { model.workers }

  /// Passes the next tokens, 1 to `blockSize` of them, through all layers.
  public func forward(_ tokens: some Collection<Int32>, observer: (any ForwardObserver)? = nil) {
    precondition(!tokens.isEmpty && tokens.count <= blockSize)
    rowCount = tokens.count
    for (row, token) in tokens.enumerated() {
      precondition(token >= 0 && token < shape.vocabularyCount)
      model.weights.embeddings.getRow(Int(token), into: residual[row])
      for index in 0..<shape.embeddingLength { residual[row][index] *= shape.embeddingScale }
      for table in rotary { table.setRow(row, position: tokenCount + row) }
    }
    if let weights = model.weights.layerInputs { makeInputs(tokens.map { Int($0) }, weights) }
    for (index, layer) in model.weights.layers.enumerated() {
      attend(index, layer, observer)
      feedForward(layer)
      if let input = layer.input { add(input, index, layer.spec) }
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
        if shape.logitCap > 0 {
          for index in 0..<shape.vocabularyCount {
            logits[row][index] = tanh(logits[row][index] / shape.logitCap) * shape.logitCap
          }
        }
        try body(
          first + row, UnsafeBufferPointer(start: logits[row], count: shape.vocabularyCount))
      }
    }
  }

  private func attend(_ index: Int, _ layer: FloatLayer, _ observer: (any ForwardObserver)?) {
    normalize(layer.attentionNorm)
    switch layer.mixer {
    case .attention(let heads): attend(index, layer, heads, observer)
    case .convolution(let convolution): convolve(index, convolution)
    case .delta(let delta): runDeltaRule(index, delta)
    }
    multiply(attended, layer.attentionOutput, plus: layer.outputBias, into: product)
    addProduct(layer.attentionPostNorm, layer.spec)
  }

  /// attended = c * the convolution of b * x
  private func convolve(_ index: Int, _ convolution: FloatConvolution) {
    multiply(normalized, convolution.input, into: parts)
    let count = shape.embeddingLength
    for channel in 0..<count {
      let weights = convolution.weights[channel]
      var taken = (0..<weights.count - 1).map { states[index].start[$0 * count + channel] }
      for row in 0..<rowCount {
        taken.append(parts[row][channel] * parts[row][2 * count + channel])
        let sum = zip(weights, taken).reduce(0) { $0 + $1.0 * $1.1 }
        attended[row][channel] = sum * parts[row][count + channel]
        taken.removeFirst()
      }
      for (place, value) in taken.enumerated() {
        states[index].start[place * count + channel] = value
      }
    }
  }

  private func attend(
    _ index: Int, _ layer: FloatLayer, _ heads: FloatHeads, _ observer: (any ForwardObserver)?
  ) {
    multiply(normalized, heads.query, plus: heads.biases?.query, into: queries)
    let spec = layers[index]
    let source = spec.keySource ?? index
    if let own = heads.keysAndValues {
      multiply(normalized, own.key, plus: heads.biases?.key, into: keys)
      multiply(normalized, own.value, plus: heads.biases?.value, into: values)
      if spec.norms.values { normalizeValues(spec) }
      rotate(keys, spec, headCount: spec.kvHeadCount, norm: heads.norms?.key)
      caches[index].append(keys, values, rowCount: rowCount, at: tokenCount)
    }
    rotate(queries, spec, headCount: spec.headCount, norm: heads.norms?.query)
    if let growth = spec.queryGrowth { growQueries(growth, spec) }
    if spec.keySource == nil {
      observer?.layer(
        index, firstPosition: tokenCount,
        keys: HeadRows(rows: keys, rowCount: rowCount, headDim: layer.spec.headDim),
        queries: HeadRows(rows: queries, rowCount: rowCount, headDim: layer.spec.headDim))
    }
    attention.run(
      queries, rowCount: rowCount, firstPosition: tokenCount, caches[source], sinks: heads.sinks,
      into: attended
    ) { head, position, weights in
      observer?.attention(layer: index, head: head, position: position, weights: weights)
    }
    if !spec.hasOutputGate { return }
    for row in 0..<rowCount {
      for index in 0..<spec.queryLength {
        attended[row][index] /= 1 + exp(-queries[row][spec.queryLength + index])
      }
    }
  }

  /// RMS norm of each value head.
  private func normalizeValues(_ layer: LayerSpec) {
    let ones = [Float](repeating: 1, count: layer.headDim)
    for row in 0..<rowCount {
      for head in 0..<layer.kvHeadCount {
        let value = values[row] + head * layer.headDim
        rootMeanSquareNorm(value, weight: ones, epsilon: shape.rmsEpsilon, into: value)
      }
    }
  }

  /// (norm(projection of the embedding / sqrt(embeddingLength)) + row * sqrt(inputLength)) / sqrt(2)
  private func makeInputs(_ tokens: [Int], _ weights: FloatLayerInputs) {
    let length = shape.layerInputLength
    multiply(residual, weights.projection, into: inputs)
    for row in 0..<rowCount {
      for index in 0..<length * shape.layerCount {
        inputs[row][index] /= Float(shape.embeddingLength).squareRoot()
      }
      for layer in 0..<shape.layerCount {
        let input = inputs[row] + layer * length
        rootMeanSquareNorm(
          input, weight: weights.norm, epsilon: shape.rmsEpsilon, into: input)
        for index in 0..<length {
          let stored = weights.rows[tokens[row]][layer * length + index]
          input[index] =
            (input[index] + stored * Float(length).squareRoot()) / Float(2).squareRoot()
        }
      }
    }
  }

  /// residual = (residual + norm(projection(gelu(gate(residual)) * input))) * scale
  private func add(_ input: FloatLayerInput, _ index: Int, _ layer: LayerSpec) {
    multiply(residual, input.gate, into: gate)
    for row in 0..<rowCount {
      for place in 0..<layer.inputLength {
        gate[row][place] =
          activation(gate[row][place], layer) * inputs[row][index * layer.inputLength + place]
      }
    }
    multiply(gate, input.projection, into: product)
    addProduct(input.norm, layer)
    for row in 0..<rowCount {
      for place in 0..<shape.embeddingLength { residual[row][place] *= input.outputScale }
    }
  }

  private func feedForward(_ layer: FloatLayer) {
    normalize(layer.feedForwardNorm)
    switch layer.feedForward {
    case .plain(let unit):
      multiply(normalized, unit.gate, into: gate)
      multiply(normalized, unit.up, into: up)
      workers.forEach(rowCount) { _, row in activate(row, layer.spec) }
      multiply(gate, unit.down, into: product)
    case .experts(let experts):
      for row in 0..<rowCount { feedForward(row, experts, layer.spec) }
    }
    addProduct(layer.feedForwardPostNorm, layer.spec)
  }

  /// gate = f(gate) * up
  private func activate(_ row: Int, _ layer: LayerSpec) {
    for index in 0..<layer.feedForwardLength {
      gate[row][index] = gated(gate[row][index], up[row][index], layer)
    }
  }

  /// product = the sum of what the token's experts give
  private func feedForward(_ row: Int, _ experts: FloatExperts, _ layer: LayerSpec) {
    let offsets = experts.biases?.router ?? Array(repeating: 0, count: experts.spec.count)
    let logits = zip(experts.router, offsets).map { weights, offset in
      weights.indices.reduce(Float(0)) { $0 + weights[$1] * normalized[row][$1] } + offset
    }
    let numbers =
      experts.spec.gating == .sigmoid
      ? logits.map { 1 / (1 + exp(-$0)) } : logits.map { exp($0 - logits.max()!) }
    let scores = experts.spec.gating == .sigmoid ? numbers : logits
    let ranked = scores.indices.sorted {
      let (a, b) = (scores[$0] + experts.bias[$0], scores[$1] + experts.bias[$1])
      return a == b ? $0 < $1 : a > b
    }
    let chosen = ranked.prefix(experts.spec.usedCount)
    let sum = chosen.reduce(Float(0)) { $0 + numbers[$1] }
    var total = [Float](repeating: 0, count: shape.embeddingLength)
    for expert in chosen {
      let unit = experts.units[expert]
      let biases = experts.biases
      unit.gate.multiply(
        normalized, firstRow: row, rowCount: 1, plus: biases?.gates[expert], into: gate, workers)
      unit.up.multiply(
        normalized, firstRow: row, rowCount: 1, plus: biases?.ups[expert], into: up, workers)
      activate(0, layer)
      unit.down.multiply(
        gate, rowCount: 1, plus: biases?.downs[expert], into: expertOutput, workers)
      for index in total.indices { total[index] += expertOutput[0][index] * numbers[expert] / sum }
    }
    for index in total.indices { product[row][index] = total[index] }
  }

  private func gated(_ gate: Float, _ up: Float, _ layer: LayerSpec) -> Float {
    if layer.activation != .clampedSilu { return activation(gate, layer) * up }
    return activation(min(gate, 7), layer) * (min(max(up, -7), 7) + 1)
  }

  private func activation(_ x: Float, _ layer: LayerSpec) -> Float {
    switch layer.activation {
    case .clampedSilu: x / (1 + exp(-1.702 * x))
    case .silu: x / (1 + exp(-x))
    case .gelu: x / 2 * (1 + tanh((2 / Float.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    }
  }

  func multiply(
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

  /// residual += the product, or its norm, times the layer's scale
  private func addProduct(_ norm: [Float]?, _ layer: LayerSpec) {
    for row in 0..<rowCount {
      if let norm {
        rootMeanSquareNorm(
          product[row], weight: norm, epsilon: shape.rmsEpsilon, into: product[row])
      }
      for index in 0..<shape.embeddingLength {
        residual[row][index] += product[row][index] * layer.residualScale
      }
    }
  }

  private func growQueries(_ growth: QueryGrowth, _ layer: LayerSpec) {
    for row in 0..<rowCount {
      let factor = growth.factor(position: tokenCount + row)
      for index in 0..<layer.queryLength { queries[row][index] *= factor }
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
        if let table = layer.ropeTable { rotary[table].rotate(values, row: row) }
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
