import Text

/// The inside of a string or a name while it is read, byte by byte (RFC 8259, section 7): what its bytes
/// stand for is followed as UTF-8. Surrogates are escaped in pairs, and only in strings that may hold
/// anything.
enum StringState {
  enum Part {
    static let plain: UInt8 = 0
    /// After a backslash.
    static let escape: UInt8 = 1
    /// In the digits of an escape; `pending` of them have come.
    static let hexadecimal: UInt8 = 2
    /// After the first half of a surrogate pair, and after the backslash behind it.
    static let secondHalf: UInt8 = 3
    static let secondLetter: UInt8 = 4
    /// In the digits of a second half.
    static let secondDigits: UInt8 = 5
    /// In a character of more than one byte; `pending` bytes are missing, and the next one must be
    /// within a range. The part says which one.
    static let continuation: UInt8 = 6
    static let afterE0: UInt8 = 7
    static let afterED: UInt8 = 8
    static let afterF0: UInt8 = 9
    static let afterF4: UInt8 = 10
  }

  enum Step {
    case refused
    case goesOn
    /// The quotation mark at the end.
    case end
  }

  static func step(_ thread: inout Thread, _ byte: UInt8, _ words: Words) -> Step {
    switch thread.part {
    case Part.plain: return stepPlain(&thread, byte, words)
    case Part.escape: return stepEscape(&thread, byte, words) ? .goesOn : .refused
    case Part.hexadecimal, Part.secondDigits:
      return stepHexadecimal(&thread, byte, words) ? .goesOn : .refused
    case Part.secondHalf:
      thread.part = Part.secondLetter
      return byte == UInt8(ascii: "\\") ? .goesOn : .refused
    case Part.secondLetter:
      thread.part = Part.secondDigits
      (thread.pending, thread.first, thread.scalar) = (0, thread.scalar, 0)
      return byte == UInt8(ascii: "u") ? .goesOn : .refused
    default: return stepContinuation(&thread, byte, words) ? .goesOn : .refused
    }
  }

  private static func stepPlain(_ thread: inout Thread, _ byte: UInt8, _ words: Words) -> Step {
    switch byte {
    case UInt8(ascii: "\""): return Content.canEnd(thread, words) ? .end : .refused
    case UInt8(ascii: "\\"):
      thread.part = Part.escape
      return Content.isFree(thread) || canEscape(thread, words) ? .goesOn : .refused
    case 0..<0x20: return .refused
    default: return stepRaw(&thread, byte, words) ? .goesOn : .refused
    }
  }

  /// The first byte of a character that stands for itself.
  static func stepRaw(_ thread: inout Thread, _ byte: UInt8, _ words: Words) -> Bool {
    switch byte {
    case 1..<0x80: break
    case 0xc2..<0xe0: begin(&thread, Part.continuation, 1)
    case 0xe0: begin(&thread, Part.afterE0, 2)
    case 0xed: begin(&thread, Part.afterED, 2)
    case 0xe1..<0xf0: begin(&thread, Part.continuation, 2)
    case 0xf0: begin(&thread, Part.afterF0, 3)
    case 0xf1..<0xf4: begin(&thread, Part.continuation, 3)
    case 0xf4: begin(&thread, Part.afterF4, 3)
    default: return false
    }
    return Content.take(&thread, byte, words)
  }

  private static func begin(_ thread: inout Thread, _ part: UInt8, _ missing: UInt8) {
    thread.part = part
    thread.pending = missing
  }

  private static func stepContinuation(
    _ thread: inout Thread, _ byte: UInt8, _ words: Words
  ) -> Bool {
    let low: UInt8 = thread.part == Part.afterE0 ? 0xa0 : thread.part == Part.afterF0 ? 0x90 : 0x80
    let high: UInt8 = thread.part == Part.afterED ? 0x9f : thread.part == Part.afterF4 ? 0x8f : 0xbf
    if byte < low || byte > high { return false }
    thread.pending -= 1
    thread.part = thread.pending == 0 ? Part.plain : Part.continuation
    return Content.take(&thread, byte, words)
  }

