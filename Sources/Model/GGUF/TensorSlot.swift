import Platform

/// The matrices and norms of a layer.
public enum LayerTensor: Int, Sendable {
  case attentionNorm, query, key, value, attentionOutput, ffnNorm, gate, up, down
  case queryBias, keyBias, valueBias, queryNorm, keyNorm, attentionPostNorm, ffnPostNorm
  /// Of a layer that `isFused`; `up` then has gate and up.
  case queryKeyValue
  /// Of a layer that convolves.
  case convolutionInput, convolution, convolutionOutput
  /// Of a layer that has experts: `gates` and so on have those of all experts, one after the other.
  case router, routerBias, gates, ups, downs
  /// Of a layer that has a delta rule; `queryKeyValue` then has what its convolution takes.
  case deltaGate, deltaConvolution, deltaBias, deltaDecay, deltaBeta, deltaAlpha, deltaNorm
  case deltaOutput
  /// Of a layer that has an input for each token: its gate and projection, the norm behind them, and what the
  /// layer's outcome is multiplied by.
  case inputGate, inputProjection, inputNorm, outputScale
  /// Of a layer whose attention has sinks, or a bias behind it.
  case sinks, attentionOutputBias
  /// Biases of a router's numbers, and of the matrices of all experts.
  case routerOffset, gateBiases, upBiases, downBiases

  public static let count = 43

  /// The part of the name behind the layer: `blk.0.attn_q.weight`.
  public var name: StaticString {
    @export(interface) get {
      switch self {
      case .attentionNorm: "attn_norm.weight"
      case .query: "attn_q.weight"
      case .key: "attn_k.weight"
      case .value: "attn_v.weight"
      case .attentionOutput: "attn_output.weight"
      case .ffnNorm: "ffn_norm.weight"
      case .gate: "ffn_gate.weight"
      case .up: "ffn_up.weight"
      case .down: "ffn_down.weight"
      case .queryBias: "attn_q.bias"
      case .keyBias: "attn_k.bias"
      case .valueBias: "attn_v.bias"
      case .queryNorm: "attn_q_norm.weight"
      case .keyNorm: "attn_k_norm.weight"
      case .attentionPostNorm: "post_attention_norm.weight"
      case .ffnPostNorm: "post_ffw_norm.weight"
      case .queryKeyValue: "attn_qkv.weight"
      case .convolutionInput: "shortconv.in_proj.weight"
      case .convolution: "shortconv.conv.weight"
      case .convolutionOutput: "shortconv.out_proj.weight"
      case .router: "ffn_gate_inp.weight"
      case .routerBias: "exp_probs_b.bias"
      case .gates: "ffn_gate_exps.weight"
      case .ups: "ffn_up_exps.weight"
      case .downs: "ffn_down_exps.weight"
      case .deltaGate: "attn_gate.weight"
      case .deltaConvolution: "ssm_conv1d.weight"
      case .deltaBias: "ssm_dt.bias"
      case .deltaDecay: "ssm_a"
      case .deltaBeta: "ssm_beta.weight"
      case .deltaAlpha: "ssm_alpha.weight"
      case .deltaNorm: "ssm_norm.weight"
      case .deltaOutput: "ssm_out.weight"
      case .inputGate: "inp_gate.weight"
      case .inputProjection: "proj.weight"
      case .inputNorm: "post_norm.weight"
      case .outputScale: "layer_output_scale.weight"
      case .sinks: "attn_sinks.weight"
      case .attentionOutputBias: "attn_output.bias"
      case .routerOffset: "ffn_gate_inp.bias"
      case .gateBiases: "ffn_gate_exps.bias"
      case .upBiases: "ffn_up_exps.bias"
      case .downBiases: "ffn_down_exps.bias"
      }
    }
  }

