/// Short keys stay (Devoto et al., "A simple and effective L2 norm-based strategy for KV cache
/// compression", 2024): score of slot i is -|k_i|; the order is that of 1 / |k_i|.
///
/// - Complexity: O(n) a head and block. Memory: 1 / |k| a slot.
enum KeyNorm: EvictionPolicy {
  static var usesNorms: Bool { true }

  /// A zero key, whose kept number is 0, is the shortest.
  static func score(_ slots: PolicyHead, into scores: UnsafeMutablePointer<Float>) -> Float? {
    for slot in 0..<slots.count {
      let inverse = unsafe slots.head.inverseNorms[slot]
      unsafe scores[slot] = inverse == 0 ? .greatestFiniteMagnitude : inverse
    }
    return nil
  }
}
