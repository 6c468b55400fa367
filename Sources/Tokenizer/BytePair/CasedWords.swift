/// Words by the regular expressions of GPT-4o and Tekken, as llama.cpp has them: of capital and small
/// letters, those of ASCII are told apart. See `PreTokenizer.Rule`.
enum CasedWords {
  static func firstByteCount(
    _ text: TextSlice, digitsMax: Int, hasContractions: Bool
  ) -> Int {
    let first = text.scalar(at: 0)
    if first.class == .number {
      return Llama3Words.numberEnd(text, from: first.byteCount, digitsMax)
    }
    let isNewline = Llama3Words.isNewline(text[0])
    let start = first.class == .letter || isNewline ? 0 : first.byteCount
    if start < text.count && text.scalar(at: start).class == .letter {
      let end = wordEnd(text, from: start)
      return hasContractions ? end + contractionByteCount(text, at: end) : end
    }
    if first.class == .other { return markEnd(text, from: first.byteCount) }
    if text[0] == UInt8(ascii: " "), text.count > 1, text.scalar(at: 1).class == .other {
      return markEnd(text, from: 1)
    }
    return Llama3Words.whiteSpaceEnd(text, from: first.byteCount)
  }

  /// Where `u*l+`, or else `u+l*`, ends that begins at a letter.
  private static func wordEnd(_ text: TextSlice, from start: Int) -> Int {
    var index = start
    // Behind the last letter that is both, from which `l+` may begin if no small letter follows.
    var lastOfBoth: Int?
    while let byteCount = letter(text, at: index), !isSmall(text[index]) {
      index += byteCount
      if !isCapital(text[index - byteCount]) { lastOfBoth = index }
    }
    let capitalsEnd = index
    while let byteCount = letter(text, at: index), !isCapital(text[index]) { index += byteCount }
    if index > capitalsEnd { return index }
    return lastOfBoth ?? capitalsEnd
  }

  /// The count of bytes of a letter; nil if there is none.
  private static func letter(_ text: TextSlice, at index: Int) -> Int? {
    if index >= text.count { return nil }
    let scalar = text.scalar(at: index)
    return scalar.class == .letter ? scalar.byteCount : nil
  }

  private static func isSmall(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
  }

  private static func isCapital(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
  }

  private static func contractionByteCount(_ text: TextSlice, at index: Int) -> Int {
    text.from(index).contractionByteCount(ignoringCase: true)
  }

  /// Where `[^\s\p{L}\p{N}]*[\r\n/]*` ends.
  private static func markEnd(_ text: TextSlice, from start: Int) -> Int {
    var index = text.runEnd(of: .other, from: start)
    while index < text.count,
      Llama3Words.isNewline(text[index]) || text[index] == UInt8(ascii: "/")
    {
      index += 1
    }
    return index
  }
}
