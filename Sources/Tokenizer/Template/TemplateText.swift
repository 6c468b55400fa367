import Platform

/// A piece of a chat template's own text: its special tokens are tokens, wherever they stand.
struct TemplateText {
  private let text: TextSlice
  private var index = 0
  /// Whether U+0002 and U+0003 stand for the text's marks.
  private let hasMarks: Bool

  init(_ text: TextSlice, hasMarks: Bool = true) {
    self.text = text
    self.hasMarks = hasMarks
  }

  var isEnded: Bool { index == text.count }

  /// A special token that the text has here, or what stands before the next one; nil for a mark that
  /// the vocabulary does not have. There must be more text.
  mutating func read(
    into target: UnsafeMutableRawBufferPointer, _ marks: ChatMarks, _ specialTokens: SpecialTokens
  ) -> TextPortion? {
    if let isEnd = mark(at: index) {
      index += 1
      return (isEnd ? marks.eos : marks.bos).map { .token($0) }
    }
    if let found = specialTokens.match(text, at: index, includesControl: true) {
      index += found.byteCount
      return .token(found.token)
    }
    var count = 0
    repeat {
      unsafe target[count] = text[index]
      count += 1
      index += 1
    } while count < target.count && index < text.count && mark(at: index) == nil
      && specialTokens.match(text, at: index, includesControl: true) == nil
    return .bytes(count)
  }

  /// Whether the first thing here is a token of its own, which parts the text before it from this.
  func beginsWithToken(_ marks: ChatMarks, _ specialTokens: SpecialTokens) -> Bool {
    if isEnded { return false }
    if let isEnd = mark(at: index) { return (isEnd ? marks.eos : marks.bos) != nil }
    return specialTokens.match(text, at: index, includesControl: true) != nil
  }

  /// Whether the mark that the text has here ends a text; nil for other bytes.
  private func mark(at index: Int) -> Bool? {
    if !hasMarks { return nil }
    switch text[index] {
    case 2: return false
    case 3: return true
    default: return nil
    }
  }
}
