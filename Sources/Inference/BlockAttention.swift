import KVCache
import Kernels
import Memory
import Model
import Platform

// Attention to the cache, in shares of a KV head's query rows, and what the policy does around it.

extension ForwardPass {
  /// All steps of tokens whose attention is taken for themselves, one share a KV head.
  func attendToken(_ layer: Int, _ member: Member, _ timer: inout LapTimer) {
    let spec = spec(layer)
    while let kvHead = member.nextShare(below: spec.kvHeadCount) {
      if repeatsSteps(layer) { rewind(layer, kvHead: kvHead) }
      for token in 0..<tokenCount {
        let block = block(layer, kvHead: kvHead, token: token)
        writeCache(layer, block, tokens: token..<token + 1, member)
        if repeatsSteps(layer) { unsafe state.pointee.eviction.writeAgain(block) }
        _ = timer.lap()
        attend(singleToken(layer, spec, block, token: token), member, &timer)
        settle(layer, block, &timer)
        timer.times.attention += timer.lap()
      }
    }
  }

  /// A single token's attention to many slots, in three steps: keys and values are written; segments of
  /// the KV heads' slots are shares, of which there are more than heads; the segments are joined.
  func attendSegments(_ layer: Int, _ member: Member, _ timer: inout LapTimer) {
    let spec = spec(layer)
    while let kvHead = member.nextShare(below: spec.kvHeadCount) {
      let block = block(layer, kvHead: kvHead)
      writeCache(layer, block, tokens: 0..<1, member)
      _ = timer.lap()
      if isScored(layer) { prepare(block, spec, &timer) }
    }
    timer.wait(member, endOf: .other)
    var (kvHead, first) = (0, 0)
    while true {
      let share = member.nextShare()
      // Shares come in their order.
      while kvHead < spec.kvHeadCount {
        let segmentCount = segmentCount(block(layer, kvHead: kvHead))
        if share < first + segmentCount { break }
        (kvHead, first) = (kvHead + 1, first + segmentCount)
      }
      if kvHead == spec.kvHeadCount { break }
      attendSegment(
        share - first, singleToken(layer, spec, block(layer, kvHead: kvHead)), member)
    }
    timer.wait(member, endOf: .attention)
    while let kvHead = member.nextShare(below: spec.kvHeadCount) {
      let share = singleToken(layer, spec, block(layer, kvHead: kvHead))
      attend(share, member, &timer)
      settle(layer, share.block, &timer)
    }
  }

  private func segmentCount(_ block: HeadBlock) -> Int {
    AttentionGeometry.segmentCount(slots: block.slotCount)
  }

  private func attendSegment(_ segment: Int, _ share: AttentionShare, _ member: Member) {
    let pass = attention(share, member)
    _ = setQueries(pass, share)
    pass.runSegment(
      segment, rowCount: share.rows.count, extraRow: extraRow(share),
      into: workspace.sums(ofSegment: segment, kvHead: share.block.kvHead, share.spec))
  }

  private func singleToken(
    _ layer: Int, _ spec: LayerSpec, _ block: HeadBlock, token: Int = 0
  ) -> AttentionShare {
    AttentionShare(
      layer: layer, spec: spec, block: block, rows: token * spec.group..<(token + 1) * spec.group,
      firstRow: 0, chunks: QueryChunks(tokenCount: 1, group: spec.group), part: 0)
  }

  /// Shares are chunks of one KV head after another.
  func attention(_ layer: Int, _ member: Member, _ timer: inout LapTimer) {
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
    let isScored = isScored(share.layer)
    if share.part == 0 && isScored && !takesSegments { prepare(block, spec, &timer) }
    var pass = attention(share, member)
    if !run(pass, share, member) {
      unsafe workspace.numbers[member.index].repeatedCount += 1
      pass = pass.inSinglePrecision
      _ = run(pass, share, member)
    }
    scatterOutputs(share, from: scratch(spec, member))
    let window = unsafe isScored ? state.pointee.eviction.weightTokens(block) : 0
    if share.part < chunks.partCount(window) {
      timer.times.attention += timer.lap()
      unsafe pass.sumWeights(
        firstRow: share.firstRow, rowCount: share.rows.count, from: chunks.windowStart(window),
        factor: 1 / Float(spec.group),
        into: state.pointee.eviction.weights(block, part: share.part))
      timer.times.score += timer.lap()
    }
  }

  private func scratch(_ spec: LayerSpec, _ member: Member) -> AttentionScratch {
    unsafe AttentionScratch(
      memory: workspace.attentionScratch[member.index], headDim: spec.headDim)
  }

  private func attention(_ share: AttentionShare, _ member: Member) -> Attention {
    let (spec, block) = (share.spec, share.block)
    return Attention(
      cache: block.head.rows, scratch: scratch(spec, member), slotsBefore: block.slotsBefore,
      slotCount: block.slotCount, group: spec.group, usesFloat16: settings.usesFloat16,
      window: window(spec, block), sinks: sinks(share))
  }

