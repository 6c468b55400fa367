extension ArchitectureDescription {
  /// Phi-3, Phi-3.5, Phi-4-mini: fused matrices, and rotation of a part of each head.
  static var phi3: ArchitectureDescription {
    var phi3 = ArchitectureDescription(
      name: "phi3", rotatedPairs: .halves, norms: LayerNorms(), biases: .absent,
      ropeFactors: .optional)
    phi3.windows = .all
    phi3.rotatesInPart = true
    phi3.isFused = true
    return phi3
  }
}
