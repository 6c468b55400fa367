import Platform

/// Checks every tensor of the directory against the description of the model.
struct TensorChecker: TensorVisitor {
  private let shape: ModelShape
  /// Of each layer one bit for each tensor that was seen.
  private var seenOfLayers = LayerTable.PerLayer<UInt64>(repeating: 0)
  /// One bit for each tensor of no layer that was seen.
  private var seenOfModel: UInt32 = 0
  private(set) var coded = CodedTensors()

  init(shape: ModelShape) {
    self.shape = shape
    precondition(LayerTensor.count <= UInt64.bitWidth)
    precondition(TensorSlot.globalCount <= UInt32.bitWidth)
  }

  mutating func visit(_ tensor: TensorEntry) throws(ModelError) {
    _ = try check(tensor)
  }

  /// The slot that the tensor fills and its type; nil for a tensor that changes nothing.
  mutating func check(_ tensor: TensorEntry) throws(ModelError) -> (TensorSlot, TensorType)? {
    guard let slot = slot(tensor.name) else {
      if let reason = UnusedTensor.refusal(of: tensor.name) {
        throw .tensor(tensor.name, .unsupported(reason))
      }
      return nil
    }
    if case .outputNorm = slot, tensor.name.isEqual(to: TensorSlot.lastNormOfLFM2),
      !shape.architecture.description.namesLastNormOfEmbedding
    {
      throw .tensor(tensor.name, .unsupported("a norm of embeddings"))
    }
    if case .layer(let layer, _) = slot, layer >= shape.layerCount {
      throw .tensor(tensor.name, .layer(count: shape.layerCount))
    }
    if isOverridden(slot) { return nil }
    if !isSlotOfModel(slot) { throw .tensor(tensor.name, .unsupported(LayerTensor.otherAbsence)) }
    if case .layer(let layer, let found) = slot, found.isOfSomeLayers,
      !shape.layer(layer).has(found)
    {
      throw .tensor(tensor.name, .unsupported(found.absence))
    }
    if isSeen(slot) { throw .tensor(tensor.name, .repeated) }
    setSeen(slot)
    guard let type = tensor.type.readable else {
      throw .tensor(tensor.name, .type(tensor.type, expected: TensorType.supportedNames))
    }
    if slot.isVector && !slot.isOfAnyType && !type.isFloat {
      throw .tensor(tensor.name, .type(tensor.type, expected: "F32, F16 or BF16"))
    }
    let expected = slot.shape(shape)
    if !tensor.shape.isEqual(to: expected) {
      throw .tensor(tensor.name, .shape(found: tensor.shape, expected: expected))
    }
    if type.isCoded && slot.mayKeepCodes { setCoded(slot, type) }
    return (slot, type)
  }

  /// Keys and values of a layer that attends to those of another one change nothing.
  private func isOverridden(_ slot: TensorSlot) -> Bool {
    guard case .layer(let layer, let tensor) = slot, shape.layer(layer).keySource != nil else {
      return false
    }
    return tensor == .key || tensor == .value || tensor == .keyNorm
  }

  /// Whether the model may have a tensor, if it is of no layer.
  private func isSlotOfModel(_ slot: TensorSlot) -> Bool {
    switch slot {
    case .layerInputs, .layerInputProjection, .layerInputNorm: shape.layerInputLength > 0
    default: true
    }
  }

  /// Nil for names of tensors that are not needed.
  private func slot(_ name: Excerpt) -> TensorSlot? {
    let slot = TensorSlot(name: name)
    if case .layer(let layer, .attentionPostNorm) = slot,
      shape.architecture.description.namesFeedForwardNormOfAttention
    {
      return .layer(layer, .ffnNorm)
    }
    return slot
  }

  /// The matrices that a tensor has codes of.
  private mutating func setCoded(_ slot: TensorSlot, _ type: TensorType) {
    guard case .layer(let layer, let tensor) = slot else { return coded.set(slot, type) }
    switch tensor {
    case .convolutionOutput, .deltaOutput:
      return coded.set(.layer(layer, .attentionOutput), type)
    case .queryKeyValue where shape.layer(layer).delta != nil:
      return coded.set(.layer(layer, .query), type)
    case .deltaGate: return coded.set(.layer(layer, .key), type)
    case .gates: return coded.set(.layer(layer, .gate), type)
    case .ups: return coded.set(.layer(layer, .up), type)
    case .downs: return coded.set(.layer(layer, .down), type)
    default: break
    }
    if tensor == .queryKeyValue || tensor == .convolutionInput {
      coded.set(.layer(layer, .query), type)
      coded.set(.layer(layer, .key), type)
      coded.set(.layer(layer, .value), type)
      return
    }
    coded.set(slot, type)
    if tensor == .up && shape.layer(layer).isFused { coded.set(.layer(layer, .gate), type) }
  }

