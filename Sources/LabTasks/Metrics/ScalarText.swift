/// Texts as sequences of code points, as the metrics' definitions (written in Python) see them:
/// "\r\n" is two, and a letter with a combining mark is two.
enum ScalarText {
  static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    // Python's str.split() also splits at the four separators that are no White_Space in Unicode.
    scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
  }

  static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .decimalNumber
  }

  /// Letters, numbers and the underscore, as `\w` has it.
  static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .decimalNumber, .letterNumber, .otherNumber:
      true
    default: scalar == "_"
    }
  }

  static func words(_ text: String) -> [String] {
    text.unicodeScalars.split(whereSeparator: isSpace).map { String($0) }
  }

  /// The runs of decimal digits.
  static func numbers(_ text: String) -> [String] {
    text.unicodeScalars.split { !isDigit($0) }.map { String($0) }
  }

  /// The parts between line feeds.
  static func lines(_ text: String) -> [String] {
    text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
      .map { String($0) }
  }

  /// What comes before the first line feed, not counting those it begins with.
  static func firstLine(_ text: String) -> String {
    String(text.unicodeScalars.drop { $0 == "\n" }.prefix { $0 != "\n" })
  }

  /// Without white space at both ends.
  static func trimmed(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard let first = scalars.firstIndex(where: { !isSpace($0) }),
      let last = scalars.lastIndex(where: { !isSpace($0) })
    else { return "" }
    return String(scalars[first...last])
  }

  /// Whether `part` occurs, byte by byte.
  static func contains(_ text: String, _ part: String) -> Bool {
    Array(text.utf8).contains(Array(part.utf8))
  }

  /// Whether `part` occurs in any case, with any white space between its words, and not as a part
  /// of a longer word or number.
  static func containsAnswer(_ text: String, _ part: String) -> Bool {
    let text = Array(words(text.lowercased()).joined(separator: " ").unicodeScalars)
    let part = Array(words(part.lowercased()).joined(separator: " ").unicodeScalars)
    guard let first = part.first, let last = part.last, text.count >= part.count else {
      return false
    }
    return (0...text.count - part.count).contains { start in
      let end = start + part.count
      guard text[start..<end].elementsEqual(part) else { return false }
      let opens = start == 0 || !isWord(first) || !isWord(text[start - 1])
      let closes = end == text.count || !isWord(last) || !isWord(text[end])
      return opens && closes
    }
  }
}
