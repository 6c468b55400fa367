import Kernels

/// KeyDiff: evicts the keys that resemble the mean key most.
///
/// Score of slot i: -cos(mean(K), k_i), K the keys of the head after the block was written (KeyDiff,
/// section 3.2, with the mean of unnormalized keys as anchor). n and |mean| do not change the order,
/// so with S = sum of keys the score is -(S·k_i) / |k_i|. S is kept up to date in Double, where
/// sums of Float16 values are exact; S·k_i comes from the attention pass as one more row.
///
/// - Complexity: O(B headDim) a head and block for the sum; the extra row costs O(n headDim). Memory:
///   headDim Doubles a head and layer, 1 / |k| a slot, headDim + n words a KV head and layer.
enum KeyDiff: EvictionPolicy {
  static var preparesAttention: Bool { true }
  static var hasExtraRow: Bool { true }
  static var keepsKeySum: Bool { true }
  static var usesNorms: Bool { true }
  static var writesScores: Bool { false }

  static func beforeAttention(_ slots: PolicyHead) {
    unsafe slots.rows.addKeys(slots.block, to: slots.keySum)
    roundSum(slots)
  }

  static func wantsExtraRow(_ slots: PolicyHead) -> Bool { slots.count > slots.budget }

  /// - Returns: at most the length of the mean unit key.
  static func score(_ slots: PolicyHead, into scores: UnsafeMutablePointer<Float>) -> Float? {
    let anchor = unsafe slots.extraRow
    let length = unsafe squareRoot(sumOfProducts(anchor, anchor, count: slots.rows.headDim))
    if length == 0 { return 0 }
    let products = unsafe sumOfProducts(slots.pending, slots.head.inverseNorms, count: slots.count)
    return products / (length * Float(slots.count))
  }

  static func scores(_ slots: PolicyHead) -> SlotScores? {
    unsafe SlotScores(first: slots.pending, second: slots.head.inverseNorms)
  }

  /// The products are those of the sum without the dropped keys, as if they had never come.
  static func takenBack(_ slots: PolicyHead, dropped: Range<Int>) {
    unsafe slots.rows.subtractKeys(dropped, from: slots.keySum)
    if !wantsExtraRow(slots) { return }
    roundSum(slots)
    unsafe slots.rows.multiply(slots.extraRow, slotCount: slots.count, into: slots.pending)
  }

  static func renumbered(_ slots: PolicyHead) {
    unsafe slots.keySum.update(repeating: 0, count: slots.rows.headDim)
    unsafe slots.rows.addKeys(0..<slots.count, to: slots.keySum)
  }

  /// The sum as Float32, for the attention pass.
  private static func roundSum(_ slots: PolicyHead) {
    for index in 0..<slots.rows.headDim {
      unsafe slots.extraRow[index] = unsafe Float(slots.keySum[index])
    }
  }
}