  private static func stepEscape(_ thread: inout Thread, _ byte: UInt8, _ words: Words) -> Bool {
    thread.part = Part.plain
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
      return Content.take(&thread, byte, words)
    case UInt8(ascii: "b"): return Content.take(&thread, 0x08, words)
    case UInt8(ascii: "f"): return Content.take(&thread, 0x0c, words)
    case UInt8(ascii: "n"): return Content.take(&thread, 0x0a, words)
    case UInt8(ascii: "r"): return Content.take(&thread, 0x0d, words)
    case UInt8(ascii: "t"): return Content.take(&thread, 0x09, words)
    case UInt8(ascii: "u"):
      (thread.part, thread.pending, thread.scalar) = (Part.hexadecimal, 0, 0)
      return Content.isFree(thread) || canComplete(thread, words)
    default: return false
    }
  }

  private static func stepHexadecimal(
    _ thread: inout Thread, _ byte: UInt8, _ words: Words
  ) -> Bool {
    guard let digit: UInt32 = hexadecimalDigit(byte) else { return false }
    thread.scalar = thread.scalar << 4 | digit
    thread.pending += 1
    if thread.part == Part.secondDigits { return stepSecondHalf(&thread, words) }
    if thread.pending < 4 {
      // DC to DF begin a second half.
      if thread.pending == 2 && thread.scalar & 0xfc == 0xdc { return false }
      return Content.isFree(thread) || canComplete(thread, words)
    }
    let unit = thread.scalar
    if unit & 0xfc00 == 0xd800 {
      thread.part = Part.secondHalf
      return Content.isFree(thread)
    }
    return take(unit, &thread, words)
  }

  private static func stepSecondHalf(_ thread: inout Thread, _ words: Words) -> Bool {
    let unit = thread.scalar
    switch thread.pending {
    case 1: return unit == 0xd
    case 2: return unit >= 0xdc && unit <= 0xdf
    case 3: return true
    default:
      let high = thread.first & 0x3ff
      thread.first = 0
      return take(0x10000 + high << 10 + unit & 0x3ff, &thread, words)
    }
  }

  private static func take(_ scalar: UInt32, _ thread: inout Thread, _ words: Words) -> Bool {
    thread.part = Part.plain
    (thread.pending, thread.scalar) = (0, 0)
    let character = UTF8Character(scalar: scalar)
    for index in 0..<character.count {
      if !Content.take(&thread, character.storage[index], words) { return false }
    }
    return true
  }

  /// Whether an escape of a character that can stand here exists. Nearly always one of the first
  /// characters can.
  private static func canEscape(_ thread: Thread, _ words: Words) -> Bool {
    if !Content.canGoOn(thread, words) { return false }
    var copy = thread
    (copy.pending, copy.scalar) = (0, 0)
    return canComplete(copy, words)
  }

  /// Whether some further digits make a character that can stand here.
  private static func canComplete(_ thread: Thread, _ words: Words) -> Bool {
    let shift = UInt32(4 * (4 - Int(thread.pending)))
    let start = thread.scalar << shift
    var unit = start
    while unit < start + 1 << shift {
      if unit & 0xf800 != 0xd800 {
        var copy = thread
        if take(unit, &copy, words) { return true }
      }
      unit += 1
    }
    return false
  }

  /// Whether an escape's digits so far can only be those of a surrogate pair.
  private static func isFirstHalf(_ thread: Thread) -> Bool {
    thread.pending >= 2 && thread.scalar >> UInt32(4 * (thread.pending - 2)) & 0xfc == 0xd8
  }

  /// Bytes until a character's beginning or a quotation mark can come, in a text that may be any.
  static func pendingByteCount(_ thread: Thread) -> Int {
    switch thread.part {
    case Part.plain: 0
    case Part.escape: 1
    case Part.hexadecimal: 4 - Int(thread.pending) + (isFirstHalf(thread) ? 6 : 0)
    case Part.secondHalf: 6
    case Part.secondLetter: 5
    case Part.secondDigits: 4 - Int(thread.pending)
    default: Int(thread.pending)
    }
  }

  /// Bytes of what is still to be written of a text that is being read.
  static func rest(_ text: WordsText, _ thread: Thread, _ words: Words) -> Int {
    let offset = Int(thread.offset)
    if thread.part != Part.escape && thread.part != Part.hexadecimal {
      return words.writtenByteCount(text, from: offset)
    }
    let rest = words.writtenByteCount(text, from: offset + 1)
    if thread.part == Part.hexadecimal {
      return begins(text, offset, thread, words) ? 4 - Int(thread.pending) + rest : NodeRecord.none
    }
    return (words.writtenByteCount(text, from: offset) - rest == 2 ? 1 : 5) + rest
  }

  /// Whether the digits of an escape so far are those of a text's character.
  private static func begins(
    _ text: WordsText, _ offset: Int, _ thread: Thread, _ words: Words
  ) -> Bool {
    if offset >= text.count { return false }
    let first = UInt32(words.byte(text.start + offset))
    let continuationCount = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3
    var scalar = continuationCount == 0 ? first : first & (0x3f >> UInt32(continuationCount))
    for index in 1..<(continuationCount + 1) where offset + index < text.count {
      scalar = scalar << 6 | UInt32(words.byte(text.start + offset + index) & 0x3f)
    }
    return scalar >> UInt32(4 * (4 - Int(thread.pending))) == thread.scalar
  }

  /// Bytes of what is still to be written of a text of an automaton, or more.
  static func rest(_ automaton: Automaton, _ thread: Thread, _ words: Words) -> Int {
    let state = Int(thread.state)
    let rest = automaton.byteDistance(state, words)
    switch thread.part {
    case Part.hexadecimal: return 4 - Int(thread.pending) + rest
    case Part.escape:
      let characters: InlineArray<8, UInt8> = [0x22, 0x5c, 0x2f, 0x08, 0x09, 0x0a, 0x0c, 0x0d]
      var result = 5 + rest
      for index in 0..<8 {
        let next = automaton.next(state, characters[index], words)
        if next != Automaton.dead { result = min(result, 1 + automaton.byteDistance(next, words)) }
      }
      return result
    default: return rest
    }
  }
}

