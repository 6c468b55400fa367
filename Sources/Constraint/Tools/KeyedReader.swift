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
  private(set) var made = MadeArguments()
  private var value = ValueScan()
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
    while place < bytes.count && made.hasRoom(forName: part == .key) {
      let wasKey = part == .key
      if take(bytes[place]) { place += 1 }
      if wasKey && part != .key {
        hasKey = true
        break
      }
      if hasEnded { break }
    }
    return made.bytes.count > 0 ? .made : hasEnded ? .end : .needsMore
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
    made.write(keyCount == 0 ? "{}" : "}")
    hasEnded = true
  }

  private mutating func begin(_ next: Part) {
    (part, offset) = (next, 0)
    if next == .key { key.removeAll() }
    if next == .text { made.write("\"") }
    value = ValueScan()
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
    if keyCount == 0 { made.write("{") }
    made.write(name: key, isNext: keyCount > 0)
    keyCount += 1
    begin(.middle)
    return false
  }

  private var valuePart: Part { isText && form.hasRawTexts ? .textBegin : .valueBegin }

  // MARK: Values

  private mutating func takeText(_ byte: UInt8) {
    if made.write(textByte: byte, endedBy: form.textEnd, &offset) { begin(.border) }
  }

  private mutating func takeValue(_ byte: UInt8) -> Bool {
    if made.write(valueByte: byte, &value) { return true }
    begin(.valueEnd)
    return false
  }
}
