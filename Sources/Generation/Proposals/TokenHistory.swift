import Memory

/// The latest tokens of a text, read and written, and where their n-grams came last. Memory is bounded:
/// tokens lie in a ring, and each n-gram has one place of a table, which the next one that falls there
/// takes.
@safe public struct TokenHistory: ~Copyable {
  /// Tokens that are remembered.
  public static let tokenCount = 1 << 14
  /// Tokens of the n-grams that are looked for, the longer ones first.
  static let lengths: InlineArray<2, Int> = [4, 2]
  /// Tokens before a place that are compared with the text's end.
  static let matchMax = 16

  /// Where the end of the text came before.
  public struct Match: Equatable, Sendable {
    /// The token that followed there, counted from the text's first one.
    public let start: Int
    /// Tokens before it that are the same as the text's last ones, `matchMax` at most.
    public let length: Int
  }

  /// A power of two; 0 if nothing is remembered.
  let capacity: Int
  private let tokens: UnsafeMutablePointer<Int32>
  /// `[lengths][capacity]`: the place of the token behind the n-gram's latest occurrence, 0 for none.
  private let places: UnsafeMutablePointer<UInt32>
  /// Tokens that have come.
  public private(set) var count = 0

  /// - Parameter capacity: a power of two of at most 2^31, or 0.
  @export(interface)
  public init(carver: inout Carver, capacity: Int) {
    precondition(capacity & (capacity - 1) == 0 && capacity <= 1 << 31)
    self.capacity = capacity
    unsafe tokens = carver.take(.text, Int32.self, count: capacity)
    unsafe places = carver.take(.text, UInt32.self, count: capacity * Self.lengths.count)
  }

  public mutating func removeAll() {
    count = 0
    unsafe places.update(repeating: 0, count: capacity * Self.lengths.count)
  }

  private func token(_ index: Int) -> Int32 { unsafe tokens[index & (capacity - 1)] }

  /// The place of the n-gram before a token.
  private func place(_ length: Int, before end: Int) -> Int {
    var hash: UInt64 = 0
    for index in end - length..<end {
      hash = (hash ^ UInt64(UInt32(bitPattern: token(index)))) &* 0x9E37_79B9_7F4A_7C15
      hash ^= hash >> 29
    }
    return Int(hash & UInt64(capacity - 1))
  }

  /// Adds the text's next token.
  @export(interface)
  public mutating func append(_ token: Int32) {
    if capacity == 0 { return }
    for index in 0..<Self.lengths.count where count >= Self.lengths[index] {
      let place = index * capacity + place(Self.lengths[index], before: count)
      unsafe places[place] = UInt32(truncatingIfNeeded: count)
    }
    unsafe tokens[count & (capacity - 1)] = token
    count += 1
  }

  /// The latest place that the longest n-gram at the text's end leads to.
  @export(interface)
  public func find() -> Match? {
    if capacity == 0 { return nil }
    for index in 0..<Self.lengths.count where count > Self.lengths[index] {
      let length = Self.lengths[index]
      let place = index * capacity + place(length, before: count)
      let start = unsafe Int(places[place])
      let matched = start == 0 ? 0 : matchedCount(before: start)
      if matched >= length { return Match(start: start, length: matched) }
    }
    return nil
  }

  /// Tokens before a place that are those at the text's end and still there.
  private func matchedCount(before start: Int) -> Int {
    if start >= count { return 0 }
    let most = min(Self.matchMax, min(start, capacity - (count - start)))
    var matched = 0
    while matched < most && token(start - 1 - matched) == token(count - 1 - matched) {
      matched += 1
    }
    return matched
  }

  /// The token that followed `index` tokens behind a match; behind the text's end the text goes on as it
  /// did there.
  @export(interface)
  public func following(_ match: Match, _ index: Int) -> Int32 {
    token(match.start + index % (count - match.start))
  }
}
