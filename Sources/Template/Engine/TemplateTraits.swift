import Text

/// What a template's text says of the conversations that it takes.
public struct TemplateTraits: Sendable {
  let contentForm: ContentForm
  /// Whether it has the role `developer`.
  public let knowsDeveloper: Bool

  init(_ source: Span<UInt8>) {
    if !Self.loopsOverContent(source) {
      contentForm = .text
    } else if Self.find("is string", in: source) == nil {
      contentForm = .list
    } else {
      contentForm = .both
    }
    knowsDeveloper = Self.find("developer", in: source) != nil
  }

  /// The first place of a word, from `start` on.
  private static func find(_ word: StaticString, in text: Span<UInt8>, from start: Int = 0) -> Int?
  {
    var place = start
    while place + word.utf8CodeUnitCount <= text.count {
      if hasText(text, word, at: place) { return place }
      place += 1
    }
    return nil
  }

  /// Whether there is a statement as `{% for part in message['content'] %}`.
  private static func loopsOverContent(_ source: Span<UInt8>) -> Bool {
    var start = 0
    while let place = find("content", in: source, from: start) {
      start = place + 7
      if endsStatement(source, at: start) && isInLoopHead(source, place) { return true }
    }
    return false
  }

  private static func endsStatement(_ source: Span<UInt8>, at start: Int) -> Bool {
    var place = start
    while place < source.count && isOneOf(source[place], "'\"] -+") { place += 1 }
    return hasText(source, "%}", at: place)
  }

  private static func isInLoopHead(_ source: Span<UInt8>, _ end: Int) -> Bool {
    var place = end - 1
    while place > 0 && !hasText(source, "{%", at: place) {
      if source[place] == UInt8(ascii: "}") { return false }
      place -= 1
    }
    place += 2
    while place < end && isOneOf(source[place], " -+") { place += 1 }
    return hasText(source, "for ", at: place)
  }

  private static func isOneOf(_ byte: UInt8, _ set: StaticString) -> Bool {
    for index in 0..<set.utf8CodeUnitCount where unsafe set.utf8Start[index] == byte {
      return true
    }
    return false
  }
}
