extension ArchitectureDescription {
  /// Qwen 3.5, dense: a gated delta rule in three of four layers, gates behind the attention of the others,
  /// rotation of a part of each head. (Of text all positions are the same in every section of the rotary
  /// embedding, so that sections change nothing.)
  static var qwen35: ArchitectureDescription {
    var qwen35 = ArchitectureDescription(
      name: "qwen35", rotatedPairs: .halves, norms: .withHeads, biases: .absent,
      ropeFactors: .absent)
    qwen35.rotatesInPart = true
    qwen35.hasDeltaRule = true
    qwen35.namesFeedForwardNormOfAttention = true
    return qwen35
  }
}
