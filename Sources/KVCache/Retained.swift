/// Tokens that no policy evicts: the first ones of the text and the latest ones, by position.
public struct Retained: Sendable, BitwiseCopyable {
  public let sinkCount: Int
  public let recentCount: Int

  public init(sinkCount: Int, recentCount: Int) {
    self.sinkCount = sinkCount
    self.recentCount = recentCount
  }

  /// - Parameter nextPosition: the position after the latest token's.
  @inline(__always)
  func contains(_ position: UInt32, nextPosition: Int) -> Bool {
    Int(position) < sinkCount || Int(position) >= nextPosition - recentCount
  }
}
