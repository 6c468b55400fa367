/// Finds the end of a JSON value whose bytes come one after the other.
struct ValueScan: Sendable {
  /// Lists and objects that are open.
  private var depth = 0
  private var isInString = false
  /// The place is behind a reverse solidus in a string.
  private var isEscaped = false
  private var hasBegun = false
  private var isWhole = false

  /// What a byte is.
  enum Step {
    /// White space before the value.
    case space
    case inside
    /// The first one behind the value.
    case behind
  }

  mutating func take(_ byte: UInt8) -> Step {
    if isWhole || hasBegun && depth == 0 && !isInString && !Self.isOfScalar(byte) {
      return .behind
    }
    if !hasBegun && Self.isSpace(byte) { return .space }
    hasBegun = true
    if isEscaped {
      isEscaped = false
      return .inside
    }
    switch byte {
    case UInt8(ascii: "\\"): isEscaped = isInString
    case UInt8(ascii: "\""):
      isInString.toggle()
      isWhole = !isInString && depth == 0
    case UInt8(ascii: "{"), UInt8(ascii: "["): if !isInString { depth += 1 }
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      if !isInString {
        depth -= 1
        isWhole = depth == 0
      }
    default: break
    }
    return .inside
  }

  /// Whether a byte can stand in a number, true, false or null, or begin a value.
  private static func isOfScalar(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
      UInt8(ascii: "."):
      true
    default: false
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }
}
