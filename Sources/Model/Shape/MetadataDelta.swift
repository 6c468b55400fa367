extension Metadata {
  /// Of so many layers all but the last one have a delta rule in place of attention.
  func setDeltaRules(in layers: inout LayerTable) throws(ModelError) {
    let period = try integer(.attentionPeriod) ?? 4
    if period < 1 || period > ModelShape.layerCountMax {
      throw fault(
        .attentionPeriod, .integerRange(period, minimum: 1, maximum: ModelShape.layerCountMax))
    }
    let delta = try deltaRule()
    if layers.count < period {
      throw fault(
        .attentionPeriod, .integer(period, expected: "at most as many as there are layers"))
    }
    func layer(_ index: Int) -> LayerSpec {
      (index + 1) % period == 0 ? layers[index] : layers[index].mixing(by: .delta(delta))
    }
    var table = LayerTable(repeating: layer(0), count: layers.count)
    for index in 1..<max(layers.count, 1) {
      let isSet = table.set(index, to: layer(index))
      precondition(isSet, "there are two kinds")
    }
    layers = table
  }

  private func deltaRule() throws(ModelError) -> DeltaSpec {
    let check = ShapeCheck(architecture: architecture)
    let keyHeadCount = try requiredInteger(.deltaKeyHeadCount)
    let valueHeadCount = try requiredInteger(.deltaValueHeadCount)
    try check.isInRange(.deltaValueHeadCount, valueHeadCount, maximum: ModelShape.headCountMax)
    try check.isInRange(.deltaKeyHeadCount, keyHeadCount, maximum: valueHeadCount)
    let keyDim = try requiredInteger(.deltaKeyLength)
    let valueLength = try requiredInteger(.deltaValueLength)
    try check.isInRange(.deltaValueLength, valueLength, maximum: ModelShape.rowLengthMax)
    if valueHeadCount % keyHeadCount != 0 {
      throw notDivisor(.deltaKeyHeadCount, keyHeadCount, .deltaValueHeadCount, valueHeadCount)
    }
    if valueLength % valueHeadCount != 0 {
      throw notDivisor(.deltaValueHeadCount, valueHeadCount, .deltaValueLength, valueLength)
    }
    let length = try requiredInteger(.deltaConvolutionLength)
    if length < 2 || length > LayerSpec.convolutionLengthMax {
      throw fault(
        .deltaConvolutionLength,
        .integerRange(length, minimum: 2, maximum: LayerSpec.convolutionLengthMax))
    }
    let expected: StaticString = "a multiple of 16, at most 256, for each head"
    if keyDim < 16 || keyDim > DeltaSpec.headDimMax || keyDim % 16 != 0 {
      throw fault(.deltaKeyLength, .integer(keyDim, expected: expected))
    }
    let valueDim = valueLength / valueHeadCount
    if valueDim < 16 || valueDim > DeltaSpec.headDimMax || valueDim % 16 != 0 {
      throw fault(.deltaValueLength, .integer(valueLength, expected: expected))
    }
    return DeltaSpec(
      keyHeadCount: keyHeadCount, valueHeadCount: valueHeadCount, keyDim: keyDim,
      valueDim: valueDim, convolutionLength: length)
  }

  private func notDivisor(
    _ key: MetadataKey, _ value: Int, _ other: MetadataKey, _ otherValue: Int
  ) -> ModelError {
    fault(
      key, .notDivisor(value, other: other.name(of: architecture), otherValue: otherValue))
  }
}
