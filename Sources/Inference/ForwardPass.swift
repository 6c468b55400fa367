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
  var times = BlockTimes()

  init(
    weights: ModelWeights, workspace: Workspace, settings: RunSettings,
    state: UnsafeMutablePointer<CacheState>, tokenCount: Int, firstPosition: Int
  ) {
    self.weights = weights
    self.workspace = workspace
    self.settings = settings
    self.state = state
    self.tokenCount = tokenCount
    self.firstPosition = firstPosition
  }

  var shape: ModelShape { weights.shape }
  var slotsBefore: Int { state.pointee.cache.count }
  var slotCount: Int { slotsBefore + tokenCount }

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
    normalize(layerWeights.attentionNorm, member)
    member.barrier()
    _ = timer.lap()
    multiply(member, embeddingRows, layerWeights.queryKeyValue, into: queryKeyValueOutput)
    member.barrier()
    timer.times.linear += timer.lap()
    writeCache(layer, member)
    member.barrier()
    _ = timer.lap()
    if settings.policy == .keydiff {
      sumKeys(layer, member)
      member.barrier()
      timer.times.score += timer.lap()
    }
    attention(layer, member)
    member.barrier()
    timer.times.attention += timer.lap()
    if settings.policy == .keydiff && slotCount > settings.cacheBudget {
      evict(layer, member)
      member.barrier()
      timer.times.evict += timer.lap()
    }
    round(workspace.attention, stride: workspace.attentionStride, attentionRows, member)
    member.barrier()
    _ = timer.lap()
    add(member, attentionRows, layerWeights.attentionOutput)
    member.barrier()
    timer.times.linear += timer.lap()
  }

  private func feedForward(_ layer: Int, _ member: Member, _ timer: inout LapTimer) {
    let layerWeights = weights.layers[layer]
    normalize(layerWeights.feedForwardNorm, member)
    member.barrier()
    _ = timer.lap()
    let share = groupsPerShare(layerWeights.gate, member)
    forEachShare(member, count: layerWeights.gate.groupCount, step: share) { groups, pass in
      Matmul.gated(
        pass.embeddingRows, gate: pass.weights.layers[layer].gate,
        up: pass.weights.layers[layer].up, groups: groups,
        into: MatmulOutput(pass.workspace.gated, stride: pass.workspace.gatedStride))
    }
    member.barrier()
    timer.times.linear += timer.lap()
    round(workspace.gated, stride: workspace.gatedStride, gatedRows, member)
    member.barrier()
    _ = timer.lap()
    add(member, gatedRows, layerWeights.down)
    member.barrier()
    timer.times.linear += timer.lap()
  }
}

// MARK: - Matrix products

extension ForwardPass {
  var embeddingRows: ActivationRows { rows(k: shape.embeddingLength) }
  var attentionRows: ActivationRows { rows(k: shape.queryLength) }
  var gatedRows: ActivationRows { rows(k: shape.feedForwardLength) }
  var queryKeyValueOutput: MatmulOutput {
    MatmulOutput(workspace.queryKeyValue, stride: workspace.queryKeyValueStride)
  }

  private func rows(k: Int) -> ActivationRows {
    ActivationRows(
      values: workspace.int8Values, scales: workspace.int8Scales, k: k, tokenCount: tokenCount)
  }

  /// Shares small enough to even out the members' speeds, large enough to read weights in long
  /// straight lines.
  func groupsPerShare(_ matrix: PackedMatrix, _ member: Member) -> Int {
    max(1, matrix.groupCount / (member.count * 6))
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

  private func multiply(
    _ member: Member, _ x: ActivationRows, _ matrix: PackedMatrix, into out: MatmulOutput
  ) {
    forEachShare(member, count: matrix.groupCount, step: groupsPerShare(matrix, member)) {
      groups, _ in Matmul.store(x, matrix, groups: groups, into: out)
    }
  }

  /// residual += x·W
  private func add(_ member: Member, _ x: ActivationRows, _ matrix: PackedMatrix) {
    let out = MatmulOutput(workspace.residual, stride: workspace.residualStride)
    forEachShare(member, count: matrix.groupCount, step: groupsPerShare(matrix, member)) {
      groups, _ in Matmul.add(x, matrix, groups: groups, to: out)
    }
  }
}

// MARK: - Rows

extension ForwardPass {
  private func scratch(_ member: Member) -> UnsafeMutablePointer<Float> {
    workspace.rowScratch + member.index * workspace.rowScratchCount
  }

  /// Residual rows from the token embeddings, and the rotary table.
  private func embed(_ member: Member) {
    forEachShare(member, count: tokenCount, step: Int8Geometry.tileRows) { tokens, pass in
      for token in tokens {
        pass.weights.embeddings.row(
          Int(pass.workspace.tokens[token]),
          into: pass.workspace.residual + token * pass.workspace.residualStride)
        pass.workspace.rotary.setToken(token, position: pass.firstPosition + token)
      }
    }
  }

  /// RMS norm of the residual rows, rounded to int8.
  private func normalize(_ norm: UnsafeMutablePointer<Float>, _ member: Member) {
    let row = scratch(member)
    forEachShare(member, count: tokenCount, step: Int8Geometry.tileRows) { tokens, pass in
      for token in tokens {
        pass.embeddingRows.setNormalizedToken(
          token, from: pass.workspace.residual + token * pass.workspace.residualStride,
          weight: norm, epsilon: pass.shape.rmsEpsilon, scratch: row)
      }
    }
  }

