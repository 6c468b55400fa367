/// What an engine did with one block of tokens.
public struct BlockRecord: BitwiseCopyable, Sendable {
  public var tokenCount: Int
  /// Slots filled before the block: of the KV head that has most.
  public var slotsBefore: Int
  /// Of the KV head that has least.
  public var slotsBeforeLeast: Int
  public var times: BlockTimes

  /// - Parameter slotsBeforeLeast: nil if all heads have as many.
  @export(interface)
  public init(tokenCount: Int, slotsBefore: Int, slotsBeforeLeast: Int? = nil, times: BlockTimes) {
    self.tokenCount = tokenCount
    self.slotsBefore = slotsBefore
    self.slotsBeforeLeast = slotsBeforeLeast ?? slotsBefore
    self.times = times
  }
}
