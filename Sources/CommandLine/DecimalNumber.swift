import Text

/// A number of the command line: digits, perhaps a point and more digits.
struct DecimalNumber {
  /// Both parts of the quotient are exact as Doubles, so that it is the nearest Double.
  private static let fractionDigitCountMax = 15
  private static let scaledMax: UInt64 = 1 << 53
  private var digits: UInt64 = 0
  private var fractionDigitCount = 0
  private var hasPoint = false

  /// Nil where the text is no such number, or has more digits than 64 bits hold.
  init?(_ text: UnsafePointer<CChar>) {
    var digitCount = 0
    var index = 0
    while unsafe text[index] != 0 {
      let byte = unsafe UInt8(bitPattern: text[index])
      index += 1
      if byte == UInt8(ascii: ".") && !hasPoint {
        hasPoint = true
        continue
      }
      guard let digit = decimalDigit(byte) else { return nil }
      let (shifted, isLarge) = digits.multipliedReportingOverflow(by: 10)
      let (sum, isLarger) = shifted.addingReportingOverflow(UInt64(digit))
      if isLarge || isLarger { return nil }
      digits = sum
      digitCount += 1
      if hasPoint { fractionDigitCount += 1 }
    }
    if digitCount == 0 { return nil }
  }

  /// Nil for more digits than a Double holds.
  var double: Double? {
    if digits > Self.scaledMax || fractionDigitCount > Self.fractionDigitCountMax { return nil }
    var scale = 1.0
    for _ in 0..<fractionDigitCount { scale *= 10 }
    return Double(digits) / scale
  }

  var whole: UInt64? { hasPoint ? nil : digits }
}
