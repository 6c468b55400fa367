/// The kinds of JSON value (RFC 8259, section 3).
public enum JSONKind: Sendable {
  case object
  case array
  case string
  case number
  case boolean
  case null
}

/// Reads a small JSON document from its first byte to its last. The caller asks for what should come
/// next; anything else is an error with its line. The grammar is that of `JSONTokenizer`.
///
/// Whether a name may occur twice in an object is the caller's business.
public struct JSONScanner: ~Escapable {
  /// The largest document, in bytes: some hundred times what a profile needs.
  public static let byteCountMax = 64 * 1024

  private let bytes: Span<UInt8>
  private var tokenizer = JSONTokenizer()
  /// Bytes read.
  private var offset = 0
  /// Where the latest event begins, or what was found in its place.
  private var start = 0
  /// An event that was read and not taken.
  private var pending: JSONTokenizer.Event?
  /// The line of the next byte, from 1.
  public private(set) var line = 1

  /// Checks the size and the encoding of the whole document.
  @_lifetime(copy bytes)
  @export(interface)
  public init(_ bytes: Span<UInt8>) throws(JSONError) {
    self.bytes = bytes
    if bytes.count > Self.byteCountMax { throw JSONError(.tooLarge, line: 1) }
    if bytes.count >= 3 && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf {
      throw JSONError(.byteOrderMark, line: 1)
    }
    try Self.checkEncoding(bytes)
  }

  private static func checkEncoding(_ bytes: Span<UInt8>) throws(JSONError) {
    var (offset, line) = (0, 1)
    while offset < bytes.count {
      let byteCount = utf8SequenceByteCount(bytes, at: offset)
      if byteCount == 0 { throw JSONError(.invalidUTF8, line: line) }
      if bytes[offset] == UInt8(ascii: "\n") { line += 1 }
      offset += byteCount
    }
  }

  /// The kind of the value that comes next; the value itself is not read.
  @export(interface)
  public mutating func nextKind() throws(JSONError) -> JSONKind {
    switch try peek() {
    case .beginObject: return .object
    case .beginArray: return .array
    case .beginString: return .string
    case .number: return .number
    case .boolean: return .boolean
    case .null: return .null
    default: throw unexpected(expected: "a value")
    }
  }

  @export(interface)
  public mutating func readBoolean() throws(JSONError) -> Bool {
    guard case .boolean(let value) = try next() else {
      throw unexpected(expected: "true or false")
    }
    return value
  }

  @export(interface)
  public mutating func readNull() throws(JSONError) {
    guard case .null = try next() else { throw unexpected(expected: "null") }
  }

  /// Reads a number of any form; gives nil for one with a fraction or an exponent. A whole number
  /// that Int cannot hold becomes the nearest that it can (RFC 8259, section 6).
  @export(interface)
  public mutating func readInteger() throws(JSONError) -> Int? {
    guard case .number(let number) = try next() else { throw unexpected(expected: "a number") }
    return number.nearestInteger
  }

  /// Reads a string into `text`, as UTF-8 with its escapes resolved (RFC 8259, section 7).
  /// What does not fit is read and dropped: see `FixedText.isCut`.
  public mutating func readString<let capacity: Int>(
    into text: inout FixedText<capacity>
  ) throws(JSONError) {
    guard case .beginString = try next() else {
      throw unexpected(expected: "a string in quotation marks")
    }
    try readText(into: &text)
  }

  /// Enters an object; `nextMember` then gives its members.
  @export(interface)
  public mutating func beginObject() throws(JSONError) {
    guard case .beginObject = try next() else { throw unexpected(expected: "'{'") }
  }

  /// Enters a list; `nextElement` then tells whether there is a further value.
  @export(interface)
  public mutating func beginArray() throws(JSONError) {
    guard case .beginArray = try next() else { throw unexpected(expected: "'['") }
  }

  /// Reads the name of the object's next member: the value comes next. False, after the closing brace,
  /// where there is none.
  public mutating func nextMember<let capacity: Int>(
    name: inout FixedText<capacity>
  ) throws(JSONError) -> Bool {
    guard case .beginName = try next() else { return false }
    try readText(into: &name)
    return true
  }

  /// True where a further value of the list comes next; false after the closing bracket.
  @export(interface)
  public mutating func nextElement() throws(JSONError) -> Bool {
    guard case .endArray = try peek() else { return true }
    pending = nil
    return false
  }

  /// Checks that nothing but white space follows.
  @export(interface)
  public mutating func finish() throws(JSONError) {
    skipWhitespace()
    if offset < bytes.count || !tokenizer.isEnded { _ = try next() }
  }

