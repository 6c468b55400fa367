/// Parts a template into tokens as Jinja 3.1 does with `trim_blocks` and `lstrip_blocks` set, its
/// default marks, and line ends of any kind. The caller has left out one line end at the text's end.
struct Lexer {
  private enum Mode {
    case data
    case variable
    case block
    /// Up to the tag that ends a raw block.
    case raw
  }

  let source: SourceText
  private(set) var offset = 0
  private var mode = Mode.data
  /// Brackets of any kind that are open in the tag.
  private var depth = 0
  /// Whether what came before the data ended with a line end, or is the template's start.
  private var isAtLineStart = true

  init(_ source: SourceText) { self.source = source }

  mutating func next() throws(TemplateError) -> Token {
    switch mode {
    case .data: try nextData()
    case .raw: try nextRaw()
    case .variable, .block: try nextInTag()
    }
  }

  func failure(_ expected: StaticString, at place: Int) -> TemplateError {
    TemplateError(.syntax, line: Int32(truncatingIfNeeded: source.line(of: place)), expected)
  }
}

// Text between tags.
extension Lexer {
  private mutating func nextData() throws(TemplateError) -> Token {
    let start = offset
    var index = start
    while index < source.count {
      if source[index] == UInt8(ascii: "{") {
        switch source[index + 1] {
        case UInt8(ascii: "{"): return beginTag(start, index, isVariable: true)
        case UInt8(ascii: "%"):
          if let open = rawTagEnd(index, name: "raw", trims: false) {
            let data = dataRange(start, index, isVariable: false)
            isAtLineStart = source[open - 1] == UInt8(ascii: "\n")
            offset = open
            mode = .raw
            return Token(kind: .data, range: data)
          }
          return beginTag(start, index, isVariable: false)
        case UInt8(ascii: "#"):
          let data = dataRange(start, index, isVariable: false)
          try skipComment(index)
          return Token(kind: .data, range: data)
        default: break
        }
      }
      index += 1
    }
    offset = source.count
    if start < offset { return Token(kind: .data, range: start..<offset) }
    return Token(kind: .end, range: offset..<offset)
  }

