import Text

// Methods of texts.
extension Interpreter {
  mutating func callText(
    _ method: Method, _ object: Value, _ given: Arguments
  ) throws(TemplateError) -> Value {
    switch method {
    case .strip, .lstrip, .rstrip:
      let set = try textArgument(given, 0, "chars")
      return try stripped(object, set, leading: method != .rstrip, trailing: method != .lstrip)
    case .split, .rsplit: return try split(object, given, fromEnd: method == .rsplit)
    case .splitlines:
      let keepsEnds = argument(given, 0, "keepends").map { truth($0) } ?? false
      return try lines(of: object, keepsEnds: keepsEnds)
    case .startswith, .endswith: return try hasAffix(object, given, atEnd: method == .endswith)
    case .replace:
      guard let old = try textArgument(given, 0, "old"), let new = try textArgument(given, 1, "new")
      else { throw failure(.type, "two texts") }
      return try replaced(object, old, new, try countArgument(given, 2, "count"))
    case .upper: return try cased(object, .upper)
    case .lower: return try cased(object, .lower)
    case .casefold: return try cased(object, .folded)
    case .title: return try cased(object, .title)
    case .capitalize: return try cased(object, .capitalized)
    case .swapcase: return try cased(object, .swapped)
    case .join:
      guard let given = argument(given, 0, "iterable") else { throw failure(.type, "texts") }
      let items = try sequence(given)
      for index in 0..<items.length where !element(items, index).isText {
        throw failure(.type, "texts to join")
      }
      return try joined(items, separator: object)
    case .format: return try formattedByBraces(object, given)
    default: return try callRareText(method, object, given)
    }
  }

  @inline(never)
  private mutating func callRareText(
    _ method: Method, _ object: Value, _ given: Arguments
  ) throws(TemplateError) -> Value {
    switch method {
    case .find, .rfind, .index, .rindex: return try find(method, object, given)
    case .count:
      guard let wanted = try textArgument(given, 0, "sub") else { throw failure(.type, "a text") }
      return Value(try occurrences(of: wanted, in: try piece(of: object, given)))
    case .removeprefix, .removesuffix:
      guard let affix = try textArgument(given, 0, "prefix") else { throw failure(.type, "a text") }
      let isEnd = method == .removesuffix
      if try !hasAffix(object, affix, atEnd: isEnd) { return object }
      let (count, affixCount) = (byteCount(object), byteCount(affix))
      return try cut(object, isEnd ? 0..<count - affixCount : affixCount..<count)
    case .partition, .rpartition:
      return try partition(object, given, fromEnd: method == .rpartition)
    case .zfill, .ljust, .rjust, .center: return try padded(method, object, given)
    case .expandtabs: return try withoutTabs(object, try countArgument(given, 0, "tabsize") ?? 8)
    default: return Value(try isAll(method, object))
    }
  }

  private mutating func textArgument(
    _ given: Arguments, _ index: Int, _ name: StaticString
  ) throws(TemplateError) -> Value? {
    guard let value = argument(given, index, name), value.kind != .none else { return nil }
    if !value.isText { throw failure(.type, "a text") }
    return value
  }

  mutating func countArgument(
    _ given: Arguments, _ index: Int, _ name: StaticString
  ) throws(TemplateError) -> Int? {
    guard let value = argument(given, index, name), value.kind != .none else { return nil }
    if !value.isInteger { throw failure(.type, "a whole number") }
    return value.integer
  }

  // MARK: Affixes and places

  private mutating func hasAffix(
    _ text: Value, _ given: Arguments, atEnd: Bool
  ) throws(TemplateError) -> Value {
    guard let wanted = argument(given, 0, "prefix") else { throw failure(.type, "a text") }
    let text = given.count > 1 ? try piece(of: text, given) : text
    if wanted.kind != .tuple {
      if !wanted.isText { throw failure(.type, "a text") }
      return Value(try hasAffix(text, wanted, atEnd: atEnd))
    }
    for index in 0..<wanted.length where try hasAffix(text, element(wanted, index), atEnd: atEnd) {
      return Value(true)
    }
    return Value(false)
  }

