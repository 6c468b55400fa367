import Platform

extension Metadata {
  /// The base of rotary embedding where a model does not give one.
  private static let ropeFrequencyBaseDefault = 10_000.0

  /// The shape that the keys give, with their defaults. `isOutputTied` is not known from them.
  func shape() throws(ModelError) -> ModelShape {
    let embeddingLength = try requiredInteger(.embeddingLength)
    let headCount = try requiredInteger(.headCount)
    // These before the rest: the dimension of a head comes from them.
    try ModelShape.checkRowLength(.embeddingLength, embeddingLength)
    try ModelShape.check(.headCount, headCount, maximum: ModelShape.headCountMax)
    let headDim = try headDim(embeddingLength: embeddingLength, headCount: headCount)
    guard let rmsEpsilon = try real(.rmsEpsilon) else { throw .key(.rmsEpsilon, .missing) }
    let ropeFrequencyBase = try real(.ropeFrequencyBase) ?? Self.ropeFrequencyBaseDefault
    let shape = try ModelShape(
      layerCount: requiredInteger(.blockCount), headCount: headCount,
      kvHeadCount: integer(.kvHeadCount) ?? headCount, headDim: headDim,
      embeddingLength: embeddingLength,
      feedForwardLength: requiredInteger(.feedForwardLength), vocabularyCount: vocabularyCount(),
      contextLength: requiredInteger(.contextLength), ropeFrequencyBase: Float(ropeFrequencyBase),
      rmsEpsilon: Float(rmsEpsilon), isOutputTied: false)
    try checkRopeDimensions(headDim)
    return shape
  }

  private func headDim(embeddingLength: Int, headCount: Int) throws(ModelError) -> Int {
    let keyLength = try integer(.keyLength)
    let valueLength = try integer(.valueLength)
    if (keyLength == nil || valueLength == nil) && embeddingLength % headCount != 0 {
      throw .key(
        .headCount,
        .notDivisor(
          headCount, other: MetadataKey.embeddingLength.name, otherValue: embeddingLength))
    }
    let headDim = keyLength ?? embeddingLength / headCount
    let valueDim = valueLength ?? embeddingLength / headCount
    if valueDim != headDim {
      throw .key(
        .valueLength,
        .unequal(valueDim, other: MetadataKey.keyLength.name, otherValue: headDim))
    }
    return headDim
  }

  /// `llama.vocab_size`, or else the count of tokens.
  private func vocabularyCount() throws(ModelError) -> Int {
    if let count = try integer(.vocabularySize) { return count }
    guard let tokens = try array(.tokens, of: .string, expected: "an array of STRING") else {
      throw .key(.vocabularySize, .missing)
    }
    return tokens.count
  }

  private func checkRopeDimensions(_ headDim: Int) throws(ModelError) {
    guard let count = try integer(.ropeDimensionCount) else { return }
    if count != headDim {
      throw .key(
        .ropeDimensionCount,
        .unequal(count, other: "the dimension of a head", otherValue: headDim))
    }
  }

  /// Refuses what asks for a computation that this runtime does not have.
  func checkIsSupported(
    _ cursor: inout FileCursor, of file: borrowing InputFile
  ) throws(ModelError) {
    if !isPresent(.architecture) { throw .key(.architecture, .missing) }
    if let count = try integer(.expertCount), count != 0 {
      throw .key(
        .expertCount,
        .integer(count, expected: "0: mixture-of-experts models are not supported"))
    }
    try checkRopeScaling(&cursor, of: file)
  }

  /// llama.cpp takes a missing type as "linear" and a factor of 0 as 1.
  private func checkRopeScaling(
    _ cursor: inout FileCursor, of file: borrowing InputFile
  ) throws(ModelError) {
    if let type = try text(.ropeScalingType, &cursor, of: file) {
      if type.isEqual(to: "none") { return }
      throw .key(
        .ropeScalingType, .text(type, expected: "'none': rope scaling is not supported"))
    }
    try checkIsUnscaled(.ropeScalingFactor)
    try checkIsUnscaled(.ropeScaleLinear)
  }

  private func checkIsUnscaled(_ key: MetadataKey) throws(ModelError) {
    guard let factor = try real(key) else { return }
    if factor != 0 && factor != 1 {
      throw .key(key, .real(factor, expected: "1: rope scaling is not supported"))
    }
  }

  /// The place of the tensors' data is rounded up to this.
  func alignment() throws(ModelError) -> Int {
    guard let value = try integer(.alignment) else { return GGUF.alignmentDefault }
    let isInRange = value >= GGUF.alignmentMin && value <= GGUF.alignmentMax
    if !isInRange || value & (value - 1) != 0 {
      throw .key(.alignment, .integer(value, expected: "a power of two from 8 to 2^20"))
    }
    return value
  }
}
