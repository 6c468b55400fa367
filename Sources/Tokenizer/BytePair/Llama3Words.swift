/// Words by the regular expression of Llama 3 and Qwen 2. See `PreTokenizer.Rule`.
enum Llama3Words {
  @inline(__always)
  static func firstByteCount(_ text: TextSlice, digitsMax: Int) -> Int {
    let first = text.scalar(at: 0)
    switch first.class {
    case .letter: return text.runEnd(of: .letter, from: first.byteCount)
    case .number: return numberEnd(text, from: first.byteCount, digitsMax)
    case .space: return spaceEnd(text, from: first.byteCount)
    case .other, .punctuation, .mark:
      let contraction = text.contractionByteCount(ignoringCase: true)
      if contraction > 0 { return contraction }
      if first.byteCount == text.count { return first.byteCount }
      let next = text.scalar(at: first.byteCount)
      return next.class == .letter
        ? text.runEnd(of: .letter, from: first.byteCount + next.byteCount)
        : markEnd(text, from: first.byteCount)
    }
  }

  static func numberEnd(_ text: TextSlice, from start: Int, _ digitsMax: Int) -> Int {
    var index = start
    var count = 1
    while index < text.count && count < digitsMax {
      let next = text.scalar(at: index)
      if next.class != .number { break }
      index += next.byteCount
      count += 1
    }
    return index
  }

  /// Where `[^\s\p{L}\p{N}]*[\r\n]*` ends.
  private static func markEnd(_ text: TextSlice, from start: Int) -> Int {
    var index = text.runEnd(of: .other, from: start)
    while index < text.count && isNewline(text[index]) { index += 1 }
    return index
  }

  static func isNewline(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
  }

  /// The end of a word that begins with white space: letters join it, and marks a space; longer white
  /// space ends after its last newline, or else before its last scalar if anything follows.
  @inline(__always)
  private static func spaceEnd(_ text: TextSlice, from start: Int) -> Int {
    if start < text.count && !isNewline(text[0]) {
      let next = text.scalar(at: start)
      if next.class == .letter {
        return text.runEnd(of: .letter, from: start + next.byteCount)
      }
      if next.class == .other && text[0] == UInt8(ascii: " ") {
        return markEnd(text, from: start + next.byteCount)
      }
    }
    return whiteSpaceEnd(text, from: start)
  }

  static func whiteSpaceEnd(_ text: TextSlice, from start: Int) -> Int {
    var index = start
    var last = 0
    var newlineEnd = isNewline(text[0]) ? 1 : 0
    while index < text.count {
      let next = text.scalar(at: index)
      if next.class != .space { break }
      last = index
      if isNewline(text[index]) { newlineEnd = index + 1 }
      index += next.byteCount
    }
    if newlineEnd > 0 { return newlineEnd }
    return index == text.count || last == 0 ? index : last
  }
}