  /// The text that comes next, for a message: a string with its quotation marks, or all up to the
  /// next comma, bracket or line end.
  @export(interface)
  public mutating func nextExcerpt() -> Excerpt {
    if pending == nil { skipWhitespace() }
    return excerpt(at: pending == nil ? offset : start)
  }
}

// Events.
extension JSONScanner {
  private mutating func peek() throws(JSONError) -> JSONTokenizer.Event {
    if let pending { return pending }
    let event = try advance()
    pending = event
    return event
  }

  @export(interface)
  mutating func next() throws(JSONError) -> JSONTokenizer.Event {
    if let event = pending {
      pending = nil
      return event
    }
    return try advance()
  }

  @export(interface)
  private mutating func advance() throws(JSONError) -> JSONTokenizer.Event {
    while true {
      skipWhitespace()
      start = offset
      let isSeparator = offset < bytes.count && Self.isSeparator(bytes[offset])
      let end = isSeparator ? offset + 1 : bytes.count
      let event = try read(upTo: end)
      if case .needsMore = event {
        if isSeparator { continue }
        if let number = tokenizer.endNumber() { return number }
        throw JSONError(.unexpectedEnd, line: line, expected: tokenizer.expected)
      }
      if case .number = event { try checkEndOfNumber() }
      return event
    }
  }

  /// A zero ends a number; a digit behind it is a leading zero's.
  private func checkEndOfNumber() throws(JSONError) {
    if offset < bytes.count && decimalDigit(bytes[offset]) != nil { throw failure(.leadingZero) }
  }

  private mutating func read(upTo end: Int) throws(JSONError) -> JSONTokenizer.Event {
    var count = 0
    do throws(JSONFault) {
      let event = try tokenizer.next(bytes.extracting(offset..<end), at: &count)
      offset += count
      return event
    } catch {
      throw self.error(error)
    }
  }

  /// The rest of a name or a string.
  private mutating func readText<let capacity: Int>(
    into text: inout FixedText<capacity>
  ) throws(JSONError) {
    text.removeAll()
    while true {
      start = offset
      let end = bytes.count
      let event = try read(upTo: end)
      switch event {
      case .text(let range):
        for index in range { text.append(bytes[start + index]) }
      case .character(let character):
        for index in 0..<character.count { text.append(character.storage[index]) }
      case .needsMore: throw JSONError(.unexpectedEnd, line: line, expected: tokenizer.expected)
      default: return
      }
    }
  }

  private mutating func skipWhitespace() {
    while offset < bytes.count && JSONTokenizer.isWhitespace(bytes[offset]) {
      if bytes[offset] == UInt8(ascii: "\n") { line += 1 }
      offset += 1
    }
  }

  private static func isSeparator(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ",") || byte == UInt8(ascii: ":")
  }
}

// Errors.
extension JSONScanner {
  /// The error for what was found at `start`.
  @export(interface)
  private func error(_ fault: JSONFault) -> JSONError {
    switch fault {
    case .valueExpected, .nameExpected, .colonExpected, .separatorExpected, .trailingText:
      structuralError(fault)
    case .malformedNumber: failure(.malformedNumber)
    case .controlCharacter: failure(.controlCharacter)
    case .badEscape: failure(.badEscape)
    case .loneSurrogate: failure(.loneSurrogate)
    case .invalidUTF8: failure(.invalidUTF8)
    case .tooDeep: failure(.tooDeep)
    case .unexpectedEnd: JSONError(.unexpectedEnd, line: line, expected: tokenizer.expected)
    }
  }

  private func structuralError(_ fault: JSONFault) -> JSONError {
    let byte = bytes[start]
    if byte == UInt8(ascii: "/") { return failure(.comment) }
    if tokenizer.isAfterComma && (byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")) {
      return failure(.trailingComma)
    }
    return fault == .trailingText
      ? failure(.trailingText) : unexpected(expected: tokenizer.expected)
  }

  @export(interface)
  func unexpected(expected: StaticString) -> JSONError {
    JSONError(.unexpectedText, line: line, found: excerpt(at: start), expected: expected)
  }

  private func failure(_ problem: JSONProblem) -> JSONError {
    JSONError(problem, line: line, found: excerpt(at: start))
  }

  @export(interface)
  private func excerpt(at offset: Int) -> Excerpt {
    var excerpt = Excerpt()
    var index = offset
    let isString = offset < bytes.count && bytes[offset] == UInt8(ascii: "\"")
    while index < bytes.count && !excerpt.isCut {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { break }
      if !isString && index > offset && Self.isDelimiter(byte) { break }
      excerpt.append(byte)
      if isString && index > offset && byte == UInt8(ascii: "\"") { break }
      index += 1
    }
    return excerpt
  }

  private static func isDelimiter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"),
      UInt8(ascii: "\""):
      true
    default: isSeparator(byte) || JSONTokenizer.isWhitespace(byte)
    }
  }
}
