/// The kinds of JSON value (RFC 8259, section 3).
public enum JSONKind: Sendable {
  case object
  case array
  case string
  case number
  case boolean
  case null
}

/// Reads a small JSON document from its first byte to its last, as RFC 8259 has it, without
/// allocation. The caller asks for what should come next; anything else is an error with its line.
///
/// Whether a name may occur twice in an object is the caller's business.
public struct JSONScanner: ~Escapable {
  /// The largest document, in bytes: some hundred times what a profile needs.
  public static let byteCountMax = 64 * 1024
  /// How many lists and objects may lie inside one another.
  public static let depthMax = 8

  let bytes: Span<UInt8>
  var offset = 0
  /// The line of the next byte, from 1.
  public private(set) var line = 1
  private var depth = 0
  /// Whether the innermost list or object has had no item yet.
  private var isFirst = false

  /// Checks the size and the encoding of the whole document.
  @_lifetime(copy bytes)
  public init(_ bytes: Span<UInt8>) throws(JSONError) {
    self.bytes = bytes
    if bytes.count > Self.byteCountMax { throw Self.failure(.tooLarge, line: 1) }
    if bytes.count >= 3 && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf {
      throw Self.failure(.byteOrderMark, line: 1)
    }
    try Self.checkEncoding(bytes)
  }

  private static func checkEncoding(_ bytes: Span<UInt8>) throws(JSONError) {
    var (offset, line) = (0, 1)
    while offset < bytes.count {
      let byteCount = utf8SequenceByteCount(bytes, at: offset)
      if byteCount == 0 { throw failure(.invalidUTF8, line: line) }
      if bytes[offset] == UInt8(ascii: "\n") { line += 1 }
      offset += byteCount
    }
  }

  /// The kind of the value that comes next; the value itself is not read.
  @export(interface)
  public mutating func nextKind() throws(JSONError) -> JSONKind {
    skipWhitespace()
    switch try current(expected: "a value") {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    default: break
    }
    if isWord("true") || isWord("false") { return .boolean }
    if isWord("null") { return .null }
    throw unexpected(expected: "a value")
  }

  @export(interface)
  public mutating func readBoolean() throws(JSONError) -> Bool {
    skipWhitespace()
    let value = isWord("true")
    if !value && !isWord("false") { throw unexpected(expected: "true or false") }
    offset += value ? 4 : 5
    return value
  }

  @export(interface)
  public mutating func readNull() throws(JSONError) {
    skipWhitespace()
    if !isWord("null") { throw unexpected(expected: "null") }
    offset += 4
  }

  /// Enters an object; `nextMember` then gives its members.
  public mutating func beginObject() throws(JSONError) {
    try begin(UInt8(ascii: "{"), expected: "'{'")
  }

  /// Enters a list; `nextElement` then tells whether there is a further value.
  public mutating func beginArray() throws(JSONError) {
    try begin(UInt8(ascii: "["), expected: "'['")
  }

  /// Reads the name of the object's next member, and its colon: the value comes next.
  /// False, after the closing brace, where there is none.
  public mutating func nextMember<let capacity: Int>(
    name: inout FixedText<capacity>
  ) throws(JSONError) -> Bool {
    if !(try nextItem(closing: UInt8(ascii: "}"), expected: "',' or '}'")) { return false }
    try readString(into: &name)
    try skip(UInt8(ascii: ":"), expected: "':'")
    return true
  }

  /// True where a further value of the list comes next; false after the closing bracket.
  public mutating func nextElement() throws(JSONError) -> Bool {
    try nextItem(closing: UInt8(ascii: "]"), expected: "',' or ']'")
  }

  /// Checks that nothing but white space follows.
  @export(interface)
  public mutating func finish() throws(JSONError) {
    precondition(depth == 0)
    skipWhitespace()
    if offset == bytes.count { return }
    throw failure(bytes[offset] == UInt8(ascii: "/") ? .comment : .trailingText)
  }

  private mutating func begin(_ byte: UInt8, expected: StaticString) throws(JSONError) {
    skipWhitespace()
    if depth == Self.depthMax { throw failure(.tooDeep) }
    try skip(byte, expected: expected)
    depth += 1
    isFirst = true
  }

  private mutating func nextItem(
    closing: UInt8, expected: StaticString
  ) throws(JSONError) -> Bool {
    precondition(depth > 0)
    skipWhitespace()
    let byte = try current(expected: isFirst ? "an item or the closing bracket" : expected)
    if byte == closing {
      offset += 1
      depth -= 1
      isFirst = false
      return false
    }
    if isFirst {
      isFirst = false
      return true
    }
    if byte != UInt8(ascii: ",") { throw unexpected(expected: expected) }
    offset += 1
    skipWhitespace()
    if try current(expected: "a further item") == closing { throw failure(.trailingComma) }
    return true
  }
}

extension JSONScanner {
  /// The text that comes next, for a message: a string with its quotation marks, or all up to the
  /// next comma, bracket or line end.
  public mutating func nextExcerpt() -> Excerpt {
    skipWhitespace()
    return excerpt()
  }

  private func excerpt() -> Excerpt {
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
    case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "{"), UInt8(ascii: "}"),
      UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "\""), UInt8(ascii: " "),
      UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
      true
    default: false
    }
  }

  mutating func skipWhitespace() {
    while offset < bytes.count {
      switch bytes[offset] {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
      case UInt8(ascii: "\n"): line += 1
      default: return
      }
      offset += 1
    }
  }

  /// White space, then one given byte.
  mutating func skip(_ byte: UInt8, expected: StaticString) throws(JSONError) {
    skipWhitespace()
    if try current(expected: expected) != byte { throw unexpected(expected: expected) }
    offset += 1
  }

  func current(expected: StaticString) throws(JSONError) -> UInt8 {
    if offset < bytes.count { return bytes[offset] }
    throw JSONError(
      problem: .unexpectedEnd, line: line, found: Excerpt(), expected: expected)
  }

  /// Whether exactly this word comes next.
  private func isWord(_ word: StaticString) -> Bool {
    let end = offset + word.utf8CodeUnitCount
    if end > bytes.count || !matches(bytes.extracting(offset..<end), word) { return false }
    return end == bytes.count || Self.isDelimiter(bytes[end])
  }

  func unexpected(expected: StaticString) -> JSONError {
    if offset == bytes.count {
      return JSONError(
        problem: .unexpectedEnd, line: line, found: Excerpt(), expected: expected)
    }
    if bytes[offset] == UInt8(ascii: "/") { return failure(.comment) }
    return JSONError(
      problem: .unexpectedText, line: line, found: excerpt(), expected: expected)
  }

  func failure(_ problem: JSONProblem) -> JSONError {
    JSONError(problem: problem, line: line, found: excerpt(), expected: "")
  }

  static func failure(_ problem: JSONProblem, line: Int) -> JSONError {
    JSONError(problem: problem, line: line, found: Excerpt(), expected: "")
  }
}
