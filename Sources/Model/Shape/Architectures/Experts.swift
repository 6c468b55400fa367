extension ArchitectureDescription {
  /// Qwen3-30B-A3B: Qwen3 with experts in all layers.
  static var qwen3moe: ArchitectureDescription {
    var qwen3moe = ArchitectureDescription(
      name: "qwen3moe", rotatedPairs: .halves, norms: .withHeads, biases: .optional,
      ropeFactors: .absent)
    qwen3moe.experts = .softmax
    return qwen3moe
  }

  /// Granite 3 and 4 with experts in all layers.
  static var granitemoe: ArchitectureDescription {
    var granitemoe = ArchitectureDescription(
      name: "granitemoe", rotatedPairs: .interleaved, norms: LayerNorms(), biases: .optional,
      ropeFactors: .optional)
    granitemoe.scales = .keys
    granitemoe.experts = .softmax
    return granitemoe
  }

  /// LFM2-8B-A1B: LFM2 with experts behind its first layers.
  static var lfm2moe: ArchitectureDescription {
    var lfm2moe = ArchitectureDescription(
      name: "lfm2moe", rotatedPairs: .halves, norms: .withHeads, biases: .absent,
      ropeFactors: .absent)
    lfm2moe.convolves = true
    lfm2moe.namesLastNormOfEmbedding = true
    lfm2moe.experts = .sigmoid
    return lfm2moe
  }
}