  /// Float32 rows to int8; the rows are overwritten.
  private func round(
    _ source: UnsafeMutablePointer<Float>, stride: Int, _ target: ActivationRows, _ member: Member
  ) {
    forEachShare(member, count: tokenCount, step: Int8Geometry.tileRows) { tokens, _ in
      for token in tokens { target.setToken(token, from: source + token * stride, factor: 1) }
    }
  }
}

// MARK: - Attention and cache

extension ForwardPass {
  /// Keys, rotated, and values of the block go to the slots behind the kept ones.
  private func writeCache(_ layer: Int, _ member: Member) {
    let row = scratch(member)
    let shares = shape.kvHeadCount * cacheSharesPerHead
    forEachShare(member, count: shares, step: 1) { share, pass in
      let kvHead = share.lowerBound / pass.cacheSharesPerHead
      let first = share.lowerBound % pass.cacheSharesPerHead * Self.tokensPerCacheShare
      let head = pass.state.pointee.cache.head(layer: layer, kvHead: kvHead)
      for token in first..<min(first + Self.tokensPerCacheShare, pass.tokenCount) {
        let source = pass.workspace.queryKeyValue + token * pass.workspace.queryKeyValueStride
        let key = source + pass.shape.queryLength + kvHead * pass.shape.headDim
        pass.workspace.rotary.rotate(key, token: token, factor: 1, into: row)
        head.setToken(
          slot: pass.slotsBefore + token, position: pass.firstPosition + token, key: row,
          value: key + pass.shape.kvLength)
      }
    }
  }

  private static var tokensPerCacheShare: Int { 32 }
  private var cacheSharesPerHead: Int {
    (tokenCount + Self.tokensPerCacheShare - 1) / Self.tokensPerCacheShare
  }

  private func sumKeys(_ layer: Int, _ member: Member) {
    forEachShare(member, count: shape.kvHeadCount, step: 1) { share, pass in
      let kvHead = share.lowerBound
      pass.state.pointee.keyDiff.addBlock(
        pass.state.pointee.cache.head(layer: layer, kvHead: kvHead),
        slots: pass.slotsBefore..<pass.slotCount, layer: layer, kvHead: kvHead)
    }
  }

  /// Shares are chunks of query rows of one KV head, the last rows of all heads first: they see the
  /// most slots.
  private func attention(_ layer: Int, _ member: Member) {
    let rowCount = tokenCount * group
    let chunks = (rowCount + Attention.chunkRows - 1) / Attention.chunkRows
    forEachShare(member, count: chunks * shape.kvHeadCount, step: 1) { share, pass in
      let kvHead = share.lowerBound % pass.shape.kvHeadCount
      let first = (chunks - 1 - share.lowerBound / pass.shape.kvHeadCount) * Attention.chunkRows
      let rows = first..<min(first + Attention.chunkRows, rowCount)
      pass.attend(layer, kvHead: kvHead, rows: rows, isLast: rows.upperBound == rowCount, member)
    }
  }

  private var group: Int { shape.headCount / shape.kvHeadCount }

  private func attend(
    _ layer: Int, kvHead: Int, rows: Range<Int>, isLast: Bool, _ member: Member
  ) {
    let count = AttentionScratch.count(headDim: shape.headDim)
    let scratch = AttentionScratch(
      memory: workspace.attentionScratch + member.index * count, headDim: shape.headDim)
    gatherQueries(rows, kvHead: kvHead, into: scratch)
    let pass = Attention(
      cache: state.pointee.cache.head(layer: layer, kvHead: kvHead).rows, scratch: scratch,
      slotsBefore: slotsBefore, slotCount: slotCount, group: group)
    let isScored = isLast && settings.policy == .keydiff && slotCount > settings.cacheBudget
    pass.run(
      firstRow: rows.lowerBound, rowCount: rows.count,
      anchor: isScored ? state.pointee.keyDiff.anchor(kvHead: kvHead) : nil,
      dots: state.pointee.keyDiff.dots(kvHead: kvHead))
    scatterOutputs(rows, kvHead: kvHead, from: scratch)
  }

  /// Rotated queries, times log2(e) / sqrt(headDim): the softmax works with powers of two.
  private func gatherQueries(_ rows: Range<Int>, kvHead: Int, into scratch: AttentionScratch) {
    let factor = log2OfE / squareRoot(Float(shape.headDim))
    for row in rows {
      let (token, member) = (row / group, row % group)
      workspace.rotary.rotate(
        workspace.queryKeyValue + token * workspace.queryKeyValueStride
          + (kvHead * group + member) * shape.headDim, token: token, factor: factor,
        into: scratch.queries + (row - rows.lowerBound) * scratch.rowStride)
    }
  }

  private func scatterOutputs(_ rows: Range<Int>, kvHead: Int, from scratch: AttentionScratch) {
    for row in rows {
      let (token, member) = (row / group, row % group)
      let target =
        workspace.attention + token * workspace.attentionStride
        + (kvHead * group + member) * shape.headDim
      target.update(
        from: scratch.outputs + (row - rows.lowerBound) * scratch.rowStride, count: shape.headDim)
    }
  }

  private func evict(_ layer: Int, _ member: Member) {
    forEachShare(member, count: shape.kvHeadCount, step: 1) { share, pass in
      let kvHead = share.lowerBound
      pass.state.pointee.keyDiff.evict(
        pass.state.pointee.cache.head(layer: layer, kvHead: kvHead), layer: layer, kvHead: kvHead,
        slotCount: pass.slotCount, budget: pass.settings.cacheBudget,
        retained: pass.settings.retained, nextPosition: pass.firstPosition + pass.tokenCount)
    }
  }
}
