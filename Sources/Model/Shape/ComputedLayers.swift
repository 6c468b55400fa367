import Platform

/// What the forward pass computes. A description that asks for more is refused here and nowhere
/// else: whoever adds a computation removes its refusal.
extension ModelShape {
  /// Throws for the first feature that is not computed.
  func checkIsComputed() throws(ModelError) {
    if embeddingScale != 1 { throw scaleFault(.embeddingScale, embeddingScale) }
    if logitScale != 1 { throw scaleFault(.logitScale, logitScale) }
    for index in 0..<layerCount {
      let layer = layer(index)
      try checkRotation(layer, index)
      try checkAttention(layer, index)
      try checkFeedForward(layer, index)
    }
  }

  private func checkRotation(_ layer: LayerSpec, _ index: Int) throws(ModelError) {
    guard let number = layer.ropeTable else {
      throw .layer(index, "attention without rotary embedding")
    }
    if number < 0 || number >= ropeTables.count {
      throw .layer(index, "a table of rotary embedding that the model has not")
    }
    let count = ropeTables[number].dimensionCount
    if count != layer.headDim {
      throw fault(
        .ropeDimensionCount,
        .unequal(count, other: Excerpt("the dimension of a head"), otherValue: layer.headDim))
    }
  }

  private func checkAttention(_ layer: LayerSpec, _ index: Int) throws(ModelError) {
    if case .window(let window) = layer.span {
      throw fault(
        .slidingWindow,
        .integer(window, expected: "0: sliding-window attention is not supported"))
    }
    if let scale = layer.queryScale { throw scaleFault(.attentionScale, scale) }
    if layer.residualScale != 1 { throw scaleFault(.residualScale, layer.residualScale) }
    if !layer.norms.beforeAttention || !layer.norms.beforeFeedForward {
      throw .layer(index, "attention or a feed-forward part without a norm before it")
    }
    if layer.norms.afterAttention { throw .layer(index, "a norm after attention") }
  }

  private func checkFeedForward(_ layer: LayerSpec, _ index: Int) throws(ModelError) {
    if layer.norms.afterFeedForward {
      throw .layer(index, "a norm after the feed-forward part")
    }
    if layer.activation != .silu { throw .layer(index, "an activation other than SiLU") }
  }

  private func scaleFault(_ key: MetadataKey, _ scale: Float) -> ModelError {
    fault(key, .real(Double(scale), expected: "none: scales of this kind are not supported"))
  }

  private func fault(_ key: MetadataKey, _ fault: KeyFault) -> ModelError {
    .key(key, of: architecture, fault)
  }
}
