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
struct ForwardPass {
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

  init(
    weights: ModelWeights, workspace: Workspace, settings: RunSettings,
    state: UnsafeMutablePointer<CacheState>, tokenCount: Int, firstPosition: Int, commits: Bool,
    isStepwise: Bool = false
  ) {
    self.weights = weights
    self.workspace = workspace
    self.settings = settings
    self.state = state
    self.tokenCount = tokenCount
    self.firstPosition = firstPosition
    self.commits = commits
    self.isStepwise = isStepwise
  }

  var shape: ModelShape { _read { yield weights.shape } }
  func spec(_ layer: Int) -> LayerSpec { weights.layers[layer].spec }

  /// The block behind a KV head's filled slots.
  private func block(_ layer: Int, kvHead: Int) -> HeadBlock {
    state.pointee.cache.block(
      layer: layer, kvHead: kvHead, tokenCount: tokenCount,
      nextPosition: firstPosition + tokenCount, isProvisional: !commits)
  }

  /// A token of the block whose attention is taken for itself.
  private func block(_ layer: Int, kvHead: Int, token: Int) -> HeadBlock {
    if !isStepwise { return block(layer, kvHead: kvHead) }
    return state.pointee.cache.block(
      layer: layer, kvHead: kvHead, step: token, nextPosition: firstPosition + token + 1)
  }

  /// - Returns: the times as this member saw them.
  func run(_ member: Member) -> BlockTimes {
    var timer = LapTimer()
    embed(member)
    member.barrier()
    _ = timer.lap()
    for layer in 0..<shape.layerCount {
      attend(layer, member, &timer)
      feedForward(layer, member, &timer)
    }
    return timer.finish()
  }

  private func attend(_ layer: Int, _ member: Member, _ timer: inout LapTimer) {
    let layerWeights = weights.layers[layer]
    let normalized = rows(
      layerWeights.queryKeyValue.forms, k: layerWeights.queryKeyValue.k, member)
    normalize(
      layerWeights.attentionNorm, into: normalized, .beforeAttention(layer), member, &timer)
    multiplyQueryKeyValue(member, normalized, layerWeights)
    member.barrier()
    timer.times.linear += timer.lap()
    if let convolution = layerWeights.convolution {
      convolve(layer, convolution, member)
      member.barrier()
      timer.times.attention += timer.lap()
    } else if let delta = layerWeights.delta, let spec = layerWeights.spec.delta {
      runDeltaRule(layer, delta, spec, member)
      timer.times.attention += timer.lap()
    } else if isTokenAttended(layerWeights.spec) {
      attendToken(layer, member, &timer)
      member.barrier()
      timer.times.attention += timer.lap()
    } else {
      attendBlock(layer, member, &timer)
    }
    let attended = rows(for: layerWeights.attentionOutput, member)
    roundAttention(layer, into: attended, member, &timer)
    add(
      member, attended, layerWeights.attentionOutput, layerWeights,
      norm: layerWeights.attentionPostNorm, &timer)
  }

  private func attendBlock(_ layer: Int, _ member: Member, _ timer: inout LapTimer) {
    member.beginRun(at: shareEnd(layer, chunks(spec(layer)).count, before: member.index, member))
    writeCache(layer, member)
    member.barrier()
    _ = timer.lap()
    attention(layer, member, &timer)
    member.barrier()
    timer.times.attention += timer.lap()
  }

  private func feedForward(_ layer: Int, _ member: Member, _ timer: inout LapTimer) {
    let layerWeights = weights.layers[layer]
    if let experts = layerWeights.experts, let spec = layerWeights.spec.experts {
      return feedForward(layer, experts, spec, member, &timer)
    }
    let normalized = rows(
      layerWeights.gate.format.form.union(layerWeights.up.format.form), k: layerWeights.gate.k,
      member)
    normalize(
      layerWeights.feedForwardNorm, into: normalized, .beforeFeedForward(layer), member, &timer)
    let share = groupsPerShare(layerWeights.gate.groupCount, member)
    forEachShare(member, count: layerWeights.gate.groupCount, step: share) { groups, pass in
      Matmul.gated(
        normalized, gate: pass.weights.layers[layer].gate,
        up: pass.weights.layers[layer].up,
        layerWeights.spec.activation == .silu ? .silu : .gelu, groups: groups,
        into: ProductOutput(pass.workspace.gated, stride: pass.workspace.gatedStride),
        l2ByteCount: pass.settings.l2ByteCount)
    }
    member.barrier()
    timer.times.linear += timer.lap()
    let gated = rows(for: layerWeights.down, member)
    round(
      workspace.gated, stride: workspace.gatedStride, gated,
      factor: layerWeights.feedForwardPostNorm == nil ? layerWeights.spec.residualScale : 1,
      .beforeAttention(layer + 1), member, &timer)
    add(
      member, gated, layerWeights.down, layerWeights, norm: layerWeights.feedForwardPostNorm,
      &timer)
  }

