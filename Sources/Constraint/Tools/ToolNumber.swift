/// Digits in each call of a form, which only tell calls apart.
///
///     NAME text DIGITS, or DIGITS text NAME
struct ToolNumber: Sendable {
  let text: StaticString
  let isBeforeName: Bool
  let digitCountMin: Int
  let digitCountMax: Int

  init(
    _ text: StaticString, isBeforeName: Bool = false, digitCountMin: Int = 1, digitCountMax: Int = 3
  ) {
    self.text = text
    self.isBeforeName = isBeforeName
    self.digitCountMin = digitCountMin
    self.digitCountMax = digitCountMax
  }
}

extension RuleMaker {
  /// A rule of so many digits.
  mutating func addDigits(
    _ number: ToolNumber, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    var digits = ScalarSet()
    _ = digits.add(Int(UInt8(ascii: "0")), Int(UInt8(ascii: "9")))
    var rest = 0
    for index in stride(from: number.digitCountMax, to: 0, by: -1) {
      var list = ElementList()
      try append(digits, to: &list, &words)
      if rest != 0 { try append(.rule, rest, 0, to: &list, &words) }
      if index > number.digitCountMin { try append(.alternative, 0, 0, to: &list, &words) }
      rest = try addRule(list, place: 0, &words)
    }
    return rest
  }
}
