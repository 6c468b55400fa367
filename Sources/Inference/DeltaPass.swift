import Kernels
import Memory
import Model
import Platform

// Layers with a gated delta rule in place of attention (Qwen 3.5). A block goes through each head in chunks of
// several tokens; few tokens are taken one after the other. Tokens that may be dropped change a copy of the
// head's state; what they bring is kept, and those that stay change the state itself (`DeltaReplay`).

extension ForwardPass {
  /// From queries, keys and values before their convolution, and gates behind them, to what the output
  /// projection takes.
  func runDeltaRule(
    _ layer: Int, _ delta: DeltaWeights, _ spec: DeltaSpec, _ member: Member,
    _ timer: inout LapTimer
  ) {
    let state = unsafe state.pointee.states.state(layer)
    unsafe convolveAndRate(layer, delta, spec, state, member)
    timer.wait(member, endOf: .attention)
    while let head = member.nextShare(below: spec.valueHeadCount) {
      let rule = unsafe DeltaRule(spec, head: head, ofLayer: state)
      run(isStepwise ? copy(of: rule, spec, member) : rule, head: head, spec, member)
      for token in 0..<tokenCount {
        gate(layer, head: head, token: token, delta, spec, member)
      }
    }
    timer.wait(member, endOf: .attention)
  }

  /// The first shares are channels of all tokens; then comes each token's decays and rates.
  private func convolveAndRate(
    _ layer: Int, _ delta: DeltaWeights, _ spec: DeltaSpec,
    _ state: UnsafeMutablePointer<Float>, _ member: Member
  ) {
    let window = unsafe ChannelWindow(
      weights: delta.convolution, state: state, length: spec.convolutionLength,
      channelCount: spec.channelCount)
    let perShare = Self.channelsPerShare
    let shareCount = (spec.channelCount + perShare - 1) / perShare
    while let share = member.nextShare(below: shareCount + tokenCount) {
      if share >= shareCount {
        rate(share - shareCount, layer, delta, spec, member)
        continue
      }
      let channels = share * perShare..<min((share + 1) * perShare, spec.channelCount)
      for token in 0..<tokenCount {
        if isStepwise {
          unsafe self.state.pointee.states.save(
            layer, step: token, channels: channels, of: spec.channelCount,
            rowCount: spec.convolutionLength - 1)
        }
        unsafe window.runWithSiLU(
          workspace.queryKeyValue[token], channels: channels)
        if isStepwise { keep(channels, layer, token: token, spec) }
      }
    }
  }

  /// Keys and values among some channels, convolved, so that the state can follow.
  private func keep(_ channels: Range<Int>, _ layer: Int, token: Int, _ spec: DeltaSpec) {
    let kept = channels.clamped(to: spec.keyLength..<spec.channelCount)
    let change = unsafe state.pointee.states.change(layer, step: token, spec)
    unsafe (change.keys + kept.lowerBound - spec.keyLength).update(
      from: workspace.queryKeyValue[token] + kept.lowerBound, count: kept.count)
  }

  /// A token's decays of all heads, and its rates.
  private func rate(
    _ token: Int, _ layer: Int, _ delta: DeltaWeights, _ spec: DeltaSpec, _ member: Member
  ) {
    let (length, row) = unsafe (shape.embeddingLength, rowScratch(member))
    _ = unsafe normalizeRow(
      workspace.residual[token],
      weight: weights.layers[layer].attentionNorm, count: length, epsilon: shape.rmsEpsilon,
      into: row)
    let (decays, rates) = unsafe workspace.deltaRates(token, spec)
    for head in 0..<spec.valueHeadCount {
      let alpha = unsafe sumOfProducts(row, delta.alpha + head * length, count: length)
      unsafe decays[head] = unsafe DeltaRule.decay(
        alpha: alpha, bias: delta.bias[head], factor: delta.decay[head])
      unsafe rates[head] = unsafe Elementary.sigmoid(
        sumOfProducts(row, delta.beta + head * length, count: length))
    }
    if !isStepwise { return }
    let change = unsafe state.pointee.states.change(layer, step: token, spec)
    unsafe change.decays.update(from: decays, count: 2 * spec.valueHeadCount)
  }

  /// The rule on a copy of its state.
  private func copy(of rule: DeltaRule, _ spec: DeltaSpec, _ member: Member) -> DeltaRule {
    unsafe DeltaRule(
      keyDim: spec.keyDim, valueDim: spec.valueDim,
      state: rule.copyState(to: workspace.stateCopy(member)))
  }

