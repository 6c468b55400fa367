// JSON strings (RFC 8259, section 7). Quotation marks, backslashes and control characters are escaped.
extension ByteSink where Self: ~Copyable {
  /// The inside of a JSON string. `bytes` must be UTF-8 without beginnings of characters.
  public mutating func write(jsonText bytes: Span<UInt8>) {
    for index in 0..<bytes.count { write(jsonByte: bytes[index]) }
  }

  /// A JSON string with its quotation marks. `bytes` must be UTF-8.
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

  /// One byte of the inside of a JSON string.
  public mutating func write(jsonByte byte: UInt8) {
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