/// What the bytes of a string or name stand for.
enum Content {
  /// Whether any text is allowed.
  static func isFree(_ thread: Thread) -> Bool { thread.kind == .string && thread.place == 0 }

  /// Whether a further character can come; true if that is not known without trying.
  static func canGoOn(_ thread: Thread, _ words: Words) -> Bool {
    if thread.kind == .objectName { return NameState.canGoOn(thread, words) }
    let record = Int(thread.place)
    if record == 0 { return true }
    if words[record + StringRecord.hasTexts] != 0 {
      let place = words[record + StringRecord.texts] + 2 * (Int(thread.last) - 1)
      return words[place + 1] > Int(thread.offset)
    }
    if Int(thread.count) >= words[record + StringRecord.most] { return false }
    let base = words[record + StringRecord.automaton]
    return base == 0 || Automaton(base).hasNext(Int(thread.state), words)
  }

  static func take(_ thread: inout Thread, _ byte: UInt8, _ words: Words) -> Bool {
    if thread.kind == .objectName { return NameState.take(&thread, byte, words) }
    let record = Int(thread.place)
    if record == 0 { return true }
    if words[record + StringRecord.hasTexts] != 0 {
      return narrow(
        &thread, byte, texts: words[record + StringRecord.texts], stride: 2, words)
    }
    if byte & 0xc0 != 0x80 {
      if Int(thread.count) >= words[record + StringRecord.most] { return false }
      thread.count += 1
    }
    let base = words[record + StringRecord.automaton]
    if base == 0 { return true }
    let automaton = Automaton(base)
    let next = automaton.next(Int(thread.state), byte, words)
    if next == Automaton.dead { return false }
    thread.state = UInt32(next)
    return hasWay(thread, record, automaton, words)
  }

  /// Whether a text of the pattern can have a length that is allowed.
  private static func hasWay(
    _ thread: Thread, _ record: Int, _ automaton: Automaton, _ words: Words
  ) -> Bool {
    let (state, count) = (Int(thread.state), Int(thread.count))
    if count + automaton.characterDistance(state, words) > words[record + StringRecord.most] {
      return false
    }
    let table = words[record + StringRecord.longest]
    return table == 0 || count + words[table + state] >= words[record + StringRecord.least]
  }

  static func canEnd(_ thread: Thread, _ words: Words) -> Bool {
    if thread.kind == .objectName { return NameState.canEnd(thread, words) }
    let record = Int(thread.place)
    if record == 0 { return true }
    if words[record + StringRecord.hasTexts] != 0 {
      let place = words[record + StringRecord.texts] + 2 * Int(thread.first)
      return words[place + 1] == Int(thread.offset)
    }
    if Int(thread.count) < words[record + StringRecord.least] { return false }
    let base = words[record + StringRecord.automaton]
    return base == 0 || Automaton(base).accepts(Int(thread.state), words)
  }

  /// Keeps of the sorted texts from `first` to before `last` those that go on with a byte.
  /// - Parameter stride: words from one text's record to the next.
  /// - Returns: false if there is none; the range is empty then.
  static func narrow(
    _ thread: inout Thread, _ byte: UInt8, texts: Int, stride: Int, _ words: Words
  ) -> Bool {
    let offset = Int(thread.offset)
    var (first, last) = (Int(thread.first), Int(thread.last))
    while first < last, !goesOn(texts + first * stride, offset, byte, words) { first += 1 }
    while last > first, !goesOn(texts + (last - 1) * stride, offset, byte, words) { last -= 1 }
    thread.first = UInt32(first)
    thread.last = UInt32(last)
    thread.offset += 1
    return first < last
  }

  private static func goesOn(_ place: Int, _ offset: Int, _ byte: UInt8, _ words: Words) -> Bool {
    words[place + 1] > offset && words.byte(words[place] + offset) == byte
  }

  /// Bytes up to the quotation mark at the end, and that mark.
  static func distance(_ thread: Thread, _ words: Words) -> Int {
    let record = Int(thread.place)
    if record == 0 { return StringState.pendingByteCount(thread) + 1 }
    if words[record + StringRecord.hasTexts] != 0 {
      var result = NodeRecord.none
      for index in Int(thread.first)..<Int(thread.last) {
        let text = StringMaker.text(words[record + StringRecord.texts] + 2 * index, words)
        result = min(result, StringState.rest(text, thread, words))
      }
      return result + 1
    }
    let missing = max(words[record + StringRecord.least] - Int(thread.count), 0)
    let base = words[record + StringRecord.automaton]
    if base == 0 { return StringState.pendingByteCount(thread) + missing + 1 }
    return max(missing, StringState.rest(Automaton(base), thread, words)) + 1
  }
}
