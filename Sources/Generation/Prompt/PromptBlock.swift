/// The part of a prompt's next block that has come, and one token more: a block is read when the token
/// after it is known, so that the last one is known to be the last. Blocks do not depend on how often
/// the source was pending.
struct PromptBlock {
  enum State {
    /// The block is full, or the prompt has ended in it.
    case ready
    case pending
    /// All of the prompt has been given out.
    case end
  }

  /// Tokens that lie in the block.
  private(set) var count = 0
  /// The token after a full block.
  private(set) var following: Int32?
  private var hasEnded = false

  /// Whether no token is left, neither here nor in the source.
  var isWhole: Bool { hasEnded && count == 0 && following == nil }

  /// Asks the source for tokens until the block is full.
  mutating func gather<Source: TokenSource & ~Copyable>(
    _ source: inout Source, into block: UnsafeMutableBufferPointer<Int32>
  ) throws(Source.Failure) -> State {
    if let token = following {
      following = nil
      unsafe append(token, to: block)
    }
    while count < block.count && !hasEnded {
      switch try source.next() {
      case .token(let token): unsafe append(token, to: block)
      case .end: hasEnded = true
      case .pending: return .pending
      }
    }
    if count == 0 { return .end }
    if !hasEnded {
      switch try source.next() {
      case .token(let token): following = token
      case .end: hasEnded = true
      // A full block need not wait.
      case .pending: break
      }
    }
    return .ready
  }

  private mutating func append(_ token: Int32, to block: UnsafeMutableBufferPointer<Int32>) {
    unsafe block[count] = token
    count += 1
  }

  /// The block has been read.
  mutating func clear() { count = 0 }
}
