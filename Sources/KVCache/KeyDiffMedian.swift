import Kernels

/// KeyDiff with the median of each dimension as anchor (KeyDiff, table 15): score of slot i is
/// -cos(median(K), k_i). Of an even number of keys the median is the mean of the two in the middle.
///
/// - Complexity: O(n headDim log n) a head and block. Memory: 1 / |k| a slot, n + headDim words a KV
///   head.
enum KeyDiffMedian: EvictionPolicy {
  static var usesNorms: Bool { true }

  static func scratchCount(slots: Int, headDim: Int, blockSize: Int) -> Int { slots + headDim }

  static func score(_ slots: PolicyHead, into scores: UnsafeMutablePointer<Float>) -> Float? {
    let headDim = slots.rows.headDim
    let anchor = unsafe slots.floats(0)
    let orders = unsafe slots.scratch + headDim
    for index in 0..<headDim {
      unsafe slots.rows.copyElement(index, slotCount: slots.count, into: scores)
      for slot in 0..<slots.count { unsafe orders[slot] = unsafe Selection.order(scores[slot]) }
      let middle = unsafe rankValues(orders, count: slots.count, rank: (slots.count - 1) / 2)
      let low = Selection.score(middle.value)
      unsafe anchor[index] =
        slots.count & 1 == 1 ? low : (low + Selection.score(middle.next)) * 0.5
    }
    unsafe slots.rows.multiply(anchor, slotCount: slots.count, into: scores)
    for slot in 0..<slots.count { unsafe scores[slot] *= -slots.head.inverseNorms[slot] }
    return nil
  }
}
