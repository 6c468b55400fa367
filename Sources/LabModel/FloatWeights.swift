import Inference
import Kernels
import Memory
import Model

/// Why a model has no float32 path.
public struct FloatModelError: Error, CustomStringConvertible {
  public let description: String
}

/// The weights of a layer, dequantized.
struct FloatLayer {
  let spec: LayerSpec
  let attentionNorm: [Float]
  let mixer: FloatMixer
  /// Takes what the mixer gave.
  let attentionOutput: FloatMatrix
  /// Where the model has one behind attention.
  let outputBias: [Float]?
  /// Where the model has norms behind its parts.
  let attentionPostNorm: [Float]?
  let feedForwardPostNorm: [Float]?
  let feedForwardNorm: [Float]
  let feedForward: FloatFeedForward
  /// Where tokens have an input for the layer.
  let input: FloatLayerInput?
}

/// What a layer adds of its input.
struct FloatLayerInput {
  let gate: FloatMatrix
  let projection: FloatMatrix
  let norm: [Float]
  let outputScale: Float
}

/// What makes the inputs of all layers.
struct FloatLayerInputs {
  /// `[tokens][layers][inputLength]`
  let rows: [[Float]]
  let projection: FloatMatrix
  let norm: [Float]
}

/// What follows attention.
enum FloatFeedForward {
  case plain(FloatGatedUnit)
  case experts(FloatExperts)
}

struct FloatGatedUnit {
  let gate: FloatMatrix
  let up: FloatMatrix
  let down: FloatMatrix
}

struct FloatExperts {
  let spec: ExpertSpec
  /// `[experts][embedding]`
  let router: [[Float]]
  /// Zeros where the model has none.
  let bias: [Float]
  let units: [FloatGatedUnit]
  /// Where the model has biases.
  let biases: FloatExpertBiases?
}

/// Of the router, and of each expert.
struct FloatExpertBiases {
  let router: [Float]
  let gates: [[Float]]
  let ups: [[Float]]
  let downs: [[Float]]
}

/// What mixes a layer's tokens.
enum FloatMixer {
  case attention(FloatHeads)
  case convolution(FloatConvolution)
  case delta(FloatDelta)
}

/// A gated delta rule.
struct FloatDelta {
  let spec: DeltaSpec
  /// Queries, keys and values before their convolution.
  let input: FloatMatrix
  /// Of each channel, the oldest token's first.
  let convolution: [[Float]]
  let gate: FloatMatrix
  /// `[value heads][embedding]` each.
  let beta: [[Float]]
  let alpha: [[Float]]
  let bias: [Float]
  let decay: [Float]
  let norm: [Float]
}

/// What makes queries, keys and values.
struct FloatHeads {
  let query: FloatMatrix
  /// Nil in a layer that has another one's.
  let keysAndValues: (key: FloatMatrix, value: FloatMatrix)?
  /// Where the model has biases.
  let biases: (query: [Float], key: [Float], value: [Float])?
  /// Where the model has norms of heads: `[headDim]` each.
  let norms: (query: [Float], key: [Float]?)?
  /// Where the model has sinks: of each query head.
  let sinks: [Float]?
}

/// A gated short convolution.
struct FloatConvolution {
  let input: FloatMatrix
  /// Of each channel, the oldest token's first.
  let weights: [[Float]]
}

/// All weights of a model as Float32. The rows of queries and keys lie so that the first half of a
/// head is rotated with the second (`RowOrder`).
struct FloatWeights {
  let shape: ModelShape
  let embeddings: FloatMatrix
  let layers: [FloatLayer]
  let outputNorm: [Float]
  /// The embeddings again if the model ties them.
  let outputHead: FloatMatrix
  /// Where layers have an input for each token.
  let layerInputs: FloatLayerInputs?
  /// Divisors of the rotary frequencies of each table; empty if it has none.
  let ropeFactors: [[Float]]

