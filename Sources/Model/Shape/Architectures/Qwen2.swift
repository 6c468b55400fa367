extension ArchitectureDescription {
  /// Qwen2, Qwen2.5, DeepSeek-R1-Distill-Qwen: biases of queries, keys and values.
  static var qwen2: ArchitectureDescription {
    ArchitectureDescription(
      name: "qwen2", rotatedPairs: .halves, norms: LayerNorms(), biases: .required,
      ropeFactors: .absent)
  }
}
