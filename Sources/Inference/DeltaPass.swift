import Kernels
import Model
import Platform

// Layers with a gated delta rule in place of attention (Qwen 3.5). Tokens are taken one after the other, in
// a block as alone, so that a text's numbers do not depend on its blocks.

extension ForwardPass {
  /// From queries, keys and values before their convolution, and gates behind them, to what the output
  /// projection takes.
  func runDeltaRule(
    _ layer: Int, _ delta: DeltaWeights, _ spec: DeltaSpec, _ member: Member
  ) {
    let state = state.pointee.states.state(layer)
    let convolution = ChannelConvolution(
      weights: delta.convolution, state: state, length: spec.convolutionLength,
      channelCount: spec.channelCount)
    while let channels = member.nextShares(Self.channelsPerShare, of: spec.channelCount) {
      for token in 0..<tokenCount {
        convolution.run(
          workspace.queryKeyValue + token * workspace.queryKeyValueStride, channels: channels)
      }
    }
    member.barrier()
    while let head = member.nextShare(below: spec.valueHeadCount) {
      let rule = DeltaRule(
        keyDim: spec.keyDim, valueDim: spec.valueDim,
        state: state + spec.convolutionStateCount + head * spec.keyDim * spec.valueDim)
      for token in 0..<tokenCount {
        step(rule, layer, head: head, token: token, delta, spec, member)
      }
    }
    member.barrier()
  }

  private func step(
    _ rule: DeltaRule, _ layer: Int, head: Int, token: Int, _ delta: DeltaWeights,
    _ spec: DeltaSpec, _ member: Member
  ) {
    let (length, epsilon, row) = (shape.embeddingLength, shape.rmsEpsilon, rowScratch(member))
    _ = normalizeRow(
      workspace.residual + token * workspace.residualStride,
      weight: weights.layers[layer].attentionNorm, count: length, epsilon: epsilon, into: row)
    let alpha = sumOfProducts(row, delta.alpha + head * length, count: length)
    let beta = sumOfProducts(row, delta.beta + head * length, count: length)
    let source = workspace.queryKeyValue + token * workspace.queryKeyValueStride
    let keyHead = head % spec.keyHeadCount * spec.keyDim
    let target = workspace.attention + token * workspace.attentionStride + head * spec.valueDim
    rule.step(
      query: source + keyHead, key: source + spec.keyLength + keyHead,
      value: source + 2 * spec.keyLength + head * spec.valueDim,
      decay: DeltaRule.decay(alpha: alpha, bias: delta.bias[head], factor: delta.decay[head]),
      rate: DeltaRule.rate(beta: beta), epsilon: epsilon, into: target)
    normalizeHead(target, weight: delta.norm, count: spec.valueDim, epsilon: epsilon)
    multiplyBySiLU(
      target, of: source + spec.channelCount + head * spec.valueDim, count: spec.valueDim)
    if !areFinite(target, count: spec.valueDim) {
      workspace.numbers[member.index].check(.infinity, .beforeFeedForward(layer))
    }
  }
}