  /// The characters of a text between the second and the third argument.
  private mutating func piece(of text: Value, _ given: Arguments) throws(TemplateError) -> Value {
    let start = try countArgument(given, 1, "start")
    let end = try countArgument(given, 2, "end")
    return start == nil && end == nil ? text : try slice(text: text, start, end, 1)
  }

  /// What has come of a streamed text answers for its start.
  private mutating func hasAffix(
    _ text: Value, _ affix: Value, atEnd: Bool
  ) throws(TemplateError) -> Bool {
    let mark = heap.mark
    let start = isStreamed(text) && !atEnd ? part(text, 0) : text
    let (pattern, bytes) = (try flat(affix), try flat(start))
    heap.release(to: mark)
    if pattern.count > bytes.count { return false }
    return memory.isEqual(
      atEnd ? bytes.upperBound - pattern.count : bytes.lowerBound, pattern.lowerBound,
      count: pattern.count)
  }

  private mutating func find(
    _ method: Method, _ text: Value, _ given: Arguments
  ) throws(TemplateError) -> Value {
    guard let wanted = try textArgument(given, 0, "sub") else { throw failure(.type, "a text") }
    let (pattern, all) = (try flat(wanted), try flat(text))
    let count = characterCount(all)
    let range = SliceRange(
      try countArgument(given, 1, "start"), try countArgument(given, 2, "end"), 1, count: count)
    let low = byteOffset(ofCharacter: range.first, in: all)
    let high = byteOffset(ofCharacter: range.count, in: low..<all.upperBound)
    let isFirst = method == .find || method == .index
    let place = isFirst ? try find(pattern, in: low..<high) : try findLast(pattern, in: low..<high)
    guard let place else {
      if method == .find || method == .rfind { return Value(-1) }
      throw failure(.type, "a text that stands in the other")
    }
    return Value(characterCount(all.lowerBound..<place))
  }

  private mutating func occurrences(of wanted: Value, in text: Value) throws(TemplateError) -> Int {
    let (pattern, bytes) = (try flat(wanted), try flat(text))
    if pattern.isEmpty { return characterCount(bytes) + 1 }
    var (count, start) = (0, bytes.lowerBound)
    while let place = try find(pattern, in: start..<bytes.upperBound) {
      count += 1
      start = place + pattern.count
    }
    return count
  }

  private mutating func partition(
    _ text: Value, _ given: Arguments, fromEnd: Bool
  ) throws(TemplateError) -> Value {
    guard let wanted = try textArgument(given, 0, "sep") else { throw failure(.type, "a text") }
    let (pattern, bytes) = (try flat(wanted), try flat(text))
    let place = fromEnd ? try findLast(pattern, in: bytes) : try find(pattern, in: bytes)
    let cells = try takeCells(3)
    for index in 0..<3 { setElement(cells, index, emptyText) }
    if let place {
      let before = place - bytes.lowerBound
      setElement(cells, 0, try cut(text, 0..<before))
      setElement(cells, 1, wanted)
      setElement(cells, 2, try cut(text, before + pattern.count..<bytes.count))
    } else {
      setElement(cells, fromEnd ? 2 : 0, text)
    }
    return .sequence(.tuple, at: cells, count: 3)
  }

  // MARK: Splitting

  private mutating func split(
    _ text: Value, _ given: Arguments, fromEnd: Bool
  ) throws(TemplateError) -> Value {
    let separator = try textArgument(given, 0, "sep")
    let limit = try countArgument(given, 1, "maxsplit") ?? -1
    let bytes = try flat(text)
    guard let separator else { return try words(of: text, bytes, limit, fromEnd: fromEnd) }
    let pattern = try flat(separator)
    if pattern.isEmpty { throw failure(.type, "a separator that is not empty") }
    let total = try occurrences(of: separator, in: text)
    let count = limit < 0 ? total : min(limit, total)
    let cells = try takeCells(count + 1)
    // From the end, what comes before the last separators is one.
    var (low, high) = (bytes.lowerBound, bytes.upperBound)
    for index in 0..<count {
      if fromEnd {
        guard let place = try findLast(pattern, in: low..<high) else { break }
        setElement(
          cells, count - index,
          try cut(text, place + pattern.count - bytes.lowerBound..<high - bytes.lowerBound))
        high = place
      } else {
        guard let place = try find(pattern, in: low..<high) else { break }
        setElement(
          cells, index, try cut(text, low - bytes.lowerBound..<place - bytes.lowerBound))
        low = place + pattern.count
      }
    }
    setElement(
      cells, fromEnd ? 0 : count,
      try cut(text, low - bytes.lowerBound..<high - bytes.lowerBound))
    return .sequence(.list, at: cells, count: count + 1)
  }

