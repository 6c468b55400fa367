import Kernels

/// KeyDiff by its definition (KeyDiff, equation 7): score of slot i is -sum over j of
/// cos(k_i, k_j). It ranks slots as `KeyDiffNormalized` does, and takes every pair.
///
/// - Complexity: O(n^2 headDim) a head and block. Memory: 1 / |k| a slot, and eight keys and 256
///   words a KV head.
enum KeyDiffPairwise: EvictionPolicy {
  static var usesNorms: Bool { true }
  private static let rowCount = 4
  private static let tileCount = 4 * CacheRows.tileSlots

  static func scratchCount(slots: Int, headDim: Int, blockSize: Int) -> Int {
    tileCount + rowCount * headDim
  }

  static func score(_ slots: PolicyHead, into scores: UnsafeMutablePointer<Float>) -> Float? {
    let norms = unsafe slots.head.inverseNorms
    let rows = unsafe slots.floats(tileCount)
    let headDim = slots.rows.headDim
    for first in stride(from: 0, to: slots.count, by: rowCount) {
      for row in 0..<rowCount {
        unsafe slots.rows.copyKey(
          first + row, factor: -norms[first + row], into: rows + row * headDim)
      }
      unsafe slots.rows.sumProducts(
        rows: rows, rowCount: rowCount, slotCount: slots.count, factors: norms,
        scratch: slots.floats(0), into: scores + first)
    }
    return nil
  }
}
