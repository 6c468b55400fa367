import Kernels

/// KeyDiff by distance (KeyDiff, table 16): score of slot i is |mean(K) - k_i|; its square gives the
/// same order.
///
/// - Complexity: two passes over the keys, O(n headDim) a head and block. Memory: 17 headDim words a
///   KV head.
enum KeyDiffEuclidean: EvictionPolicy {
  static func scratchCount(slots: Int, headDim: Int, blockSize: Int) -> Int {
    AnchorScratch.count(headDim: headDim)
  }

  static func score(_ slots: PolicyHead, into scores: UnsafeMutablePointer<Float>) -> Float? {
    let scratch = AnchorScratch(slots)
    scratch.average(slots)
    unsafe slots.rows.squaredDistances(scratch.anchor, slotCount: slots.count, into: scores)
    return nil
  }
}
