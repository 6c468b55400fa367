import Kernels

/// SnapKV (Li et al., "SnapKV: LLM knows what you are looking for before generation", 2024): the
/// weights of the block's last 32 tokens, summed, and averaged over seven neighbours in the order of
/// positions and over the query heads of the KV head. The latest 32 tokens stay.
///
/// - Complexity: O(32 n headDim) for each query head and block, plus O(n) for the order of positions.
///   Memory: 2 n + 2048 words a KV head, one weight a slot and KV head for each chunk of rows.
enum SnapKV: EvictionPolicy {
  static let window = 32
  /// Tokens on each side of the one whose score is averaged.
  private static let reach = 3

  static var weightTokens: Int { window }
  static var recentCount: Int { window }

  static func scratchCount(slots: Int, headDim: Int, blockSize: Int) -> Int {
    PositionOrder.wordCount(slots: slots)
  }

  static func score(_ slots: PolicyHead, into scores: UnsafeMutablePointer<Float>) -> Float? {
    let order = unsafe PositionOrder.sort(
      slots.head.positions, count: slots.count, scratch: slots.scratch)
    for place in 0..<slots.count {
      var sum: Float = 0
      for near in max(place &- reach, 0)...min(place &+ reach, slots.count &- 1) {
        unsafe sum += slots.pending[Int(order[near])]
      }
      unsafe scores[Int(order[place])] = sum / Float(2 * reach + 1)
    }
    return nil
  }
}
