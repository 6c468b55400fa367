/// Reads a JSON document (RFC 8259) of any length from bytes that arrive in pieces of any size, in
/// fixed memory: texts are given as they come, decoded.
public struct JSONTokenizer: Sendable {
  /// How many lists and objects may lie inside one another.
  public static let depthMax = 32

  public enum Event: Sendable {
    /// All bytes are taken; more must come.
    case needsMore
    case beginObject, endObject
    case beginArray, endArray
    /// Of a member of an object; its text comes next.
    case beginName, endName
    case beginString, endString
    /// Text of a name or string: these of the bytes that were given, all ASCII.
    case text(Range<Int>)
    /// Text of a name or string: a character that is not ASCII or was escaped.
    case character(UTF8Character)
    case number(JSONNumber)
    case boolean(Bool)
    case null
  }

  private enum State {
    case value
    /// After an opening bracket.
    case firstElement
    /// After an opening brace.
    case firstName
    /// After a comma in an object.
    case name
    case colon
    case afterValue
    case ended
    case string
    case escape
    case number
    case word
  }

  /// Bytes taken.
  public private(set) var byteCount = 0
  private var state = State.value
  private var depth = 0
  /// The lowest bit is of the innermost: whether it is an object.
  private var objects: UInt32 = 0
  /// The string that is being read is a member's name.
  private var isName = false
  private var character = UTF8Character()
  private var number = JSONNumber()
  private var word = JSONWord.null
  /// Of the word: bytes that have come.
  private var index = 0
  private var escape = JSONEscape()

  public init() {}

  /// The document is whole; white space may follow.
  public var isEnded: Bool {
    if case .ended = state { true } else { false }
  }

  /// Reads on from `offset` and advances it, up to the next event.
  @export(interface)
  public mutating func next(_ bytes: Span<UInt8>, at offset: inout Int) throws(JSONFault) -> Event {
    while offset < bytes.count {
      let start = offset
      let event = try step(bytes, &offset)
      byteCount += offset - start
      if let event { return event }
    }
    return .needsMore
  }

  private mutating func step(
    _ bytes: Span<UInt8>, _ offset: inout Int
  ) throws(JSONFault) -> Event? {
    if case .string = state { return try readString(bytes, &offset) }
    let byte = bytes[offset]
    if case .number = state {
      if number.take(byte) {
        offset += 1
        return nil
      }
      if !number.isComplete { throw .malformedNumber }
      endValue()
      return .number(number)
    }
    offset += 1
    switch state {
    case .escape: return try readEscape(byte)
    case .word: return try readWord(byte)
    default: return Self.isWhitespace(byte) ? nil : try readStructure(byte)
    }
  }

  /// Of a document that is a number: its end, which only the end of the bytes shows.
  mutating func endNumber() -> Event? {
    guard case .number = state, number.isComplete else { return nil }
    endValue()
    return .number(number)
  }

  static func isWhitespace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
      || byte == UInt8(ascii: "\t")
  }
}

// What a message says.
extension JSONTokenizer {
  private var isInObject: Bool { objects & 1 != 0 }

  /// What must come next.
  var expected: StaticString {
    @export(interface) get {
      switch state {
      case .value: isAfterComma ? "a further item" : "a value"
      case .firstElement, .firstName: "an item or the closing bracket"
      case .name: "a further item"
      case .colon: "':'"
      case .afterValue: isInObject ? "',' or '}'" : "',' or ']'"
      case .ended: "the end"
      case .string: "the quotation mark at the end of the string"
      case .escape: escape.expected
      case .number: "a digit"
      case .word: "true, false or null"
      }
    }
  }

  /// Whether a list or an object needs a further item.
  var isAfterComma: Bool {
    switch state {
    case .name: true
    case .value: depth > 0 && !isInObject
    default: false
    }
  }
}

// A document that has been cut.
extension JSONTokenizer {
  /// Writes what makes a document whole of the bytes that have been taken.
  public func writeRest<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    switch state {
    case .value: out.write(depth == 0 ? "{}" : "null")
    case .firstElement, .firstName, .afterValue, .ended: break
    case .name: out.write("\"\":null")
    case .colon: out.write(":null")
    case .escape:
      escape.writeRest(to: &out)
      out.write(isName ? "\":null" : "\"")
    case .string: out.write(isName ? "\":null" : "\"")
    case .number: if !number.isComplete { out.write("0") }
    case .word:
      let text = word.text
      for place in index..<text.utf8CodeUnitCount {
        unsafe out.write(byte: text.utf8Start[place])
      }
    }
    for level in 0..<depth { out.write(objects >> UInt32(level) & 1 != 0 ? "}" : "]") }
  }
}

