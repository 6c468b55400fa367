/// The texts of SentencePiece's tokens.
enum PieceText {
  /// U+2581, which stands for a space in tokens, and in a text means the same as a space.
  static let space: UInt32 = 0x2581
  private static let spaceByteCount = 3

  @inline(__always)
  private static func isSpace(_ text: Span<UInt8>, at index: Int) -> Bool {
    index + spaceByteCount <= text.count && text[index] == 0xE2 && text[index + 1] == 0x96
      && text[index + 2] == 0x81
  }

  /// Writes `text` with spaces in place of U+2581, which takes no more bytes.
  /// - Returns: the count of bytes, or -1 where `capacity` is too small.
  static func decode(
    _ text: Span<UInt8>, into target: UnsafeMutablePointer<UInt8>, capacity: Int
  ) -> Int {
    var index = 0
    var count = 0
    while index < text.count {
      if count == capacity { return -1 }
      if isSpace(text, at: index) {
        unsafe target[count] = UInt8(ascii: " ")
        index += spaceByteCount
      } else {
        unsafe target[count] = text[index]
        index += 1
      }
      count += 1
    }
    return count
  }

  /// The count of bytes that `decode` writes.
  static func decodedByteCount(_ text: Span<UInt8>) -> Int {
    var index = 0
    var count = 0
    while index < text.count {
      index += isSpace(text, at: index) ? spaceByteCount : 1
      count += 1
    }
    return count
  }

  /// The byte that `<0x00>` to `<0xFF>` stands for, or nil.
  static func byte(_ text: Span<UInt8>) -> UInt8? {
    guard text.count == 6, Bytes.contains(text, "<0x", at: 0), text[5] == UInt8(ascii: ">"),
      let high = digit(text[3]), let low = digit(text[4])
    else { return nil }
    return high << 4 | low
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}