  /// Parts between white space.
  private mutating func words(
    of text: Value, _ bytes: Range<Int>, _ limit: Int, fromEnd: Bool
  ) throws(TemplateError) -> Value {
    if fromEnd && limit >= 0 { return try lastWords(of: text, bytes, limit) }
    var count = 0
    var rest = trimmed(bytes, nil, trailing: false)
    while !rest.isEmpty {
      count += 1
      rest = trimmed(wordEnd(rest)..<bytes.upperBound, nil, trailing: false)
    }
    if limit >= 0 { count = min(count, limit + 1) }
    let cells = try takeCells(count)
    rest = trimmed(bytes, nil, trailing: false)
    for index in 0..<count {
      let isRest = limit >= 0 && index == limit
      let end = isRest ? bytes.upperBound : wordEnd(rest)
      setElement(
        cells, index,
        try cut(text, rest.lowerBound - bytes.lowerBound..<end - bytes.lowerBound))
      rest = trimmed(end..<bytes.upperBound, nil, trailing: false)
    }
    return .sequence(.list, at: cells, count: count)
  }

  /// So many words at the end, and before them what is left of the text.
  private mutating func lastWords(
    of text: Value, _ bytes: Range<Int>, _ limit: Int
  ) throws(TemplateError) -> Value {
    let total = try words(of: text, bytes, -1, fromEnd: false).length
    let count = min(total, limit + 1)
    let cells = try takeCells(count)
    var rest = trimmed(bytes, nil, leading: false)
    for index in 0..<count {
      var start = rest.lowerBound
      if index < limit {
        // The last word begins behind the last white space.
        var word = trimmed(rest, nil, trailing: false)
        while wordEnd(word) < rest.upperBound {
          word = trimmed(wordEnd(word)..<rest.upperBound, nil, trailing: false)
        }
        start = word.lowerBound
      }
      setElement(
        cells, count - 1 - index,
        try cut(text, start - bytes.lowerBound..<rest.upperBound - bytes.lowerBound))
      rest = trimmed(bytes.lowerBound..<start, nil, leading: false)
    }
    return .sequence(.list, at: cells, count: count)
  }

  private func wordEnd(_ bytes: Range<Int>) -> Int {
    var offset = bytes.lowerBound
    while offset < bytes.upperBound {
      let end = bytes.upperBound
      let space = Whitespace.byteCount(
        memory.byte(offset), offset + 1 < end ? memory.byte(offset + 1) : 0,
        offset + 2 < end ? memory.byte(offset + 2) : 0)
      if space > 0 { return offset }
      offset += characterByteCount(offset, end)
    }
    return offset
  }

  mutating func lines(of text: Value, keepsEnds: Bool = false) throws(TemplateError) -> Value {
    let bytes = try flat(text)
    try charge(bytes.count)
    var count = 0
    var start = bytes.lowerBound
    while start < bytes.upperBound {
      count += 1
      start = lineEnd(start, bytes.upperBound).next
    }
    let cells = try takeCells(count)
    start = bytes.lowerBound
    for index in 0..<count {
      let end = lineEnd(start, bytes.upperBound)
      let stop = keepsEnds ? end.next : end.line
      setElement(cells, index, try cut(text, start - bytes.lowerBound..<stop - bytes.lowerBound))
      start = end.next
    }
    return .sequence(.list, at: cells, count: count)
  }

  private func lineEnd(_ start: Int, _ end: Int) -> (line: Int, next: Int) {
    for offset in start..<end {
      switch memory.byte(offset) {
      case 0x0D where offset + 1 < end && memory.byte(offset + 1) == 0x0A:
        return (offset, offset + 2)
      case 0x0A...0x0D, 0x1C...0x1E: return (offset, offset + 1)
      default: break
      }
    }
    return (end, end)
  }

