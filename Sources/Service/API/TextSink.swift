import Platform
import Profile

// Text for any taker of bytes.
extension ByteSink where Self: ~Copyable {
  public mutating func write(_ text: StaticString) {
    let start = unsafe text.utf8Start
    for index in 0..<text.utf8CodeUnitCount { unsafe write(byte: start[index]) }
  }

  public mutating func write(_ bytes: Span<UInt8>) {
    for index in 0..<bytes.count { write(byte: bytes[index]) }
  }

  public mutating func write(_ value: Int) {
    if value < 0 { write(byte: UInt8(ascii: "-")) }
    write(value.magnitude, digitCount: 1)
  }

  /// With zeros in front where the number has fewer digits.
  mutating func write(_ value: UInt, digitCount: Int) {
    var digits = InlineArray<20, UInt8>(repeating: UInt8(ascii: "0"))
    var count = 0
    var rest = value
    while rest > 0 {
      digits[count] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
      count += 1
    }
    for index in stride(from: max(count, digitCount) - 1, through: 0, by: -1) {
      write(byte: digits[index])
    }
  }

  /// Sixteen digits.
  mutating func write(hexadecimal value: UInt64) {
    for shift in stride(from: UInt64(60), through: 0, by: -4) {
      write(byte: hexadecimalDigit(UInt8(value >> shift & 15)))
    }
  }

  /// The inside of a JSON string. `bytes` must be UTF-8 without beginnings of characters.
  public mutating func write(jsonText bytes: Span<UInt8>) {
    for index in 0..<bytes.count { write(jsonByte: bytes[index]) }
  }

  /// A JSON string with its quotation marks.
  public mutating func write(jsonString bytes: Span<UInt8>) {
    write(byte: UInt8(ascii: "\""))
    write(jsonText: bytes)
    write(byte: UInt8(ascii: "\""))
  }

  /// A JSON string with its quotation marks. `text` must be UTF-8.
  public mutating func write<let capacity: Int>(jsonString text: FixedText<capacity>) {
    write(byte: UInt8(ascii: "\""))
    for index in 0..<text.count { write(jsonByte: text[index]) }
    write(byte: UInt8(ascii: "\""))
  }

  /// A JSON string with its quotation marks.
  public mutating func write(jsonString text: StaticString) {
    let start = unsafe text.utf8Start
    write(byte: UInt8(ascii: "\""))
    for index in 0..<text.utf8CodeUnitCount { unsafe write(jsonByte: start[index]) }
    write(byte: UInt8(ascii: "\""))
  }

  private mutating func write(jsonByte byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): write("\\\"")
    case UInt8(ascii: "\\"): write("\\\\")
    case UInt8(ascii: "\n"): write("\\n")
    case UInt8(ascii: "\r"): write("\\r")
    case UInt8(ascii: "\t"): write("\\t")
    case 0..<0x20, 0x7f:
      write("\\u00")
      write(byte: hexadecimalDigit(byte >> 4))
      write(byte: hexadecimalDigit(byte & 15))
    default: write(byte: byte)
    }
  }
}

func hexadecimalDigit(_ value: UInt8) -> UInt8 {
  value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}
