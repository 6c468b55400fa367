import KVCache
import Kernels
import Memory
import Model
import Platform
import Profile

/// One block's way through the transformer, run by all members of a team at once. Steps end at
/// barriers; inside a step the members take shares of rows, of output groups or of KV heads.
///
/// Each value is computed by one member in a fixed order of operations, so the result does not
/// depend on the number of threads.
@safe struct ForwardPass {
  let weights: ModelWeights
  let workspace: Workspace
  let settings: RunSettings
  let state: UnsafeMutablePointer<CacheState>
  let tokenCount: Int
  /// The position of the block's first token in the text.
  let firstPosition: Int
  /// Whether all tokens of the block stay: each layer is then evicted from right after its attention.
  let commits: Bool
  /// Whether a KV head takes the block's tokens one by one, each with its attention and eviction: the
  /// cache and all numbers are then those of as many blocks of one token.
  let isStepwise: Bool
  /// Whether members share the slots of a single token's KV heads.
  let takesSegments: Bool

  init(
    weights: ModelWeights, workspace: Workspace, settings: RunSettings,
    state: UnsafeMutablePointer<CacheState>, tokenCount: Int, firstPosition: Int, commits: Bool,
    isStepwise: Bool = false
  ) {
    self.weights = weights
    self.workspace = workspace
    self.settings = settings
    unsafe self.state = unsafe state
    self.tokenCount = tokenCount
    self.firstPosition = firstPosition
    self.commits = commits
    self.isStepwise = isStepwise
    takesSegments =
      unsafe tokenCount == 1 && !isStepwise && workspace.hasSegments
      && state.pointee.cache.count >= AttentionGeometry.segmentSlots
  }

  var shape: ModelShape { _read { yield weights.shape } }
  func spec(_ layer: Int) -> LayerSpec { unsafe weights.layers[layer].spec }

  /// - Returns: the times as this member saw them.
  func run(_ member: Member) -> BlockTimes {
    var timer = LapTimer()
    embed(member)
    timer.wait(member, endOf: .other)
    if let inputs = weights.layerInputs { makeLayerInputs(inputs, member, &timer) }
    for layer in 0..<shape.layerCount {
      attend(layer, member, &timer)
      feedForward(layer, member, &timer)
      if weights.layerInputs != nil, let input = unsafe weights.layers[layer].input {
        addLayerInput(layer, input, member, &timer)
      }
    }
    return timer.finish()
  }

  private func attend(_ layer: Int, _ member: Member, _ timer: inout LapTimer) {
    let layerWeights = unsafe weights.layers[layer]
    let normalized = rows(
      layerWeights.queryKeyValue.forms, k: layerWeights.queryKeyValue.k, member)
    unsafe normalize(
      layerWeights.attentionNorm, into: normalized, .beforeAttention(layer), member, &timer)
    multiplyQueryKeyValue(member, normalized, layerWeights)
    timer.wait(member, endOf: .linear)
    if let convolution = unsafe layerWeights.convolution {
      unsafe convolve(layer, convolution, member)
      timer.wait(member, endOf: .attention)
    } else if let delta = layerWeights.delta, let spec = layerWeights.spec.delta {
      runDeltaRule(layer, delta, spec, member, &timer)
    } else if isTokenAttended(layerWeights.spec) {
      if takesSegments {
        attendSegments(layer, member, &timer)
      } else {
        attendToken(layer, member, &timer)
      }
      timer.wait(member, endOf: .attention)
    } else {
      attendBlock(layer, member, &timer)
    }
    let attended = rows(for: layerWeights.attentionOutput, member)
    roundAttention(layer, into: attended, member, &timer)
    unsafe add(
      member, attended, layerWeights.attentionOutput, layerWeights,
      bias: layerWeights.outputBias, norm: layerWeights.attentionPostNorm, &timer)
  }

  private func attendBlock(_ layer: Int, _ member: Member, _ timer: inout LapTimer) {
    member.beginRun(at: shareEnd(layer, chunks(spec(layer)).count, before: member.index, member))
    writeCache(layer, member)
    timer.wait(member, endOf: .other)
    attention(layer, member, &timer)
    timer.wait(member, endOf: .attention)
  }

  private func feedForward(_ layer: Int, _ member: Member, _ timer: inout LapTimer) {
    let layerWeights = unsafe weights.layers[layer]
    if let experts = layerWeights.experts, let spec = layerWeights.spec.experts {
      return feedForward(layer, experts, spec, member, &timer)
    }
    let normalized = rows(
      layerWeights.gate.format.form.union(layerWeights.up.format.form), k: layerWeights.gate.k,
      member)
    unsafe normalize(
      layerWeights.feedForwardNorm, into: normalized, .beforeFeedForward(layer), member, &timer)
    let share = groupsPerShare(layerWeights.gate.groupCount, member)
    forEachShare(member, count: layerWeights.gate.groupCount, step: share) { groups, pass in
      unsafe Matmul.gated(
        normalized, gate: pass.weights.layers[layer].gate,
        up: pass.weights.layers[layer].up,
        layerWeights.spec.activation == .silu ? .silu : .gelu, groups: groups,
        into: ProductOutput(pass.workspace.gated),
        l2ByteCount: pass.settings.l2ByteCount)
    }
    timer.wait(member, endOf: .linear)
    let gated = rows(for: layerWeights.down, member)
    unsafe round(
      workspace.gated, gated,
      factor: layerWeights.feedForwardPostNorm == nil ? layerWeights.spec.residualScale : 1,
      .beforeAttention(layer + 1), member, &timer)
    unsafe add(
      member, gated, layerWeights.down, layerWeights, norm: layerWeights.feedForwardPostNorm,
      &timer)
  }
}

