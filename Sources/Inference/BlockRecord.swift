/// What an engine did with one block of tokens.
public struct BlockRecord: BitwiseCopyable, Sendable {
  public var tokenCount: Int
  /// Slots filled before the block.
  public var slotsBefore: Int
  public var times: BlockTimes

  @export(interface)
  public init(tokenCount: Int, slotsBefore: Int, times: BlockTimes) {
    self.tokenCount = tokenCount
    self.slotsBefore = slotsBefore
    self.times = times
  }
}
