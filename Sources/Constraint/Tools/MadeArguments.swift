import Text

/// Bytes of a JSON object that is made of arguments in another form.
struct MadeArguments: Sendable {
  private(set) var bytes = FixedText<129>()

  /// Whether there is room for what one more byte makes: a name, which comes alone, or the bytes of a form's
  /// mark that turn out to be text.
  func hasRoom(forName: Bool) -> Bool { bytes.count < (forName ? 1 : 96) }

  mutating func removeAll() { bytes.removeAll() }

  mutating func write(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount { unsafe bytes.append(text.utf8Start[index]) }
  }

  mutating func write(byte: UInt8) { bytes.append(byte) }

  /// A name of the object, which is not the first one if `isNext`.
  mutating func write(name: FixedText<65>, isNext: Bool) {
    write(isNext ? ", \"" : "\"")
    for index in 0..<name.count { write(escaped: name[index]) }
    write("\": ")
  }

  /// A byte of a text without quotation marks, which `mark` ends. Bytes of the mark are text if the rest of it
  /// does not come.
  /// - Parameter matchedCount: bytes of the mark that have come.
  /// - Returns: whether the text ends with it.
  mutating func write(
    textByte byte: UInt8, endedBy mark: StaticString, _ matchedCount: inout Int
  ) -> Bool {
    while unsafe mark.utf8Start[matchedCount] != byte {
      if matchedCount == 0 {
        write(escaped: byte)
        return false
      }
      let kept = mark.borderCount(of: matchedCount)
      for index in 0..<matchedCount - kept { unsafe write(escaped: mark.utf8Start[index]) }
      matchedCount = kept
    }
    matchedCount += 1
    if matchedCount < mark.utf8CodeUnitCount { return false }
    write("\"")
    return true
  }

  /// A byte of a JSON value.
  /// - Returns: false if the value ended before it.
  mutating func write(valueByte byte: UInt8, _ value: inout ValueScan) -> Bool {
    switch value.take(byte) {
    case .space: return true
    case .inside:
      write(byte: byte)
      return true
    case .behind: return false
    }
  }

  /// A byte of a text.
  mutating func write(escaped byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): write("\\\"")
    case UInt8(ascii: "\\"): write("\\\\")
    case 0x0A: write("\\n")
    case 0..<0x20:
      write("\\u00")
      bytes.append(UInt8(ascii: "0") + byte >> 4)
      bytes.append(
        byte & 15 < 10 ? UInt8(ascii: "0") + byte & 15 : UInt8(ascii: "a") + byte & 15 - 10)
    default: bytes.append(byte)
    }
  }
}
