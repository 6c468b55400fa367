/// A window with attention sinks (Xiao et al., "Efficient streaming language models with attention
/// sinks", 2023): the first four tokens of the text and the latest ones stay. Score: the position.
///
/// - Complexity: O(n) a head and block. Memory: nothing beside the positions.
enum Sink: EvictionPolicy {
  static var sinkCount: Int { 4 }

  /// The age below 0: exact for the tokens behind the sinks, fewer than 2^24.
  static func score(_ slots: PolicyHead, into scores: UnsafeMutablePointer<Float>) -> Float? {
    let next = UInt32(truncatingIfNeeded: slots.nextPosition)
    for slot in 0..<slots.count {
      unsafe scores[slot] = unsafe -Float(next &- slots.head.positions[slot])
    }
    return nil
  }
}
