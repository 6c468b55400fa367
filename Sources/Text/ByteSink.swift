/// Takes bytes in order. What can be written to one, and how it looks, is the same for all of them:
/// texts, whole numbers, numbers with decimals, columns, JSON.
public protocol ByteSink: ~Copyable {
  mutating func write(byte: UInt8)
}

extension ByteSink where Self: ~Copyable {
  public mutating func write(_ text: StaticString) {
    let start = unsafe text.utf8Start
    for index in 0..<text.utf8CodeUnitCount { unsafe write(byte: start[index]) }
  }

  public mutating func write(_ bytes: Span<UInt8>) {
    for index in 0..<bytes.count { write(byte: bytes[index]) }
  }

  /// A zero-terminated string, as it is.
  public mutating func write(cString: UnsafePointer<CChar>) {
    var index = 0
    while unsafe cString[index] != 0 {
      unsafe write(byte: UInt8(bitPattern: cString[index]))
      index += 1
    }
  }

  /// An excerpt in quotation marks; bytes outside printable ASCII are shown as `\xNN`.
  public mutating func write(quoted text: Excerpt) {
    write(byte: UInt8(ascii: "'"))
    for index in 0..<text.count { write(printable: text[index]) }
    write(text.isCut ? "…'" : "'")
  }

  private mutating func write(printable byte: UInt8) {
    if byte >= 0x20 && byte < 0x7f {
      write(byte: byte)
    } else {
      write("\\x")
      write(byte: hexadecimalDigit(byte >> 4))
      write(byte: hexadecimalDigit(byte & 15))
    }
  }
}