  init(path: String, _ workers: Workers) throws {
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: GGUF.bufferByteCountMin, alignment: Arena.alignment)
    defer { buffer.deallocate() }
    let file = try ModelFile(path: Array(path.utf8CString), buffer: buffer)
    if file.packed != nil {
      throw FloatModelError(description: "a packed model has int8 weights only: name the GGUF file")
    }
    var measuring = Carver.measuring
    _ = TensorTable(shape: file.shape, carver: &measuring)
    let arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    var tensors = TensorTable(shape: file.shape, carver: &carver)
    let result = Result {
      try tensors.fill(from: file, buffer: buffer)
      return try withUnsafePointer(to: file) {
        try FloatWeights(FloatReader(file: $0, tensors: tensors, workers: workers))
      }
    }
    arena.unmap()
    self = try result.get()
  }

  private init(_ reader: FloatReader) throws {
    shape = reader.tensors.shape
    embeddings = try reader.matrix(.tokenEmbedding)
    layers = try (0..<shape.layerCount).map { try reader.layer($0) }
    // As the runtime has it: the factor of the logits is in it.
    outputNorm = try reader.vector(.outputNorm).map { [shape] in $0 * shape.logitScale }
    layerInputs =
      shape.layerInputLength == 0
      ? nil
      : FloatLayerInputs(
        rows: try reader.rows(.layerInputs), projection: try reader.matrix(.layerInputProjection),
        norm: try reader.vector(.layerInputNorm))
    outputHead = shape.isOutputTied ? embeddings : try reader.matrix(.output)
    ropeFactors = try (0..<shape.ropeTables.count).map { [shape] in
      try shape.ropeTables[$0].factors.slot.map { try reader.vector($0) } ?? []
    }
  }
}

/// Reads and dequantizes tensors of an open model.
private struct FloatReader {
  let file: UnsafePointer<ModelFile>
  let tensors: TensorTable
  let workers: Workers

  func layer(_ layer: Int) throws -> FloatLayer {
    let spec = tensors.shape.layer(layer)
    let order = RowOrder(ofRotated: spec, tensors.shape)
    return FloatLayer(
      spec: spec,
      attentionNorm: try vector(.layer(layer, .attentionNorm)),
      mixer: try mixer(layer, spec, order),
      attentionOutput: try matrix(layer, spec.outputTensor),
      outputBias: !spec.hasOutputBias ? nil : try vector(.layer(layer, .attentionOutputBias)),
      attentionPostNorm: !spec.norms.afterAttention
        ? nil : try vector(.layer(layer, .attentionPostNorm)),
      feedForwardPostNorm: !spec.norms.afterFeedForward
        ? nil : try vector(.layer(layer, .ffnPostNorm)),
      feedForwardNorm: try vector(.layer(layer, .ffnNorm)),
      feedForward: try feedForward(layer, spec),
      input: spec.inputLength == 0
        ? nil
        : FloatLayerInput(
          gate: try matrix(layer, .inputGate), projection: try matrix(layer, .inputProjection),
          norm: try vector(.layer(layer, .inputNorm)),
          outputScale: try vector(.layer(layer, .outputScale))[0]))
  }

  private func feedForward(_ layer: Int, _ spec: LayerSpec) throws -> FloatFeedForward {
    guard let experts = spec.experts else {
      return .plain(
        FloatGatedUnit(
          gate: try matrix(layer, .gate), up: try matrix(layer, .up),
          down: try matrix(layer, .down)))
    }
    func part(_ tensor: LayerTensor, _ expert: Int) throws -> FloatMatrix {
      let count = tensors[.layer(layer, tensor)].rowCount / experts.count
      return try matrix(.layer(layer, tensor), rows: expert * count..<(expert + 1) * count)
    }
    return .experts(
      FloatExperts(
        spec: experts, router: try rows(.layer(layer, .router)),
        bias: experts.hasBias
          ? try vector(.layer(layer, .routerBias)) : Array(repeating: 0, count: experts.count),
        units: try (0..<experts.count).map {
          FloatGatedUnit(
            gate: try part(.gates, $0), up: try part(.ups, $0), down: try part(.downs, $0))
        },
        biases: !experts.hasMatrixBiases
          ? nil
          : FloatExpertBiases(
            router: try vector(.layer(layer, .routerOffset)),
            gates: try rows(.layer(layer, .gateBiases)), ups: try rows(.layer(layer, .upBiases)),
            downs: try rows(.layer(layer, .downBiases)))))
  }

  private func delta(_ layer: Int, _ spec: DeltaSpec) throws -> FloatDelta {
    FloatDelta(
      spec: spec, input: try matrix(layer, .queryKeyValue),
      convolution: try rows(.layer(layer, .deltaConvolution)),
      gate: try matrix(layer, .deltaGate), beta: try rows(.layer(layer, .deltaBeta)),
      alpha: try rows(.layer(layer, .deltaAlpha)), bias: try vector(.layer(layer, .deltaBias)),
      decay: try vector(.layer(layer, .deltaDecay)), norm: try vector(.layer(layer, .deltaNorm)))
  }

