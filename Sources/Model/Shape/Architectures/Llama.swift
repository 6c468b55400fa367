extension ArchitectureDescription {
  /// Llama, Mistral, SmolLM2, TinyLlama, DeepSeek-R1-Distill-Llama.
  static var llama: ArchitectureDescription {
    ArchitectureDescription(
      name: "llama", rotatedPairs: .interleaved, norms: LayerNorms(), biases: .optional,
      ropeFactors: .optional)
  }

  /// Ministral 3: Llama with queries that grow with the position.
  static var mistral3: ArchitectureDescription {
    ArchitectureDescription(
      name: "mistral3", rotatedPairs: .interleaved, norms: LayerNorms(), biases: .optional,
      ropeFactors: .optional)
  }

  /// SmolLM3: every fourth layer is not rotated.
  static var smollm3: ArchitectureDescription {
    var smollm3 = ArchitectureDescription(
      name: "smollm3", rotatedPairs: .interleaved, norms: LayerNorms(), biases: .optional,
      ropeFactors: .absent)
    smollm3.plainPeriod = 4
    return smollm3
  }
}
