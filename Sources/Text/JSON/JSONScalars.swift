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
  @export(interface)
  public mutating func readInteger() throws(JSONError) -> Int? {
    skipWhitespace()
    let start = offset
    var number = JSONNumber()
    _ = try current(expected: "a number")
    while offset < bytes.count && number.take(bytes[offset]) { offset += 1 }
    if !number.isComplete {
      if offset == start { throw unexpected(expected: "a number") }
      _ = try current(expected: "a digit")
      offset = start
      throw failure(.malformedNumber)
    }
    if offset < bytes.count && decimalDigit(bytes[offset]) != nil {
      offset = start
      throw failure(.leadingZero)
    }
    return number.nearestInteger
  }

  /// Reads an escape and gives the Unicode scalar value that it stands for.
  private mutating func readEscape() throws(JSONError) -> UInt32 {
    let start = offset
    var escape = JSONEscape()
    offset += 1
    while true {
      var fault = JSONFault.loneSurrogate
      if !escape.isHalf || offset < bytes.count {
        let byte = try current(expected: escape.expected)
        do throws(JSONFault) {
          let scalar = try escape.take(byte)
          offset += 1
          if let scalar { return scalar }
          continue
        } catch {
          fault = error
        }
      }
      offset = start
      throw failure(fault == .loneSurrogate ? .loneSurrogate : .badEscape)
    }
  }
}
