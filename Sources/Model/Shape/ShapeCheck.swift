/// Checks sizes against the limits; errors carry the names of the architecture's keys.
struct ShapeCheck {
  let architecture: Architecture

  private func fault(_ key: MetadataKey, _ fault: KeyFault) -> ModelError {
    .key(key, of: architecture, fault)
  }

  func isInRange(_ key: MetadataKey, _ value: Int, maximum: Int) throws(ModelError) {
    if value < 1 || value > maximum {
      throw fault(key, .integerRange(value, minimum: 1, maximum: maximum))
    }
  }

  func heads(of layer: LayerSpec) throws(ModelError) {
    if !layer.attends { return }
    let (headCount, kvHeadCount) = (layer.headCount, layer.kvHeadCount)
    let headDim = layer.headDim
    try isInRange(.headCount, headCount, maximum: ModelShape.headCountMax)
    try isInRange(.kvHeadCount, kvHeadCount, maximum: headCount)
    if headCount % kvHeadCount != 0 {
      throw fault(
        .kvHeadCount,
        .notDivisor(
          kvHeadCount, other: MetadataKey.headCount.name(of: architecture), otherValue: headCount))
    }
    if headDim < 2 || headDim > ModelShape.headDimMax || headDim % 2 != 0 {
      throw fault(
        .keyLength,
        .integer(headDim, expected: "an even number from 2 to 512, given or as embedding / heads"))
    }
    if headCount * headDim % ModelShape.rowLengthMultiple != 0 {
      throw fault(
        .keyLength, .integer(headDim, expected: "a multiple of 4 when multiplied by the heads"))
    }
  }

  func rowLength(_ key: MetadataKey, _ length: Int) throws(ModelError) {
    try isInRange(key, length, maximum: ModelShape.rowLengthMax)
    if length % ModelShape.rowLengthMultiple != 0 {
      throw fault(key, .integer(length, expected: "a multiple of 4"))
    }
  }

  func frequencyBase(_ base: Float) throws(ModelError) {
    if !(base >= RopeScaling.frequencyBaseMin && base <= RopeScaling.frequencyBaseMax) {
      throw fault(
        .ropeFrequencyBase, .real(Double(base), expected: "a number from 2 to 1000000000000"))
    }
  }

  func isPositive(_ key: MetadataKey, _ value: Float) throws(ModelError) {
    if !(value > 0 && value.isFinite) {
      throw fault(key, .real(Double(value), expected: "a finite number above 0"))
    }
  }
}