  private func mixer(_ layer: Int, _ spec: LayerSpec, _ order: RowOrder) throws -> FloatMixer {
    if let delta = spec.delta { return .delta(try self.delta(layer, delta)) }
    if case .convolution = spec.mixer {
      return .convolution(
        FloatConvolution(
          input: try matrix(layer, .convolutionInput),
          weights: try rows(.layer(layer, .convolution))))
    }
    return .attention(
      FloatHeads(
        query: try matrix(layer, .query, spec.queryOrder(order)),
        keysAndValues: spec.keySource != nil
          ? nil : (try matrix(layer, .key, order), try matrix(layer, .value)),
        biases: !spec.hasBias
          ? nil
          : (
            try vector(.layer(layer, .queryBias), order),
            try vector(.layer(layer, .keyBias), order),
            try vector(.layer(layer, .valueBias))
          ),
        norms: !spec.norms.heads
          ? nil
          : (
            try vector(.layer(layer, .queryNorm), order),
            spec.keySource != nil ? nil : try vector(.layer(layer, .keyNorm), order)
          ),
        sinks: !spec.hasSinks ? nil : try vector(.layer(layer, .sinks))))
  }

  /// A matrix of a layer, or the rows that a fused one has of it.
  private func matrix(
    _ layer: Int, _ wanted: LayerTensor, _ order: RowOrder = .asStored
  ) throws -> FloatMatrix {
    let spec = tensors.shape.layer(layer)
    for index in 0..<LayerTensor.count {
      guard let tensor = LayerTensor(rawValue: index), spec.has(tensor) else { continue }
      var (number, row) = (0, 0)
      while let part = spec.part(number, of: tensor) {
        let count = spec.rowCount(ofPart: part)
        if part == wanted {
          return try matrix(
            .layer(layer, tensor), rows: count.map { row..<row + $0 }, order)
        }
        number += 1
        row += count ?? 0
      }
    }
    preconditionFailure("no tensor has it")
  }

  /// - Parameter rows: of the tensor; nil for all.
  func matrix(
    _ slot: TensorSlot, rows: Range<Int>? = nil, _ order: RowOrder = .asStored
  ) throws -> FloatMatrix {
    let tensor = tensors[slot]
    let all = rows ?? 0..<tensor.rowCount
    let matrix = FloatMatrix(outputCount: all.count, k: tensor.columnCount)
    let step = FloatPanel.width
    try workers.forEachThrowing((all.count + step - 1) / step) { _, share in
      let first = all.lowerBound + share * step
      try read(tensor, slot, rows: first..<min(first + step, all.upperBound)) { row, values in
        matrix.setRow(order.place(row - all.lowerBound), from: values)
      }
    }
    return matrix
  }

  func vector(_ slot: TensorSlot, _ order: RowOrder = .asStored) throws -> [Float] {
    let tensor = tensors[slot]
    var vector = [Float](repeating: 0, count: tensor.columnCount)
    try read(tensor, slot, rows: 0..<1) { _, values in
      for index in 0..<tensor.columnCount { vector[order.place(index)] = values[index] }
    }
    return vector
  }

  func rows(_ slot: TensorSlot) throws -> [[Float]] {
    let tensor = tensors[slot]
    var rows: [[Float]] = []
    try read(tensor, slot, rows: 0..<tensor.rowCount) { _, values in
      rows.append(Array(UnsafeBufferPointer(start: values, count: tensor.columnCount)))
    }
    return rows
  }

  /// Calls `body` with each row's number and values.
  private func read(
    _ tensor: TensorLocation, _ slot: TensorSlot, rows: Range<Int>,
    _ body: (Int, UnsafePointer<Float>) -> Void
  ) throws {
    let bytes = UnsafeMutableRawBufferPointer.allocate(
      byteCount: rows.count * tensor.rowByteCount, alignment: Arena.alignment)
    defer { bytes.deallocate() }
    let values = FloatBuffer(count: tensor.columnCount)
    try file.pointee.read(
      into: bytes, at: tensor.fileOffset(row: rows.lowerBound), part: Int(tensor.part))
    for row in rows {
      dequantize(
        tensor.type,
        from: UnsafeRawPointer(bytes.baseAddress! + (row - rows.lowerBound) * tensor.rowByteCount),
        count: tensor.columnCount, into: values.start)
      guard areFinite(values.start, count: tensor.columnCount) else {
        throw ModelError.notFinite(tensor: slot.name)
      }
      body(row, values.start)
    }
  }
}
