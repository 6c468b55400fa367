import Text

/// References inside a document: `#`, JSON pointers (RFC 6901) and anchors.
enum SchemaPointer {
  /// The schema that a `$ref` means.
  static func resolve(
    _ member: Int, in document: Int, _ words: Words
  ) throws(ConstraintError) -> Int {
    if words.kind(member) != .string { throw ConstraintError(.badKeyword, member) }
    let text = words.text(member)
    if text.count == 0 || words.byte(text.start) != UInt8(ascii: "#") {
      throw ConstraintError(.reference, member)
    }
    let found =
      text.count > 1 && words.byte(text.start + 1) != UInt8(ascii: "/")
      ? anchor(WordsText(start: text.start + 1, count: text.count - 1), document, words)
      : follow(WordsText(start: text.start + 1, count: text.count - 1), document, words)
    if found == 0 { throw ConstraintError(.reference, member) }
    return found
  }

  private static func follow(_ pointer: WordsText, _ document: Int, _ words: Words) -> Int {
    var item = document
    var offset = 0
    while offset < pointer.count && item != 0 {
      offset += 1
      let start = offset
      while offset < pointer.count && words.byte(pointer.start + offset) != UInt8(ascii: "/") {
        offset += 1
      }
      item = step(
        WordsText(start: pointer.start + start, count: offset - start), item, words)
    }
    return item
  }

  private static func step(_ token: WordsText, _ item: Int, _ words: Words) -> Int {
    var found = 0
    var child = words.firstChild(item)
    var index = 0
    let isArray = words.kind(item) == .array
    while child != 0 {
      if isArray ? isIndex(token, index, words) : isName(token, words.name(child), words) {
        found = child
      }
      index += 1
      child = words.next(child)
    }
    return found
  }

  private static func isIndex(_ token: WordsText, _ index: Int, _ words: Words) -> Bool {
    var value = 0
    for place in 0..<min(token.count, 9) {
      guard let digit = decimalDigit(words.byte(token.start + place)) else { return false }
      value = value * 10 + digit
    }
    return token.count > 0 && value == index
  }

  /// Whether a token of a pointer, in which some characters are escaped, is a name.
  private static func isName(_ token: WordsText, _ name: WordsText, _ words: Words) -> Bool {
    var offset = 0
    for index in 0..<name.count {
      guard let byte = next(token, &offset, words), byte == words.byte(name.start + index) else {
        return false
      }
    }
    return offset == token.count
  }

  private static func next(_ token: WordsText, _ offset: inout Int, _ words: Words) -> UInt8? {
    guard var byte = character(token, &offset, words) else { return nil }
    if byte == UInt8(ascii: "~") {
      guard let code = character(token, &offset, words) else { return nil }
      byte = code == UInt8(ascii: "0") ? UInt8(ascii: "~") : UInt8(ascii: "/")
    }
    return byte
  }

  /// A byte of a URI's fragment, perhaps written as `%XX`.
  private static func character(
    _ token: WordsText, _ offset: inout Int, _ words: Words
  ) -> UInt8? {
    if offset >= token.count { return nil }
    let byte = words.byte(token.start + offset)
    offset += 1
    if byte != UInt8(ascii: "%") || offset + 2 > token.count { return byte }
    guard let high: UInt32 = hexadecimalDigit(words.byte(token.start + offset)),
      let low: UInt32 = hexadecimalDigit(words.byte(token.start + offset + 1))
    else { return byte }
    offset += 2
    return UInt8(high << 4 | low)
  }

  /// The schema that has this `$anchor`; 0 if there is none.
  private static func anchor(_ name: WordsText, _ item: Int, _ words: Words) -> Int {
    let own = words.member(item, "$anchor")
    if own != 0, words.kind(own) == .string, words.compare(words.text(own), name) == 0 {
      return item
    }
    var child = words.firstChild(item)
    while child != 0 {
      let found = anchor(name, child, words)
      if found != 0 { return found }
      child = words.next(child)
    }
    return 0
  }
}