  /// A block of one token. Its rows are so short that each member rounds them for itself, and a KV
  /// head's slot is written, attended to and evicted from in one share: waiting would take longer.
  private var isSingle: Bool { tokenCount == 1 }
  private func isTokenAttended(_ spec: LayerSpec) -> Bool {
    (isSingle || isStepwise) && spec.group <= AttentionGeometry.chunkRows
  }
}

// MARK: - Matrix products

extension ForwardPass {
  var queryKeyValueOutput: ProductOutput {
    ProductOutput(workspace.queryKeyValue, stride: workspace.queryKeyValueStride)
  }

  /// The block's rows, rounded as the matrix takes them.
  private func rows(for matrix: WeightMatrix, _ member: Member) -> ActivationRows {
    rows(matrix.format.form, k: matrix.k, member)
  }

  private func rows(_ forms: RoundingForms, k: Int, _ member: Member) -> ActivationRows {
    workspace.rows(forms, k: k, tokenCount: tokenCount, member: member.index)
  }

  /// Shares small enough to even out the members' speeds, large enough to read weights in long
  /// straight lines.
  func groupsPerShare(_ groupCount: Int, _ member: Member) -> Int {
    max(1, groupCount / (member.count * 6))
  }

  /// Calls `body` with consecutive ranges until all `count` are taken.
  @inline(__always)
  func forEachShare(
    _ member: Member, count: Int, step: Int, _ body: (Range<Int>, ForwardPass) -> Void
  ) {
    while true {
      let start = member.nextShare() * step
      if start >= count { return }
      body(start..<min(start + step, count), self)
    }
  }

  /// Queries, keys and values: x·W, and the layer's bias if it has one.
  private func multiplyQueryKeyValue(
    _ member: Member, _ x: ActivationRows, _ layer: LayerWeights
  ) {
    let out = queryKeyValueOutput
    let count = layer.queryKeyValue.groupCount
    forEachShare(member, count: count, step: groupsPerShare(count, member)) { groups, pass in
      Matmul.store(
        x, layer.queryKeyValue, groups: groups, bias: layer.bias, into: out,
        l2ByteCount: pass.settings.l2ByteCount)
    }
  }

  /// residual += x·W, which `x` was multiplied by the layer's scale for; or if there is a norm, the norm
  /// of x·W times that scale.
  private func add(
    _ member: Member, _ x: ActivationRows, _ matrix: WeightMatrix, _ layer: LayerWeights,
    norm: UnsafeMutablePointer<Float>?, _ timer: inout LapTimer
  ) {
    let out = ProductOutput(
      norm == nil ? workspace.residual : workspace.branch, stride: workspace.residualStride)
    let share = groupsPerShare(matrix.groupCount, member)
    forEachShare(member, count: matrix.groupCount, step: share) { groups, pass in
      if norm == nil {
        Matmul.add(x, matrix, groups: groups, to: out, l2ByteCount: pass.settings.l2ByteCount)
      } else {
        Matmul.store(x, matrix, groups: groups, into: out, l2ByteCount: pass.settings.l2ByteCount)
      }
    }
    member.barrier()
    timer.times.linear += timer.lap()
    if let norm { addBranch(member, norm, factor: layer.spec.residualScale, &timer) }
  }

  /// residual += norm of what the layer's branch gave
  private func addBranch(
    _ member: Member, _ norm: UnsafeMutablePointer<Float>, factor: Float, _ timer: inout LapTimer
  ) {
    forEachShare(member, count: tokenCount, step: ActivationRows.tokensPerTile) { tokens, pass in
      for token in tokens {
        let place = token * pass.workspace.residualStride
        addNormalized(
          pass.workspace.branch + place, weight: norm, count: pass.shape.embeddingLength,
          epsilon: pass.shape.rmsEpsilon, factor: factor, to: pass.workspace.residual + place)
      }
    }
    member.barrier()
    _ = timer.lap()
  }
}

// MARK: - Rows

extension ForwardPass {
  func rowScratch(_ member: Member) -> UnsafeMutablePointer<Float> {
    workspace.rowScratch + member.index * workspace.rowScratchCount
  }

