/// How an answer writes calls of tools:
///
///     begin NAME middle ARGUMENTS end (between NAME middle ARGUMENTS end)* finish
///
/// NAME is a tool's name, with digits if `number` says so, and ARGUMENTS a JSON object, or what `keyed`
/// says.
public struct ToolForm: Sendable {
  /// Up to the first name.
  let begin: StaticString
  let middle: StaticString
  let end: StaticString
  /// Up to the next name; nil if there is one call at most.
  let between: StaticString?
  let finish: StaticString
  /// The bytes at the start of `begin` that free text does not have.
  let triggerCount: Int
  /// Calls are the whole answer: `begin` elsewhere is text.
  let isAtStart: Bool
  /// The prompt ends with `begin`, and this name in place of a tool's begins free text; nil if there is
  /// no such name.
  let textName: StaticString?
  /// How arguments are written; nil: as a JSON object.
  let keyed: KeyedArguments?
  /// Nil: calls have no digits.
  let number: ToolNumber?

  init(
    _ begin: StaticString, _ middle: StaticString, _ end: StaticString,
    between: StaticString? = nil, finish: StaticString = "", trigger: StaticString? = nil,
    isAtStart: Bool = false, textName: StaticString? = nil, keyed: KeyedArguments? = nil,
    number: ToolNumber? = nil
  ) {
    self.number = number
    self.textName = textName
    self.keyed = keyed
    self.begin = begin
    self.middle = middle
    self.end = end
    self.between = between
    self.finish = finish
    triggerCount = (trigger ?? begin).utf8CodeUnitCount
    self.isAtStart = isAtStart
  }
}