  /// Whether it is held as Float32: a vector, or few rows, and not a matrix.
  public var isVector: Bool {
    switch self {
    case .query, .key, .value, .attentionOutput, .gate, .up, .down, .queryKeyValue,
      .convolutionInput, .convolutionOutput, .gates, .ups, .downs, .deltaGate,
      .deltaOutput, .inputGate, .inputProjection:
      false
    default: true
    }
  }

  /// Whether it has matrices of all experts.
  var isOfExperts: Bool { self == .gates || self == .ups || self == .downs }

  /// The extents that a layer's description asks for.
  func shape(_ layer: LayerSpec, embeddingLength: Int) -> TensorShape {
    switch self {
    case .attentionNorm, .ffnNorm, .attentionPostNorm, .ffnPostNorm, .inputNorm,
      .attentionOutputBias:
      TensorShape(columnCount: embeddingLength)
    case .inputGate: TensorShape(columnCount: embeddingLength, rowCount: layer.inputLength)
    case .inputProjection: TensorShape(columnCount: layer.inputLength, rowCount: embeddingLength)
    case .outputScale: TensorShape(columnCount: 1)
    case .query: TensorShape(columnCount: embeddingLength, rowCount: layer.keyStart)
    case .key, .value: TensorShape(columnCount: embeddingLength, rowCount: layer.kvLength)
    case .attentionOutput: TensorShape(columnCount: layer.queryLength, rowCount: embeddingLength)
    case .queryKeyValue where layer.delta != nil:
      TensorShape(columnCount: embeddingLength, rowCount: layer.delta!.channelCount)
    case .queryKeyValue:
      TensorShape(columnCount: embeddingLength, rowCount: layer.queryKeyValueLength)
    case .up where layer.isFused:
      TensorShape(columnCount: embeddingLength, rowCount: 2 * layer.feedForwardLength)
    case .gate, .up: TensorShape(columnCount: embeddingLength, rowCount: layer.feedForwardLength)
    case .down: TensorShape(columnCount: layer.feedForwardLength, rowCount: embeddingLength)
    case .queryBias: TensorShape(columnCount: layer.queryLength)
    case .keyBias, .valueBias: TensorShape(columnCount: layer.kvLength)
    case .queryNorm, .keyNorm: TensorShape(columnCount: layer.headDim)
    case .convolutionInput:
      TensorShape(columnCount: embeddingLength, rowCount: 3 * embeddingLength)
    case .convolution:
      TensorShape(columnCount: layer.convolutionLength, rowCount: embeddingLength)
    case .convolutionOutput: TensorShape(columnCount: embeddingLength, rowCount: embeddingLength)
    case .router: TensorShape(columnCount: embeddingLength, rowCount: layer.expertCount)
    case .routerBias, .routerOffset: TensorShape(columnCount: layer.expertCount)
    case .sinks: TensorShape(columnCount: layer.headCount)
    case .gateBiases, .upBiases:
      TensorShape(columnCount: layer.feedForwardLength, rowCount: layer.expertCount)
    case .downBiases: TensorShape(columnCount: embeddingLength, rowCount: layer.expertCount)
    case .gates, .ups:
      TensorShape(
        columnCount: embeddingLength, rowCount: layer.feedForwardLength,
        matrixCount: layer.expertCount)
    case .downs:
      TensorShape(
        columnCount: layer.feedForwardLength, rowCount: embeddingLength,
        matrixCount: layer.expertCount)
    case .deltaGate, .deltaConvolution, .deltaBias, .deltaDecay, .deltaBeta, .deltaAlpha,
      .deltaNorm, .deltaOutput:
      layer.delta.map { shape($0, embeddingLength: embeddingLength) } ?? TensorShape(columnCount: 1)
    }
  }
}