  /// - Returns: whether queries and scores were in the range of the pass's format.
  private func run(_ pass: Attention, _ share: AttentionShare, _ member: Member) -> Bool {
    let (block, rows) = (share.block, share.rows)
    let squares = setQueries(pass, share)
    unsafe workspace.numbers[member.index].check(squares, .beforeFeedForward(share.layer))
    if takesSegments && pass.usesFloat16 == settings.usesFloat16 {
      pass.join(
        { workspace.sums(ofSegment: $0, kvHead: block.kvHead, share.spec) }, rowCount: rows.count)
    } else {
      pass.run(
        firstRow: share.firstRow, rowCount: rows.count,
        extraRow: share.part == 0 ? extraRow(share) : nil)
    }
    return pass.isInRange(squares: squares, rowCount: rows.count)
  }

  /// - Returns: the largest squared length of a query.
  private func setQueries(_ pass: Attention, _ share: AttentionShare) -> Float {
    let (spec, kvHead) = (share.spec, share.block.kvHead)
    return unsafe pass.setQueries(
      share.rows, from: workspace.queryKeyValue[0] + kvHead * spec.group * spec.headDim,
      stride: workspace.queryKeyValue.stride, group: spec.group, workspace.rotary[spec],
      scale: spec.queryScale)
  }

  /// Those of the KV head's query heads.
  private func sinks(_ share: AttentionShare) -> AttentionSinks? {
    guard let sinks = unsafe weights.layers[share.layer].sinks else { return nil }
    return unsafe AttentionSinks(
      scores: sinks + share.block.kvHead * share.spec.group, group: share.spec.group)
  }

  /// The policy's row, which one layer takes of those that share keys.
  private func extraRow(_ share: AttentionShare) -> ExtraRow? {
    unsafe isScored(share.layer) ? state.pointee.eviction.extraRow(share.block) : nil
  }

  /// The layer's window, if it hides a slot from a token of the block.
  private func window(_ spec: LayerSpec, _ block: HeadBlock) -> AttentionWindow? {
    guard case .window(let length) = spec.span, block.slotCount > length else { return nil }
    let tokenCount = block.slotCount - block.slotsBefore
    return unsafe AttentionWindow(
      positions: block.head.positions, firstPosition: block.nextPosition - tokenCount,
      length: length)
  }

  /// What the policy does before the first share of a KV head.
  private func prepare(_ block: HeadBlock, _ spec: LayerSpec, _ timer: inout LapTimer) {
    if unsafe !state.pointee.eviction.preparesAttention { return }
    timer.times.attention += timer.lap()
    unsafe state.pointee.eviction.beforeAttention(block, workspace.rotary[spec])
    timer.times.score += timer.lap()
  }

  private func scatterOutputs(_ share: AttentionShare, from scratch: AttentionScratch) {
    let (rows, group, headDim) = (share.rows, share.spec.group, share.spec.headDim)
    for row in rows {
      let (token, member) = (row / group, row % group)
      let target =
        unsafe workspace.attention[token]
        + (share.block.kvHead * group + member) * headDim
      unsafe copy(
        scratch.outputs + (row - rows.lowerBound) * scratch.rowStride, to: target, count: headDim)
      if !share.spec.hasOutputGate { continue }
      let head = share.block.kvHead * group + member
      unsafe multiplyBySigmoid(
        target,
        of: workspace.queryKeyValue[token]
          + share.spec.queryLength + head * headDim, count: headDim)
    }
  }

  /// Rounds the attention's outcome. In a block of several tokens, each member first does what the policy
  /// asks for, for heads that it has attended to.
  func roundAttention(
    _ layer: Int, into rows: ActivationRows, _ member: Member, _ timer: inout LapTimer
  ) {
    if !isTokenAttended(spec(layer)) {
      for kvHead in ownShares(layer, 1, member) {
        settle(layer, block(layer, kvHead: kvHead), &timer)
      }
    }
    let layerWeights = unsafe weights.layers[layer]
    unsafe round(
      workspace.attention, rows,
      factor: layerWeights.attentionPostNorm == nil ? layerWeights.spec.residualScale : 1,
      .beforeFeedForward(layer), member, &timer)
  }

  /// What the policy does after a KV head's attention: weights of all chunks become one sum, and a block
  /// that stays is scored and evicted from, by one layer of those that share keys.
  private func settle(_ layer: Int, _ block: HeadBlock, _ timer: inout LapTimer) {
    if !isScored(layer) { return evictAgain(layer, block, &timer) }
    unsafe state.pointee.eviction.beginStep(block)
    let window = unsafe state.pointee.eviction.weightTokens(block)
    if window == 0 && !(commits && block.isOverBudget) { return }
    let spec = spec(layer)
    timer.times.attention += isTokenAttended(spec) ? timer.lap() : 0
    // One token's rows are one chunk.
    let partCount = isTokenAttended(spec) ? 1 : chunks(spec).partCount(window)
    unsafe state.pointee.eviction.gatherWeights(block, partCount: partCount)
    if commits { unsafe state.pointee.eviction.score(block) }
    timer.times.score += timer.lap()
    if commits { unsafe state.pointee.eviction.evict(block) }
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
