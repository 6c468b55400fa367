import Memory

/// A set of tokens: a bit each.
@safe public struct TokenSet {
  private let words: UnsafeMutablePointer<UInt64>
  private let wordCount: Int

  init(carver: inout Carver, capacity: Int) {
    wordCount = (capacity + 63) / 64
    unsafe words = unsafe carver.take(.grammar, UInt64.self, count: wordCount)
  }

  @inlinable public func contains(_ token: Int32) -> Bool { containsToken(Int(token)) }

  @usableFromInline func containsToken(_ token: Int) -> Bool {
    precondition(token >= 0 && token >> 6 < wordCount)
    return unsafe words[token >> 6] >> UInt64(token & 63) & 1 != 0
  }

  func insert(_ token: Int32) {
    let index = Int(token)
    precondition(index >= 0 && index >> 6 < wordCount)
    unsafe words[index >> 6] |= 1 << UInt64(index & 63)
  }

  func removeAll() { for index in 0..<wordCount { unsafe words[index] = 0 } }

  func copy(_ other: TokenSet) {
    precondition(wordCount == other.wordCount)
    for index in 0..<wordCount { unsafe words[index] = unsafe other.words[index] }
  }

  /// Whether no token is in the set.
  public var isEmpty: Bool {
    for index in 0..<wordCount where unsafe words[index] != 0 { return false }
    return true
  }
}