  // MARK: Replacing and padding

  mutating func replaced(
    _ text: Value, _ old: Value, _ new: Value, _ limit: Int?
  ) throws(TemplateError) -> Value {
    if isStreamed(text) { throw failure(.streamedTextTakenApart) }
    var left = limit.map { $0 < 0 ? Int.max : $0 } ?? Int.max
    let pattern = try flat(old)
    if pattern.isEmpty { return try spread(text, new, left) }
    var result = emptyText
    for index in 0..<partCount(text) {
      let part = part(text, index)
      var start = part.offset
      let end = start + part.length
      while left > 0 {
        guard let place = try find(pattern, in: start..<end) else { break }
        let piece = Value.text(at: start, count: place - start, flags: part.flags)
        result = try joined(try joined(result, piece), new)
        start = place + pattern.count
        left -= 1
      }
      let rest = Value.text(at: start, count: end - start, flags: part.flags)
      result = try joined(result, rest)
    }
    return result
  }

  /// A text with another one before each character and at the end, so many times at most.
  private mutating func spread(
    _ text: Value, _ new: Value, _ limit: Int
  ) throws(TemplateError) -> Value {
    let all = try characters(of: text)
    var result = emptyText
    for index in 0..<all.length {
      if index < limit { result = try joined(result, new) }
      result = try joined(result, element(all, index))
    }
    return all.length < limit ? try joined(result, new) : result
  }

  /// A text with spaces in place of tabulators, up to the next multiple of a width.
  private mutating func withoutTabs(_ text: Value, _ width: Int) throws(TemplateError) -> Value {
    let all = try characters(of: text)
    var result = emptyText
    var column = 0
    for index in 0..<all.length {
      let character = element(all, index)
      switch memory.byte(character.offset) {
      case UInt8(ascii: "\t"):
        let count = width > 0 ? width - column % width : 0
        result = try joined(result, try spaces(count))
        column += count
        continue
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"): column = 0
      default: column += 1
      }
      result = try joined(result, character)
    }
    return result
  }

  private mutating func padded(
    _ method: Method, _ text: Value, _ given: Arguments
  ) throws(TemplateError) -> Value {
    let width = try countArgument(given, 0, "width") ?? 0
    var fill = try textArgument(given, 1, "fillchar")
    let count = try characterCount(of: text)
    if width <= count { return text }
    if method == .zfill {
      let bytes = try flat(text)
      let first = bytes.isEmpty ? 0 : memory.byte(bytes.lowerBound)
      let sign = first == UInt8(ascii: "-") || first == UInt8(ascii: "+") ? 1 : 0
      fill = try zero()
      let zeros = try repeated(fill!, width - count)
      return try joined(
        try joined(try cut(text, 0..<sign), zeros), try cut(text, sign..<bytes.count))
    }
    if fill == nil { fill = try spaces(1) }
    let filler = fill!
    let total = width - count
    let left = method == .rjust ? total : method == .ljust ? 0 : total / 2 + (total & width & 1)
    let start = try repeated(filler, left)
    return try joined(try joined(start, text), try repeated(filler, total - left))
  }

  private mutating func zero() throws(TemplateError) -> Value {
    let offset = try takeBytes(1)
    memory.setByte(offset, UInt8(ascii: "0"))
    return .text(at: offset, count: 1)
  }

  // MARK: Case

  enum Casing {
    case upper, lower, folded, title, capitalized, swapped
  }

  mutating func cased(_ text: Value, _ casing: Casing) throws(TemplateError) -> Value {
    if isStreamed(text) { throw failure(.streamedTextTakenApart) }
    var result = emptyText
    var isInWord = false
    for index in 0..<partCount(text) {
      let part = part(text, index)
      try charge(part.length)
      let start = beginText()
      var offset = part.offset
      let end = part.offset + part.length
      while offset < end {
        let count = characterByteCount(offset, end)
        let scalar = UnicodeScalar32.at(offset..<offset + count, memory)
        let isLast = isInWord && endsWord(offset + count, end)
        write(
          scalar: scalar == 0x3A3 && isLast && casing != .upper && casing != .folded
            ? 0x3C2 : scalar, casing, isInWord)
        let isCased = CaseMapping.isUpper(scalar) || CaseMapping.isLower(scalar)
        isInWord = casing == .capitalized ? true : isCased
        offset += count
      }
      var piece = try endText(start)
      piece.flags = part.flags
      result = index == 0 ? piece : try joined(result, piece)
    }
    return result
  }

