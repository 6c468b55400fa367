extension ArchitectureDescription {
  /// gpt-oss: sinks in attention, biases of all matrices, a window in every other layer, and experts
  /// with a clamped gate.
  static var gptOSS: ArchitectureDescription {
    var gptOSS = ArchitectureDescription(
      name: "gpt-oss", rotatedPairs: .halves, norms: LayerNorms(), biases: .required,
      ropeFactors: .absent, activation: .clampedSilu)
    gptOSS.windows = .allButEach(2)
    gptOSS.namesFeedForwardNormOfAttention = true
    gptOSS.hasSinks = true
    gptOSS.experts = .softmax
    gptOSS.hasExpertBiases = true
    return gptOSS
  }
}
