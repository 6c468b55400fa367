extension Metadata {
  /// Layers behind the first ones, if the file says how many, have experts in place of one feed-forward
  /// part.
  /// - Parameter gating: the architecture's, unless the file gives another one.
  func setExperts(in layers: inout LayerTable, _ gating: ExpertGating) throws(ModelError) {
    let experts = try experts(gating)
    let plainCount = try integer(.plainLayerCount) ?? 0
    if plainCount < 0 || plainCount >= layers.count {
      throw fault(
        .plainLayerCount, .integerRange(plainCount, minimum: 0, maximum: layers.count - 1))
    }
    let length = try expertLength(experts, layers[0].feedForwardLength)
    func layer(_ index: Int) -> LayerSpec {
      var layer = layers[index]
      if index < plainCount { return layer }
      layer.experts = experts
      layer.feedForwardLength = length
      return layer
    }
    var table = LayerTable(repeating: layer(0), count: layers.count)
    for index in 1..<max(layers.count, 1) {
      if !table.set(index, to: layer(index)) {
        throw .layer(index, "more than eight kinds of layers in a model")
      }
    }
    layers = table
  }

  private func experts(_ gating: ExpertGating) throws(ModelError) -> ExpertSpec {
    let check = ShapeCheck(architecture: architecture)
    let count = try requiredInteger(.expertCount)
    try check.isInRange(.expertCount, count, maximum: ExpertSpec.countMax)
    let usedCount = try requiredInteger(.expertUsedCount)
    try check.isInRange(
      .expertUsedCount, usedCount, maximum: min(count, ExpertSpec.usedCountMax))
    if let scale = try real(.expertScale), scale != 0 && scale != 1 {
      throw fault(.expertScale, .real(scale, expected: "none: scales of experts are not supported"))
    }
    var experts = ExpertSpec(count: count, usedCount: usedCount, gating: gating)
    if let number = try integer(.expertGating), number != 0 {
      guard let own = ExpertGating(rawValue: number) else {
        throw fault(.expertGating, .integer(number, expected: "1 (softmax) or 2 (sigmoid)"))
      }
      experts.gating = own
    }
    experts.hasBias = architecture == .lfm2moe
    experts.hasMatrixBiases = architecture.description.hasExpertBiases
    return experts
  }

  /// Elements of an expert's hidden layer, as llama.cpp takes them.
  private func expertLength(
    _ experts: ExpertSpec, _ feedForwardLength: Int
  ) throws(ModelError) -> Int {
    if let length = try integer(.expertFeedForwardLength), length != 0 { return length }
    return architecture == .qwen3moe ? feedForwardLength / experts.usedCount : feedForwardLength
  }
}
