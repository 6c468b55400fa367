import Text

/// Reads arguments that are no JSON object, and makes one of them while their bytes come: see
/// `KeyedArguments`.
struct KeyedReader: Sendable {
  enum Event {
    /// All bytes have been read, or `made` has as much as it holds.
    case needsMore
    /// A name is whole: `isText` is to be set.
    case key
    /// Bytes lie in `made`.
    case made
    /// The object is whole; the bytes of `end` before `matchedCount` have come.
    case end
  }

  private enum Part {
    /// Before a name or the end: both may begin alike.
    case border
    case open, key, middle, textBegin, text, valueBegin, value, valueEnd
  }

  private let form: KeyedArguments
  private let end: StaticString
  private var part = Part.border
  /// Bytes of the form's text that have come; of `textEnd`, in a text.
  private var offset = 0
  private var keyCount = 0
  private(set) var key = FixedText<65>()
  /// Whether the value is a text without quotation marks.
  var isText = true
  private(set) var made = FixedText<129>()
  /// Of a value: lists and objects that are open, and whether the place is in a string or behind a
  /// reverse solidus in one.
  private var depth = 0
  private var isInString = false
  private var isEscaped = false
  private var hasBegun = false
  private var isValueWhole = false
  private var hasEnded = false
  /// A name has become whole, which is to be told.
  private var hasKey = false

  /// - Parameter end: what follows the arguments.
  init(_ form: KeyedArguments, end: StaticString) {
    self.form = form
    self.end = end
  }

  /// Bytes of `end` that have come, after `.end`.
  var matchedCount: Int { offset }

  mutating func next(_ bytes: Span<UInt8>, at place: inout Int) -> Event {
    made.removeAll()
    if hasEnded { return .end }
    if hasKey {
      hasKey = false
      return .key
    }
    // One byte may make six.
    while place < bytes.count && made.count < 110 {
      let wasKey = part == .key
      if take(bytes[place]) { place += 1 }
      if wasKey && part != .key {
        hasKey = true
        break
      }
      if hasEnded { break }
    }
    return made.count > 0 ? .made : hasEnded ? .end : .needsMore
  }

  /// - Returns: false if the byte is to be taken again, as a part of what follows.
  @export(interface)
  private mutating func take(_ byte: UInt8) -> Bool {
    switch part {
    case .border: return takeBorder(byte)
    case .open: return takeForm(byte, form.open, next: .key)
    case .key: return takeKey(byte)
    case .middle: return takeForm(byte, form.middle, next: valuePart)
    case .textBegin: return takeForm(byte, form.textBegin, next: .text)
    case .text:
      takeText(byte)
      return true
    case .valueBegin: return takeForm(byte, form.valueBegin, next: .value)
    case .value: return takeValue(byte)
    case .valueEnd: return takeForm(byte, form.valueEnd, next: .border)
    }
  }

  // MARK: Between the arguments

  /// What comes before the next name.
  private var separator: StaticString { keyCount > 0 ? form.separator : "" }

  private var separatorCount: Int { separator.utf8CodeUnitCount }

  /// The byte at a place of the separator and `open`; nil behind them.
  private func opening(_ index: Int) -> UInt8? {
    if index < separatorCount { return unsafe separator.utf8Start[index] }
    let rest = index - separatorCount
    return rest < form.open.utf8CodeUnitCount ? unsafe form.open.utf8Start[rest] : nil
  }

  private mutating func takeBorder(_ byte: UInt8) -> Bool {
    let opening = opening(offset)
    let isOfEnd = unsafe offset < end.utf8CodeUnitCount && end.utf8Start[offset] == byte
    if isOfEnd && opening == byte {
      offset += 1
      return true
    }
    if isOfEnd {
      offset += 1
      writeEnd()
      return true
    }
    if opening == nil {
      begin(.key)
      return false
    }
    offset += 1
    if offset == separatorCount + form.open.utf8CodeUnitCount {
      begin(.key)
    } else if offset >= separatorCount {
      part = .open
      offset -= separatorCount
    }
    return true
  }

