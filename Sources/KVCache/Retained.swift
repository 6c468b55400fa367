import Kernels

/// Tokens that no policy evicts: the first ones of the text and the latest ones, by position.
public struct Retained: Sendable, BitwiseCopyable {
  public let sinkCount: Int
  public let recentCount: Int

  public init(sinkCount: Int, recentCount: Int) {
    self.sinkCount = sinkCount
    self.recentCount = recentCount
  }

  /// Passes what may be evicted; the score is minus `first` times `second`.
  /// - Parameter nextPosition: the position after the latest token's.
  func filter(
    first: UnsafePointer<Float>, second: UnsafePointer<Float>,
    positions: UnsafePointer<UInt32>, nextPosition: Int
  ) -> SlotFilter {
    unsafe SlotFilter(
      first: first, second: second, positions: positions,
      openStart: UInt32(clamping: sinkCount),
      openCount: UInt32(clamping: nextPosition - recentCount - sinkCount))
  }
}