  /// Whether no letter stands here: then a Greek sigma before is a final one.
  func endsWord(_ offset: Int, _ end: Int) -> Bool {
    if offset >= end { return true }
    let count = characterByteCount(offset, end)
    let scalar = UnicodeScalar32.at(offset..<offset + count, memory)
    return !CaseMapping.isUpper(scalar) && !CaseMapping.isLower(scalar)
  }

  private mutating func write(scalar: UInt32, _ casing: Casing, _ isInWord: Bool) {
    var isUpper = casing == .upper
    switch casing {
    case .upper: isUpper = true
    case .lower, .folded: isUpper = false
    case .title, .capitalized: isUpper = !isInWord
    case .swapped: isUpper = CaseMapping.isLower(scalar)
    }
    if scalar == 0x3C2 && !isUpper {
      write(casing == .folded ? "σ" : "ς")
      return
    }
    if scalar == 0xDF && casing == .folded {
      write("ss")
      return
    }
    if scalar == 0xDF && isUpper {
      write(casing == .upper || casing == .swapped ? "SS" : "Ss")
      return
    }
    let mapped = isUpper ? CaseMapping.upper(scalar) : CaseMapping.lower(scalar)
    let character = UTF8Character(scalar: mapped)
    for index in 0..<character.count { write(byte: character.storage[index]) }
  }

  func characterClass(_ scalar: UInt32) throws(TemplateError) -> CharacterClass {
    guard let known = CharacterClass(scalar) else { throw unknownClass() }
    return known
  }

  private func unknownClass() -> TemplateError {
    failure(.unsupported, "what kind a character of another script is")
  }

  private mutating func isAll(_ method: Method, _ text: Value) throws(TemplateError) -> Bool {
    let bytes = try flat(text)
    try charge(bytes.count)
    var (offset, hasCased, wasCased) = (bytes.lowerBound, false, false)
    if bytes.isEmpty { return method == .isascii || method == .isprintable }
    while offset < bytes.upperBound {
      let count = characterByteCount(offset, bytes.upperBound)
      let scalar = UnicodeScalar32.at(offset..<offset + count, memory)
      switch method {
      case .isdigit: if try !characterClass(scalar).isDigit { return false }
      case .isdecimal: if try characterClass(scalar) != .decimal { return false }
      case .isnumeric:
        guard let isNumber = try characterClass(scalar).isNumber else { throw unknownClass() }
        if !isNumber { return false }
      case .isalpha: if try !characterClass(scalar).isLetter { return false }
      case .isalnum: if try !characterClass(scalar).isLetterOrNumber { return false }
      case .isspace:
        if trimmed(offset..<offset + count, nil).count > 0 { return false }
      case .isascii: if scalar > 0x7F { return false }
      case .isprintable:
        if scalar < 0x80 ? scalar < 0x20 || scalar == 0x7F : !UnicodeScalar32.isPrintable(scalar) {
          return false
        }
      case .isidentifier:
        let characterClass = try characterClass(scalar)
        let isStart = characterClass.isLetter || scalar == 0x5F
        if !isStart && (characterClass != .decimal || offset == bytes.lowerBound) { return false }
      case .istitle:
        let (isUpper, isLower) = (CaseMapping.isUpper(scalar), CaseMapping.isLower(scalar))
        if isUpper && wasCased || isLower && !wasCased { return false }
        wasCased = isUpper || isLower
        hasCased = hasCased || wasCased
      default:
        let (isUpper, isLower) = (CaseMapping.isUpper(scalar), CaseMapping.isLower(scalar))
        if method == .isupper ? isLower : isUpper { return false }
        hasCased = hasCased || isUpper || isLower
      }
      offset += count
    }
    return method == .isupper || method == .islower || method == .istitle ? hasCased : true
  }
}
