import Platform

/// What the forward pass computes. A description that asks for more is refused here and nowhere
/// else: whoever adds a computation removes its refusal.
extension ModelShape {
  /// Throws for the first feature that is not computed.
  func checkIsComputed() throws(ModelError) {
    var plainDim: Int?
    for index in 0..<layerCount {
      let layer = layer(index)
      try checkRotation(layer, index)
      if layer.attends && layer.ropeTable == nil {
        if let plainDim, plainDim != layer.headDim {
          throw .layer(index, "heads of two lengths without rotary embedding")
        }
        plainDim = layer.headDim
      }
      if let source = layer.keySource, !hasKeys(source, for: layer, index) {
        throw .layer(index, "keys and values of a layer that has none, or others")
      }
      if layer.experts != nil && layer.norms.afterFeedForward {
        throw .layer(index, "a norm behind experts")
      }
      if (layer.experts?.hasMatrixBiases ?? false) != (layer.activation == .clampedSilu) {
        throw .layer(index, "a clamped gate without biases of experts, or these without it")
      }
      if layer.residualScale != 1 && (layer.hasOutputBias || layer.activation == .clampedSilu) {
        throw .layer(index, "biases of what is scaled before it is added")
      }
      if !layer.norms.beforeAttention || !layer.norms.beforeFeedForward {
        throw .layer(index, "attention or a feed-forward part without a norm before it")
      }
    }
  }

  private func hasKeys(_ source: Int, for layer: LayerSpec, _ index: Int) -> Bool {
    if source < 0 || source >= index { return false }
    let other = self.layer(source)
    return other.attends && other.keySource == nil && other.kvHeadCount == layer.kvHeadCount
      && other.headDim == layer.headDim && other.span == layer.span
      && other.ropeTable == layer.ropeTable
  }

  private func checkRotation(_ layer: LayerSpec, _ index: Int) throws(ModelError) {
    guard let number = layer.ropeTable else { return }
    if number < 0 || number >= ropeTables.count {
      throw .layer(index, "a table of rotary embedding that the model has not")
    }
    if ropeTables[number].headDim != layer.headDim {
      throw .layer(index, "a table of rotary embedding for heads of another length")
    }
  }
}
