/// Policy `full`: nothing is evicted.
enum KeepAll: EvictionPolicy {
  static var evicts: Bool { false }
  static var writesScores: Bool { false }

  static func score(_ slots: PolicyHead, into scores: UnsafeMutablePointer<Float>) -> Float? { nil }
}