  /// Residual rows from the token embeddings, and the rotary table.
  private func embed(_ member: Member) {
    forEachShare(member, count: tokenCount, step: ActivationRows.tokensPerTile) {
      tokens, pass in
      for token in tokens {
        let row = pass.workspace.residual + token * pass.workspace.residualStride
        pass.weights.embeddings.row(Int(pass.workspace.tokens[token]), into: row)
        let factor = pass.shape.embeddingScale
        if factor != 1 { scale(row, count: pass.shape.embeddingLength, by: factor) }
        pass.workspace.rotary.setToken(token, position: pass.firstPosition + token)
      }
    }
  }

  /// RMS norm of the residual rows, rounded.
  private func normalize(
    _ norm: UnsafeMutablePointer<Float>, into rows: ActivationRows, _ place: NumberPlace,
    _ member: Member, _ timer: inout LapTimer
  ) {
    forEachToken(member, of: rows) { token, pass in
      let squares = rows.setNormalizedToken(
        token, from: pass.workspace.residual + token * pass.workspace.residualStride,
        weight: norm, epsilon: pass.shape.rmsEpsilon, scratch: pass.rowScratch(member))
      pass.workspace.numbers[member.index].check(squares, place)
    }
    _ = timer.lap()
  }

  /// Rounds Float32 rows, which are overwritten.
  /// - Parameters:
  ///   - factor: multiplies them.
  ///   - place: the next norm, which numbers that are not finite would reach.
  private func round(
    _ source: UnsafeMutablePointer<Float>, stride: Int, _ target: ActivationRows, factor: Float,
    _ place: NumberPlace, _ member: Member, _ timer: inout LapTimer
  ) {
    forEachToken(member, of: target) { token, pass in
      pass.round(source + token * stride, into: target, token, factor: factor, place, member)
    }
    _ = timer.lap()
  }

  private func round(
    _ source: UnsafeMutablePointer<Float>, into target: ActivationRows, _ token: Int,
    factor: Float, _ place: NumberPlace, _ member: Member
  ) {
    var row = source
    if isSingle {
      row = rowScratch(member)
      copy(source, to: row, count: target.kPadded)
    }
    // Another layer's rows may be longer.
    for index in target.k..<target.kPadded { row[index] = 0 }
    workspace.numbers[member.index].check(target.setToken(token, from: row, factor: factor), place)
  }

  /// Calls `body` with all tokens, shared out among the members in tiles of `rows`, and waits for
  /// them; with a single token each member calls it.
  @inline(__always)
  private func forEachToken(
    _ member: Member, of rows: ActivationRows, _ body: (Int, ForwardPass) -> Void
  ) {
    if isSingle { return body(0, self) }
    forEachShare(member, count: tokenCount, step: ActivationRows.tokensPerTile) { tokens, pass in
      for token in tokens { body(token, pass) }
    }
    member.barrier()
  }
}

// MARK: - Attention and cache

extension ForwardPass {
  /// Keys, rotated, and values of the block go to the slots behind the kept ones. Each member writes
  /// those that it attends to.
  private func writeCache(_ layer: Int, _ member: Member) {
    for share in ownShares(layer, cacheSharesPerHead, member) {
      let first = share % cacheSharesPerHead * Self.tokensPerCacheShare
      writeCache(
        layer, block(layer, kvHead: share / cacheSharesPerHead),
        tokens: first..<min(first + Self.tokensPerCacheShare, tokenCount), member)
    }
  }

  private func writeCache(
    _ layer: Int, _ block: HeadBlock, tokens: Range<Int>, _ member: Member
  ) {
    let (spec, kvHead) = (spec(layer), block.kvHead)
    if let norms = weights.layers[layer].headNorms {
      normalizeHeads(norms, spec, kvHead: kvHead, tokens: tokens)
    }
    if let growth = spec.queryGrowth { growQueries(growth, spec, kvHead: kvHead, tokens: tokens) }
    let (row, rotary) = (rowScratch(member), workspace.rotary[spec])
    let firstSlot = block.slotsBefore - (block.step ?? 0)
    for token in tokens {
      let source = workspace.queryKeyValue + token * workspace.queryKeyValueStride
      let key = source + spec.keyStart + kvHead * spec.headDim
      let value = key + spec.kvLength
      if !areFinite(key, count: spec.headDim) || !areFinite(value, count: spec.headDim) {
        workspace.numbers[member.index].check(.infinity, .beforeFeedForward(layer))
      }
      rotary.rotate(key, token: token, factor: 1, into: row)
      let clamped = block.head.setToken(
        slot: firstSlot + token, position: firstPosition + token, key: row, value: value)
      if clamped > 0 { workspace.numbers[member.index].clampedCount += clamped }
    }
  }

