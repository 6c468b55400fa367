/// Why a document is not the JSON that `JSONScanner` reads.
public enum JSONProblem: Sendable {
  case tooLarge
  case byteOrderMark
  case invalidUTF8
  case unexpectedEnd
  case unexpectedText
  case comment
  case trailingComma
  case trailingText
  case malformedNumber
  case leadingZero
  case controlCharacter
  case badEscape
  case loneSurrogate
  case tooDeep
}

/// A document that is not JSON: what is wrong, and where.
public struct JSONError: Error {
  public let problem: JSONProblem
  /// The line of the document, from 1.
  public let line: Int
  /// The text at the fault; empty where there is none to show.
  public let found: Excerpt
  /// What could stand there, for `unexpectedEnd` and `unexpectedText`.
  public let expected: StaticString

  init(
    _ problem: JSONProblem, line: Int, found: Excerpt = Excerpt(), expected: StaticString = ""
  ) {
    self.problem = problem
    self.line = line
    self.found = found
    self.expected = expected
  }

  public func write<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    out.write("line ")
    out.write(line)
    out.write(": ")
    switch problem {
    case .unexpectedEnd:
      out.write("the text ends where ")
      out.write(expected)
      out.write(" is needed")
    case .unexpectedText:
      out.write("found ")
      out.write(quoted: found)
      out.write(" where ")
      out.write(expected)
      out.write(" is needed")
    case .tooLarge:
      out.write("the text is larger than ")
      out.write(JSONScanner.byteCountMax)
      out.write(" bytes")
    default:
      writeFound(to: &out)
      out.write(fault)
    }
  }

  private func writeFound<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    if found.count == 0 { return }
    out.write(quoted: found)
    out.write(": ")
  }

  /// The sentence for a problem that needs no `expected`.
  private var fault: StaticString {
    switch problem {
    case .byteOrderMark:
      "the text begins with a byte order mark; save it as UTF-8 without one"
    case .invalidUTF8: "the text is not valid UTF-8; save it as UTF-8"
    case .comment: "JSON has no comments; remove it"
    case .trailingComma: "a comma is followed by no further item; remove the comma"
    case .trailingText: "nothing may follow the end of the value; remove it"
    case .malformedNumber: "the number is not complete; write it as 12 or 0.5"
    case .leadingZero: "a number may not begin with a further zero; write it without"
    case .controlCharacter:
      "a string holds a line end or control character; close the string or write \\n or \\u00XX"
    case .badEscape:
      "the escape is unknown; the escapes are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX"
    case .loneSurrogate: "half of a surrogate pair; write both halves as \\uD8XX\\uDCXX"
    case .tooDeep: "lists and objects are nested too deep"
    case .tooLarge, .unexpectedEnd, .unexpectedText: ""
    }
  }
}
