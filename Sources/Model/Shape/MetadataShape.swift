import Platform

extension Metadata {
  /// The base of rotary embedding if a model does not give one.
  private static let ropeFrequencyBaseDefault = 10_000.0

  /// The shape that the keys give, with their defaults. `isOutputTied` is not known from them.
  func shape(
    _ cursor: inout FileCursor, of file: borrowing InputFile
  ) throws(ModelError) -> ModelShape {
    let embeddingLength = try requiredInteger(.embeddingLength)
    let headCount = try requiredInteger(.headCount)
    // These before the rest: the dimension of a head comes from them.
    let check = ShapeCheck(architecture: architecture)
    try check.rowLength(.embeddingLength, embeddingLength)
    try check.isInRange(.headCount, headCount, maximum: ModelShape.headCountMax)
    let headDim = try headDim(embeddingLength: embeddingLength, headCount: headCount)
    guard let rmsEpsilon = try real(.rmsEpsilon) else { throw fault(.rmsEpsilon, .missing) }
    let layerCount = try requiredInteger(.blockCount)
    try check.isInRange(.blockCount, layerCount, maximum: ModelShape.layerCountMax)
    let contextLength = try requiredInteger(.contextLength)
    let layer = try layer(headCount: headCount, headDim: headDim, contextLength: contextLength)
    let shape = try ModelShape(
      architecture: architecture, layers: LayerTable(repeating: layer, count: layerCount),
      ropeTables: RopeTables(ropeTable(headDim: headDim, &cursor, of: file)),
      embeddingLength: embeddingLength, vocabularyCount: vocabularyCount(),
      contextLength: contextLength, rmsEpsilon: Float(rmsEpsilon),
      embeddingScale: scale(.embeddingScale) ?? 1, logitScale: scale(.logitScale) ?? 1,
      isOutputTied: false)
    try shape.checkIsComputed()
    return shape
  }

  /// A layer of the model, whose layers are all alike.
  private func layer(
    headCount: Int, headDim: Int, contextLength: Int
  ) throws(ModelError) -> LayerSpec {
    var layer = try architecture.description.layer(
      headCount: headCount, kvHeadCount: integer(.kvHeadCount) ?? headCount, headDim: headDim,
      feedForwardLength: requiredInteger(.feedForwardLength))
    // A window as long as the trained text hides nothing.
    if let window = try integer(.slidingWindow), window != 0 && window < contextLength {
      layer.span = .window(window)
    }
    layer.queryScale = try scale(.attentionScale)
    layer.residualScale = try scale(.residualScale) ?? 1
    return layer
  }

  private func ropeTable(
    headDim: Int, _ cursor: inout FileCursor, of file: borrowing InputFile
  ) throws(ModelError) -> RopeSpec {
    let base = try real(.ropeFrequencyBase) ?? Self.ropeFrequencyBaseDefault
    return try RopeSpec(
      frequencyBase: Float(base), scaling: ropeScaling(&cursor, of: file),
      dimensionCount: integer(.ropeDimensionCount) ?? headDim)
  }

  /// Nil if the key is absent or 0, as llama.cpp takes it.
  private func scale(_ key: MetadataKey) throws(ModelError) -> Float? {
    guard let value = try real(key), value != 0 else { return nil }
    return Float(value)
  }

  private func headDim(embeddingLength: Int, headCount: Int) throws(ModelError) -> Int {
    let keyLength = try integer(.keyLength)
    let valueLength = try integer(.valueLength)
    if (keyLength == nil || valueLength == nil) && embeddingLength % headCount != 0 {
      throw fault(
        .headCount,
        .notDivisor(
          headCount, other: MetadataKey.embeddingLength.name(of: architecture),
          otherValue: embeddingLength))
    }
    let headDim = keyLength ?? embeddingLength / headCount
    let valueDim = valueLength ?? embeddingLength / headCount
    if valueDim != headDim {
      throw fault(
        .valueLength,
        .unequal(valueDim, other: MetadataKey.keyLength.name(of: architecture), otherValue: headDim)
      )
    }
    return headDim
  }

  /// The count of tokens, or `llama.vocab_size` if it is larger: rows of the embedding beyond the
  /// tokens are rows that no text has.
  private func vocabularyCount() throws(ModelError) -> Int {
    let count = try integer(.vocabularySize)
    if let count, count < 1 {
      throw fault(
        .vocabularySize, .integerRange(count, minimum: 1, maximum: ModelShape.vocabularyCountMax))
    }
    let tokens = try array(.tokens, of: .string, expected: "an array of STRING")
    if count == nil && tokens == nil { throw fault(.vocabularySize, .missing) }
    return max(count ?? 0, tokens?.count ?? 0)
  }

  /// Refuses what no description of a layer has; the rest is `ModelShape.checkIsComputed`.
  func checkIsSupported(
    _ cursor: inout FileCursor, of file: borrowing InputFile
  ) throws(ModelError) {
    try checkIsModel(cursor: &cursor, of: file)
    if foundArchitecture == nil { throw .key(.architecture, .missing) }
    if let count = try integer(.expertCount), count != 0 {
      throw fault(
        .expertCount,
        .integer(count, expected: "0: mixture-of-experts models are not supported"))
    }
    if try bool(.isCausal) == false { throw fault(.isCausal, .notCausal) }
  }

  /// Names a file that goes with a model and is none.
  private func checkIsModel(
    cursor: inout FileCursor, of file: borrowing InputFile
  ) throws(ModelError) {
    guard let type = try text(.fileType, &cursor, of: file), !type.isEqual(to: "model") else {
      return
    }
    if type.isEqual(to: "adapter") { throw ModelError(.notAModel("an adapter (LoRA)")) }
    if type.isEqual(to: "mmproj") {
      throw ModelError(.notAModel("a projector of images or sound"))
    }
    if type.isEqual(to: "imatrix") { throw ModelError(.notAModel("an importance matrix")) }
    if type.isEqual(to: "dataset") { throw ModelError(.notAModel("a data set")) }
  }

  /// The place of the tensors' data is rounded up to this.
  func alignment() throws(ModelError) -> Int {
    guard let value = try integer(.alignment) else { return GGUF.alignmentDefault }
    let isInRange = value >= GGUF.alignmentMin && value <= GGUF.alignmentMax
    if !isInRange || value & (value - 1) != 0 {
      throw fault(.alignment, .integer(value, expected: "a power of two from 8 to 2^20"))
    }
    return value
  }
}
