extension ArchitectureDescription {
  /// LFM2, LFM2.5: norms of query and key heads, and short convolutions in the layers that have no KV
  /// heads.
  static var lfm2: ArchitectureDescription {
    var lfm2 = ArchitectureDescription(
      name: "lfm2", rotatedPairs: .halves, norms: .withHeads, biases: .absent,
      ropeFactors: .absent)
    lfm2.convolves = true
    lfm2.namesLastNormOfEmbedding = true
    return lfm2
  }
}
