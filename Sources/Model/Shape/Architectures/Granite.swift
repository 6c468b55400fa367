extension ArchitectureDescription {
  /// Granite 3 and 4, dense: Llama with scales of embeddings, branches, products and logits.
  static var granite: ArchitectureDescription {
    var granite = ArchitectureDescription(
      name: "granite", rotatedPairs: .interleaved, norms: LayerNorms(), biases: .optional,
      ropeFactors: .optional)
    granite.scales = .keys
    return granite
  }

  /// MiniCPM, MiniCPM4: the same scales.
  static var minicpm: ArchitectureDescription {
    var minicpm = ArchitectureDescription(
      name: "minicpm", rotatedPairs: .interleaved, norms: LayerNorms(), biases: .optional,
      ropeFactors: .optional)
    minicpm.scales = .miniCPM
    return minicpm
  }
}
