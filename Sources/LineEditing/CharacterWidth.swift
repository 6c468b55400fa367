/// How many columns of a terminal a scalar takes (Unicode Standard Annex 11, as terminals apply it).
enum CharacterWidth {
  /// 2 for scalars of East Asian Width W and F, 0 for marks and format characters, else 1.
  static func columnCount(of scalar: UInt32) -> Int {
    if scalar < 0x300 { return scalar == 0xAD || scalar >= 0x20 ? 1 : 0 }
    var (low, high) = (0, WidthTable.rangeCount)
    while low < high {
      let middle = (low + high) / 2
      if hexadecimal(middle, 0) <= scalar { low = middle + 1 } else { high = middle }
    }
    if low == 0 || hexadecimal(low - 1, 5) < scalar { return 1 }
    let width = unsafe WidthTable.ranges.utf8Start[(low - 1) * WidthTable.byteCount + 10]
    return Int(width - UInt8(ascii: "0"))
  }

  /// A number of five digits of a range.
  private static func hexadecimal(_ range: Int, _ offset: Int) -> UInt32 {
    var value: UInt32 = 0
    for index in 0..<5 {
      let digit = unsafe WidthTable.ranges.utf8Start[range * WidthTable.byteCount + offset + index]
      let isLetter = digit >= UInt8(ascii: "A")
      value =
        value << 4 | UInt32(isLetter ? digit - UInt8(ascii: "A") + 10 : digit - UInt8(ascii: "0"))
    }
    return value
  }

  /// A mark that belongs to the scalar before it, or a modifier of an emoji.
  static func extends(_ scalar: UInt32) -> Bool {
    (0x1F3FB...0x1F3FF).contains(scalar) || scalar >= 0x300 && columnCount(of: scalar) == 0
  }

  /// ZERO WIDTH JOINER: the next scalar belongs to the character too.
  static func isJoiner(_ scalar: UInt32) -> Bool { scalar == 0x200D }

  /// Two of these are a flag.
  static func isRegionalIndicator(_ scalar: UInt32) -> Bool { (0x1F1E6...0x1F1FF).contains(scalar) }
}
