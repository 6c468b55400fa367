/// Makes keys of the bytes that a terminal sends (xterm and its like; ECMA-48, section 5.4). What stands
/// between the marks of a bracketed paste is text and line breaks alone, whatever it holds.
struct KeyDecoder {
  private enum State {
    case start
    /// After ESC.
    case escape
    /// After ESC [ or ESC O: parameters, then a letter or ~.
    case sequence
  }

  private static let parameterCountMax = 3
  private static let escape: UInt8 = 0x1B
  private static let carriageReturn: UInt8 = 13
  private static let newline: UInt8 = 10

  private var state = State.start
  private var parameters = InlineArray<3, Int>(repeating: 0)
  private var parameterIndex = 0
  private var scalar = KeyScalar()
  private var missingCount = 0
  /// Between the marks of a paste.
  private(set) var isPasting = false
  /// Within a paste: the byte before was a carriage return.
  private var hasReturned = false

  /// The key that ends with this byte, if any does.
  mutating func accept(_ byte: UInt8) -> Key? {
    switch state {
    case .start: return acceptFirst(byte)
    case .escape:
      state = .start
      if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "O") {
        state = .sequence
        parameters = InlineArray(repeating: 0)
        parameterIndex = 0
        return nil
      }
      let isEnter = byte == Self.carriageReturn || byte == Self.newline
      if isEnter && !isPasting { return .lineBreak }
      return acceptFirst(byte)
    case .sequence: return acceptParameter(byte)
    }
  }

  private mutating func acceptParameter(_ byte: UInt8) -> Key? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      if parameterIndex < Self.parameterCountMax {
        let digit = Int(byte - UInt8(ascii: "0"))
        parameters[parameterIndex] = min(parameters[parameterIndex] * 10 + digit, 1000)
      }
      return nil
    case UInt8(ascii: ";"):
      parameterIndex += 1
      return nil
    case 0x20..<0x40: return nil
    default:
      state = .start
      return isPasting ? pasteMark(byte) : sequenceKey(byte)
    }
  }

  /// Within a paste only its end counts.
  private mutating func pasteMark(_ final: UInt8) -> Key? {
    if final != UInt8(ascii: "~") || parameters[0] != 201 { return nil }
    (isPasting, hasReturned, missingCount) = (false, false, 0)
    return .pasteEnd
  }

  private mutating func sequenceKey(_ final: UInt8) -> Key? {
    switch final {
    case UInt8(ascii: "A"): return .up
    case UInt8(ascii: "B"): return .down
    case UInt8(ascii: "C"): return .right
    case UInt8(ascii: "D"): return .left
    case UInt8(ascii: "H"): return .home
    case UInt8(ascii: "F"): return .end
    case UInt8(ascii: "u"):
      // Enter with Shift, Alt or Ctrl, as terminals with the "CSI u" keys send it.
      return parameters[0] == 13 ? (parameters[1] > 1 ? .lineBreak : .enter) : .other
    case UInt8(ascii: "~"): return tildeKey()
    default: return .other
    }
  }

  private mutating func tildeKey() -> Key? {
    switch parameters[0] {
    case 1, 7: return .home
    case 4, 8: return .end
    case 3: return .delete
    case 27:
      // The same as xterm sends it with modifyOtherKeys.
      return parameters[2] == 13 ? (parameters[1] > 1 ? .lineBreak : .enter) : .other
    case 200:
      isPasting = true
      return nil
    default: return .other
    }
  }

  private mutating func acceptFirst(_ byte: UInt8) -> Key? {
    if missingCount > 0 {
      if byte & 0xC0 == 0x80 {
        scalar.append(byte)
        missingCount -= 1
        return missingCount == 0 ? .text(scalar) : nil
      }
      missingCount = 0
    }
    switch byte {
    case Self.escape:
      state = .escape
      return nil
    case 0..<0x20, 0x7F: return isPasting ? pasted(byte) : Self.control(byte)
    case 0x20..<0x80: missingCount = 0
    case 0xC2..<0xE0: missingCount = 1
    case 0xE0..<0xF0: missingCount = 2
    case 0xF0..<0xF5: missingCount = 3
    default: return nil
    }
    hasReturned = false
    scalar = KeyScalar(byte)
    return missingCount == 0 ? .text(scalar) : nil
  }

  /// A control character of a paste: terminals send a line's end as a carriage return, a newline or both.
  private mutating func pasted(_ byte: UInt8) -> Key? {
    let hadReturned = hasReturned
    hasReturned = byte == Self.carriageReturn
    switch byte {
    case Self.carriageReturn: return .lineBreak
    case Self.newline: return hadReturned ? nil : .lineBreak
    case 9: return .text(KeyScalar(byte))
    default: return nil
    }
  }

  /// Of the keys from Ctrl-A, 1, to Ctrl-Z, 26, and backspace.
  private static func control(_ byte: UInt8) -> Key {
    switch byte {
    case 1: .home
    case 2: .left
    case 3: .interrupt
    case 4: .endOrDelete
    case 5: .end
    case 6: .right
    case 8, 0x7F: .backspace
    case 9: .text(KeyScalar(byte))
    case 10, 13: .enter
    case 11: .removeToEnd
    case 12: .redraw
    case 14: .down
    case 16: .up
    case 21: .removeToStart
    case 23: .removeWord
    default: .other
    }
  }
}