extension LayerTensor {
  /// Of a delta rule.
  private func shape(_ delta: DeltaSpec, embeddingLength: Int) -> TensorShape {
    switch self {
    case .deltaConvolution:
      TensorShape(columnCount: delta.convolutionLength, rowCount: delta.channelCount)
    case .deltaGate: TensorShape(columnCount: embeddingLength, rowCount: delta.valueLength)
    case .deltaBeta, .deltaAlpha:
      TensorShape(columnCount: embeddingLength, rowCount: delta.valueHeadCount)
    case .deltaNorm: TensorShape(columnCount: delta.valueDim)
    case .deltaOutput: TensorShape(columnCount: delta.valueLength, rowCount: embeddingLength)
    default: TensorShape(columnCount: delta.valueHeadCount)
    }
  }
}

extension LayerSpec {
  /// Nil in a layer that has none.
  public var delta: DeltaSpec? {
    if case .delta(let delta) = mixer { delta } else { nil }
  }

  /// The matrix behind what mixes tokens.
  public var outputTensor: LayerTensor {
    switch mixer {
    case .attention: .attentionOutput
    case .convolution: .convolutionOutput
    case .delta: .deltaOutput
    }
  }

  /// Tokens that a convolution sees; 0 in a layer that has none.
  var convolutionLength: Int {
    if case .convolution(let length) = mixer { length } else { 0 }
  }

  /// 0 in a layer whose feed-forward part serves all tokens.
  public var expertCount: Int { experts?.count ?? 0 }

  /// Whether the layer has that tensor.
  @export(interface)
  public func has(_ tensor: LayerTensor) -> Bool {
    switch tensor {
    case .attentionNorm: norms.beforeAttention
    case .attentionPostNorm: norms.afterAttention
    case .ffnNorm: norms.beforeFeedForward
    case .ffnPostNorm: norms.afterFeedForward
    case .queryNorm: norms.heads
    case .keyNorm: norms.heads && keySource == nil
    case .queryBias, .keyBias, .valueBias: hasBias
    case .attentionOutputBias: hasOutputBias
    case .sinks: hasSinks
    case .query: attends && !isFused
    case .key, .value: attends && !isFused && keySource == nil
    case .inputGate, .inputProjection, .inputNorm, .outputScale: inputLength > 0
    case .gate: experts == nil && !isFused
    case .queryKeyValue: attends && isFused || delta != nil
    case .deltaGate, .deltaConvolution, .deltaBias, .deltaDecay, .deltaBeta, .deltaAlpha,
      .deltaNorm, .deltaOutput:
      delta != nil
    case .attentionOutput: attends
    case .up, .down: experts == nil
    case .router, .gates, .ups, .downs: experts != nil
    case .routerBias: experts?.hasBias ?? false
    case .routerOffset, .gateBiases, .upBiases, .downBiases: experts?.hasMatrixBiases ?? false
    case .convolutionInput, .convolution, .convolutionOutput: convolutionLength > 0
    }
  }
}

/// What a tensor of the file holds.
extension LayerSpec {
  /// The tensors that a fused one has the rows of, in their order; of any other tensor itself alone.
  /// - Returns: nil if there are no more.
  @export(interface)
  public func part(_ index: Int, of tensor: LayerTensor) -> LayerTensor? {
    switch (tensor, index) {
    case (.queryKeyValue, 0) where delta != nil: .queryKeyValue
    case (.queryKeyValue, _) where delta != nil: nil
    case (.queryKeyValue, 0): .query
    case (.queryKeyValue, 1): .key
    case (.queryKeyValue, 2): .value
    case (.up, 0) where isFused: .gate
    case (.up, 1) where isFused: .up
    case (_, 0) where tensor != .queryKeyValue: tensor
    default: nil
    }
  }

  /// Rows of a part of a fused tensor; nil for a tensor that is not fused.
  @export(interface)
  public func rowCount(ofPart part: LayerTensor) -> Int? {
    if !isFused { return nil }
    return switch part {
    case .query: queryLength
    case .key, .value: kvLength
    case .gate, .up: feedForwardLength
    default: nil
    }
  }
}

