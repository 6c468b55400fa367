import Platform

/// Checks every tensor of the directory against the shape of the model.
struct TensorChecker: TensorVisitor {
  private let shape: ModelShape
  /// One bit for each slot that was seen.
  private var seen = InlineArray<113, UInt64>(repeating: 0)

  init(shape: ModelShape) {
    self.shape = shape
    precondition(TensorSlot.countMax <= 113 * UInt64.bitWidth)
  }

  mutating func visit(_ tensor: TensorEntry) throws(ModelError) {
    _ = try check(tensor)
  }

  /// The slot that the tensor fills and its type; nil where the tensor is not needed.
  mutating func check(_ tensor: TensorEntry) throws(ModelError) -> (TensorSlot, TensorType)? {
    guard let slot = TensorSlot(name: tensor.name) else {
      try Self.checkMayBeIgnored(tensor.name)
      return nil
    }
    if case .layer(let layer, _) = slot, layer >= shape.layerCount {
      throw .tensor(tensor.name, .layer(count: shape.layerCount))
    }
    if isSeen(slot) { throw .tensor(tensor.name, .repeated) }
    seen[slot.index / UInt64.bitWidth] |= 1 << UInt64(slot.index % UInt64.bitWidth)
    guard let type = tensor.type.readable else {
      throw .tensor(tensor.name, .type(tensor.type, expected: TensorType.supportedNames))
    }
    if slot.isVector && !type.isFloat {
      throw .tensor(tensor.name, .type(tensor.type, expected: "F32, F16 or BF16"))
    }
    let expected = slot.shape(shape)
    if !tensor.shape.isEqual(to: expected) {
      throw .tensor(tensor.name, .shape(found: tensor.shape, expected: expected))
    }
    return (slot, type)
  }

  func isSeen(_ slot: TensorSlot) -> Bool {
    seen[slot.index / UInt64.bitWidth] >> UInt64(slot.index % UInt64.bitWidth) & 1 == 1
  }

  /// Throws for the first slot that no tensor has filled, and for tensors that the model should not
  /// have.
  func checkIsComplete() throws(ModelError) {
    let hasBias = shape.architecture.requiresBias || isSeen(.layer(0, .queryBias))
    for index in 0..<TensorSlot.count(layerCount: shape.layerCount) {
      let slot = TensorSlot(index: index)
      switch slot {
      case .output, .ropeFactors: continue
      case .layer(_, let tensor) where tensor.isBias && !hasBias:
        if isSeen(slot) { throw .tensor(slot.name, .unsupported("the first layer has no bias")) }
      case .layer(_, let tensor) where tensor.isHeadNorm && !shape.architecture.hasHeadNorms:
        if isSeen(slot) {
          throw .tensor(slot.name, .unsupported("this architecture has no norms of heads"))
        }
      default: if !isSeen(slot) { throw .tensor(slot.name, .missing) }
      }
    }
  }

  /// The model's shape with what its tensors tell; throws as `checkIsComplete`.
  func complete() throws(ModelError) -> ModelShape {
    try checkIsComplete()
    var shape = shape
    shape.isOutputTied = !isSeen(.output)
    shape.hasBias = isSeen(.layer(0, .queryBias))
    shape.hasRopeFactors = isSeen(.ropeFactors)
    return shape
  }

  /// Tensors that would change the computation are refused; others are of no use here.
  private static func checkMayBeIgnored(_ name: Excerpt) throws(ModelError) {
    if name.hasSuffix(".bias") {
      throw .tensor(name, .unsupported("only queries, keys and values may have a bias"))
    }
    let isRopeFactors =
      name.isEqual(to: "rope_factors_long.weight") || name.isEqual(to: "rope_factors_short.weight")
    if isRopeFactors { throw .tensor(name, .unsupported("long-rope scaling")) }
  }
}
