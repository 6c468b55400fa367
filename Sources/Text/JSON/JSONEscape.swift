/// An escape of a JSON string while its bytes arrive, from the one after the backslash (RFC 8259,
/// section 7).
struct JSONEscape {
  private enum State {
    case letter
    case hexadecimal
    /// The backslash, then the `u`, of a surrogate pair's second half.
    case secondBackslash
    case secondLetter
  }

  private var state = State.letter
  private var digitCount = 0
  private var unit: UInt32 = 0
  /// The first half of a surrogate pair, or 0.
  private var firstHalf: UInt32 = 0

  /// What must come next.
  var expected: StaticString {
    switch state {
    case .letter: "an escape"
    case .hexadecimal: "a hexadecimal digit"
    case .secondBackslash, .secondLetter: "the second half of a surrogate pair"
    }
  }

  /// Takes the next byte.
  /// - Returns: the Unicode scalar value that the escape stands for; nil while it goes on.
  mutating func take(_ byte: UInt8) throws(JSONFault) -> UInt32? {
    switch state {
    case .letter: return try take(letter: byte)
    case .hexadecimal: return try take(hexadecimal: byte)
    case .secondBackslash:
      if byte != UInt8(ascii: "\\") { throw .loneSurrogate }
      state = .secondLetter
    case .secondLetter:
      if byte != UInt8(ascii: "u") { throw .loneSurrogate }
      beginHexadecimal()
    }
    return nil
  }

  private mutating func take(letter: UInt8) throws(JSONFault) -> UInt32? {
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UInt32(letter)
    case UInt8(ascii: "b"): return 0x08
    case UInt8(ascii: "f"): return 0x0c
    case UInt8(ascii: "n"): return 0x0a
    case UInt8(ascii: "r"): return 0x0d
    case UInt8(ascii: "t"): return 0x09
    case UInt8(ascii: "u"):
      beginHexadecimal()
      return nil
    default: throw .badEscape
    }
  }

  /// Writes what makes the escape whole.
  func writeRest<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    switch state {
    case .letter: out.write("n")
    case .hexadecimal:
      let missing: StaticString = firstHalf == 0 ? "0000" : "dc00"
      for index in digitCount..<4 { unsafe out.write(byte: missing.utf8Start[index]) }
      let whole = unit << UInt32(4 * (4 - digitCount))
      if firstHalf == 0 && whole >= 0xd800 && whole <= 0xdbff { out.write("\\udc00") }
    case .secondBackslash: out.write("\\udc00")
    case .secondLetter: out.write("udc00")
    }
  }

  private mutating func beginHexadecimal() {
    digitCount = 0
    unit = 0
    state = .hexadecimal
  }

  private mutating func take(hexadecimal byte: UInt8) throws(JSONFault) -> UInt32? {
    guard let digit: UInt32 = hexadecimalDigit(byte) else { throw .badEscape }
    unit = unit << 4 | digit
    digitCount += 1
    if digitCount < 4 { return nil }
    let isSecond = unit >= 0xdc00 && unit <= 0xdfff
    if isSecond != (firstHalf != 0) { throw .loneSurrogate }
    if unit >= 0xd800 && unit <= 0xdbff {
      firstHalf = unit
      state = .secondBackslash
      return nil
    }
    return isSecond ? 0x10000 + (firstHalf - 0xd800) << 10 + (unit - 0xdc00) : unit
  }
}
