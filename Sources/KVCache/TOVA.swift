import Kernels

/// TOVA (Oren et al., "Transformers are multi-state RNNs", 2024): score of a slot is the weight that
/// the latest token gives it, averaged over the query heads of the KV head.
///
/// - Complexity: O(n headDim) for each query head and block, one row of attention. Memory: one weight
///   a slot and KV head.
enum TOVA: EvictionPolicy {
  static var weightTokens: Int { 1 }

  static func score(_ slots: PolicyHead, into scores: UnsafeMutablePointer<Float>) -> Float? {
    unsafe copy(slots.pending, to: scores, count: slots.count)
    return nil
  }
}
