import KVCache
import Kernels
import Memory
import Model
import Platform

// What each member of the team takes of a step, and the rows it has for it.

extension ForwardPass {
  /// Whether each member rounds the block's rows for itself: they are so few that waiting would take longer,
  /// and so would writing lines that other members read.
  var roundsOwnRows: Bool { tokenCount <= workspace.ownRowCount }

  /// Whether a KV head's slots are written, attended to and evicted from in one share, token by token.
  func isTokenAttended(_ spec: LayerSpec) -> Bool {
    (tokenCount == 1 || isStepwise) && spec.group <= AttentionGeometry.chunkRows
  }

  /// The block's rows, rounded as the matrix takes them.
  func rows(for matrix: WeightMatrix, _ member: Member) -> ActivationRows {
    rows(matrix.format.form, k: matrix.k, member)
  }

  func rows(_ forms: RoundingForms, k: Int, _ member: Member) -> ActivationRows {
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

  func rowScratch(_ member: Member) -> UnsafeMutablePointer<Float> {
    unsafe workspace.rowScratch[member.index]
  }

  /// Tokens of a share of rows that lie in cache lines of their own.
  var tokensPerShare: Int {
    tokenCount <= Int8Geometry.plainRowsMax ? 1 : ActivationRows.tokensPerTile
  }

  /// Calls `body` with all tokens, shared out among the members in shares of `rows`, and waits for
  /// them; with few tokens each member calls it for all.
  @inline(__always)
  func forEachToken(
    _ member: Member, of rows: ActivationRows, _ timer: inout LapTimer,
    _ body: (Int, ForwardPass) -> Void
  ) {
    if roundsOwnRows {
      for token in 0..<tokenCount { body(token, self) }
      _ = timer.lap()
      return
    }
    forEachShare(member, count: tokenCount, step: rows.tokensPerShare) { tokens, pass in
      for token in tokens { body(token, pass) }
    }
    timer.wait(member, endOf: .other)
  }
}

// MARK: - KV heads

extension ForwardPass {
  /// The block behind a KV head's filled slots.
  func block(_ layer: Int, kvHead: Int) -> HeadBlock {
    unsafe state.pointee.cache.block(
      layer: weights.keys[layer].layer, kvHead: kvHead, tokenCount: tokenCount,
      nextPosition: firstPosition + tokenCount, isProvisional: !commits)
  }

  /// A token of the block whose attention is taken for itself.
  func block(_ layer: Int, kvHead: Int, token: Int) -> HeadBlock {
    if !isStepwise { return block(layer, kvHead: kvHead) }
    return unsafe state.pointee.cache.block(
      layer: weights.keys[layer].layer, kvHead: kvHead, step: token,
      nextPosition: firstPosition + token + 1)
  }

  func chunks(_ spec: LayerSpec) -> QueryChunks {
    QueryChunks(tokenCount: tokenCount, group: spec.group)
  }

  /// The share behind those of the members before one, `pieces` a KV head: members get as many slots, and
  /// not as many heads.
  func shareEnd(_ layer: Int, _ pieces: Int, before index: Int, _ member: Member) -> Int {
    unsafe state.pointee.cache.firstShare(
      layer: weights.keys[layer].layer, pieces: pieces, tokenCount: tokenCount, part: index,
      of: member.count)
  }

  func ownShares(_ layer: Int, _ pieces: Int, _ member: Member) -> Range<Int> {
    shareEnd(
      layer, pieces, before: member.index, member)..<shareEnd(
        layer, pieces, before: member.index + 1, member)
  }
}
