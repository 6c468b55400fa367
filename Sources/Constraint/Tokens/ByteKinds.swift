/// Kinds of bytes in the plain text of a JSON string, of which patterns often take all or none.
struct ByteKinds: Sendable {
  let rawValue: UInt8

  static let small = ByteKinds(rawValue: 1)
  static let capital = ByteKinds(rawValue: 2)
  static let digitOrUnderscore = ByteKinds(rawValue: 4)
  static let space = ByteKinds(rawValue: 8)
  static let otherASCII = ByteKinds(rawValue: 16)
  /// Whole characters from U+2000 to U+2FFF: punctuation and signs, and the ends of lines that a dot does
  /// not take.
  static let sign = ByteKinds(rawValue: 32)
  /// Other whole characters that are not ASCII.
  static let beyondASCII = ByteKinds(rawValue: 64)
  /// A character that is not whole: no state takes it and is as before.
  static let cut = ByteKinds(rawValue: 128)
  /// All whole characters.
  static let whole = ByteKinds(rawValue: 127)

  init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Of a character that begins with a byte.
  init(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"): self = .small
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): self = .capital
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): self = .digitOrUnderscore
    case UInt8(ascii: " "): self = .space
    case 0xe2: self = .sign
    case 0x80...0xff: self = .beyondASCII
    default: self = .otherASCII
    }
  }

  /// Of the end of a text from a character's beginning on.
  init(of text: Span<UInt8>, from start: Int) {
    var kinds: UInt8 = 0
    var missing = 0
    for index in start..<text.count {
      let byte = text[index]
      if byte & 0xc0 == 0x80 {
        missing -= 1
      } else {
        kinds |= ByteKinds(byte).rawValue
        missing = byte < 0x80 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3
      }
    }
    if missing > 0 { kinds |= Self.cut.rawValue }
    rawValue = kinds
  }

  func isSubset(of other: ByteKinds) -> Bool { rawValue & ~other.rawValue == 0 }
}