/// A tensor that the computation needs.
public enum TensorSlot: Sendable {
  case tokenEmbedding
  case outputNorm
  /// May be absent; the token embedding then serves as the output head.
  case output
  /// One for each frequency of rotary embedding: what it is divided by. May be absent.
  case ropeFactors
  /// The same for texts within the original length, and for longer ones. May both be absent.
  case ropeFactorsShort
  case ropeFactorsLong
  /// Of a model whose layers have an input for each token: a row for each token, which stays in the file;
  /// the projection of embeddings that is added to it, and the norm of that.
  case layerInputs
  case layerInputProjection
  case layerInputNorm
  case layer(Int, LayerTensor)

  /// What files of LFM2 name the last norm.
  static let lastNormOfLFM2: StaticString = "token_embd_norm.weight"

  /// Tensors that belong to no layer.
  static let globalCount = 9
  static var countMax: Int { count(layerCount: ModelShape.layerCountMax) }

  /// The slots of a model, used or not.
  static func count(layerCount: Int) -> Int { globalCount + layerCount * LayerTensor.count }

  /// From 0, the layers in order after the others.
  var index: Int {
    switch self {
    case .tokenEmbedding: 0
    case .outputNorm: 1
    case .output: 2
    case .ropeFactors: 3
    case .ropeFactorsShort: 4
    case .ropeFactorsLong: 5
    case .layerInputs: 6
    case .layerInputProjection: 7
    case .layerInputNorm: 8
    case .layer(let layer, let tensor):
      Self.globalCount + layer * LayerTensor.count + tensor.rawValue
    }
  }

  init(index: Int) {
    switch index {
    case 0: self = .tokenEmbedding
    case 1: self = .outputNorm
    case 2: self = .output
    case 3: self = .ropeFactors
    case 4: self = .ropeFactorsShort
    case 5: self = .ropeFactorsLong
    case 6: self = .layerInputs
    case 7: self = .layerInputProjection
    case 8: self = .layerInputNorm
    default:
      let place = index - Self.globalCount
      self = .layer(
        place / LayerTensor.count, LayerTensor(rawValue: place % LayerTensor.count)!)
    }
  }

  /// Nil for names of tensors that are not needed. The layer may be one that the model lacks.
  init?(name: Excerpt) {
    if name.isEqual(to: "token_embd.weight") {
      self = .tokenEmbedding
    } else if name.isEqual(to: "output_norm.weight") || name.isEqual(to: TensorSlot.lastNormOfLFM2)
    {
      self = .outputNorm
    } else if name.isEqual(to: "output.weight") {
      self = .output
    } else if name.isEqual(to: "rope_freqs.weight") {
      self = .ropeFactors
    } else if name.isEqual(to: "rope_factors_short.weight") {
      self = .ropeFactorsShort
    } else if name.isEqual(to: "rope_factors_long.weight") {
      self = .ropeFactorsLong
    } else if name.isEqual(to: "per_layer_token_embd.weight") {
      self = .layerInputs
    } else if name.isEqual(to: "per_layer_model_proj.weight") {
      self = .layerInputProjection
    } else if name.isEqual(to: "per_layer_proj_norm.weight") {
      self = .layerInputNorm
    } else {
      guard name.hasText("blk.", at: 0) else { return nil }
      var place = 4
      guard let layer = name.number(at: &place) else { return nil }
      guard let tensor = Self.layerTensor(name, at: place) else { return nil }
      self = .layer(layer, tensor)
    }
  }

  private static func layerTensor(_ name: Excerpt, at start: Int) -> LayerTensor? {
    for index in 0..<LayerTensor.count {
      guard let tensor = LayerTensor(rawValue: index) else { return nil }
      var suffix = Excerpt(".")
      suffix.append(tensor.name)
      if name.count == start + suffix.count && name.hasText(suffix, at: start) { return tensor }
    }
    return nil
  }