// MARK: - Matrix products

extension ForwardPass {
  var queryKeyValueOutput: ProductOutput {
    ProductOutput(workspace.queryKeyValue)
  }

  /// Queries, keys and values: x·W, and the layer's bias if it has one.
  private func multiplyQueryKeyValue(
    _ member: Member, _ x: ActivationRows, _ layer: LayerWeights
  ) {
    let out = queryKeyValueOutput
    let count = layer.queryKeyValue.groupCount
    forEachShare(member, count: count, step: groupsPerShare(count, member)) { groups, pass in
      unsafe Matmul.store(
        x, layer.queryKeyValue, groups: groups, bias: layer.bias, into: out,
        l2ByteCount: pass.settings.l2ByteCount)
    }
  }

  /// residual += x·W, which `x` was multiplied by the layer's scale for, and a bias; or if there is a norm, the norm
  /// of x·W times that scale.
  private func add(
    _ member: Member, _ x: ActivationRows, _ matrix: WeightMatrix, _ layer: LayerWeights,
    bias: UnsafeMutablePointer<Float>? = nil, norm: UnsafeMutablePointer<Float>?,
    _ timer: inout LapTimer
  ) {
    let out = unsafe ProductOutput(norm == nil ? workspace.residual : workspace.branch)
    let share = groupsPerShare(matrix.groupCount, member)
    forEachShare(member, count: matrix.groupCount, step: share) { groups, pass in
      if unsafe norm == nil {
        Matmul.add(x, matrix, groups: groups, to: out, l2ByteCount: pass.settings.l2ByteCount)
      } else {
        Matmul.store(x, matrix, groups: groups, into: out, l2ByteCount: pass.settings.l2ByteCount)
      }
      if let bias = unsafe bias {
        unsafe out.addRow(bias, rowCount: x.tokenCount, groups: groups)
      }
    }
    timer.wait(member, endOf: .linear)
    if let norm = unsafe norm {
      unsafe addBranch(member, norm, factor: layer.spec.residualScale, &timer)
    }
  }

  /// residual = (residual + norm of what the layer's branch gave) * scale
  func addBranch(
    _ member: Member, _ norm: UnsafeMutablePointer<Float>, factor: Float,
    scale factorOfSum: Float = 1, _ timer: inout LapTimer
  ) {
    forEachShare(member, count: tokenCount, step: tokensPerShare) { tokens, pass in
      for token in tokens {
        unsafe addNormalized(
          pass.workspace.branch[token], weight: norm, count: pass.shape.embeddingLength,
          epsilon: pass.shape.rmsEpsilon, factor: factor, to: pass.workspace.residual[token])
        if factorOfSum != 1 {
          unsafe scale(
            pass.workspace.residual[token], count: pass.shape.embeddingLength, by: factorOfSum)
        }
      }
    }
    timer.wait(member, endOf: .other)
  }
}

// MARK: - Rows

extension ForwardPass {
  /// Residual rows from the token embeddings, and the rotary table.
  private func embed(_ member: Member) {
    forEachShare(member, count: tokenCount, step: tokensPerShare) {
      tokens, pass in
      for token in tokens {
        let row = unsafe pass.workspace.residual[token]
        unsafe pass.weights.embeddings.row(Int(pass.workspace.tokens[token]), into: row)
        let factor = pass.shape.embeddingScale
        if factor != 1 { unsafe scale(row, count: pass.shape.embeddingLength, by: factor) }
        pass.workspace.rotary.setToken(token, position: pass.firstPosition + token)
      }
    }
  }

  /// RMS norm of the residual rows, rounded.
  private func normalize(
    _ norm: UnsafeMutablePointer<Float>, into rows: ActivationRows, _ place: NumberPlace,
    _ member: Member, _ timer: inout LapTimer
  ) {
    forEachToken(member, of: rows, &timer) { token, pass in
      let squares = unsafe rows.setNormalizedToken(
        token, from: pass.workspace.residual[token],
        weight: norm, epsilon: pass.shape.rmsEpsilon, scratch: pass.rowScratch(member))
      unsafe pass.workspace.numbers[member.index].check(squares, place)
    }
  }

  /// Rounds Float32 rows, which are overwritten.
  /// - Parameters:
  ///   - factor: multiplies them.
  ///   - place: the next norm, which numbers that are not finite would reach.
  func round(
    _ source: ArenaRows<Float>, _ target: ActivationRows, factor: Float, _ place: NumberPlace,
    _ member: Member, _ timer: inout LapTimer
  ) {
    forEachToken(member, of: target, &timer) { token, pass in
      unsafe pass.round(source[token], into: target, token, factor: factor, place, member)
    }
  }

  private func round(
    _ source: UnsafeMutablePointer<Float>, into target: ActivationRows, _ token: Int,
    factor: Float, _ place: NumberPlace, _ member: Member
  ) {
    var row = unsafe source
    // Other members read it too.
    if roundsOwnRows && member.count > 1 {
      unsafe row = unsafe rowScratch(member)
      unsafe copy(source, to: row, count: target.kPadded)
    }
    // Another layer's rows may be longer.
    for index in target.k..<target.kPadded { unsafe row[index] = 0 }
    unsafe workspace.numbers[member.index].check(
      target.setToken(token, from: row, factor: factor), place)
  }
}
