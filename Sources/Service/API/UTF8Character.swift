/// A character while its bytes arrive, checked as they do.
/// Source: Unicode Standard, table 3-7 (well-formed UTF-8 byte sequences).
struct UTF8Character: Sendable {
  /// The first `count` bytes are the character's.
  private(set) var storage = InlineArray<4, UInt8>(repeating: 0)
  private(set) var count = 0
  /// Bytes of the whole character.
  private var byteCount = 0

  init() {}

  /// - Parameter scalar: at most 0x10FFFF and no surrogate.
  init(scalar: UInt32) {
    switch scalar {
    case 0..<0x80: byteCount = 1
    case 0x80..<0x800: byteCount = 2
    case 0x800..<0x10000: byteCount = 3
    default: byteCount = 4
    }
    count = byteCount
    if byteCount == 1 {
      storage[0] = UInt8(scalar)
      return
    }
    for index in 1..<byteCount {
      let shift = UInt32(6 * (byteCount - 1 - index))
      storage[index] = UInt8(0x80 | scalar >> shift & 0x3f)
    }
    let mark: UInt32 = byteCount == 2 ? 0xc0 : byteCount == 3 ? 0xe0 : 0xf0
    storage[0] = UInt8(mark | scalar >> UInt32(6 * (byteCount - 1)))
  }

  var isEmpty: Bool { count == 0 }
  var isWhole: Bool { count > 0 && count == byteCount }

  /// Takes the next byte of a character that is not whole.
  /// - Returns: whether it can stand there.
  mutating func take(_ byte: UInt8) -> Bool {
    precondition(!isWhole)
    if count == 0 {
      if byte >= 0x80 && byte < 0xc2 || byte > 0xf4 { return false }
      byteCount = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
    } else if !canFollow(byte) {
      return false
    }
    storage[count] = byte
    count += 1
    return true
  }

  private func canFollow(_ byte: UInt8) -> Bool {
    if count > 1 { return byte & 0xc0 == 0x80 }
    return switch storage[0] {
    case 0xe0: byte >= 0xa0 && byte <= 0xbf
    case 0xed: byte >= 0x80 && byte <= 0x9f
    case 0xf0: byte >= 0x90 && byte <= 0xbf
    case 0xf4: byte >= 0x80 && byte <= 0x8f
    default: byte & 0xc0 == 0x80
    }
  }
}
