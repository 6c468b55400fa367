import Text

/// What stands around a model's thoughts in its answers.
public struct ThoughtMarks: Sendable {
  /// The longest mark, in bytes.
  public static var byteCountMax: Int { 32 }

  public let start: StaticString
  public let end: StaticString

  private init(_ start: StaticString, _ end: StaticString) {
    self.start = start
    self.end = end
  }

  public static var familyCount: Int { 14 }

  /// The marks of published families of models.
  @export(interface)
  public init(family index: Int) {
    switch index {
    case 0: self.init("<think>", "</think>")
    case 1: self.init("<seed:think>", "</seed:think>")
    case 2: self.init("[THINK]", "[/THINK]")
    case 3: self.init("<|START_THINKING|>", "<|END_THINKING|>")
    case 4: self.init("<|channel>thought", "<channel|>")
    case 5: self.init("<|inner_prefix|>", "<|inner_suffix|>")
    case 6: self.init("<thought>", "</thought>")
    case 7: self.init("<thinking>", "</thinking>")
    case 8: self.init("<reasoning>", "</reasoning>")
    case 9: self.init("<|begin_of_thought|>", "<|end_of_thought|>")
    case 10: self.init("<mm:think>", "</mm:think>")
    case 11: self.init("<think:opensource>", "</think:opensource>")
    case 12: self.init("Here are my reasoning steps:", "[BEGIN FINAL RESPONSE]")
    default: self.init("◁think▷", "◁/think▷")
    }
  }

  /// Of the first family whose mark at the end a template names; nil if it names none.
  init?(in source: Span<UInt8>) {
    for index in 0..<Self.familyCount {
      let marks = ThoughtMarks(family: index)
      if find(marks.end, in: source) == nil { continue }
      self = marks
      return
    }
    return nil
  }
}

/// The first place of a word, from `start` on.
func find(_ word: StaticString, in text: Span<UInt8>, from start: Int = 0) -> Int? {
  var place = start
  while place + word.utf8CodeUnitCount <= text.count {
    if hasText(text, word, at: place) { return place }
    place += 1
  }
  return nil
}
