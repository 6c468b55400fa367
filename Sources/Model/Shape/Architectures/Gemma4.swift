extension ArchitectureDescription {
  /// Gemma 4 E2B and E4B (text): Gemma 3 with heads of two lengths, norms of values, keys and values that
  /// the last layers share, an input of each token for each layer, and capped logits.
  static var gemma4: ArchitectureDescription {
    var norms = LayerNorms.withHeads
    norms.afterAttention = true
    norms.afterFeedForward = true
    norms.values = true
    var gemma4 = ArchitectureDescription(
      name: "gemma4", rotatedPairs: .halves, norms: norms, biases: .absent, ropeFactors: .optional,
      activation: .gelu)
    gemma4.windows = .listed
    gemma4.windowFrequencyBase = 10_000
    gemma4.scales = .gemma4
    gemma4.hasLayerInputs = true
    return gemma4
  }
}