  func isSeen(_ slot: TensorSlot) -> Bool {
    if case .layer(let layer, let tensor) = slot {
      return seenOfLayers[layer] >> UInt64(tensor.rawValue) & 1 == 1
    }
    return seenOfModel >> UInt32(slot.index) & 1 == 1
  }

  private mutating func setSeen(_ slot: TensorSlot) {
    if case .layer(let layer, let tensor) = slot {
      seenOfLayers[layer] |= 1 << UInt64(tensor.rawValue)
    } else {
      seenOfModel |= 1 << UInt32(slot.index)
    }
  }

  /// Throws for the first tensor that is missing, and for one that the model should not have.
  func checkIsComplete() throws(ModelError) {
    let shape = found
    for index in 0..<TensorSlot.count(layerCount: shape.layerCount) {
      let slot = TensorSlot(index: index)
      switch slot {
      case .tokenEmbedding, .outputNorm: if !isSeen(slot) { throw .tensor(slot.name, .missing) }
      case .output: break
      case .layerInputs, .layerInputProjection, .layerInputNorm:
        if isSlotOfModel(slot) && !isSeen(slot) { throw .tensor(slot.name, .missing) }
      case .ropeFactors, .ropeFactorsShort, .ropeFactorsLong:
        if !isSeen(slot) { break }
        if shape.architecture.description.ropeFactors == .absent {
          throw .tensor(
            slot.name, .unsupported("this architecture has no factors of rotary frequencies"))
        }
        try checkIsSeen(with: slot)
      case .layer(let layer, let tensor):
        let isWanted = shape.layer(layer).has(tensor)
        if isWanted && !isSeen(slot) { throw .tensor(slot.name, .missing) }
        if !isWanted && isSeen(slot) { throw .tensor(slot.name, .unsupported(tensor.absence)) }
      }
    }
  }

  /// Factors for short texts come with those for long ones, and with no others.
  private func checkIsSeen(with slot: TensorSlot) throws(ModelError) {
    let (short, long) = (isSeen(.ropeFactorsShort), isSeen(.ropeFactorsLong))
    if isSeen(.ropeFactors) && (short || long) {
      throw .tensor(slot.name, .unsupported("two kinds of factors of rotary frequencies"))
    }
    if short != long {
      throw .tensor(
        (short ? TensorSlot.ropeFactorsLong : TensorSlot.ropeFactorsShort).name, .missing)
    }
  }

  private var ropeFactors: FoundRopeFactors {
    if isSeen(.ropeFactors) { return .all }
    return isSeen(.ropeFactorsLong) ? .shortAndLong : .none
  }

  /// The model's shape with what its tensors tell; throws as `checkIsComplete`.
  func complete() throws(ModelError) -> ModelShape {
    try checkIsComplete()
    return found
  }

  /// The model's shape with what is known from its tensors alone.
  private var found: ModelShape {
    var shape = shape
    shape.complete(
      isOutputTied: !isSeen(.output), hasBias: isSeen(.layer(0, .queryBias)),
      ropeFactors: ropeFactors, coded: coded.hasShortCodes ? coded : CodedTensors())
    return shape
  }
}

extension LayerTensor {
  /// Whether its sizes follow from something that only some layers have.
  fileprivate var isOfSomeLayers: Bool { rawValue >= LayerTensor.convolutionInput.rawValue }

  fileprivate static var otherAbsence: StaticString { "this architecture does not have it" }

  /// Why a layer may lack it.
  fileprivate var absence: StaticString {
    switch self {
    case .queryBias, .keyBias, .valueBias: "the first layer has no bias"
    case .queryNorm, .keyNorm: "this architecture has no norms of heads"
    case .attentionPostNorm: "this architecture has no norm after attention"
    case .ffnPostNorm: "this architecture has no norm after the feed-forward part"
    case .convolutionInput, .convolution, .convolutionOutput: "the layer has KV heads"
    case .deltaGate, .deltaConvolution, .deltaBias, .deltaDecay, .deltaBeta, .deltaAlpha,
      .deltaNorm, .deltaOutput:
      "the layer has no delta rule"
    case .router, .routerBias, .gates, .ups, .downs: "the layer has no experts"
    case .sinks: "attention sinks"
    case .attentionOutputBias, .routerOffset, .gateBiases, .upBiases, .downBiases:
      "only queries, keys and values may have a bias"
    default: Self.otherAbsence
    }
  }
}