  /// The text before a tag, or the tag if there is none.
  private mutating func beginTag(_ start: Int, _ tag: Int, isVariable: Bool) -> Token {
    if start < tag {
      let data = dataRange(start, tag, isVariable: isVariable)
      if !data.isEmpty {
        offset = tag
        // The tag is looked at again, with no text before it.
        isAtLineStart = false
        return Token(kind: .data, range: data)
      }
    }
    let sign = source[tag + 2]
    offset = tag + (sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") ? 3 : 2)
    mode = isVariable ? .variable : .block
    depth = 0
    return Token(kind: isVariable ? .variableBegin : .blockBegin, range: tag..<offset)
  }

  /// What the tag's sign and `lstrip_blocks` leave of the text before it.
  private func dataRange(_ start: Int, _ tag: Int, isVariable: Bool) -> Range<Int> {
    let sign = source[tag + 2]
    if sign == UInt8(ascii: "-") { return start..<trimmedEnd(start, tag) }
    if sign == UInt8(ascii: "+") || isVariable { return start..<tag }
    var lineStart = tag
    while lineStart > start && source[lineStart - 1] != UInt8(ascii: "\n") { lineStart -= 1 }
    if lineStart == start && !isAtLineStart { return start..<tag }
    return source.spaceEnd(from: lineStart) >= tag ? start..<lineStart : start..<tag
  }

  /// The end of a text without the white space at its end.
  private func trimmedEnd(_ start: Int, _ end: Int) -> Int {
    var index = end
    while index > start {
      var first = index - 1
      while first > start && source[first] & 0xC0 == 0x80 { first -= 1 }
      let count = source.spaceByteCount(at: first)
      if count == 0 || first + count != index { return index }
      index = first
    }
    return index
  }

  private mutating func skipComment(_ start: Int) throws(TemplateError) {
    var index = start + 2
    while index < source.count {
      if source[index] == UInt8(ascii: "#") && source[index + 1] == UInt8(ascii: "}") {
        let isTrimming = index > start + 2 && source[index - 1] == UInt8(ascii: "-")
        let keeps = index > start + 2 && source[index - 1] == UInt8(ascii: "+")
        endTag(index + 2, trims: isTrimming, dropsLineEnd: !keeps)
        return
      }
      index += 1
    }
    // A mark with nothing behind it is left out.
    let sign = source[start + 2]
    let hasSign = sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+")
    if start + (hasSign ? 3 : 2) < source.count {
      throw failure("'#}' at a comment's end", at: start)
    }
    offset = source.count
  }

  /// Goes on with text behind a tag.
  private mutating func endTag(_ end: Int, trims: Bool, dropsLineEnd: Bool) {
    offset = end
    if trims {
      offset = source.spaceEnd(from: end)
    } else if dropsLineEnd && source[end] == UInt8(ascii: "\n") {
      offset = end + 1
    }
    isAtLineStart = source[offset - 1] == UInt8(ascii: "\n")
    mode = .data
  }

  /// The end of the tag `{% raw %}` or `{% endraw %}` at `start`, with the white space that it takes
  /// along; nil if there is none.
  private func rawTagEnd(_ start: Int, name: StaticString, trims: Bool) -> Int? {
    var index = start + 2
    if source[index] == UInt8(ascii: "-") || source[index] == UInt8(ascii: "+") { index += 1 }
    index = source.spaceEnd(from: index)
    if !source.has(name, at: index) { return nil }
    index = source.spaceEnd(from: index + name.utf8CodeUnitCount)
    if source.has("-%}", at: index) { return source.spaceEnd(from: index + 3) }
    if trims && source.has("+%}", at: index) { return index + 3 }
    if !source.has("%}", at: index) { return nil }
    return trims && source[index + 2] == UInt8(ascii: "\n") ? index + 3 : index + 2
  }

  private mutating func nextRaw() throws(TemplateError) -> Token {
    let start = offset
    var index = start
    while index < source.count {
      if source.has("{%", at: index), let end = rawTagEnd(index, name: "endraw", trims: true) {
        let data = dataRange(start, index, isVariable: false)
        offset = end
        isAtLineStart = source[end - 1] == UInt8(ascii: "\n")
        mode = .data
        return Token(kind: .data, range: data)
      }
      index += 1
    }
    throw failure("'{% endraw %}'", at: start)
  }
}

// Inside tags.
extension Lexer {
  private mutating func nextInTag() throws(TemplateError) -> Token {
    offset = source.spaceEnd(from: offset)
    let start = offset
    if start >= source.count { throw failure("the tag's end", at: start) }
    if depth == 0, let token = tagEnd() { return token }
    let byte = source[start]
    if Self.isNameStart(byte) {
      while Self.isNamePart(source[offset]) { offset += 1 }
      return Token(kind: .name, range: start..<offset)
    }
    if byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") { return number() }
    if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") { return try string(byte) }
    return try symbol()
  }

  private mutating func tagEnd() -> Token? {
    let start = offset
    let isVariable = mode == .variable
    let sign = source[start]
    let hasSign = sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") && !isVariable
    let mark = hasSign ? start + 1 : start
    if !source.has(isVariable ? "}}" : "%}", at: mark) { return nil }
    endTag(
      mark + 2, trims: sign == UInt8(ascii: "-"), dropsLineEnd: !isVariable && !hasSign)
    return Token(kind: isVariable ? .variableEnd : .blockEnd, range: start..<mark + 2)
  }

  static func isNameStart(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
      || byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") || byte == UInt8(ascii: "_")
      || byte >= 0x80
  }

  static func isNamePart(_ byte: UInt8) -> Bool { isNameStart(byte) || isDigit(byte) }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  private mutating func string(_ quote: UInt8) throws(TemplateError) -> Token {
    let start = offset
    offset += 1
    while offset < source.count && source[offset] != quote {
      offset += source[offset] == UInt8(ascii: "\\") ? 2 : 1
    }
    if offset >= source.count { throw failure("the string's end", at: start) }
    offset += 1
    return Token(kind: .string, range: start..<offset)
  }