  private mutating func writeEnd() {
    write(keyCount == 0 ? "{}" : "}")
    hasEnded = true
  }

  private mutating func begin(_ next: Part) {
    (part, offset) = (next, 0)
    if next == .key { key.removeAll() }
    if next == .text { write("\"") }
    (depth, isInString, isEscaped, hasBegun, isValueWhole) = (0, false, false, false, false)
    if next == .valueEnd && form.valueEnd.utf8CodeUnitCount == 0 { part = .border }
    if next == .textBegin && form.textBegin.utf8CodeUnitCount == 0 { begin(.text) }
    if next == .valueBegin && form.valueBegin.utf8CodeUnitCount == 0 { part = .value }
  }

  private mutating func takeForm(_ byte: UInt8, _ text: StaticString, next: Part) -> Bool {
    offset += 1
    if offset >= text.utf8CodeUnitCount { begin(next) }
    return true
  }

  private mutating func takeKey(_ byte: UInt8) -> Bool {
    if unsafe byte != form.middle.utf8Start[0] {
      key.append(byte)
      return true
    }
    isText = form.hasRawTexts
    write(keyCount == 0 ? "{\"" : ", \"")
    for index in 0..<key.count { writeEscaped(key[index]) }
    write("\": ")
    keyCount += 1
    begin(.middle)
    return false
  }

  private var valuePart: Part { isText && form.hasRawTexts ? .textBegin : .valueBegin }

  // MARK: Values

  private mutating func takeText(_ byte: UInt8) {
    let mark = form.textEnd
    while unsafe mark.utf8Start[offset] != byte {
      if offset == 0 {
        writeEscaped(byte)
        return
      }
      let kept = borderCount
      for index in 0..<offset - kept { unsafe writeEscaped(mark.utf8Start[index]) }
      offset = kept
    }
    offset += 1
    if offset < mark.utf8CodeUnitCount { return }
    write("\"")
    begin(.border)
  }

  /// The longest end of the mark's bytes that have come, but not all of them, that the mark begins with.
  private var borderCount: Int {
    let mark = form.textEnd
    var count = offset - 1
    while count > 0 {
      var index = 0
      while unsafe index < count && mark.utf8Start[offset - count + index] == mark.utf8Start[index]
      {
        index += 1
      }
      if index == count { return count }
      count -= 1
    }
    return 0
  }

  private mutating func takeValue(_ byte: UInt8) -> Bool {
    if isValueWhole || hasBegun && depth == 0 && !isInString && !Self.isOfScalar(byte) {
      begin(.valueEnd)
      return false
    }
    if !hasBegun && Self.isSpace(byte) { return true }
    hasBegun = true
    made.append(byte)
    if isEscaped {
      isEscaped = false
      return true
    }
    switch byte {
    case UInt8(ascii: "\\"): isEscaped = isInString
    case UInt8(ascii: "\""):
      isInString.toggle()
      isValueWhole = !isInString && depth == 0
    case UInt8(ascii: "{"), UInt8(ascii: "["): if !isInString { depth += 1 }
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      if !isInString {
        depth -= 1
        isValueWhole = depth == 0
      }
    default: break
    }
    return true
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

  // MARK: JSON

  private mutating func write(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount { unsafe made.append(text.utf8Start[index]) }
  }

  private mutating func writeEscaped(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): write("\\\"")
    case UInt8(ascii: "\\"): write("\\\\")
    case 0x0A: write("\\n")
    case 0..<0x20:
      write("\\u00")
      made.append(UInt8(ascii: "0") + byte >> 4)
      made.append(
        byte & 15 < 10 ? UInt8(ascii: "0") + byte & 15 : UInt8(ascii: "a") + byte & 15 - 10)
    default: made.append(byte)
    }
  }
}
