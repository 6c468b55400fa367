import Platform

extension JSONScanner {
  /// Reads a string into `text`, as UTF-8 with its escapes resolved (RFC 8259, section 7).
  /// What does not fit is read and dropped: see `FixedText.isCut`.
  public mutating func readString<let capacity: Int>(
    into text: inout FixedText<capacity>
  ) throws(JSONError) {
    text.removeAll()
    try skip(UInt8(ascii: "\""), expected: "a string in quotation marks")
    while true {
      let byte = try current(expected: "the quotation mark at the end of the string")
      switch byte {
      case UInt8(ascii: "\""):
        offset += 1
        return
      case UInt8(ascii: "\\"):
        text.append(scalar: try readEscape())
      case 0..<0x20:
        throw failure(.controlCharacter)
      default:
        text.append(byte)
        offset += 1
      }
    }
  }

  /// Reads a number of any form; gives nil for one with a fraction or an exponent. A whole number
  /// that Int cannot hold becomes the nearest that it can (RFC 8259, section 6).
  public mutating func readInteger() throws(JSONError) -> Int? {
    skipWhitespace()
    let start = offset
    let isNegative = try current(expected: "a number") == UInt8(ascii: "-")
    if isNegative { offset += 1 }
    let value = try readDigits(isNegative: isNegative, numberStart: start)
    var isWhole = true
    if isNext(UInt8(ascii: ".")) {
      isWhole = false
      offset += 1
      try skipDigits(numberStart: start)
    }
    if isNext(UInt8(ascii: "e")) || isNext(UInt8(ascii: "E")) {
      isWhole = false
      offset += 1
      if isNext(UInt8(ascii: "+")) || isNext(UInt8(ascii: "-")) { offset += 1 }
      try skipDigits(numberStart: start)
    }
    return isWhole ? value : nil
  }

  /// The digits before the point: a single zero, or any count that begins with another digit.
  private mutating func readDigits(isNegative: Bool, numberStart: Int) throws(JSONError) -> Int {
    let start = offset
    try skipDigits(numberStart: numberStart)
    if offset - start > 1 && bytes[start] == UInt8(ascii: "0") {
      offset = numberStart
      throw failure(.leadingZero)
    }
    return saturatedInteger(bytes.extracting(start..<offset), isNegative: isNegative)
  }

  /// One digit or more.
  private mutating func skipDigits(numberStart: Int) throws(JSONError) {
    let start = offset
    while offset < bytes.count && decimalDigit(bytes[offset]) != nil { offset += 1 }
    if offset > start { return }
    if offset == numberStart { throw unexpected(expected: "a number") }
    _ = try current(expected: "a digit")
    offset = numberStart
    throw failure(.malformedNumber)
  }

  private func isNext(_ byte: UInt8) -> Bool { offset < bytes.count && bytes[offset] == byte }

  /// Reads an escape and gives the Unicode scalar value that it stands for.
  private mutating func readEscape() throws(JSONError) -> UInt32 {
    let start = offset
    offset += 1
    let letter = try current(expected: "an escape")
    offset += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UInt32(letter)
    case UInt8(ascii: "b"): return 0x08
    case UInt8(ascii: "f"): return 0x0c
    case UInt8(ascii: "n"): return 0x0a
    case UInt8(ascii: "r"): return 0x0d
    case UInt8(ascii: "t"): return 0x09
    case UInt8(ascii: "u"): return try readUnicodeEscape(start: start)
    default:
      offset = start
      throw failure(.badEscape)
    }
  }

  /// The digits after `\u`, and for the first half of a surrogate pair the second half too.
  private mutating func readUnicodeEscape(start: Int) throws(JSONError) -> UInt32 {
    let unit = try readHexadecimal(start: start)
    if unit < 0xd800 || unit > 0xdfff { return unit }
    if unit <= 0xdbff && isNext(UInt8(ascii: "\\")) && offset + 1 < bytes.count
      && bytes[offset + 1] == UInt8(ascii: "u")
    {
      offset += 2
      let second = try readHexadecimal(start: start)
      if second >= 0xdc00 && second <= 0xdfff {
        return 0x10000 + (unit - 0xd800) << 10 + (second - 0xdc00)
      }
    }
    offset = start
    throw failure(.loneSurrogate)
  }

  /// Four hexadecimal digits.
  private mutating func readHexadecimal(start: Int) throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Self.hexadecimalDigit(try current(expected: "a hexadecimal digit")) else {
        offset = start
        throw failure(.badEscape)
      }
      value = value << 4 | digit
      offset += 1
    }
    return value
  }

  private static func hexadecimalDigit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
  }
}

func decimalDigit(_ byte: UInt8) -> Int? {
  byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") ? Int(byte - UInt8(ascii: "0")) : nil
}

/// The value of decimal digits; beyond the range of Int, the bound of that range.
func saturatedInteger(_ digits: Span<UInt8>, isNegative: Bool) -> Int {
  var value = 0
  for index in 0..<digits.count {
    let digit = Int(digits[index] - UInt8(ascii: "0"))
    let (product, isProductOver) = value.multipliedReportingOverflow(by: 10)
    let (sum, isSumOver) =
      isNegative
      ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
    if isProductOver || isSumOver { return isNegative ? Int.min : Int.max }
    value = sum
  }
  return value
}
