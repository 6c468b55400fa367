import Text

/// Reads a grammar as llama.cpp writes them (GBNF, grammars/README.md there): rules
/// `name ::= alternatives`, literals, classes of characters, the dot, groups, `? * + {m} {m,} {m,n}`
/// and comments. The text lies in `Words`; a rule's name may be used before it is defined.
struct GrammarReader {
  private static let groupDepthMax = 32
  private static let repeatCountMax = 2000
  private let text: WordsText
  private var offset = 0
  private var groupDepth = 0
  private var rules = RuleMaker()

  init(_ text: WordsText) { self.text = text }

  var firstRule: Int { rules.firstRule }

  /// - Returns: the record of the rule `root`.
  mutating func read(_ words: inout Words) throws(ConstraintError) -> Int {
    skipSpace(words, crossesLines: true)
    while offset < text.count {
      try readRule(&words)
      skipSpace(words, crossesLines: true)
    }
    var root = 0
    var rule = firstRule
    while rule != 0 {
      let name = WordsText(
        start: words[rule + RuleRecord.name], count: words[rule + RuleRecord.nameCount])
      if words[rule + RuleRecord.elements] == 0 {
        throw ConstraintError(.unknownRule, words[rule + RuleRecord.place])
      }
      if words.matches(name, "root") { root = rule }
      rule = words[rule + RuleRecord.next]
    }
    if root == 0 { throw ConstraintError(.noRoot, 0) }
    return root
  }

  private func byte(_ words: Words) -> UInt8? {
    offset < text.count ? words.byte(text.start + offset) : nil
  }

  private mutating func take(_ byte: UInt8, _ words: Words) -> Bool {
    if self.byte(words) != byte { return false }
    offset += 1
    return true
  }

  private mutating func expect(_ byte: UInt8, _ words: Words) throws(ConstraintError) {
    if !take(byte, words) { throw ConstraintError(.syntax, offset) }
  }

  private mutating func skipSpace(_ words: Words, crossesLines: Bool) {
    while let byte = byte(words) {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"): break
      case UInt8(ascii: "\r"), UInt8(ascii: "\n"): if !crossesLines { return }
      case UInt8(ascii: "#"):
        while let next = self.byte(words), next != UInt8(ascii: "\n"), next != UInt8(ascii: "\r") {
          offset += 1
        }
        continue
      default: return
      }
      offset += 1
    }
  }

  private mutating func readName(_ words: Words) throws(ConstraintError) -> WordsText {
    let start = offset
    while let byte = byte(words), Self.isNameByte(byte) { offset += 1 }
    if offset == start { throw ConstraintError(.syntax, offset) }
    return WordsText(start: text.start + start, count: offset - start)
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  private mutating func rule(
    _ name: WordsText, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    var rule = firstRule
    while rule != 0 {
      let other = WordsText(
        start: words[rule + RuleRecord.name], count: words[rule + RuleRecord.nameCount])
      if other.count > 0 && words.compare(other, name) == 0 { return rule }
      rule = words[rule + RuleRecord.next]
    }
    return try rules.addRule(name, place: name.start - text.start, &words)
  }

  private mutating func readRule(_ words: inout Words) throws(ConstraintError) {
    let start = offset
    let rule = try rule(try readName(words), &words)
    if words[rule + RuleRecord.elements] != 0 { throw ConstraintError(.repeatedRule, start) }
    skipSpace(words, crossesLines: false)
    try expect(UInt8(ascii: ":"), words)
    try expect(UInt8(ascii: ":"), words)
    try expect(UInt8(ascii: "="), words)
    skipSpace(words, crossesLines: true)
    let list = try readAlternatives(&words, isNested: false)
    try rules.finish(rule, list, &words)
  }
}

// Alternatives and what they are made of.
extension GrammarReader {
  private mutating func readAlternatives(
    _ words: inout Words, isNested: Bool
  ) throws(ConstraintError) -> RuleMaker.ElementList {
    var list = RuleMaker.ElementList()
    while true {
      try readSequence(&list, &words, isNested: isNested)
      if !take(UInt8(ascii: "|"), words) { return list }
      try rules.append(.alternative, 0, 0, to: &list, &words)
      skipSpace(words, crossesLines: true)
    }
  }

