/// The bytes of a scalar that was typed.
struct KeyScalar {
  private var bytes = InlineArray<4, UInt8>(repeating: 0)
  private(set) var count = 0

  subscript(index: Int) -> UInt8 { bytes[index] }

  mutating func append(_ byte: UInt8) {
    bytes[count] = byte
    count += 1
  }
}

enum Key {
  case text(KeyScalar)
  case enter, interrupt, endOrDelete
  case backspace, delete, removeToEnd, removeToStart, removeWord
  case left, right, home, end, up, down
  case redraw
  case other
}

/// Makes keys of the bytes that a terminal sends (xterm and its like; ECMA-48, section 5.4).
struct KeyDecoder {
  private enum State {
    case start
    /// After ESC.
    case escape
    /// After ESC [ or ESC O: parameters, then a letter or ~.
    case sequence
  }

  private var state = State.start
  private var parameter = 0
  private var scalar = KeyScalar()
  private var missingCount = 0

  /// The key that ends with this byte, if any does.
  mutating func accept(_ byte: UInt8) -> Key? {
    switch state {
    case .start: return acceptFirst(byte)
    case .escape:
      state = .start
      if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "O") {
        state = .sequence
        parameter = 0
        return nil
      }
      return acceptFirst(byte)
    case .sequence: return acceptParameter(byte)
    }
  }

  private mutating func acceptParameter(_ byte: UInt8) -> Key? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      parameter = min(parameter * 10 + Int(byte - UInt8(ascii: "0")), 1000)
      return nil
    case 0x20..<0x40:
      // Another parameter: a key together with Shift or the like.
      return nil
    default: break
    }
    state = .start
    switch byte {
    case UInt8(ascii: "A"): return .up
    case UInt8(ascii: "B"): return .down
    case UInt8(ascii: "C"): return .right
    case UInt8(ascii: "D"): return .left
    case UInt8(ascii: "H"): return .home
    case UInt8(ascii: "F"): return .end
    case UInt8(ascii: "~"):
      switch parameter {
      case 1, 7: return .home
      case 4, 8: return .end
      case 3: return .delete
      default: return .other
      }
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
    case 0x1B:
      state = .escape
      return nil
    case 0..<0x20, 0x7F: return Self.control(byte)
    case 0x20..<0x80: missingCount = 0
    case 0xC2..<0xE0: missingCount = 1
    case 0xE0..<0xF0: missingCount = 2
    case 0xF0..<0xF5: missingCount = 3
    default: return nil
    }
    scalar = KeyScalar()
    scalar.append(byte)
    return missingCount == 0 ? .text(scalar) : nil
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
    case 9: .text(tab)
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

  private static var tab: KeyScalar {
    var scalar = KeyScalar()
    scalar.append(9)
    return scalar
  }
}
