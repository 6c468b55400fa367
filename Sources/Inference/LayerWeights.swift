import Kernels
import Memory
import Model

/// The matrices and vectors of one transformer layer, as its description says.
@safe struct LayerWeights: BitwiseCopyable {
  let spec: LayerSpec
  /// `[embedding]`, zero-padded to whole rows of a product's input.
  let attentionNorm: UnsafeMutablePointer<Float>
  /// Outputs: all query heads, then all key heads, then all value heads; or what the layer's convolution
  /// takes.
  let queryKeyValue: MatrixJoin
  /// One for each output of `queryKeyValue`, if the layer has biases.
  let bias: UnsafeMutablePointer<Float>?
  /// `[headDim]` each, if the layer has norms of heads.
  let headNorms: HeadNorms?
  /// `[tokens][embedding]`, if the layer convolves.
  let convolution: UnsafeMutablePointer<Float>?
  /// If the layer has a delta rule.
  let delta: DeltaWeights?
  /// `[query heads]`, if attention has sinks.
  let sinks: UnsafeMutablePointer<Float>?
  /// Takes what attention or the convolution gave.
  let attentionOutput: WeightMatrix
  /// One for each output of `attentionOutput`, if it has a bias.
  let outputBias: UnsafeMutablePointer<Float>?
  /// `[embedding]`, if the layer has it.
  let attentionPostNorm: UnsafeMutablePointer<Float>?
  let feedForwardNorm: UnsafeMutablePointer<Float>
  /// If the layer has them; `gate`, `up` and `down` are then those of the first one.
  let experts: ExpertWeights?
  let gate: WeightMatrix
  let up: WeightMatrix
  let down: WeightMatrix
  /// `[embedding]`, if the layer has it.
  let feedForwardPostNorm: UnsafeMutablePointer<Float>?
  /// If tokens have an input for the layer.
  let input: LayerInput?

  init(carver: inout Carver, _ shape: ModelShape, _ layer: Int) {
    let (spec, embeddingLength) = (shape.layer(layer), shape.embeddingLength)
    self.spec = spec
    unsafe attentionNorm = unsafe carver.takeNorm(count: embeddingLength)
    queryKeyValue = carver.takeQueryKeyValue(shape, layer)
    unsafe bias =
      unsafe spec.hasBias
      ? carver.take(
        .norms, Float.self, count: MatrixFormat.outputCapacity(spec.queryKeyValueLength))
      : nil
    headNorms =
      unsafe spec.norms.heads
      ? HeadNorms(
        query: carver.takeNorm(count: spec.headDim), key: carver.takeNorm(count: spec.headDim))
      : nil
    unsafe convolution = unsafe carver.takeConvolution(spec, channelCount: embeddingLength)
    if let found = spec.delta {
      delta = DeltaWeights(carver: &carver, found, embeddingLength: embeddingLength)
    } else {
      delta = nil
    }
    unsafe sinks =
      unsafe spec.hasSinks ? carver.take(.norms, Float.self, count: spec.headCount) : nil
    unsafe outputBias =
      unsafe spec.hasOutputBias
      ? carver.take(
        .norms, Float.self, count: MatrixFormat.outputCapacity(embeddingLength)) : nil
    attentionOutput = carver.takeMatrix(
      .weights, shape.format(layer, .attentionOutput), outputs: embeddingLength,
      k: spec.mixedLength(embeddingLength: embeddingLength))
    unsafe attentionPostNorm =
      unsafe spec.norms.afterAttention ? carver.takeNorm(count: embeddingLength) : nil
    unsafe feedForwardNorm = unsafe carver.takeNorm(count: embeddingLength)
    if let found = spec.experts {
      let own = ExpertWeights(carver: &carver, shape, layer, found)
      experts = own
      (gate, up, down) = (own.gates[0], own.ups[0], own.downs[0])
    } else {
      experts = nil
      gate = carver.takeMatrix(
        .weights, shape.format(layer, .gate), outputs: spec.feedForwardLength, k: embeddingLength)
      up = carver.takeMatrix(
        .weights, shape.format(layer, .up), outputs: spec.feedForwardLength, k: embeddingLength)
      down = carver.takeMatrix(
        .weights, shape.format(layer, .down), outputs: embeddingLength, k: spec.feedForwardLength)
    }
    unsafe feedForwardPostNorm =
      unsafe spec.norms.afterFeedForward ? carver.takeNorm(count: embeddingLength) : nil
    input =
      spec.inputLength > 0
      ? LayerInput(carver: &carver, spec, embeddingLength: embeddingLength) : nil
  }
}

/// Factors of the RMS norms of query and key heads.
@safe struct HeadNorms: BitwiseCopyable {
  let query: UnsafeMutablePointer<Float>
  let key: UnsafeMutablePointer<Float>
}

/// Where the values of a tensor go.
@safe enum TensorPlace {
  /// Rows of the tensor are the outputs from `firstOutput` on, in that order.
  case matrix(WeightMatrix, firstOutput: Int, RowOrder)
  case vector(UnsafeMutablePointer<Float>, RowOrder)
  /// As many rows for each expert.
  case experts(ExpertMatrices)
  /// Float32 numbers, those of a row so many apart, and those of a column.
  case numbers(UnsafeMutablePointer<Float>, rowStride: Int, columnStride: Int)
}

