// Digits and whole numbers of texts.

/// The value of a decimal digit; nil where `byte` is none.
public func decimalDigit(_ byte: UInt8) -> Int? {
  byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") ? Int(byte - UInt8(ascii: "0")) : nil
}

/// The value of a hexadecimal digit, in letters of either case; nil where `byte` is none.
@export(interface)
public func hexadecimalDigit(_ byte: UInt8) -> UInt32? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
  case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
  case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
  default: nil
  }
}

/// The hexadecimal digit, in small letters, of a value below 16.
public func hexadecimalDigit(_ value: UInt8) -> UInt8 {
  value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}

/// The whole number that `text` is: decimal digits, perhaps after a minus sign. nil where it is
/// none; the bound of Int where it is beyond it.
@export(interface)
public func parseInteger(_ text: Span<UInt8>) -> Int? {
  let isNegative = text.count > 0 && text[0] == UInt8(ascii: "-")
  let digits = text.extracting((isNegative ? 1 : 0)...)
  return parseDigits(digits, radix: 10, isNegative: isNegative)
}

/// The value of decimal digits, one at least, or nil. A number that Int cannot hold is Int.max.
public func decimalCount(_ text: Span<UInt8>) -> Int? {
  parseDigits(text, radix: 10, isNegative: false)
}

/// The value of hexadecimal digits, one at least, or nil. A number that Int cannot hold is Int.max.
public func hexadecimalCount(_ text: Span<UInt8>) -> Int? {
  parseDigits(text, radix: 16, isNegative: false)
}

private func parseDigits(_ text: Span<UInt8>, radix: Int, isNegative: Bool) -> Int? {
  if text.count == 0 { return nil }
  var value = 0
  for index in 0..<text.count {
    guard let digit: UInt32 = hexadecimalDigit(text[index]), Int(digit) < radix else { return nil }
    let (product, isProductOver) = value.multipliedReportingOverflow(by: radix)
    let (sum, isSumOver) =
      isNegative
      ? product.subtractingReportingOverflow(Int(digit))
      : product.addingReportingOverflow(Int(digit))
    // The bound stays: a further digit overflows it again.
    value = isProductOver || isSumOver ? (isNegative ? Int.min : Int.max) : sum
  }
  return value
}
