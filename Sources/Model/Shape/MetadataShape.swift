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
    var layer = try layer(headCount: headCount, headDim: headDim)
    let scales = try scales(embeddingLength: embeddingLength, layerCount: layerCount)
    layer.residualScale = scales.residual
    layer.queryScale = scales.query
    let window = try window(contextLength: contextLength, check)
    let tables = try ropeTables(headDim: headDim, hasWindow: window != nil, &cursor, of: file)
    var layers = architecture.description.layers(
      repeating: layer, count: layerCount, window: window, period: try windowPeriod(),
      contextLength: contextLength)
    if architecture.description.convolves { try setConvolutions(in: &layers, &cursor, of: file) }
    if architecture.description.hasDeltaRule { try setDeltaRules(in: &layers) }
    if architecture.description.hasLayerInputs {
      try setLayerInputs(in: &layers, window: window, &cursor, of: file)
    }
    if let gating = architecture.description.experts { try setExperts(in: &layers, gating) }
    let shape = try ModelShape(
      architecture: architecture, layers: layers,
      ropeTables: tables, embeddingLength: embeddingLength, vocabularyCount: vocabularyCount(),
      contextLength: contextLength, rmsEpsilon: Float(rmsEpsilon),
      embeddingScale: scales.embedding, logitScale: scales.logits, logitCap: scales.cap,
      isOutputTied: false)
    try shape.checkIsComputed()
    return shape
  }

  /// What the layers of the model have in common.
  private func layer(headCount: Int, headDim: Int) throws(ModelError) -> LayerSpec {
    var layer = try architecture.description.layer(
      headCount: headCount, kvHeadCount: kvHeadCount() ?? headCount, headDim: headDim,
      feedForwardLength: feedForwardLength())
    layer.queryGrowth = try queryGrowth()
    return layer
  }

  /// That of all layers, or any if the file gives one for each layer, which `setLayerInputs` takes.
  private func feedForwardLength() throws(ModelError) -> Int {
    if architecture.description.hasLayerInputs, case .array = self[.feedForwardLength] {
      return ModelShape.rowLengthMultiple
    }
    return try requiredInteger(.feedForwardLength)
  }

  /// That of all layers; nil if the file gives none, or one for each layer.
  private func kvHeadCount() throws(ModelError) -> Int? {
    let description = architecture.description
    if description.convolves || description.hasLayerInputs, case .array = self[.kvHeadCount] {
      return nil
    }
    return try integer(.kvHeadCount)
  }

  /// Layers without KV heads convolve; the others may have different counts of them.
  private func setConvolutions(
    in layers: inout LayerTable, _ cursor: inout FileCursor, of file: borrowing InputFile
  ) throws(ModelError) {
    guard case .array = self[.kvHeadCount] else { return }
    let counts = try integers(.kvHeadCount, count: layers.count, &cursor, of: file)
    let length = try requiredInteger(.convolutionLength)
    if length < 2 || length > LayerSpec.convolutionLengthMax {
      throw fault(
        .convolutionLength,
        .integerRange(length, minimum: 2, maximum: LayerSpec.convolutionLengthMax))
    }
    func layer(_ index: Int) -> LayerSpec {
      var layer = layers[index]
      if counts[index] == 0 { return layer.mixing(by: .convolution(length: length)) }
      layer.kvHeadCount = Int(counts[index])
      return layer
    }
    // Anew, so that no kind of layer is left that none is of.
    var table = LayerTable(repeating: layer(0), count: layers.count)
    for index in 1..<max(layers.count, 1) {
      if !table.set(index, to: layer(index)) {
        throw .layer(index, "more than eight kinds of layers in a model")
      }
    }
    if table.sum({ $0.kvHeadCount }) == 0 {
      throw fault(.kvHeadCount, .integer(0, expected: "a layer that has KV heads"))
    }
    layers = table
  }

  /// How many tokens the layers that have a window see; nil if none has one.
  private func window(
    contextLength: Int, _ check: ShapeCheck
  ) throws(ModelError) -> Int? {
    guard let window = try integer(.slidingWindow), window != 0 else { return nil }
    if case .refused = architecture.description.windows {
      // A window as long as the trained text hides nothing.
      if window >= contextLength { return nil }
      throw fault(
        .slidingWindow,
        .integer(window, expected: "0: sliding-window attention is not supported here"))
    }
    try check.isInRange(.slidingWindow, window, maximum: ModelShape.contextLengthMax)
    return window
  }

  /// The file's number in place of the architecture's, if it has one.
  private func windowPeriod() throws(ModelError) -> Int {
    let windows = architecture.description.windows
    if case .listed = windows { return windows.period }
    let found = try integer(.slidingWindowPattern)
    guard case .allButEach = windows, let own = found else { return windows.period }
    if own < 0 || own > ModelShape.layerCountMax {
      throw fault(
        .slidingWindowPattern,
        .integerRange(own, minimum: 0, maximum: ModelShape.layerCountMax))
    }
    return own
  }

  private func queryGrowth() throws(ModelError) -> QueryGrowth? {
    guard let scale = try real(.queryGrowthScale), scale != 0, architecture == .mistral3 else {
      return nil
    }
    if !(scale > 0 && scale <= 1e3) {
      throw fault(.queryGrowthScale, .real(scale, expected: "a number from 0 to 1000"))
    }
    return QueryGrowth(scale: Float(scale), length: try originalContextLength())
  }

  /// The table of the layers, and a second one of those with a window if it differs.
  private func ropeTables(
    headDim: Int, hasWindow: Bool, _ cursor: inout FileCursor, of file: borrowing InputFile
  ) throws(ModelError) -> RopeTables {
    let base = try real(.ropeFrequencyBase) ?? Self.ropeFrequencyBaseDefault
    var table = try RopeSpec(
      frequencyBase: Float(base), scaling: ropeScaling(&cursor, of: file),
      dimensionCount: rotatedCount(headDim: headDim), headDim: headDim)
    let trainedLength = try requiredInteger(.contextLength)
    table.originalContextLength = try integer(.ropeOriginalContext) ?? trainedLength
    if case .yarn = table.scaling {
    } else {
      table.attentionFactor = try positive(.ropeAttentionFactor) ?? 1
    }
    var tables = RopeTables(table)
    let own = try real(.windowFrequencyBase)
    guard hasWindow else { return tables }
    if let base = architecture.description.windowFrequencyBase {
      tables.append(
        RopeSpec(
          frequencyBase: own.map { Float($0) } ?? base,
          dimensionCount: try windowHeadDim() ?? headDim))
    } else if let own, own != base {
      throw fault(
        .windowFrequencyBase,
        .real(
          own, expected: "the same as the other layers' base of rotary embedding"))
    }
    return tables
  }

  /// Elements of a head that are rotated.
  private func rotatedCount(headDim: Int) throws(ModelError) -> Int {
    guard let count = try integer(.ropeDimensionCount), count != headDim else { return headDim }
    if !architecture.description.rotatesInPart {
      throw fault(
        .ropeDimensionCount,
        .unequal(count, other: Excerpt("the dimension of a head"), otherValue: headDim))
    }
    if count < 2 || count > headDim || count % 2 != 0 {
      throw fault(
        .ropeDimensionCount,
        .integer(count, expected: "an even number from 2 to the dimension of a head"))
    }
    return count
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
    if let count = try integer(.expertCount), count != 0, architecture.description.experts == nil {
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
