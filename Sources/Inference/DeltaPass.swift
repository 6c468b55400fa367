import Kernels
import Memory
import Model
import Platform

// Layers with a gated delta rule in place of attention (Qwen 3.5). Tokens are taken one after the other, in
// a block as alone, so that a text's numbers do not depend on its blocks.

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
      let rule = unsafe DeltaRule(
        keyDim: spec.keyDim, valueDim: spec.valueDim,
        state: state + spec.convolutionStateCount + head * spec.keyDim * spec.valueDim)
      for token in 0..<tokenCount {
        step(rule, layer, head: head, token: token, delta, spec, member)
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
        unsafe window.runWithSiLU(
          workspace.queryKeyValue[token], channels: channels)
      }
    }
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
  }

  private func step(
    _ rule: DeltaRule, _ layer: Int, head: Int, token: Int, _ delta: DeltaWeights,
    _ spec: DeltaSpec, _ member: Member
  ) {
    let source = unsafe workspace.queryKeyValue[token]
    let keyHead = head % spec.keyHeadCount * spec.keyDim
    let target = unsafe workspace.attention[token] + head * spec.valueDim
    let (decays, rates) = unsafe workspace.deltaRates(token, spec)
    unsafe rule.step(
      query: source + keyHead, key: source + spec.keyLength + keyHead,
      value: source + 2 * spec.keyLength + head * spec.valueDim, decay: decays[head],
      rate: rates[head], epsilon: shape.rmsEpsilon, into: target)
    unsafe normalizeHead(
      target, weight: delta.norm, count: spec.valueDim, epsilon: shape.rmsEpsilon)
    unsafe multiplyBySiLU(
      target, of: source + spec.channelCount + head * spec.valueDim, count: spec.valueDim)
    if unsafe !areFinite(target, count: spec.valueDim) {
      unsafe workspace.numbers[member.index].check(.infinity, .beforeFeedForward(layer))
    }
  }
}
