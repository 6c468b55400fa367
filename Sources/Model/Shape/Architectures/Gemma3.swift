extension ArchitectureDescription {
  /// Gemma 3: norms before and behind each part and of heads, GELU, and five layers with a window for
  /// each one without.
  static var gemma3: ArchitectureDescription {
    var norms = LayerNorms.withHeads
    norms.afterAttention = true
    norms.afterFeedForward = true
    var gemma3 = ArchitectureDescription(
      name: "gemma3", rotatedPairs: .halves, norms: norms, biases: .absent, ropeFactors: .absent,
      activation: .gelu)
    gemma3.windows = .allButEach(6)
    gemma3.windowFrequencyBase = 10_000
    gemma3.scales = .rootOfEmbedding
    return gemma3
  }
}
