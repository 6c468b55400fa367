extension ArchitectureDescription {
  /// Qwen3: an RMS norm of each query and key head.
  static var qwen3: ArchitectureDescription {
    ArchitectureDescription(
      name: "qwen3", rotatedPairs: .halves, norms: .withHeads,
      biases: .optional, ropeFactors: .absent)
  }
}
