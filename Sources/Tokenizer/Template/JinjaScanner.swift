/// Walks over the literal text of a Jinja template: the text between tags, and the strings within
/// tags. Comments are left out.
struct JinjaScanner {
  struct Piece {
    let range: Range<Int>
    /// Whether backslashes in it are escapes.
    let isString: Bool
  }

  private var index = 0
  private var isInTag = false

  mutating func next(_ jinja: Span<UInt8>) -> Piece? {
    while index < jinja.count {
      if let piece = isInTag ? nextString(jinja) : nextPlainText(jinja) { return piece }
    }
    return nil
  }

  /// The text up to the next tag, if there is any, and past the tag's opening.
  private mutating func nextPlainText(_ jinja: Span<UInt8>) -> Piece? {
    let start = index
    while index < jinja.count {
      if Bytes.contains(jinja, "{#", at: index) {
        let end = index
        let close = Bytes.firstIndex(of: "#}", in: jinja, from: index, to: jinja.count)
        index = close.map { $0 + 2 } ?? jinja.count
        return Piece(range: start..<end, isString: false)
      }
      if Bytes.contains(jinja, "{{", at: index) || Bytes.contains(jinja, "{%", at: index) {
        let end = index
        index += 2
        isInTag = true
        return Piece(range: start..<end, isString: false)
      }
      index += 1
    }
    return Piece(range: start..<index, isString: false)
  }

  /// The next string of the tag; nil at the tag's end.
  private mutating func nextString(_ jinja: Span<UInt8>) -> Piece? {
    while index < jinja.count {
      if Bytes.contains(jinja, "}}", at: index) || Bytes.contains(jinja, "%}", at: index) {
        index += 2
        isInTag = false
        return nil
      }
      let byte = jinja[index]
      index += 1
      if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
        return string(jinja, quote: byte)
      }
    }
    return nil
  }

  private mutating func string(_ jinja: Span<UInt8>, quote: UInt8) -> Piece {
    let start = index
    while index < jinja.count && jinja[index] != quote {
      index += jinja[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    let end = min(index, jinja.count)
    index = end + 1
    return Piece(range: start..<end, isString: true)
  }

  /// The count of bytes of the newline that a piece has at `index`: itself, or `\n` in a string.
  static func newlineByteCount(_ jinja: Span<UInt8>, at index: Int, in piece: Piece) -> Int {
    if index >= piece.range.upperBound { return 0 }
    if jinja[index] == UInt8(ascii: "\n") { return 1 }
    return piece.isString && Bytes.contains(jinja, "\\n", at: index) ? 2 : 0
  }

  /// Writes the text that a piece stands for; returns its count of bytes, which is at most that of
  /// the piece.
  static func copy(
    _ jinja: Span<UInt8>, _ piece: Piece, to target: UnsafeMutablePointer<UInt8>
  ) -> Int {
    var count = 0
    var index = piece.range.lowerBound
    while index < piece.range.upperBound {
      var byte = jinja[index]
      if piece.isString && byte == UInt8(ascii: "\\") && index + 1 < piece.range.upperBound,
        let meaning = escape(jinja[index + 1])
      {
        byte = meaning
        index += 1
      }
      unsafe target[count] = byte
      count += 1
      index += 1
    }
    return count
  }

  /// What a backslash and this character mean in a string; nil where they mean themselves.
  private static func escape(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "n"): UInt8(ascii: "\n")
    case UInt8(ascii: "t"): UInt8(ascii: "\t")
    case UInt8(ascii: "r"): UInt8(ascii: "\r")
    case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): byte
    default: nil
    }
  }
}
