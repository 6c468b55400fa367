/// Token ids in order, from wherever they come.
public protocol TokenSource: ~Copyable {
  associatedtype Failure: Error
  /// The next id, or nil at the end.
  mutating func next() throws(Failure) -> Int32?
}

/// Cuts a token source into blocks, one token ahead of what it has given out, so that the last
/// block is known to be the last.
public struct BlockReader: Sendable {
  private var ahead: Int32? = nil
  private var hasStarted = false

  public init() {}

  /// The token after the latest block; nil after the last block.
  public var following: Int32? { ahead }

  /// Fills `block` as far as there are tokens.
  /// - Returns: the count of tokens, 0 at the end.
  public mutating func read<Source: TokenSource & ~Copyable>(
    _ source: inout Source, into block: UnsafeMutableBufferPointer<Int32>
  ) throws(Source.Failure) -> Int {
    if !hasStarted {
      hasStarted = true
      ahead = try source.next()
    }
    var count = 0
    while count < block.count {
      guard let token = ahead else { break }
      block[count] = token
      count += 1
      ahead = try source.next()
    }
    return count
  }
}
