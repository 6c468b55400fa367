/// Collects a line up to its CRLF.
struct LineBuffer: ~Copyable {
  /// The line that is whole, without its end, is the first `count` bytes.
  private(set) var storage = InlineArray<8192, UInt8>(repeating: 0)
  private(set) var count = 0
  private var endsInReturn = false

  mutating func clear() { count = 0 }

  /// Takes bytes from `offset` on, up to the end of a line.
  /// - Parameters:
  ///   - byteCountMax: without the line's end; at most `HTTPLimits.lineByteCountMax`.
  ///   - overflow: thrown where the line is longer.
  /// - Returns: whether the line is whole.
  mutating func take(
    _ input: Span<UInt8>, at offset: inout Int, byteCountMax: Int, overflow: HTTPError
  ) throws(HTTPError) -> Bool {
    while offset < input.count {
      let byte = input[offset]
      offset += 1
      if endsInReturn {
        if byte != UInt8(ascii: "\n") { throw .bareCarriageReturn }
        endsInReturn = false
        return true
      }
      switch byte {
      case UInt8(ascii: "\r"): endsInReturn = true
      case UInt8(ascii: "\n"): throw .bareLineFeed
      case 0..<0x09, 0x0b..<0x20, 0x7f: throw .controlCharacter
      default:
        if count >= byteCountMax { throw overflow }
        storage[count] = byte
        count += 1
      }
    }
    return false
  }

  /// Whether nothing of a line has been taken.
  var isEmpty: Bool { count == 0 && !endsInReturn }
}
