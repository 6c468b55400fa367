/// The tokens that a token sees, if it does not see all before it.
@safe public struct AttentionWindow: BitwiseCopyable {
  /// `[slots]`, up to a whole tile: where the slots' tokens stand in the text.
  let positions: UnsafePointer<UInt32>
  /// The position of the block's first token.
  let firstPosition: Int
  /// Tokens that a token sees, itself among them.
  let length: Int

  public init(positions: UnsafePointer<UInt32>, firstPosition: Int, length: Int) {
    unsafe self.positions = positions
    self.firstPosition = firstPosition
    self.length = length
  }

  /// The least position that a token of the block sees.
  @inline(__always)
  func start(ofToken token: Int) -> Int { max(firstPosition + token - length + 1, 0) }
}
