import Kernels

/// KeyDiff with unit keys in the anchor (KeyDiff, equation 8): score of slot i is
/// -cos(mean(k / |k|), k_i); the order is that of -(sum of k_j / |k_j|) · k_i / |k_i|.
///
/// - Complexity: two passes over the keys, O(n headDim) a head and block. Memory: 1 / |k| a slot and
///   17 headDim words a KV head.
enum KeyDiffNormalized: EvictionPolicy {
  static var usesNorms: Bool { true }

  static func scratchCount(slots: Int, headDim: Int, blockSize: Int) -> Int {
    AnchorScratch.count(headDim: headDim)
  }

  static func score(_ slots: PolicyHead, into scores: UnsafeMutablePointer<Float>) -> Float? {
    let scratch = AnchorScratch(slots)
    unsafe scratch.sum(slots, factors: slots.head.inverseNorms)
    unsafe slots.rows.multiply(scratch.anchor, slotCount: slots.count, into: scores)
    for slot in 0..<slots.count { unsafe scores[slot] *= -slots.head.inverseNorms[slot] }
    return scratch.length(headDim: slots.rows.headDim) / Float(slots.count)
  }
}
