/// GPT-2's alphabet: each byte is written as one printable character, so that the texts of tokens
/// have no white space (openai/gpt-2, encoder.py, `bytes_to_unicode`). The bytes that are printable
/// in Latin-1 stand for themselves; the other 68 are U+0100 to U+0143 in their order.
enum ByteAlphabet {
  /// The byte that a character stands for, or nil.
  static func byte(_ scalar: UInt32) -> UInt8? {
    switch scalar {
    case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: UInt8(scalar)
    case 0x100...0x120: UInt8(scalar - 0x100)
    case 0x121...0x142: UInt8(scalar - 0x121 + 0x7F)
    case 0x143: 0xAD
    default: nil
    }
  }

  /// Whether a text is written in the alphabet.
  static func isWritten(in text: Span<UInt8>) -> Bool {
    var index = 0
    while index < text.count {
      guard character(text, 0..<text.count, at: &index) != nil else { return false }
    }
    return true
  }

  /// The byte that the character at `index` stands for, or nil; moves `index` behind the character.
  private static func character(
    _ text: Span<UInt8>, _ range: Range<Int>, at index: inout Int
  ) -> UInt8? {
    var scalar = UInt32(text[index])
    index += 1
    if scalar >= 0x80 {
      // Two bytes hold every character of the alphabet; 0xC2 is the least lead that is well-formed.
      guard index < range.upperBound, scalar >= 0xC2, scalar < 0xE0, text[index] & 0xC0 == 0x80
      else { return nil }
      scalar = (scalar & 0x1F) << 6 | UInt32(text[index] & 0x3F)
      index += 1
    }
    return byte(scalar)
  }

  /// Writes the bytes that the characters in `range` of `text` stand for.
  /// - Returns: their count, or -1 where a character is outside the alphabet or `capacity` is too
  ///   small.
  static func decode(
    _ text: Span<UInt8>, _ range: Range<Int>, into target: UnsafeMutablePointer<UInt8>,
    capacity: Int
  ) -> Int {
    var index = range.lowerBound
    var count = 0
    while index < range.upperBound {
      guard let byte = character(text, range, at: &index), count < capacity else { return -1 }
      unsafe target[count] = byte
      count += 1
    }
    return count
  }
}
