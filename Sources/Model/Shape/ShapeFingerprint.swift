import Platform

extension ModelShape {
  /// Adds all of the description to a hash: whatever changes what the model computes, or how large
  /// its parts are. The trained length is in it, because positions are renumbered by it.
  @export(interface)
  public func add(to hash: inout XXHash64) {
    hash.update(UInt64(architecture.rawValue))
    hash.update(UInt64(embeddingLength))
    hash.update(UInt64(vocabularyCount))
    hash.update(UInt64(contextLength))
    hash.update(rmsEpsilon)
    hash.update(embeddingScale)
    hash.update(logitScale)
    hash.update(UInt64(isOutputTied ? 1 : 0))
    hash.update(UInt64(ropeTables.count))
    for index in 0..<ropeTables.count { ropeTables[index].add(to: &hash) }
    hash.update(UInt64(layerCount))
    for index in 0..<layerCount { layer(index).add(to: &hash) }
    if logitCap != 0 { hash.update(mark: 11, UInt64(logitCap.bitPattern)) }
  }

  /// A hash of the description alone.
  var fingerprint: UInt64 {
    var hash = XXHash64()
    add(to: &hash)
    return hash.finish()
  }
}

extension LayerSpec {
  fileprivate func add(to hash: inout XXHash64) {
    switch span {
    case .full: hash.update(0 as UInt64)
    case .window(let length): hash.update(UInt64(bitPattern: Int64(length)))
    }
    hash.update(ropeTable.map { UInt64($0) } ?? .max)
    hash.update(UInt64(headCount))
    hash.update(UInt64(kvHeadCount))
    hash.update(UInt64(headDim))
    hash.update(norms.bits | (hasBias ? 1 << 8 : 0) | (isFused ? 1 << 9 : 0))
    hash.update(UInt64(feedForwardLength))
    hash.update(UInt64(activation.rawValue))
    hash.update(queryScale ?? 0)
    hash.update(residualScale)
    if let queryGrowth {
      hash.update(queryGrowth.scale)
      hash.update(UInt64(queryGrowth.length))
    }
    if hasOutputGate { hash.update(mark: 8, 1) }
    if let keySource { hash.update(mark: 9, UInt64(keySource)) }
    if inputLength > 0 { hash.update(mark: 10, UInt64(inputLength)) }
    if hasSinks { hash.update(mark: 12, 1) }
    if hasOutputBias { hash.update(mark: 13, 1) }
    if let experts {
      hash.update(mark: 6, UInt64(experts.count))
      hash.update(UInt64(experts.usedCount))
      hash.update(UInt64(experts.gating.rawValue * 2 + (experts.hasBias ? 1 : 0)))
      if experts.hasMatrixBiases { hash.update(mark: 14, 1) }
    }
    switch mixer {
    case .attention: break
    case .convolution(let length): hash.update(mark: 5, UInt64(length))
    case .delta(let delta):
      hash.update(mark: 7, UInt64(delta.keyHeadCount))
      hash.update(UInt64(delta.valueHeadCount))
      hash.update(UInt64(delta.keyDim))
      hash.update(UInt64(delta.valueDim))
      hash.update(UInt64(delta.convolutionLength))
    }
  }
}

extension LayerNorms {
  fileprivate var bits: UInt64 {
    (beforeAttention ? 1 : 0) | (afterAttention ? 2 : 0) | (beforeFeedForward ? 4 : 0)
      | (afterFeedForward ? 8 : 0) | (heads ? 16 : 0) | (values ? 32 : 0)
  }
}

extension RopeSpec {
  fileprivate func add(to hash: inout XXHash64) {
    hash.update(frequencyBase)
    hash.update(UInt64(dimensionCount))
    hash.update(UInt64(factors.rawValue))
    // What few models have is told apart by a mark before it, and adds nothing to the hash of the others,
    // by which files of head budgets name their model.
    if headDim != dimensionCount { hash.update(mark: 1, UInt64(headDim)) }
    if attentionFactor != 1 { hash.update(mark: 2, UInt64(attentionFactor.bitPattern)) }
    if factors == .short || factors == .long {
      hash.update(mark: 3, UInt64(originalContextLength))
    }
    switch scaling {
    case .none: hash.update(0 as UInt64)
    case .linear(let factor):
      hash.update(1 as UInt64)
      hash.update(factor)
    case .yarn(let yarn):
      hash.update(2 as UInt64)
      hash.update(yarn.factor)
      hash.update(UInt64(yarn.originalContextLength))
      hash.update(yarn.fastTurns)
      hash.update(yarn.slowTurns)
      hash.update(yarn.attentionFactor)
      if yarn.logMultiplier != 0 {
        hash.update(mark: 4, UInt64(yarn.logMultiplier.bitPattern))
      }
    }
  }
}

extension XXHash64 {
  fileprivate mutating func update(_ value: Float) { update(UInt64(value.bitPattern)) }

  fileprivate mutating func update(mark: UInt64, _ value: UInt64) {
    update(.max - mark)
    update(value)
  }
}