  private mutating func readSequence(
    _ list: inout RuleMaker.ElementList, _ words: inout Words, isNested: Bool
  ) throws(ConstraintError) {
    while let byte = byte(words) {
      var item = RuleMaker.ElementList()
      switch byte {
      case UInt8(ascii: "\""): try readLiteral(&item, &words)
      case UInt8(ascii: "["): try readClass(&item, &words)
      case UInt8(ascii: "."):
        offset += 1
        var all = ScalarSet()
        _ = all.add(0, ScalarSet.scalarMax)
        try rules.append(all, to: &item, &words)
      case UInt8(ascii: "("): try readGroup(&item, &words)
      default:
        if !Self.isNameByte(byte) { return }
        try rules.append(.rule, try rule(try readName(words), &words), 0, to: &item, &words)
      }
      skipSpace(words, crossesLines: isNested)
      try readQuantifier(&item, &words, isNested: isNested)
      if item.first == 0 { continue }
      if list.last == 0 { list.first = item.first } else { words[list.last] = item.first }
      list.last = item.last
    }
  }

  private mutating func readGroup(
    _ item: inout RuleMaker.ElementList, _ words: inout Words
  ) throws(ConstraintError) {
    offset += 1
    groupDepth += 1
    if groupDepth > Self.groupDepthMax { throw ConstraintError(.deepGroups, offset) }
    skipSpace(words, crossesLines: true)
    let inner = try readAlternatives(&words, isNested: true)
    groupDepth -= 1
    try expect(UInt8(ascii: ")"), words)
    try rules.append(.rule, try rules.addRule(inner, place: offset, &words), 0, to: &item, &words)
  }

  /// What follows an item: nothing, or how often it comes.
  private mutating func readQuantifier(
    _ item: inout RuleMaker.ElementList, _ words: inout Words, isNested: Bool
  ) throws(ConstraintError) {
    let start = offset
    var least = 0
    var most: Int?
    if take(UInt8(ascii: "*"), words) {
    } else if take(UInt8(ascii: "+"), words) {
      least = 1
    } else if take(UInt8(ascii: "?"), words) {
      most = 1
    } else if take(UInt8(ascii: "{"), words) {
      (least, most) = try readCounts(words)
    } else {
      return
    }
    if max(least, most ?? 0) > Self.repeatCountMax { throw ConstraintError(.manyRepeats, start) }
    if item.first == 0 { throw ConstraintError(.syntax, start) }
    skipSpace(words, crossesLines: isNested)
    // The item becomes a rule that is named as often as it comes.
    let body =
      item.first == item.last && words[item.first + 1] == GrammarElement.Kind.rule.rawValue
      ? words[item.first + 2] : try rules.addRule(item, place: offset, &words)
    item = RuleMaker.ElementList()
    for _ in 0..<least { try rules.append(.rule, body, 0, to: &item, &words) }
    if let most {
      try appendOptional(body, most - least, to: &item, &words)
    } else {
      try rules.append(.rule, try addLoop(body, &words), 0, to: &item, &words)
    }
  }

  /// `loop ::= body loop |`
  private mutating func addLoop(
    _ body: Int, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    let loop = try rules.addRule(WordsText(start: 0, count: 0), place: offset, &words)
    var list = RuleMaker.ElementList()
    try rules.append(.rule, body, 0, to: &list, &words)
    try rules.append(.rule, loop, 0, to: &list, &words)
    try rules.append(.alternative, 0, 0, to: &list, &words)
    try rules.finish(loop, list, &words)
    return loop
  }

  /// At most `count` times: each time is a rule `body next |`.
  private mutating func appendOptional(
    _ body: Int, _ count: Int, to item: inout RuleMaker.ElementList, _ words: inout Words
  ) throws(ConstraintError) {
    var next = 0
    for _ in 0..<count {
      var list = RuleMaker.ElementList()
      try rules.append(.rule, body, 0, to: &list, &words)
      if next != 0 { try rules.append(.rule, next, 0, to: &list, &words) }
      try rules.append(.alternative, 0, 0, to: &list, &words)
      next = try rules.addRule(list, place: offset, &words)
    }
    if next != 0 { try rules.append(.rule, next, 0, to: &item, &words) }
  }

