extension ArchitectureDescription {
  /// Llama, Mistral, SmolLM2, TinyLlama, DeepSeek-R1-Distill-Llama.
  static var llama: ArchitectureDescription {
    ArchitectureDescription(
      name: "llama", rotatedPairs: .interleaved, norms: LayerNorms(), biases: .optional,
      ropeFactors: .optional)
  }
}