  /// The keys of a KV head and the queries that attend to them, in place.
  private func normalizeHeads(
    _ norms: HeadNorms, _ spec: LayerSpec, kvHead: Int, tokens: Range<Int>
  ) {
    let (headDim, epsilon, group) = (spec.headDim, shape.rmsEpsilon, spec.group)
    for token in tokens {
      let row = workspace.queryKeyValue + token * workspace.queryKeyValueStride
      for head in kvHead * group..<(kvHead + 1) * group {
        normalizeHead(row + head * headDim, weight: norms.query, count: headDim, epsilon: epsilon)
      }
      normalizeHead(
        row + spec.keyStart + kvHead * headDim, weight: norms.key, count: headDim,
        epsilon: epsilon)
    }
  }

  /// The queries that attend to a KV head, in place.
  private func growQueries(
    _ growth: QueryGrowth, _ spec: LayerSpec, kvHead: Int, tokens: Range<Int>
  ) {
    let count = spec.group * spec.headDim
    for token in tokens {
      let queries =
        workspace.queryKeyValue + token * workspace.queryKeyValueStride + kvHead * count
      scale(queries, count: count, by: growth.factor(position: firstPosition + token))
    }
  }

  private static var tokensPerCacheShare: Int { 32 }
  private var cacheSharesPerHead: Int {
    (tokenCount + Self.tokensPerCacheShare - 1) / Self.tokensPerCacheShare
  }

  /// All steps of tokens whose attention is taken for themselves, one share a KV head.
  private func attendToken(_ layer: Int, _ member: Member, _ timer: inout LapTimer) {
    let spec = spec(layer)
    while let kvHead = member.nextShare(below: spec.kvHeadCount) {
      for token in 0..<tokenCount {
        let block = block(layer, kvHead: kvHead, token: token)
        writeCache(layer, block, tokens: token..<token + 1, member)
        _ = timer.lap()
        attend(
          AttentionShare(
            layer: layer, spec: spec, block: block,
            rows: token * spec.group..<(token + 1) * spec.group, firstRow: 0,
            chunks: QueryChunks(tokenCount: 1, group: spec.group), part: 0),
          member, &timer)
        settle(layer, block, &timer)
      }
    }
  }

  private func chunks(_ spec: LayerSpec) -> QueryChunks {
    QueryChunks(tokenCount: tokenCount, group: spec.group)
  }

  /// The share behind those of the members before one, `pieces` a KV head: members get as many slots, and
  /// not as many heads.
  private func shareEnd(_ layer: Int, _ pieces: Int, before index: Int, _ member: Member) -> Int {
    state.pointee.cache.firstShare(
      layer: layer, pieces: pieces, tokenCount: tokenCount, part: index, of: member.count)
  }

  private func ownShares(_ layer: Int, _ pieces: Int, _ member: Member) -> Range<Int> {
    shareEnd(
      layer, pieces, before: member.index, member)..<shareEnd(
        layer, pieces, before: member.index + 1, member)
  }

  /// Shares are chunks of one KV head after another.
  private func attention(_ layer: Int, _ member: Member, _ timer: inout LapTimer) {
    let spec = spec(layer)
    let chunks = chunks(spec)
    while let share = member.nextRunShare({
      shareEnd(layer, chunks.count, before: $0 + 1, member)
    }) {
      let part = share % chunks.count
      let rows = chunks.rows(part: part)
      attend(
        AttentionShare(
          layer: layer, spec: spec, block: block(layer, kvHead: share / chunks.count), rows: rows,
          firstRow: rows.lowerBound, chunks: chunks, part: part),
        member, &timer)
    }
  }

  private func attend(_ share: AttentionShare, _ member: Member, _ timer: inout LapTimer) {
    let (spec, block, chunks) = (share.spec, share.block, share.chunks)
    let scratch = AttentionScratch(
      memory: workspace.attentionScratch + member.index * workspace.attentionScratchCount,
      headDim: spec.headDim)
    if share.part == 0 { prepare(block, spec, &timer) }
    var pass = Attention(
      cache: block.head.rows, scratch: scratch, slotsBefore: block.slotsBefore,
      slotCount: block.slotCount, group: spec.group, usesFloat16: settings.usesFloat16,
      window: window(spec, block))
    if !run(pass, share, member) {
      workspace.numbers[member.index].repeatedCount += 1
      pass = pass.inSinglePrecision
      _ = run(pass, share, member)
    }
    scatterOutputs(share, from: scratch)
    let window = state.pointee.eviction.weightTokens(block)
    if share.part < chunks.partCount(window) {
      timer.times.attention += timer.lap()
      pass.sumWeights(
        firstRow: share.firstRow, rowCount: share.rows.count, from: chunks.windowStart(window),
        factor: 1 / Float(spec.group),
        into: state.pointee.eviction.weights(block, part: share.part))
      timer.times.score += timer.lap()
    }
  }

