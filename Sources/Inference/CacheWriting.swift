import KVCache
import Kernels
import Memory
import Model
import Platform

// The block's keys and values on their way into the cache.

extension ForwardPass {
  /// Keys, rotated, and values of the block go to the slots behind the kept ones, unless they are another
  /// layer's; queries are normalized. Each member writes
  /// those that it attends to.
  func writeCache(_ layer: Int, _ member: Member) {
    for share in ownShares(layer, cacheSharesPerHead, member) {
      let first = share % cacheSharesPerHead * Self.tokensPerCacheShare
      writeCache(
        layer, block(layer, kvHead: share / cacheSharesPerHead),
        tokens: first..<min(first + Self.tokensPerCacheShare, tokenCount), member)
    }
  }

  func writeCache(
    _ layer: Int, _ block: HeadBlock, tokens: Range<Int>, _ member: Member
  ) {
    let (spec, kvHead) = (spec(layer), block.kvHead)
    if let norms = unsafe weights.layers[layer].headNorms {
      normalizeHeads(norms, spec, kvHead: kvHead, tokens: tokens)
    }
    if let growth = spec.queryGrowth { growQueries(growth, spec, kvHead: kvHead, tokens: tokens) }
    if spec.keySource != nil { return }
    let (row, rotary) = unsafe (rowScratch(member), workspace.rotary[spec])
    let firstSlot = block.slotsBefore - (block.step ?? 0)
    for token in tokens {
      let source = unsafe workspace.queryKeyValue[token]
      let key = unsafe source + spec.keyStart + kvHead * spec.headDim
      let value = unsafe key + spec.kvLength
      if unsafe !areFinite(key, count: spec.headDim) || !areFinite(value, count: spec.headDim) {
        unsafe workspace.numbers[member.index].check(.infinity, .beforeFeedForward(layer))
      }
      if spec.norms.values {
        unsafe normalizeHead(value, count: spec.headDim, epsilon: shape.rmsEpsilon)
      }
      unsafe rotary.rotate(key, token: token, factor: 1, into: row)
      let clamped = unsafe block.head.setToken(
        slot: firstSlot + token, position: firstPosition + token, key: row, value: value)
      if clamped > 0 { unsafe workspace.numbers[member.index].clampedCount += clamped }
    }
  }

  /// The keys of a KV head and the queries that attend to them, in place.
  private func normalizeHeads(
    _ norms: HeadNorms, _ spec: LayerSpec, kvHead: Int, tokens: Range<Int>
  ) {
    let (headDim, epsilon, group) = (spec.headDim, shape.rmsEpsilon, spec.group)
    for token in tokens {
      let row = unsafe workspace.queryKeyValue[token]
      for head in kvHead * group..<(kvHead + 1) * group {
        unsafe normalizeHead(
          row + head * headDim, weight: norms.query, count: headDim, epsilon: epsilon)
      }
      if spec.keySource != nil { continue }
      unsafe normalizeHead(
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
        unsafe workspace.queryKeyValue[token] + kvHead * count
      unsafe scale(queries, count: count, by: growth.factor(position: firstPosition + token))
    }
  }

  private static var tokensPerCacheShare: Int { 32 }
  private var cacheSharesPerHead: Int {
    (tokenCount + Self.tokensPerCacheShare - 1) / Self.tokensPerCacheShare
  }
}
