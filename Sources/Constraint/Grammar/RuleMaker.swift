/// Makes rules of a grammar. Elements are linked while they are read: a list of four words each, the next
/// one's index first. They are copied into a row when their rule is whole.
struct RuleMaker {
  struct ElementList {
    var first = 0
    var last = 0
  }

  private(set) var firstRule = 0
  private var lastRule = 0

  /// - Parameters:
  ///   - name: empty for a rule without a name.
  ///   - place: where it comes from, for errors.
  mutating func addRule(
    _ name: WordsText, place: Int, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    let rule = try words.take(RuleRecord.count)
    words[rule + RuleRecord.name] = name.start
    words[rule + RuleRecord.nameCount] = name.count
    words[rule + RuleRecord.shortest] = NodeRecord.none
    words[rule + RuleRecord.depth] = NodeRecord.none
    words[rule + RuleRecord.place] = place
    if lastRule == 0 { firstRule = rule } else { words[lastRule + RuleRecord.next] = rule }
    lastRule = rule
    return rule
  }

  /// A rule without a name.
  mutating func addRule(
    _ list: ElementList, place: Int, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    let rule = try addRule(WordsText(start: 0, count: 0), place: place, &words)
    try finish(rule, list, &words)
    return rule
  }

  func append(
    _ kind: GrammarElement.Kind, _ first: Int, _ second: Int, to list: inout ElementList,
    _ words: inout Words
  ) throws(ConstraintError) {
    let link = try words.take(1 + GrammarElement.count)
    words[link + 1] = kind.rawValue
    words[link + 2] = first
    words[link + 3] = second
    if list.last == 0 { list.first = link } else { words[list.last] = link }
    list.last = link
  }

  func append(
    _ set: ScalarSet, to list: inout ElementList, _ words: inout Words
  ) throws(ConstraintError) {
    let ranges = try words.take(2 * set.count)
    for index in 0..<set.count {
      words[ranges + 2 * index] = set.low(index)
      words[ranges + 2 * index + 1] = set.high(index)
    }
    try append(.characters, ranges, set.count, to: &list, &words)
  }

  /// One character.
  func append(
    scalar: Int, to list: inout ElementList, _ words: inout Words
  ) throws(ConstraintError) {
    var set = ScalarSet()
    _ = set.add(scalar, scalar)
    try append(set, to: &list, &words)
  }

  func finish(
    _ rule: Int, _ list: ElementList, _ words: inout Words
  ) throws(ConstraintError) {
    var count = 1
    var link = list.first
    while link != 0 {
      count += 1
      link = words[link]
    }
    let elements = try words.take(count * GrammarElement.count)
    var place = elements
    link = list.first
    while link != 0 {
      for index in 0..<GrammarElement.count { words[place + index] = words[link + 1 + index] }
      place += GrammarElement.count
      link = words[link]
    }
    words[place] = GrammarElement.Kind.end.rawValue
    words[rule + RuleRecord.elements] = elements
  }

  /// A rule of a text of the program's.
  mutating func addLiteral(
    _ text: StaticString, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    var list = RuleMaker.ElementList()
    var (scalar, pending) = (0, 0)
    for index in 0..<text.utf8CodeUnitCount {
      let byte = unsafe Int(text.utf8Start[index])
      if byte & 0xc0 == 0x80 {
        scalar = scalar << 6 | byte & 0x3f
        pending -= 1
      } else {
        pending = byte < 0x80 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3
        scalar = pending == 0 ? byte : byte & (0x3f >> pending)
      }
      if pending == 0 { try append(scalar: scalar, to: &list, &words) }
    }
    return try addRule(list, place: 0, &words)
  }
}
