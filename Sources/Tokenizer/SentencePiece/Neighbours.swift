import Memory

/// Which scalars stand side by side in some token. No merge reaches over two scalars that do in no
/// token, so SentencePiece's text can be cut there: both parts give the same tokens as the whole.
@safe struct Neighbours {
  private static let asciiWordCount = 128 * 128 / 64

  /// A bit for each pair of ASCII scalars.
  private let ascii: UnsafeMutablePointer<UInt64>
  /// A bit for each hash of other pairs. A pair may have its bit set by another one of the same hash,
  /// and the text is then not cut there.
  private let hashed: UnsafeMutablePointer<UInt64>
  private let hashMask: Int

  /// - Parameter tokenByteCount: of all tokens, which have at most as many pairs; 0 takes no memory.
  init(carver: inout Carver, tokenByteCount: Int) {
    var bitCount = tokenByteCount > 0 ? 1024 : 0
    while bitCount < 4 * tokenByteCount { bitCount *= 2 }
    unsafe ascii = unsafe carver.take(
      .tokenizer, UInt64.self, count: tokenByteCount > 0 ? Self.asciiWordCount : 0)
    unsafe hashed = unsafe carver.take(.tokenizer, UInt64.self, count: bitCount / 64)
    hashMask = max(bitCount - 1, 0)
  }

  /// Adds the pairs of a token.
  mutating func add(_ token: TextSlice) {
    var index = 0
    var previous: UInt32? = nil
    while index < token.count {
      let next = token.value(at: index)
      if let previous { add(previous, next.value) }
      previous = next.value
      index += next.byteCount
    }
  }

  private mutating func add(_ first: UInt32, _ second: UInt32) {
    let bit = Self.bit(first, second, hashMask)
    if first | second < 128 {
      unsafe ascii[bit >> 6] |= 1 << UInt64(bit & 63)
    } else {
      unsafe hashed[bit >> 6] |= 1 << UInt64(bit & 63)
    }
  }

  @inline(__always)
  private static func bit(_ first: UInt32, _ second: UInt32, _ mask: Int) -> Int {
    if first | second < 128 { return Int(first &<< 7 | second) }
    let key = UInt64(first) &<< 32 | UInt64(second)
    return Int(truncatingIfNeeded: Bytes.hash(key)) & mask
  }

  /// False where no token has the two scalars side by side.
  @inline(__always)
  func areJoined(_ first: UInt32, _ second: UInt32) -> Bool {
    let bit = Self.bit(first, second, hashMask)
    let bits = unsafe first | second < 128 ? ascii[bit >> 6] : hashed[bit >> 6]
    return bits >> UInt64(bit & 63) & 1 != 0
  }

  /// The count of bytes of `text`, which is not empty, up to the first place where it can be cut.
  @inline(__always)
  func firstWordByteCount(_ text: TextSlice) -> Int {
    let first = text.value(at: 0)
    var index = first.byteCount
    var previous = Self.unescaped(first.value)
    while index < text.count {
      let next = text.value(at: index)
      let value = Self.unescaped(next.value)
      if !areJoined(previous, value) { break }
      previous = value
      index += next.byteCount
    }
    return index
  }

  @inline(__always)
  private static func unescaped(_ value: UInt32) -> UInt32 {
    value == PieceText.space ? UInt32(UInt8(ascii: " ")) : value
  }
}