extension LayerWeights {
  /// The place of a tensor that the layer has, or of a part of a fused one.
  /// - Parameter rotated: the order of rows that rotary embedding turns.
  func place(of tensor: LayerTensor, rotated: RowOrder) -> TensorPlace {
    switch tensor {
    case .attentionNorm: unsafe .vector(attentionNorm, .asStored)
    case .query: joined(at: 0, spec.queryOrder(rotated))
    case .key: joined(at: spec.keyStart, rotated)
    case .value: joined(at: spec.keyStart + spec.kvLength, .asStored)
    case .queryBias: unsafe .vector(bias!, rotated)
    case .keyBias: unsafe .vector(bias! + spec.keyStart, rotated)
    case .valueBias: unsafe .vector(bias! + spec.keyStart + spec.kvLength, .asStored)
    case .queryNorm: unsafe .vector(headNorms!.query, rotated)
    case .keyNorm: unsafe .vector(headNorms!.key, rotated)
    case .attentionOutput: .matrix(attentionOutput, firstOutput: 0, .asStored)
    case .attentionPostNorm: unsafe .vector(attentionPostNorm!, .asStored)
    case .ffnNorm: unsafe .vector(feedForwardNorm, .asStored)
    case .gate: .matrix(gate, firstOutput: 0, .asStored)
    case .up: .matrix(up, firstOutput: 0, .asStored)
    case .down: .matrix(down, firstOutput: 0, .asStored)
    case .ffnPostNorm: unsafe .vector(feedForwardPostNorm!, .asStored)
    case .convolutionInput: joined(at: 0, .asStored)
    case .convolution: unsafe .numbers(convolution!, rowStride: 1, columnStride: attentionOutput.k)
    case .convolutionOutput: .matrix(attentionOutput, firstOutput: 0, .asStored)
    case .router:
      unsafe .numbers(experts!.router[0], rowStride: experts!.router.stride, columnStride: 1)
    case .routerBias: unsafe .vector(experts!.bias!, .asStored)
    case .gates: .experts(experts!.gates)
    case .ups: .experts(experts!.ups)
    case .downs: .experts(experts!.downs)
    case .queryKeyValue: joined(at: 0, .asStored)
    case .deltaOutput: .matrix(attentionOutput, firstOutput: 0, .asStored)
    case .deltaGate: joined(at: spec.delta!.channelCount, .asStored)
    case .deltaConvolution:
      unsafe .numbers(delta!.convolution, rowStride: 1, columnStride: spec.delta!.channelCount)
    case .deltaBias: unsafe .vector(delta!.bias, .asStored)
    case .deltaDecay: unsafe .vector(delta!.decay, .asStored)
    case .deltaBeta: unsafe .numbers(delta!.beta, rowStride: queryKeyValue.k, columnStride: 1)
    case .deltaAlpha: unsafe .numbers(delta!.alpha, rowStride: queryKeyValue.k, columnStride: 1)
    case .deltaNorm: unsafe .vector(delta!.norm, .asStored)
    case .inputGate: .matrix(input!.gate, firstOutput: 0, .asStored)
    case .inputProjection: .matrix(input!.projection, firstOutput: 0, .asStored)
    case .inputNorm: unsafe .vector(input!.norm, .asStored)
    case .outputScale: unsafe .vector(input!.outputScale, .asStored)
    case .sinks: unsafe .vector(sinks!, .asStored)
    case .attentionOutputBias: unsafe .vector(outputBias!, .asStored)
    case .routerOffset: unsafe .vector(experts!.biases!.router, .asStored)
    case .gateBiases: Self.place(experts!.biases!.gates)
    case .upBiases: Self.place(experts!.biases!.ups)
    case .downBiases: Self.place(experts!.biases!.downs)
    }
  }
}

extension LayerWeights {
  private static func place(_ rows: ArenaRows<Float>) -> TensorPlace {
    unsafe .numbers(rows[0], rowStride: rows.stride, columnStride: 1)
  }

  private func joined(at output: Int, _ order: RowOrder) -> TensorPlace {
    let (matrix, first) = queryKeyValue.part(of: output)
    return .matrix(matrix, firstOutput: first, order)
  }
}

extension Carver {
  /// One matrix, or two or three if the file's types differ.
  fileprivate mutating func takeQueryKeyValue(_ shape: ModelShape, _ layer: Int) -> MatrixJoin {
    let (spec, k) = (shape.layer(layer), shape.embeddingLength)
    if let format = shape.queryKeyValueFormat(layer) {
      return MatrixJoin(
        takeMatrix(.weights, format, outputs: spec.mixerInputLength(embeddingLength: k), k: k))
    }
    if let delta = spec.delta {
      return MatrixJoin(
        takeMatrix(.weights, shape.format(layer, .query), outputs: delta.channelCount, k: k),
        takeMatrix(.weights, shape.format(layer, .key), outputs: delta.valueLength, k: k))
    }
    return MatrixJoin(
      takeMatrix(.weights, shape.format(layer, .query), outputs: spec.keyStart, k: k),
      takeMatrix(.weights, shape.format(layer, .key), outputs: spec.kvLength, k: k),
      takeMatrix(.weights, shape.format(layer, .value), outputs: spec.kvLength, k: k))
  }

  fileprivate mutating func takeConvolution(
    _ spec: LayerSpec, channelCount: Int
  ) -> UnsafeMutablePointer<Float>? {
    guard case .convolution(let length) = spec.mixer else { return nil }
    return unsafe take(.norms, Float.self, count: length * channelCount)
  }

  mutating func takeMatrix(
    _ region: Region, _ format: MatrixFormat, outputs: Int, k: Int
  ) -> WeightMatrix {
    unsafe WeightMatrix(
      format, memory: takeBytes(region, count: format.byteCount(outputs: outputs, k: k)),
      outputs: outputs, k: k)
  }

  /// A row of factors that normalizes the input of a product.
  mutating func takeNorm(count: Int) -> UnsafeMutablePointer<Float> {
    unsafe take(.norms, Float.self, count: MatrixFormat.inputCapacity(count))
  }
}
