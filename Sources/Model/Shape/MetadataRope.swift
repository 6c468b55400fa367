import Platform

extension Metadata {
  /// How angles are scaled. llama.cpp takes a missing type as "linear" and a factor of 0 as 1.
  func ropeScaling(
    _ cursor: inout FileCursor, of file: borrowing InputFile
  ) throws(ModelError) -> RopeScaling {
    guard let type = try text(.ropeScalingType, &cursor, of: file) else {
      return try linearScaling()
    }
    if type.isEqual(to: "none") { return .none }
    if type.isEqual(to: "linear") || type.isEqual(to: "longrope") { return try linearScaling() }
    if type.isEqual(to: "yarn") { return .yarn(try yarnScaling()) }
    throw fault(.ropeScalingType, .text(type, expected: "'none', 'linear', 'longrope' or 'yarn'"))
  }

  private func linearScaling() throws(ModelError) -> RopeScaling {
    let older = try scalingFactor(.ropeScaleLinear)
    guard let factor = try scalingFactor(.ropeScalingFactor) ?? older, factor != 1 else {
      return .none
    }
    return .linear(factor: Float(factor))
  }

  private func yarnScaling() throws(ModelError) -> YarnScaling {
    guard let factor = try scalingFactor(.ropeScalingFactor) else {
      throw fault(.ropeScalingFactor, .missing)
    }
    return YarnScaling(
      factor: Float(factor), originalContextLength: try originalContextLength(),
      fastTurns: try positive(.ropeFastTurns) ?? Float(YarnScaling.fastTurnsDefault),
      slowTurns: try positive(.ropeSlowTurns) ?? Float(YarnScaling.slowTurnsDefault),
      attentionFactor: try positive(.ropeAttentionFactor) ?? 1,
      logMultiplier: try yarnLogMultiplier())
  }

  private func yarnLogMultiplier() throws(ModelError) -> Float {
    guard let multiplier = try real(.ropeYarnLogMultiplier) else { return 0 }
    if !(multiplier >= 0 && multiplier <= 1e3) {
      throw fault(.ropeYarnLogMultiplier, .real(multiplier, expected: "a number from 0 to 1000"))
    }
    return Float(multiplier)
  }

  /// Positions that the model was trained for at first.
  func originalContextLength() throws(ModelError) -> Int {
    let key =
      isPresent(.ropeOriginalContext) ? MetadataKey.ropeOriginalContext : .contextLength
    let context = try requiredInteger(key)
    if context < 1 || context > ModelShape.contextLengthMax {
      throw fault(
        key, .integerRange(context, minimum: 1, maximum: ModelShape.contextLengthMax))
    }
    return context
  }

  /// Nil if the key is absent.
  private func scalingFactor(_ key: MetadataKey) throws(ModelError) -> Double? {
    guard let factor = try real(key) else { return nil }
    if factor == 0 { return 1 }
    if !(factor >= RopeScaling.factorMin && factor <= RopeScaling.factorMax) {
      throw fault(key, .real(factor, expected: "0, or a number from 1 to 1000000"))
    }
    return factor
  }

  func positive(_ key: MetadataKey) throws(ModelError) -> Float? {
    guard let value = try real(key) else { return nil }
    if !(value >= 1e-6 && value <= 1e6) {
      throw fault(key, .real(value, expected: "a number from 0.000001 to 1000000"))
    }
    return Float(value)
  }
}