  private mutating func number() -> Token {
    let start = offset
    if source[start] == UInt8(ascii: "0") {
      switch source[start + 1] | 0x20 {
      case UInt8(ascii: "x"), UInt8(ascii: "o"), UInt8(ascii: "b"):
        offset += 2
        while Self.isNamePart(source[offset]) { offset += 1 }
        return Token(kind: .integer, range: start..<offset)
      default: break
      }
    }
    skipDigits()
    var isFloat = false
    let isAfterDot = start > 0 && source[start - 1] == UInt8(ascii: ".")
    if !isAfterDot && source[offset] == UInt8(ascii: ".") && Self.isDigit(source[offset + 1]) {
      isFloat = true
      offset += 1
      skipDigits()
    }
    if !isAfterDot && source[offset] | 0x20 == UInt8(ascii: "e") {
      let sign = source[offset + 1]
      let digit = sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") ? offset + 2 : offset + 1
      if Self.isDigit(source[digit]) {
        isFloat = true
        offset = digit
        skipDigits()
      }
    }
    return Token(kind: isFloat ? .float : .integer, range: start..<offset)
  }

  private mutating func skipDigits() {
    while Self.isDigit(source[offset])
      || source[offset] == UInt8(ascii: "_") && Self.isDigit(source[offset + 1])
    {
      offset += 1
    }
  }

  private mutating func symbol() throws(TemplateError) -> Token {
    let start = offset
    let (symbol, byteCount) = Self.symbol(source[start], source[start + 1])
    if symbol == .none { throw failure("an expression", at: start) }
    switch symbol {
    case .openParenthesis, .openBracket, .openBrace: depth += 1
    case .closeParenthesis, .closeBracket, .closeBrace:
      if depth == 0 { throw failure("no closing bracket", at: start) }
      depth -= 1
    default: break
    }
    offset += byteCount
    return Token(kind: .symbol, symbol: symbol, range: start..<offset)
  }

  private static func symbol(_ byte: UInt8, _ next: UInt8) -> (Token.Symbol, Int) {
    let isDouble = byte == next
    let isEqual = next == UInt8(ascii: "=")
    switch byte {
    case UInt8(ascii: "+"): return (.add, 1)
    case UInt8(ascii: "-"): return (.subtract, 1)
    case UInt8(ascii: "*"): return isDouble ? (.power, 2) : (.multiply, 1)
    case UInt8(ascii: "/"): return isDouble ? (.floorDivide, 2) : (.divide, 1)
    case UInt8(ascii: "%"): return (.remainder, 1)
    case UInt8(ascii: "~"): return (.tilde, 1)
    case UInt8(ascii: "="): return isDouble ? (.equal, 2) : (.assign, 1)
    case UInt8(ascii: "!"): return isEqual ? (.notEqual, 2) : (.none, 0)
    case UInt8(ascii: "<"): return isEqual ? (.lessOrEqual, 2) : (.less, 1)
    case UInt8(ascii: ">"): return isEqual ? (.greaterOrEqual, 2) : (.greater, 1)
    case UInt8(ascii: "."): return (.dot, 1)
    case UInt8(ascii: ","): return (.comma, 1)
    case UInt8(ascii: ":"): return (.colon, 1)
    case UInt8(ascii: ";"): return (.semicolon, 1)
    case UInt8(ascii: "|"): return (.pipe, 1)
    case UInt8(ascii: "("): return (.openParenthesis, 1)
    case UInt8(ascii: ")"): return (.closeParenthesis, 1)
    case UInt8(ascii: "["): return (.openBracket, 1)
    case UInt8(ascii: "]"): return (.closeBracket, 1)
    case UInt8(ascii: "{"): return (.openBrace, 1)
    case UInt8(ascii: "}"): return (.closeBrace, 1)
    default: return (.none, 0)
    }
  }
}
