import Text

// Numbers and texts as they are written in a template.
extension Parser {
  func integer(_ range: Range<Int>) throws(TemplateError) -> Int {
    var radix = 10
    var index = range.lowerBound
    if range.count > 2 && source[index] == UInt8(ascii: "0") {
      switch source[index + 1] | 0x20 {
      case UInt8(ascii: "x"): radix = 16
      case UInt8(ascii: "o"): radix = 8
      case UInt8(ascii: "b"): radix = 2
      default: break
      }
      if radix != 10 { index += 2 }
    }
    var value = 0
    while index < range.upperBound {
      let byte = source[index]
      index += 1
      if byte == UInt8(ascii: "_") { continue }
      let digit: UInt32? = hexadecimalDigit(byte)
      guard let digit, Int(digit) < radix else {
        throw lexer.failure("a whole number", at: range.lowerBound)
      }
      let (product, isProductOver) = value.multipliedReportingOverflow(by: radix)
      let (sum, isSumOver) = product.addingReportingOverflow(Int(digit))
      if isProductOver || isSumOver {
        throw lexer.failure("a whole number of at most 63 bits", at: range.lowerBound)
      }
      value = sum
    }
    return value
  }

  func number(_ range: Range<Int>) -> Double {
    var number = JSONNumber()
    for index in range where source[index] != UInt8(ascii: "_") { _ = number.take(source[index]) }
    return number.double
  }

  /// Texts that follow one another are one.
  mutating func text() throws(TemplateError) -> Int32 {
    let place = token.range.lowerBound
    var list = NodeList()
    while token.kind == .string {
      // What follows is read before the escapes are written over.
      let range = token.range.lowerBound + 1..<token.range.upperBound - 1
      try advance()
      let count = try unescape(range)
      list.append(
        add(.text, Int32(origin + range.lowerBound), Int32(count), at: range.lowerBound), store)
    }
    return list.count == 1 ? list.first : add(.concatenation, list.first, at: place)
  }

  /// Writes the text that the literal stands for over it; it never is longer.
  /// - Returns: its count of bytes.
  private func unescape(_ range: Range<Int>) throws(TemplateError) -> Int {
    var (index, count) = (range.lowerBound, 0)
    while index < range.upperBound {
      if source[index] != UInt8(ascii: "\\") {
        put(source[index], range, &count)
        index += 1
        continue
      }
      index = try escape(index + 1, range, &count)
    }
    return count
  }

  private func put(_ byte: UInt8, _ range: Range<Int>, _ count: inout Int) {
    let offset = origin + range.lowerBound + count
    store.rewrite(offset, byte)
    count += 1
  }

  /// - Parameter index: of the byte after the backslash.
  /// - Returns: the index behind the escape.
  private func escape(
    _ index: Int, _ range: Range<Int>, _ count: inout Int
  ) throws(TemplateError) -> Int {
    let byte = source[index]
    switch byte {
    case UInt8(ascii: "\n"): return index + 1
    case UInt8(ascii: "x"): return try hexadecimal(index + 1, 2, range, &count)
    case UInt8(ascii: "u"): return try hexadecimal(index + 1, 4, range, &count)
    case UInt8(ascii: "U"): return try hexadecimal(index + 1, 8, range, &count)
    case UInt8(ascii: "N"):
      throw TemplateError(.unsupported, line: line(of: index), "a character by its name, \\N{...}")
    case UInt8(ascii: "0")...UInt8(ascii: "7"): return octal(index, range, &count)
    default: break
    }
    if let meaning = Self.meaning(byte) {
      put(meaning, range, &count)
    } else {
      put(UInt8(ascii: "\\"), range, &count)
      put(byte, range, &count)
    }
    return index + 1
  }

  private static func meaning(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "n"): 0x0a
    case UInt8(ascii: "t"): 0x09
    case UInt8(ascii: "r"): 0x0d
    case UInt8(ascii: "a"): 0x07
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0c
    case UInt8(ascii: "v"): 0x0b
    case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): byte
    default: nil
    }
  }

  private func hexadecimal(
    _ start: Int, _ digitCount: Int, _ range: Range<Int>, _ count: inout Int
  ) throws(TemplateError) -> Int {
    var scalar: UInt32 = 0
    for index in start..<start + digitCount {
      guard index < range.upperBound, let digit: UInt32 = hexadecimalDigit(source[index]) else {
        throw lexer.failure("hexadecimal digits of an escape", at: start)
      }
      scalar = scalar << 4 | digit
    }
    var end = start + digitCount
    if scalar >= 0xD800 && scalar < 0xDC00 && source.has("\\u", at: end),
      end + 6 <= range.upperBound
    {
      var low: UInt32 = 0
      for index in end + 2..<end + 6 { low = low << 4 | (hexadecimalDigit(source[index]) ?? 0) }
      if low >= 0xDC00 && low < 0xE000 {
        scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
        end += 6
      }
    }
    if scalar > 0x10FFFF || scalar >= 0xD800 && scalar < 0xE000 {
      throw lexer.failure("an escape of a Unicode character", at: start)
    }
    putScalar(scalar, range, &count)
    return end
  }

  private func octal(_ start: Int, _ range: Range<Int>, _ count: inout Int) -> Int {
    var index = start
    var scalar: UInt32 = 0
    while index < min(start + 3, range.upperBound), let digit = decimalDigit(source[index]),
      digit < 8
    {
      scalar = scalar << 3 | UInt32(digit)
      index += 1
    }
    putScalar(scalar, range, &count)
    return index
  }

  private func putScalar(_ scalar: UInt32, _ range: Range<Int>, _ count: inout Int) {
    let character = UTF8Character(scalar: scalar)
    for index in 0..<character.count { put(character.storage[index], range, &count) }
  }
}
