import Text

/// Sets words in lines of at most 100 columns.
struct HelpParagraph {
  private static let width = 100
  private let indentation: Int
  private var column: Int
  private var isFirst = true

  /// - Parameters:
  ///   - indentation: of the lines after the first.
  ///   - column: to which the first line is filled.
  init(indentation: Int, column: Int) {
    self.indentation = indentation
    self.column = column
  }

  /// The words of `text`, which single spaces part.
  mutating func write<Sink: ByteSink & ~Copyable>(_ text: StaticString, to out: inout Sink) {
    let bytes = span(text)
    var start = 0
    for index in 0...bytes.count where index == bytes.count || bytes[index] == UInt8(ascii: " ") {
      if index > start { write(word: bytes.extracting(start..<index), to: &out) }
      start = index + 1
    }
  }

  private mutating func write<Sink: ByteSink & ~Copyable>(
    word: Span<UInt8>, to out: inout Sink
  ) {
    begin(word: columnCount(word), to: &out)
    out.write(word)
  }

  /// A space or a new line before a word of so many columns, which the caller writes.
  mutating func begin<Sink: ByteSink & ~Copyable>(word columns: Int, to out: inout Sink) {
    if !isFirst && column + 1 + columns > Self.width {
      out.write("\n")
      out.write(spaces: indentation)
      column = indentation
    } else if !isFirst {
      out.write(" ")
      column += 1
    }
    column += columns
    isFirst = false
  }
}

/// Characters, each of which takes a column.
func columnCount(_ text: Span<UInt8>) -> Int {
  var count = 0
  for index in 0..<text.count where text[index] & 0xc0 != 0x80 { count += 1 }
  return count
}
