import Platform

/// What is wrong with a vocabulary, a template or a text.
public enum TokenizerError: LineError {
  /// The sequence of bytes that begins `byteOffset` bytes into the named text is not UTF-8.
  case invalidUTF8(byteOffset: Int, in: StaticString)
  case unreadable(SystemFailure)
  /// Entry `index` of `tokenizer.ggml.tokens`.
  case malformedToken(index: Int, text: Excerpt, expected: StaticString)
  /// Entry `index` of `tokenizer.ggml.merges`.
  case malformedMerge(index: Int, text: Excerpt, expected: StaticString)
  /// A field has not the count of entries that was announced.
  case wrongCount(field: StaticString, count: Int, expected: Int)
  /// A field has more entries or bytes than a fixed limit.
  case overLimit(field: StaticString, count: Int, limit: Int)
  case unsupported(field: StaticString, value: Excerpt, expected: StaticString)

  public var exitCode: ExitCode {
    if case .unreadable = self { return .inputOutput }
    return .malformedData
  }

  /// The part of an error line that names the field, its value and what would be right.
  @export(interface)
  public func write(to out: inout TextOutput) {
    switch self {
    case .invalidUTF8(let byteOffset, let name):
      out.write(name)
      out.write(": byte ")
      out.write(byteOffset)
      out.write(" begins a sequence that is not UTF-8; the text must be UTF-8")
    case .unreadable(let failure):
      out.write(failure.operation)
      out.write(": ")
      out.write(failure.reason)
    case .malformedToken(let index, let text, let expected):
      Self.write("tokenizer.ggml.tokens", index, text, expected, to: &out)
    case .malformedMerge(let index, let text, let expected):
      Self.write("tokenizer.ggml.merges", index, text, expected, to: &out)
    case .wrongCount(let field, let count, let expected):
      Self.write(field, count, " entries; there must be ", expected, to: &out)
    case .overLimit(let field, let count, let limit):
      Self.write(field, count, " is too much; the most is ", limit, to: &out)
    case .unsupported(let field, let value, let expected):
      out.write(field)
      out.write(": ")
      out.write(quoted: value)
      out.write("; ")
      out.write(expected)
    }
  }

  private static func write(
    _ field: StaticString, _ index: Int, _ text: Excerpt, _ expected: StaticString,
    to out: inout TextOutput
  ) {
    out.write(field)
    out.write("[")
    out.write(index)
    out.write("]: ")
    out.write(quoted: text)
    out.write("; ")
    out.write(expected)
  }

  private static func write(
    _ field: StaticString, _ count: Int, _ words: StaticString, _ right: Int,
    to out: inout TextOutput
  ) {
    out.write(field)
    out.write(": ")
    out.write(count)
    out.write(words)
    out.write(right)
  }
}