  /// The tensor's name in the file.
  public var name: Excerpt {
    @export(interface) get {
      switch self {
      case .tokenEmbedding: return Excerpt("token_embd.weight")
      case .outputNorm: return Excerpt("output_norm.weight")
      case .output: return Excerpt("output.weight")
      case .ropeFactors: return Excerpt("rope_freqs.weight")
      case .ropeFactorsShort: return Excerpt("rope_factors_short.weight")
      case .ropeFactorsLong: return Excerpt("rope_factors_long.weight")
      case .layerInputs: return Excerpt("per_layer_token_embd.weight")
      case .layerInputProjection: return Excerpt("per_layer_model_proj.weight")
      case .layerInputNorm: return Excerpt("per_layer_proj_norm.weight")
      case .layer(let layer, let tensor):
        var name = Excerpt("blk.")
        name.append(decimal: layer)
        name.append(".")
        name.append(tensor.name)
        return name
      }
    }
  }

  /// Whether it is held as Float32 whatever its type in the file.
  var isOfAnyType: Bool {
    switch self {
    case .layer(_, .deltaBeta), .layer(_, .deltaAlpha): true
    default: false
    }
  }

  /// Whether the codes of its type may be kept: not those of what stays in the file, nor of the small
  /// matrices beside it, which always become int8.
  var mayKeepCodes: Bool {
    switch self {
    case .layerInputs, .layerInputProjection, .layer(_, .inputGate), .layer(_, .inputProjection):
      false
    default: !isVector
    }
  }

  /// Whether it is held as Float32.
  public var isVector: Bool {
    switch self {
    case .outputNorm, .ropeFactors, .ropeFactorsShort, .ropeFactorsLong, .layerInputNorm: true
    case .tokenEmbedding, .output, .layerInputs, .layerInputProjection: false
    case .layer(_, let tensor): tensor.isVector
    }
  }

  /// The extents that the shape of the model asks for.
  func shape(_ model: ModelShape) -> TensorShape {
    let embedding = model.embeddingLength
    return switch self {
    case .tokenEmbedding, .output:
      TensorShape(columnCount: embedding, rowCount: model.vocabularyCount)
    case .outputNorm: TensorShape(columnCount: embedding)
    case .ropeFactors, .ropeFactorsShort, .ropeFactorsLong:
      TensorShape(columnCount: model.ropeTables[0].dimensionCount / 2)
    case .layerInputs:
      TensorShape(
        columnCount: model.layerInputLength * model.layerCount, rowCount: model.vocabularyCount)
    case .layerInputProjection:
      TensorShape(columnCount: embedding, rowCount: model.layerInputLength * model.layerCount)
    case .layerInputNorm: TensorShape(columnCount: model.layerInputLength)
    case .layer(let layer, let tensor):
      tensor.shape(model.layer(layer), embeddingLength: embedding)
    }
  }
}

extension Excerpt {
  /// Layers have at most this many digits; longer numbers are part of other names.
  private static let digitCountMax = 9

  func hasText(_ other: Excerpt, at start: Int) -> Bool {
    if start < 0 || start + other.count > count { return false }
    for index in 0..<other.count where self[start + index] != other[index] { return false }
    return true
  }

  func hasSuffix(_ text: StaticString) -> Bool {
    !isCut && hasText(text, at: count - text.utf8CodeUnitCount)
  }

  /// Decimal digits without leading zeros; moves `place` behind them.
  fileprivate func number(at place: inout Int) -> Int? {
    let start = place
    var value = 0
    while place < count && place - start < Self.digitCountMax {
      let byte = self[place]
      if byte < UInt8(ascii: "0") || byte > UInt8(ascii: "9") { break }
      value = value * 10 + Int(byte - UInt8(ascii: "0"))
      place += 1
    }
    let digitCount = place - start
    if digitCount == 0 || (digitCount > 1 && self[start] == UInt8(ascii: "0")) { return nil }
    return value
  }

  fileprivate mutating func append(decimal value: Int) {
    var divisor = 1
    while value / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
      divisor /= 10
    }
  }
}
