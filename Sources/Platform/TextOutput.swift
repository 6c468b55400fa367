import CPlatform

/// Takes bytes in order.
public protocol ByteSink: ~Copyable {
  mutating func write(byte: UInt8)
}

/// Buffered text to a file descriptor, without allocation. The first failed write is remembered in
/// `failure` (an errno) and later output is dropped, so that the owner decides once what it means.
public struct TextOutput: ~Copyable, ByteSink {
  public static let bufferByteCount = 4096
  private let descriptor: Int32
  private var buffer = InlineArray<4096, UInt8>(repeating: 0)
  private var used = 0
  public private(set) var failure: Int32 = 0

  public init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  public static var standardOutput: TextOutput { TextOutput(descriptor: 1) }
  public static var standardError: TextOutput { TextOutput(descriptor: 2) }

  public mutating func flush() {
    let count = used
    used = 0
    if failure != 0 { return }
    failure = unsafe withUnsafePointer(to: buffer) {
      unsafe Self.writeAll(UnsafeRawPointer($0), count: count, to: descriptor)
    }
  }

  private static func writeAll(
    _ bytes: UnsafeRawPointer, count: Int, to descriptor: Int32
  ) -> Int32 {
    var done = 0
    while done < count {
      let written = unsafe edge_write(descriptor, bytes + done, count - done)
      if written == Int64(-EINTR) { continue }
      if written <= 0 { return written == 0 ? EIO : Int32(-written) }
      done += Int(written)
    }
    return 0
  }

  /// Bytes that are no text, past the buffer.
  public mutating func write(raw bytes: UnsafeRawBufferPointer) {
    flush()
    if failure != 0 || bytes.count == 0 { return }
    failure = unsafe Self.writeAll(bytes.baseAddress!, count: bytes.count, to: descriptor)
  }

  public mutating func write(byte: UInt8) {
    if used == Self.bufferByteCount { flush() }
    buffer[used] = byte
    used += 1
  }

  public mutating func write(_ text: StaticString) {
    let start = unsafe text.utf8Start
    for index in 0..<text.utf8CodeUnitCount { unsafe write(byte: start[index]) }
  }

  public mutating func write(_ bytes: Span<UInt8>) {
    for index in 0..<bytes.count { write(byte: bytes[index]) }
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
      write(hexadecimalDigit: byte >> 4)
      write(hexadecimalDigit: byte & 15)
    }
  }

  /// Sixteen digits.
  public mutating func write(hexadecimal value: UInt64) {
    for shift in stride(from: UInt64(60), through: 0, by: -4) {
      write(hexadecimalDigit: UInt8(value >> shift & 15))
    }
  }

  private mutating func write(hexadecimalDigit digit: UInt8) {
    write(byte: digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
  }

  /// A zero-terminated string, as it is.
  public mutating func write(cString: UnsafePointer<CChar>) {
    var index = 0
    while unsafe cString[index] != 0 {
      unsafe write(byte: UInt8(bitPattern: cString[index]))
      index += 1
    }
  }

  public mutating func write(_ value: Int) {
    if value < 0 { write(byte: UInt8(ascii: "-")) }
    write(UInt64(value.magnitude))
  }

  public mutating func write(_ value: UInt64) {
    var digits = InlineArray<20, UInt8>(repeating: 0)
    var count = 0
    var rest = value
    repeat {
      digits[count] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
      count += 1
    } while rest > 0
    while count > 0 {
      count -= 1
      write(byte: digits[count])
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
    var place = scale / 10
    while place > 0 {
      write(byte: UInt8(ascii: "0") + UInt8(scaled / place % 10))
      place /= 10
    }
  }

  public mutating func write(spaces count: Int) {
    for _ in 0..<max(count, 0) { write(byte: UInt8(ascii: " ")) }
  }

  /// A whole number, right-aligned in a column.
  public mutating func write(_ value: Int, width: Int) {
    write(spaces: width - Self.digitCount(value.magnitude) - (value < 0 ? 1 : 0))
    write(value)
  }

  /// A number with decimals, right-aligned in a column.
  public mutating func write(_ value: Double, decimals: Int, width: Int) {
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let rounded = value.isFinite && value.magnitude < 9e9 ? value.magnitude + 0.5 / scale : 0
    let sign = value < 0 ? 1 : 0
    let point = decimals > 0 ? decimals + 1 : 0
    write(spaces: width - Self.digitCount(UInt(rounded)) - sign - point)
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

  private static func digitCount(_ value: UInt) -> Int {
    var count = 1
    var rest = value / 10
    while rest > 0 {
      count += 1
      rest /= 10
    }
    return count
  }

  /// The bytes as a JSON string with its quotation marks. `bytes` must be UTF-8.
  public mutating func write(jsonString bytes: Span<UInt8>) {
    write(byte: UInt8(ascii: "\""))
    for index in 0..<bytes.count { write(jsonByte: bytes[index]) }
    write(byte: UInt8(ascii: "\""))
  }

  /// One byte of a JSON string: quotation marks, backslashes and control characters are escaped.
  public mutating func write(jsonByte byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): write("\\\"")
    case UInt8(ascii: "\\"): write("\\\\")
    case 0..<0x20:
      write("\\u00")
      write(hexadecimalDigit: byte >> 4)
      write(hexadecimalDigit: byte & 15)
    default: write(byte: byte)
    }
  }

  /// `text` must not need escaping.
  public mutating func write(jsonString text: StaticString) {
    write(byte: UInt8(ascii: "\""))
    write(text)
    write(byte: UInt8(ascii: "\""))
  }
}