  /// All tokens of the block, in one head.
  private func run(_ rule: DeltaRule, head: Int, _ spec: DeltaSpec, _ member: Member) {
    let perChunk = isStepwise ? 1 : DeltaRule.chunkTokens
    for first in stride(from: 0, to: tokenCount, by: perChunk) {
      let tokens = deltaTokens(from: first, head: head, spec)
      let count = min(tokenCount - first, perChunk)
      if count >= DeltaRule.chunkTokensMin {
        rule.run(
          tokens, count: count, epsilon: shape.rmsEpsilon,
          scratch: workspace.deltaScratch(member, spec))
      } else {
        rule.step(tokens, count: count, epsilon: shape.rmsEpsilon)
      }
    }
  }

  private func deltaTokens(from token: Int, head: Int, _ spec: DeltaSpec) -> DeltaTokens {
    let source = unsafe workspace.queryKeyValue[token]
    let keyHead = spec.firstKey(ofHead: head)
    let (decays, rates) = unsafe workspace.deltaRates(token, spec)
    return unsafe DeltaTokens(
      queries: source + keyHead, keys: source + spec.keyLength + keyHead,
      values: source + 2 * spec.keyLength + head * spec.valueDim,
      stride: workspace.queryKeyValue.stride, decays: decays + head, rates: rates + head,
      rateStride: workspace.deltaRates.stride,
      outputs: workspace.attention[token] + head * spec.valueDim,
      outputStride: workspace.attention.stride)
  }

  /// A norm of what the rule gave, and silu of the gate.
  private func gate(
    _ layer: Int, head: Int, token: Int, _ delta: DeltaWeights, _ spec: DeltaSpec,
    _ member: Member
  ) {
    let target = unsafe workspace.attention[token] + head * spec.valueDim
    unsafe normalizeHead(
      target, weight: delta.norm, count: spec.valueDim, epsilon: shape.rmsEpsilon)
    unsafe multiplyBySiLU(
      target, of: workspace.queryKeyValue[token] + spec.channelCount + head * spec.valueDim,
      count: spec.valueDim)
    if unsafe !areFinite(target, count: spec.valueDim) {
      unsafe workspace.numbers[member.index].check(.infinity, .beforeFeedForward(layer))
    }
  }
}

/// Tokens that may have been dropped and stay change the states of the delta rules, with what was kept of them:
/// the numbers are those of a block of each. Members take heads of all layers.
@safe struct DeltaReplay {
  let state: UnsafeMutablePointer<CacheState>
  let shape: ModelShape
  let workspace: Workspace
  /// The first tokens of the latest block.
  let tokenCount: Int

  func run(_ member: Member) {
    var walk = ShareWalk(member: member)
    for layer in 0..<shape.layerCount {
      guard let spec = shape.layer(layer).delta else { continue }
      while let head = walk.take(of: spec.valueHeadCount) { run(layer, head: head, spec, member) }
      walk.pass(spec.valueHeadCount)
    }
  }

  private func run(_ layer: Int, head: Int, _ spec: DeltaSpec, _ member: Member) {
    let states = unsafe state.pointee.states
    let first = states.change(layer, step: 0, spec)
    let key = unsafe first.keys + spec.firstKey(ofHead: head)
    // What comes out is known already.
    let out = unsafe workspace.rowScratch[member.index]
    let tokens = unsafe DeltaTokens(
      queries: key, keys: key, values: first.values + head * spec.valueDim,
      stride: spec.changeCount, decays: first.decays + head, rates: first.rates + head,
      rateStride: spec.changeCount, outputs: out, outputStride: 0)
    unsafe DeltaRule(spec, head: head, ofLayer: states.state(layer)).step(
      tokens, count: tokenCount, epsilon: shape.rmsEpsilon)
  }
}

extension DeltaSpec {
  /// The first element of a value head's query and key.
  fileprivate func firstKey(ofHead head: Int) -> Int { head % keyHeadCount * keyDim }
}

extension DeltaRule {
  /// - Parameter state: of the layer.
  fileprivate init(_ spec: DeltaSpec, head: Int, ofLayer state: UnsafeMutablePointer<Float>) {
    unsafe self.init(
      keyDim: spec.keyDim, valueDim: spec.valueDim,
      state: state + spec.convolutionStateCount + head * spec.keyDim * spec.valueDim)
  }
}
