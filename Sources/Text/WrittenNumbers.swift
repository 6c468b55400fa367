// Numbers as text.
extension ByteSink where Self: ~Copyable {
  public mutating func write(_ value: Int) {
    if value < 0 { write(byte: UInt8(ascii: "-")) }
    write(UInt64(value.magnitude))
  }

  public mutating func write(_ value: UInt64) { write(value, digitCount: 1) }

  /// With zeros in front where the number has fewer digits; at most 20 digits.
  public mutating func write(_ value: UInt64, digitCount: Int) {
    var digits = InlineArray<20, UInt8>(repeating: UInt8(ascii: "0"))
    var count = 0
    var rest = value
    while rest > 0 {
      digits[count] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
      count += 1
    }
    count = max(count, digitCount)
    while count > 0 {
      count -= 1
      write(byte: digits[count])
    }
  }

  /// Sixteen digits.
  public mutating func write(hexadecimal value: UInt64) {
    for shift in stride(from: UInt64(60), through: 0, by: -4) {
      write(byte: hexadecimalDigit(UInt8(value >> shift & 15)))
    }
  }

  /// A number with a fixed count of decimals, rounded half up; 0 to 9 decimals, |value| below 9e9.
  public mutating func write(_ value: Double, decimals: Int) {
    guard value.isFinite && value.magnitude < 9e9 else {
      write(value.isNaN ? "nan" : value < 0 ? "-inf" : "inf")
      return
    }
    var scale: UInt64 = 1
    for _ in 0..<decimals { scale *= 10 }
    let scaled = UInt64(value.magnitude * Double(scale) + 0.5)
    if value < 0 && scaled > 0 { write(byte: UInt8(ascii: "-")) }
    write(scaled / scale)
    if decimals == 0 { return }
    write(byte: UInt8(ascii: "."))
    write(scaled % scale, digitCount: decimals)
  }
}

// Numbers and texts in columns.
extension ByteSink where Self: ~Copyable {
  public mutating func write(spaces count: Int) {
    for _ in 0..<max(count, 0) { write(byte: UInt8(ascii: " ")) }
  }

  /// A whole number, right-aligned in a column.
  public mutating func write(_ value: Int, width: Int) {
    write(spaces: width - digitCount(value.magnitude) - (value < 0 ? 1 : 0))
    write(value)
  }

  /// A number with decimals, right-aligned in a column.
  public mutating func write(_ value: Double, decimals: Int, width: Int) {
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let rounded = value.isFinite && value.magnitude < 9e9 ? value.magnitude + 0.5 / scale : 0
    let sign = value < 0 ? 1 : 0
    let point = decimals > 0 ? decimals + 1 : 0
    write(spaces: width - digitCount(UInt(rounded)) - sign - point)
    write(value, decimals: decimals)
  }

  /// A text, left-aligned in a column.
  public mutating func write(_ text: StaticString, width: Int) {
    write(text)
    write(spaces: width - text.utf8CodeUnitCount)
  }

  /// A text, right-aligned in a column.
  public mutating func write(right text: StaticString, width: Int) {
    write(spaces: width - text.utf8CodeUnitCount)
    write(text)
  }
}

private func digitCount(_ value: UInt) -> Int {
  var count = 1
  var rest = value / 10
  while rest > 0 {
    count += 1
    rest /= 10
  }
  return count
}