// What is outside strings, numbers and words.
extension JSONTokenizer {
  private mutating func readStructure(_ byte: UInt8) throws(JSONFault) -> Event? {
    switch state {
    case .firstElement where byte == UInt8(ascii: "]"): return try end(isObject: false)
    case .firstName where byte == UInt8(ascii: "}"): return try end(isObject: true)
    case .value, .firstElement: return try beginValue(byte)
    case .firstName, .name:
      if byte != UInt8(ascii: "\"") { throw .nameExpected }
      isName = true
      state = .string
      return .beginName
    case .colon:
      if byte != UInt8(ascii: ":") { throw .colonExpected }
      state = .value
      return nil
    case .afterValue: return try readSeparator(byte)
    default: throw .trailingText
    }
  }

  private mutating func readSeparator(_ byte: UInt8) throws(JSONFault) -> Event? {
    switch byte {
    case UInt8(ascii: ","):
      state = isInObject ? .name : .value
      return nil
    case UInt8(ascii: "}") where isInObject: return try end(isObject: true)
    case UInt8(ascii: "]") where !isInObject: return try end(isObject: false)
    default: throw .separatorExpected
    }
  }

  private mutating func beginValue(_ byte: UInt8) throws(JSONFault) -> Event? {
    switch byte {
    case UInt8(ascii: "{"): return try begin(isObject: true)
    case UInt8(ascii: "["): return try begin(isObject: false)
    case UInt8(ascii: "\""):
      isName = false
      state = .string
      return .beginString
    default: break
    }
    if let word = JSONWord(firstLetter: byte) {
      self.word = word
      index = 1
      state = .word
      return nil
    }
    number = JSONNumber()
    if !number.take(byte) { throw .valueExpected }
    state = .number
    return nil
  }

  private mutating func begin(isObject: Bool) throws(JSONFault) -> Event {
    if depth == Self.depthMax { throw .tooDeep }
    depth += 1
    objects = objects << 1 | (isObject ? 1 : 0)
    state = isObject ? .firstName : .firstElement
    return isObject ? .beginObject : .beginArray
  }

  private mutating func end(isObject: Bool) throws(JSONFault) -> Event {
    depth -= 1
    objects >>= 1
    endValue()
    return isObject ? .endObject : .endArray
  }

  private mutating func endValue() { state = depth == 0 ? .ended : .afterValue }

  private mutating func readWord(_ byte: UInt8) throws(JSONFault) -> Event? {
    let text = word.text
    if unsafe byte != text.utf8Start[index] { throw .valueExpected }
    index += 1
    if index < text.utf8CodeUnitCount { return nil }
    endValue()
    return word == .null ? .null : .boolean(word == .true)
  }
}

// Strings (RFC 8259, section 7).
extension JSONTokenizer {
  private mutating func readString(
    _ bytes: Span<UInt8>, _ offset: inout Int
  ) throws(JSONFault) -> Event? {
    let start = offset
    if character.isEmpty {
      while offset < bytes.count && isPlain(bytes[offset]) { offset += 1 }
      if offset > start { return .text(start..<offset) }
    }
    let byte = bytes[offset]
    offset += 1
    if character.isEmpty {
      switch byte {
      case UInt8(ascii: "\""): return endString()
      case UInt8(ascii: "\\"):
        escape = JSONEscape()
        state = .escape
        return nil
      case 0..<0x20: throw .controlCharacter
      default: break
      }
    }
    if !character.take(byte) { throw .invalidUTF8 }
    return character.isWhole ? takeCharacter() : nil
  }

  private func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  private mutating func takeCharacter() -> Event {
    let whole = character
    character = UTF8Character()
    return .character(whole)
  }

  private mutating func endString() -> Event {
    if isName {
      state = .colon
      return .endName
    }
    endValue()
    return .endString
  }

  private mutating func readEscape(_ byte: UInt8) throws(JSONFault) -> Event? {
    guard let scalar = try escape.take(byte) else { return nil }
    state = .string
    return .character(UTF8Character(scalar: scalar))
  }
}

private enum JSONWord: Sendable {
  case `true`
  case `false`
  case null

  init?(firstLetter: UInt8) {
    switch firstLetter {
    case UInt8(ascii: "t"): self = .true
    case UInt8(ascii: "f"): self = .false
    case UInt8(ascii: "n"): self = .null
    default: return nil
    }
  }

  var text: StaticString {
    switch self {
    case .true: "true"
    case .false: "false"
    case .null: "null"
    }
  }
}
