import Kernels

/// H2O (Zhang et al., "H2O: heavy-hitter oracle", 2023): score of a slot is the sum of all attention
/// weights that it has got since its token came, averaged over the query heads of the KV head.
///
/// - Complexity: O(n B headDim) for each query head and block, all rows of attention. Memory: one sum
///   a slot, KV head and layer; one weight a slot and KV head for each chunk of rows.
enum H2O: EvictionPolicy {
  static var weightTokens: Int { .max }
  static var keepsNumbers: Bool { true }
  static var scoresEveryBlock: Bool { true }
  /// Sums of Float32 numbers do not come back when a number is taken away again.
  static var undoesSteps: Bool { false }

  static func score(_ slots: PolicyHead, into scores: UnsafeMutablePointer<Float>) -> Float? {
    for slot in slots.countBefore..<slots.count { unsafe slots.numbers[slot] = 0 }
    for slot in 0..<slots.count { unsafe slots.numbers[slot] += slots.pending[slot] }
    unsafe copy(slots.numbers, to: scores, count: slots.count)
    return nil
  }

  static func moved(_ slots: PolicyHead, _ from: Range<Int>, to targets: UnsafePointer<UInt32>) {
    unsafe slots.moveNumbers(from, to: targets)
  }
}
