import Platform

extension Metadata {
  /// The base of rotary embedding where a model does not give one.
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
    let ropeFrequencyBase = try real(.ropeFrequencyBase) ?? Self.ropeFrequencyBaseDefault
    let shape = try ModelShape(
      architecture: architecture, layerCount: requiredInteger(.blockCount), headCount: headCount,
      kvHeadCount: integer(.kvHeadCount) ?? headCount, headDim: headDim,
      embeddingLength: embeddingLength,
      feedForwardLength: requiredInteger(.feedForwardLength), vocabularyCount: vocabularyCount(),
      contextLength: requiredInteger(.contextLength), ropeFrequencyBase: Float(ropeFrequencyBase),
      ropeScaling: ropeScaling(&cursor, of: file),
      rmsEpsilon: Float(rmsEpsilon), isOutputTied: false)
    try checkRopeDimensions(headDim)
    try checkSlidingWindow(contextLength: shape.contextLength)
    return shape
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

  /// `llama.vocab_size`, or else the count of tokens.
  private func vocabularyCount() throws(ModelError) -> Int {
    if let count = try integer(.vocabularySize) { return count }
    guard let tokens = try array(.tokens, of: .string, expected: "an array of STRING") else {
      throw fault(.vocabularySize, .missing)
    }
    return tokens.count
  }

  private func checkRopeDimensions(_ headDim: Int) throws(ModelError) {
    guard let count = try integer(.ropeDimensionCount) else { return }
    if count != headDim {
      throw fault(
        .ropeDimensionCount,
        .unequal(count, other: Excerpt("the dimension of a head"), otherValue: headDim))
    }
  }

  /// Refuses what asks for a computation that this runtime does not have.
  func checkIsSupported() throws(ModelError) {
    if foundArchitecture == nil { throw .key(.architecture, .missing) }
    if let count = try integer(.expertCount), count != 0 {
      throw fault(
        .expertCount,
        .integer(count, expected: "0: mixture-of-experts models are not supported"))
    }
  }

  /// A window as long as the trained text hides nothing.
  private func checkSlidingWindow(contextLength: Int) throws(ModelError) {
    guard let window = try integer(.slidingWindow) else { return }
    if window != 0 && window < contextLength {
      throw fault(
        .slidingWindow,
        .integer(window, expected: "0: sliding-window attention is not supported"))
    }
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
