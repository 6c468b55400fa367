import Kernels

/// KeyDiff (section 3.2) in passes of its own, with nothing kept between blocks: the score is that of
/// `KeyDiff`, which takes part in attention's pass instead. For measuring the one against the other.
///
/// - Complexity: two passes over the keys, O(n headDim) a head and block. Memory: n + 17 headDim
///   words a KV head.
enum KeyDiffAlone: EvictionPolicy {
  static func scratchCount(slots: Int, headDim: Int, blockSize: Int) -> Int {
    slots + AnchorScratch.count(headDim: headDim)
  }

  static func score(_ slots: PolicyHead, into scores: UnsafeMutablePointer<Float>) -> Float? {
    let headDim = slots.rows.headDim
    let scratch = AnchorScratch(slots)
    let squares = unsafe slots.floats(AnchorScratch.count(headDim: headDim))
    scratch.average(slots)
    unsafe slots.rows.multiply(
      scratch.anchor, slotCount: slots.count, into: scores, squares: squares)
    unsafe negateCosines(scores, squares: squares, count: slots.count)
    return nil
  }
}
