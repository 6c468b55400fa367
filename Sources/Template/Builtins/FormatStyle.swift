import Text

/// How Python's formats fit a value into a text.
struct FormatStyle {
  enum Alignment {
    case left, right, center, afterSign
  }

  /// Digits behind the point, or characters.
  static var precisionMax: Int { 400 }

  /// Nil for what is usual for the value.
  var alignment: Alignment?
  /// Bytes of the character that fills a width; none for a space.
  var fill: Range<Int> = 0..<0
  var isZeroFilled = false
  /// What stands before a number that is not negative: `+`, a space, or 0 for nothing.
  var sign: UInt8 = 0
  var isAlternate = false
  /// What stands between groups of digits; 0 for nothing.
  var grouping: UInt8 = 0
  var width: Int?
  var precision: Int?
  /// The kind of the format; 0 if none is given.
  var letter: UInt8 = 0

  init() {}

  /// Fill, alignment, sign, width, grouping, precision and letter of a field in braces.
  /// - Returns: nil if they are malformed.
  static func inBraces(_ memory: TemplateMemory, _ range: Range<Int>) -> FormatStyle? {
    var style = FormatStyle()
    var offset = range.lowerBound
    let end = range.upperBound
    if offset < end {
      let byte = memory.byte(offset)
      let count = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
      if offset + count < end, let found = alignment(memory.byte(offset + count)) {
        style.fill = offset..<offset + count
        style.alignment = found
        offset += count + 1
      } else if let found = alignment(byte) {
        style.alignment = found
        offset += 1
      }
    }
    if offset < end, let sign = sign(memory.byte(offset)) {
      style.sign = sign
      offset += 1
    }
    if style.take(UInt8(ascii: "#"), memory, &offset, end) { style.isAlternate = true }
    if style.take(UInt8(ascii: "0"), memory, &offset, end), style.fill.isEmpty {
      style.isZeroFilled = true
    }
    style.width = number(memory, &offset, end)
    if style.take(UInt8(ascii: ","), memory, &offset, end) { style.grouping = UInt8(ascii: ",") }
    if style.take(UInt8(ascii: "_"), memory, &offset, end) { style.grouping = UInt8(ascii: "_") }
    if style.take(UInt8(ascii: "."), memory, &offset, end) {
      guard let precision = number(memory, &offset, end) else { return nil }
      style.precision = precision
    }
    if offset < end {
      style.letter = memory.byte(offset)
      offset += 1
    }
    return offset == end ? style : nil
  }

  private func take(
    _ byte: UInt8, _ memory: TemplateMemory, _ offset: inout Int, _ end: Int
  ) -> Bool {
    if offset == end || memory.byte(offset) != byte { return false }
    offset += 1
    return true
  }

  private static func sign(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "+"), UInt8(ascii: " "): byte
    case UInt8(ascii: "-"): 0
    default: nil
    }
  }

  private static func alignment(_ byte: UInt8) -> Alignment? {
    switch byte {
    case UInt8(ascii: "<"): .left
    case UInt8(ascii: ">"): .right
    case UInt8(ascii: "^"): .center
    case UInt8(ascii: "="): .afterSign
    default: nil
    }
  }

  /// Takes a flag of a `%` format.
  mutating func take(flag byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "-"): alignment = .left
    case UInt8(ascii: "0"): isZeroFilled = true
    case UInt8(ascii: "+"): sign = byte
    case UInt8(ascii: " "): if sign == 0 { sign = byte }
    case UInt8(ascii: "#"): isAlternate = true
    default: return false
    }
    return true
  }

  static func number(_ memory: TemplateMemory, _ offset: inout Int, _ end: Int) -> Int? {
    var value: Int?
    while offset < end, let digit = decimalDigit(memory.byte(offset)) {
      value = min((value ?? 0) * 10 + digit, 1 << 20)
      offset += 1
    }
    return value
  }
}
