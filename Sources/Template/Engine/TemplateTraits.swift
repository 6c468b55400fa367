import Text

/// What a template's text says of the conversations that it takes.
public struct TemplateTraits: Sendable {
  let contentForm: ContentForm
  /// Whether it has the role `developer`.
  public let knowsDeveloper: Bool
  /// Whether it looks for something in a message's content, which must not be null then (gpt-oss).
  public let looksIntoContent: Bool
  /// Nil if the template names none.
  public let thoughts: ThoughtMarks?

  init(_ source: Span<UInt8>) {
    if !Self.loopsOverContent(source) {
      contentForm = .text
    } else if find("is string", in: source) == nil {
      contentForm = .list
    } else {
      contentForm = .both
    }
    thoughts = ThoughtMarks(in: source)
    knowsDeveloper = find("developer", in: source) != nil
    // Others ask before whether there is one.
    looksIntoContent =
      find(" in message.content", in: source) != nil && find("content is ", in: source) == nil
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