  private mutating func readCounts(_ words: Words) throws(ConstraintError) -> (Int, Int?) {
    let start = offset
    skipSpace(words, crossesLines: false)
    let least = readNumber(words)
    skipSpace(words, crossesLines: false)
    var most = least
    if take(UInt8(ascii: ","), words) {
      skipSpace(words, crossesLines: false)
      most = readNumber(words)
      skipSpace(words, crossesLines: false)
    } else if least == nil {
      throw ConstraintError(.syntax, start)
    }
    try expect(UInt8(ascii: "}"), words)
    if let most, most < least ?? 0 { throw ConstraintError(.syntax, start) }
    return (least ?? 0, most)
  }

  private mutating func readNumber(_ words: Words) -> Int? {
    var value: Int?
    while let byte = byte(words), let digit = decimalDigit(byte) {
      value = min((value ?? 0) * 10 + digit, 1_000_000)
      offset += 1
    }
    return value
  }
}

// Characters.
extension GrammarReader {
  private mutating func readLiteral(
    _ item: inout RuleMaker.ElementList, _ words: inout Words
  ) throws(ConstraintError) {
    offset += 1
    while !take(UInt8(ascii: "\""), words) {
      try rules.append(scalar: try readCharacter(words), to: &item, &words)
    }
    // A quantifier is of the whole literal.
    if item.first != item.last {
      let rule = try rules.addRule(item, place: offset, &words)
      item = RuleMaker.ElementList()
      try rules.append(.rule, rule, 0, to: &item, &words)
    }
  }

  private mutating func readClass(
    _ item: inout RuleMaker.ElementList, _ words: inout Words
  ) throws(ConstraintError) {
    offset += 1
    let isNegated = take(UInt8(ascii: "^"), words)
    var set = ScalarSet()
    while !take(UInt8(ascii: "]"), words) {
      let low = try readCharacter(words)
      var high = low
      if byte(words) == UInt8(ascii: "-"), offset + 1 < text.count,
        words.byte(text.start + offset + 1) != UInt8(ascii: "]")
      {
        offset += 1
        high = try readCharacter(words)
      }
      if high < low || !set.add(low, high) { throw ConstraintError(.syntax, offset) }
    }
    set.normalize()
    if isNegated {
      guard let other = set.complement() else { throw ConstraintError(.syntax, offset) }
      set = other
    }
    try rules.append(set, to: &item, &words)
  }

  private mutating func readCharacter(_ words: Words) throws(ConstraintError) -> Int {
    guard let byte = byte(words) else { throw ConstraintError(.syntax, offset) }
    offset += 1
    if byte != UInt8(ascii: "\\") { return try readScalar(byte, words) }
    guard let letter = self.byte(words) else { throw ConstraintError(.syntax, offset) }
    offset += 1
    switch letter {
    case UInt8(ascii: "x"): return try readHexadecimal(2, words)
    case UInt8(ascii: "u"): return try readHexadecimal(4, words)
    case UInt8(ascii: "U"): return try readHexadecimal(8, words)
    case UInt8(ascii: "t"): return 0x09
    case UInt8(ascii: "r"): return 0x0d
    case UInt8(ascii: "n"): return 0x0a
    case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "["), UInt8(ascii: "]"),
      UInt8(ascii: "-"), UInt8(ascii: "^"):
      return Int(letter)
    default: throw ConstraintError(.syntax, offset - 1)
    }
  }

  private mutating func readScalar(
    _ byte: UInt8, _ words: Words
  ) throws(ConstraintError) -> Int {
    let first = Int(byte)
    if first < 0x80 { return first }
    let count = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3
    var scalar = first & (0x3f >> count)
    for _ in 0..<count {
      guard let next = self.byte(words), next & 0xc0 == 0x80 else {
        throw ConstraintError(.syntax, offset)
      }
      scalar = scalar << 6 | Int(next & 0x3f)
      offset += 1
    }
    return min(scalar, ScalarSet.scalarMax)
  }

  private mutating func readHexadecimal(
    _ digitCount: Int, _ words: Words
  ) throws(ConstraintError) -> Int {
    var value = 0
    for _ in 0..<digitCount {
      guard let byte = byte(words), let digit: UInt32 = hexadecimalDigit(byte) else {
        throw ConstraintError(.syntax, offset)
      }
      value = value << 4 | Int(digit)
      offset += 1
    }
    if value > ScalarSet.scalarMax { throw ConstraintError(.syntax, offset) }
    return value
  }
}
