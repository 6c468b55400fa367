/// The bytes of a scalar that was typed.
struct KeyScalar {
  private var bytes = InlineArray<4, UInt8>(repeating: 0)
  private(set) var count = 0

  init() {}

  init(_ byte: UInt8) { append(byte) }

  subscript(index: Int) -> UInt8 { bytes[index] }

  mutating func append(_ byte: UInt8) {
    bytes[count] = byte
    count += 1
  }
}

enum Key {
  case text(KeyScalar)
  /// A line's end within a message.
  case lineBreak
  /// The terminal has sent all that was pasted.
  case pasteEnd
  case enter, interrupt, endOrDelete
  case backspace, delete, removeToEnd, removeToStart, removeWord
  case left, right, home, end, up, down
  case redraw
  case other
}
