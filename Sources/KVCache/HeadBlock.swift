/// One KV head of one layer with a block's tokens behind its filled slots.
public struct HeadBlock: BitwiseCopyable {
  public let head: CacheHead
  /// The number of the head among those of all layers.
  let index: Int
  public let kvHead: Int
  let place: HeadPlace
  /// Slots that eviction leaves.
  public let budget: Int
  /// Slots filled before the block, and in all.
  public let slotsBefore: Int
  public let slotCount: Int
  /// The position after the latest token's.
  public let nextPosition: Int
  /// Whether scores are made after the whole pass and not right after the layer's attention: what the
  /// attention leaves for them then lies in memory of the layer's own.
  public let isProvisional: Bool
  /// Whether the latest tokens stay, whatever the policy.
  public let keepsLatest: Bool
  /// The token's number in its block, if the block's tokens come one by one: this is then one of them,
  /// and what is evicted for it can be put back.
  public var step: Int?

  public var slots: Range<Int> { slotsBefore..<slotCount }
  public var isOverBudget: Bool { slotCount > budget }

  /// The same head for a policy that keeps no norms.
  public var withoutNorms: HeadBlock {
    HeadBlock(
      head: head.withoutNorms, index: index, kvHead: kvHead, place: place, budget: budget,
      slotsBefore: slotsBefore, slotCount: slotCount, nextPosition: nextPosition,
      isProvisional: isProvisional, keepsLatest: keepsLatest, step: step)
  }
}
