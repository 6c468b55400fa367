import CInstructions

/// What a model multiplies by besides its weights.
struct FoundScales {
  /// Token embeddings.
  var embedding: Float = 1
  /// What attention and the feed-forward part add to the residual stream.
  var residual: Float = 1
  /// Products of queries and keys; nil for headDim^(-1/2).
  var query: Float?
  var logits: Float = 1
  /// See `ModelShape.logitCap`.
  var cap: Float = 0
}

extension Metadata {
  /// The scales of the model, as its architecture takes them.
  func scales(embeddingLength: Int, layerCount: Int) throws(ModelError) -> FoundScales {
    if let cap = try real(.finalSoftCap), cap != 0, architecture != .gemma4 {
      throw fault(.finalSoftCap, .real(cap, expected: "0: capped logits are not supported"))
    }
    switch architecture.description.scales {
    case .none:
      try checkIsAbsent(.embeddingScale)
      try checkIsAbsent(.residualScale)
      try checkIsAbsent(.attentionScale)
      try checkIsAbsent(.logitScale)
      return FoundScales()
    case .gemma4:
      return FoundScales(
        embedding: edge_square_root(Float(embeddingLength)), query: 1,
        cap: try positive(.finalSoftCap) ?? 0)
    case .rootOfEmbedding: return try rootScales(embeddingLength, layerCount)
    case .keys:
      return FoundScales(
        embedding: try scale(.embeddingScale) ?? 1, residual: try scale(.residualScale) ?? 1,
        query: try scale(.attentionScale), logits: 1 / (try scale(.logitScale) ?? 1))
    case .miniCPM: return try miniCPMScales(embeddingLength, layerCount)
    }
  }

  /// Gemma's: the largest model, of 62 layers, scales products by the mean length of a head.
  private func rootScales(
    _ embeddingLength: Int, _ layerCount: Int
  ) throws(ModelError) -> FoundScales {
    var scales = FoundScales()
    scales.embedding = edge_square_root(Float(embeddingLength))
    if layerCount == 62 {
      let headCount = try requiredInteger(.headCount)
      scales.query = 1 / edge_square_root(Float(embeddingLength) / Float(headCount))
    }
    return scales
  }

  /// Those of the first MiniCPM, unless the file has others.
  private func miniCPMScales(
    _ embeddingLength: Int, _ layerCount: Int
  ) throws(ModelError) -> FoundScales {
    FoundScales(
      embedding: try scale(.embeddingScale) ?? 12,
      residual: try scale(.residualScale) ?? 1.4 / edge_square_root(Float(layerCount)),
      query: try scale(.attentionScale),
      logits: 1 / (try scale(.logitScale) ?? Float(embeddingLength) / 256))
  }

  /// Nil if the key is absent or 0, as llama.cpp takes it.
  private func scale(_ key: MetadataKey) throws(ModelError) -> Float? {
    guard let value = try real(key), value != 0 else { return nil }
    if !(value.magnitude >= 1e-6 && value.magnitude <= 1e6) {
      throw fault(key, .real(value, expected: "0, or a magnitude from 0.000001 to 1000000"))
    }
    return Float(value)
  }

  private func checkIsAbsent(_ key: MetadataKey) throws(ModelError) {
    guard let value = try real(key), value != 0 && value != 1 else { return }
    throw fault(key, .real(value, expected: "none: scales of this kind are not supported"))
  }
}