  /// - Returns: whether queries and scores were in the range of the pass's format.
  private func run(_ pass: Attention, _ share: AttentionShare, _ member: Member) -> Bool {
    let (block, rows) = (share.block, share.rows)
    let squares = pass.setQueries(
      rows, from: workspace.queryKeyValue + block.kvHead * share.spec.group * share.spec.headDim,
      stride: workspace.queryKeyValueStride, group: share.spec.group,
      workspace.rotary[share.spec], scale: share.spec.queryScale)
    workspace.numbers[member.index].check(squares, .beforeFeedForward(share.layer))
    pass.run(
      firstRow: share.firstRow, rowCount: rows.count,
      extraRow: share.part == 0 ? state.pointee.eviction.extraRow(block) : nil)
    return pass.isInRange(squares: squares, rowCount: rows.count)
  }

  /// The layer's window, if it hides a slot from a token of the block.
  private func window(_ spec: LayerSpec, _ block: HeadBlock) -> AttentionWindow? {
    guard case .window(let length) = spec.span, block.slotCount > length else { return nil }
    let tokenCount = block.slotCount - block.slotsBefore
    return AttentionWindow(
      positions: block.head.positions, firstPosition: block.nextPosition - tokenCount,
      length: length)
  }

  /// What the policy does before the first share of a KV head.
  private func prepare(_ block: HeadBlock, _ spec: LayerSpec, _ timer: inout LapTimer) {
    if !state.pointee.eviction.preparesAttention { return }
    timer.times.attention += timer.lap()
    state.pointee.eviction.beforeAttention(block, workspace.rotary[spec])
    timer.times.score += timer.lap()
  }

  private func scatterOutputs(_ share: AttentionShare, from scratch: AttentionScratch) {
    let (rows, group, headDim) = (share.rows, share.spec.group, share.spec.headDim)
    for row in rows {
      let (token, member) = (row / group, row % group)
      let target =
        workspace.attention + token * workspace.attentionStride
        + (share.block.kvHead * group + member) * headDim
      copy(
        scratch.outputs + (row - rows.lowerBound) * scratch.rowStride, to: target, count: headDim)
      if !share.spec.hasOutputGate { continue }
      let head = share.block.kvHead * group + member
      multiplyBySigmoid(
        target,
        of: workspace.queryKeyValue + token * workspace.queryKeyValueStride
          + share.spec.queryLength + head * headDim, count: headDim)
    }
  }

  /// Rounds the attention's outcome. In a block of several tokens, each member first does what the policy
  /// asks for, for heads that it has attended to.
  private func roundAttention(
    _ layer: Int, into rows: ActivationRows, _ member: Member, _ timer: inout LapTimer
  ) {
    if !isTokenAttended(spec(layer)) {
      for kvHead in ownShares(layer, 1, member) {
        settle(layer, block(layer, kvHead: kvHead), &timer)
      }
    }
    let layerWeights = weights.layers[layer]
    round(
      workspace.attention, stride: workspace.attentionStride, rows,
      factor: layerWeights.attentionPostNorm == nil ? layerWeights.spec.residualScale : 1,
      .beforeFeedForward(layer), member, &timer)
  }

  /// What the policy does after a KV head's attention: weights of all chunks become one sum, and a block
  /// that stays is scored and evicted from.
  private func settle(_ layer: Int, _ block: HeadBlock, _ timer: inout LapTimer) {
    state.pointee.eviction.beginStep(block)
    let window = state.pointee.eviction.weightTokens(block)
    if window == 0 && !(commits && block.isOverBudget) { return }
    let spec = spec(layer)
    timer.times.attention += isTokenAttended(spec) ? timer.lap() : 0
    // One token's rows are one chunk.
    let partCount = isTokenAttended(spec) ? 1 : chunks(spec).partCount(window)
    state.pointee.eviction.gatherWeights(block, partCount: partCount)
    if commits { state.pointee.eviction.score(block) }
    timer.times.score += timer.lap()
    if commits { state.pointee.eviction.evict(block) }
    timer.times.evict += timer.lap()
  }
}

/// Some query rows of one KV head.
private struct AttentionShare {
  let layer: Int
  let spec: LayerSpec
  let block: HeadBlock
  /// In the pass.
  let rows: Range<Int>
  /// The first of them in `block`.
  let firstRow: Int
  let chunks: QueryChunks
  /// 0 for the block's last rows, 1 for the chunk before, …
  let part: Int
}
