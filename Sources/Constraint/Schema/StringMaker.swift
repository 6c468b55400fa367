/// What several schemas ask of a string.
enum StringMaker {
  /// - Returns: nil if no string is valid; 0 if all are.
  static func make(
    _ set: ReferenceSet, _ words: inout Words
  ) throws(ConstraintError) -> Int? {
    let start = words.used
    let record = try words.take(StringRecord.count)
    words[record + StringRecord.least] = Counts.least(set, "minLength", words)
    words[record + StringRecord.most] = Counts.most(set, "maxLength", words)
    var texts = false
    var patternCount = 0
    for index in 0..<set.count {
      if set[index] > SchemaReference.itemMask {
        texts = true
      } else {
        patternCount += patterns(set[index], words)
      }
    }
    if words[record + StringRecord.least] > words[record + StringRecord.most] { return nil }
    if patternCount > 0 {
      guard let automaton = try automaton(set, &words) else { return nil }
      words[record + StringRecord.automaton] = automaton.base
      if words[record + StringRecord.least] > 0 {
        words[record + StringRecord.longest] = try automaton.longest(
          words[record + StringRecord.least], &words)
      }
    }
    if texts { return try addTexts(set, record, &words) ? record : nil }
    let isFree =
      patternCount == 0 && words[record + StringRecord.least] == 0
      && words[record + StringRecord.most] == StringRecord.none
    if isFree {
      words.shrink(to: start)
      return 0
    }
    return hasText(record, words) ? record : nil
  }

  /// Whether a pattern's texts can have the lengths that are asked for.
  private static func hasText(_ record: Int, _ words: Words) -> Bool {
    let base = words[record + StringRecord.automaton]
    if base == 0 { return true }
    let table = words[record + StringRecord.longest]
    return Automaton(base).characterDistance(0, words) <= words[record + StringRecord.most]
      && (table == 0 || words[table] >= words[record + StringRecord.least])
  }

  private static func patterns(_ schema: Int, _ words: Words) -> Int {
    var count = words.member(schema, "pattern") == 0 ? 0 : 1
    let format = words.member(schema, "format")
    if format != 0, Formats.pattern(words.text(format), words) != nil { count += 1 }
    return count
  }

  /// - Returns: nil if no text has all patterns.
  private static func automaton(
    _ set: ReferenceSet, _ words: inout Words
  ) throws(ConstraintError) -> Automaton? {
    var builder = try AutomatonBuilder(&words, item: set[0] & SchemaReference.itemMask)
    for index in 0..<set.count where set[index] <= SchemaReference.itemMask {
      let pattern = words.member(set[index], "pattern")
      if pattern != 0 {
        try builder.add(PatternSource(words, words.text(pattern)), pattern, &words)
      }
      let format = words.member(set[index], "format")
      if format != 0, let text = Formats.pattern(words.text(format), words) {
        try builder.add(PatternSource(text), format, &words)
      }
    }
    return try builder.finish(&words)
  }

  /// The texts that are in all lists, and are as the other schemas ask.
  /// - Returns: false if there is none.
  private static func addTexts(
    _ set: ReferenceSet, _ record: Int, _ words: inout Words
  ) throws(ConstraintError) -> Bool {
    var first = -1
    for index in 0..<set.count where set[index] > SchemaReference.itemMask && first < 0 {
      first = index
    }
    let item = set[first] & SchemaReference.itemMask
    let isList = set[first] & SchemaReference.stringsFlag != 0
    if item == 0 { return false }
    var child = isList ? words.firstChild(item) : item
    var count = 0
    let texts = words.used
    while child != 0 {
      if words.kind(child) == .string, isAllowed(words.text(child), set, record, words) {
        let place = try words.take(2)
        words[place] = words.text(child).start
        words[place + 1] = words.text(child).count
        count += 1
      }
      child = isList ? words.next(child) : 0
    }
    words[record + StringRecord.hasTexts] = 1
    words[record + StringRecord.texts] = texts
    words[record + StringRecord.textCount] = count
    sort(texts, count, words)
    return count > 0
  }

  private static func isAllowed(
    _ text: WordsText, _ set: ReferenceSet, _ record: Int, _ words: Words
  ) -> Bool {
    for index in 0..<set.count where set[index] > SchemaReference.itemMask {
      let item = set[index] & SchemaReference.itemMask
      if item == 0 { return false }
      var isFound = false
      if set[index] & SchemaReference.constFlag != 0 {
        isFound = words.compare(words.text(item), text) == 0
      } else {
        var child = words.firstChild(item)
        while child != 0 {
          if words.kind(child) == .string, words.compare(words.text(child), text) == 0 {
            isFound = true
          }
          child = words.next(child)
        }
      }
      if !isFound { return false }
    }
    var count = 0
    var state = 0
    let base = words[record + StringRecord.automaton]
    for index in 0..<text.count {
      let byte = words.byte(text.start + index)
      if byte & 0xc0 != 0x80 { count += 1 }
      if base != 0 && state != Automaton.dead { state = Automaton(base).next(state, byte, words) }
    }
    if base != 0, state == Automaton.dead || !Automaton(base).accepts(state, words) { return false }
    return count >= words[record + StringRecord.least] && count <= words[record + StringRecord.most]
  }

  private static func sort(_ texts: Int, _ count: Int, _ words: Words) {
    for index in 1..<max(count, 1) {
      var place = texts + 2 * index
      while place > texts, words.compare(text(place - 2, words), text(place, words)) > 0 {
        (words[place - 2], words[place]) = (words[place], words[place - 2])
        (words[place - 1], words[place + 1]) = (words[place + 1], words[place - 1])
        place -= 2
      }
    }
  }

  static func text(_ place: Int, _ words: Words) -> WordsText {
    WordsText(start: words[place], count: words[place + 1])
  }
}
