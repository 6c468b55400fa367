import Text

/// A byte that is likely to come next, white space aside.
struct LikelyByte {
  let byte: UInt8
  let kind: LikelyText.Kind

  init(_ byte: UInt8, _ kind: LikelyText.Kind) {
    self.byte = byte
    self.kind = kind
  }

  init(_ letter: Unicode.Scalar, _ kind: LikelyText.Kind) {
    self.init(UInt8(ascii: letter), kind)
  }
}

// What is likely to come next of a text, as far as what it must be tells.
extension Machine {
  /// Sets of more threads are not looked at.
  private static let likelyCountMax = 16

  /// The byte on which all threads of a set agree; nil if there is none.
  /// - Parameter hasContent: whether the string or text that is being read, if it is one, has bytes.
  func likelyByte(_ level: Level, hasContent: Bool) -> LikelyByte? {
    if level.count > Self.likelyCountMax { return nil }
    var result: LikelyByte? = nil
    for index in level.start..<level.start + level.count {
      guard let next = likelyByte(threads[index], hasContent) else { return nil }
      if let known = result {
        if known.byte != next.byte { return nil }
        if known.kind.rawValue > next.kind.rawValue { continue }
      }
      result = next
    }
    return result
  }

  private func likelyByte(_ thread: Thread, _ hasContent: Bool) -> LikelyByte? {
    switch thread.kind {
    case .end, .closed, .number: nil
    case .value: likelyValue(Int(thread.place))
    case .string: Content.likelyByte(thread, hasContent, words)
    case .raw: RawText.likelyByte(thread, hasContent, words)
    case .word: LikelyByte(Word.next(thread), .only)
    case .objectName: NameState.likelyByte(thread, words)
    case .objectColon: LikelyByte(":", .only)
    case .objectComma: LikelyByte("\"", .only)
    case .objectStart, .objectNext: ObjectState.likelyByte(thread, words)
    case .arrayStart, .arrayNext: likelyElement(thread)
    case .grammar: Characters.likelyByte(thread, words)
    }
  }

  /// The first byte of a node's values, if they are of one type that tells.
  private func likelyValue(_ node: Int) -> LikelyByte? {
    var types = 0
    var branch = words[node + NodeRecord.firstBranch]
    while branch != 0 {
      types |= words[branch + BranchRecord.types]
      branch = words[branch + BranchRecord.next]
    }
    return switch types {
    case TypeMask.null: LikelyByte("n", .only)
    case TypeMask.false: LikelyByte("f", .only)
    case TypeMask.true: LikelyByte("t", .only)
    case TypeMask.string: LikelyByte("\"", .only)
    case TypeMask.array: LikelyByte("[", .only)
    case TypeMask.object: LikelyByte("{", .only)
    default: nil
    }
  }

  private func likelyElement(_ thread: Thread) -> LikelyByte? {
    let (record, count) = (Int(thread.place), Int(thread.count))
    if count >= words[record + ArrayRecord.most] { return LikelyByte("]", .only) }
    if count >= words[record + ArrayRecord.least] { return nil }
    if thread.kind == .arrayNext { return LikelyByte(",", .only) }
    return likelyValue(ArrayState.node(record, 0, words))
  }
}

extension ObjectState {
  /// What comes after the brace of an object, or after a property.
  fileprivate static func likelyByte(_ thread: Thread, _ words: Words) -> LikelyByte? {
    let next: Unicode.Scalar = thread.kind == .objectStart ? "\"" : ","
    if !canGoOn(thread, words) { return LikelyByte("}", .only) }
    if !canEnd(thread, words) { return LikelyByte(next, .only) }
    if propertyCount(Int(thread.place), words) > NameState.likelyCountMax { return nil }
    // Most answers have all names of the schema and no others.
    if NameState.likelyName(thread, all: true, words) != nil { return LikelyByte(next, .usual) }
    return thread.kind == .objectNext ? LikelyByte("}", .usual) : nil
  }
}

extension NameState {
  /// With more names to look at none is likely, so that a search takes little time.
  fileprivate static let likelyCountMax = 32

  /// Of the properties that can come, the first one in the order of the schema.
  /// - Parameter all: whether nothing of the name has been read.
  fileprivate static func likelyName(_ thread: Thread, all: Bool, _ words: Words) -> Int? {
    let record = Int(thread.place)
    let range =
      all ? 0..<ObjectState.propertyCount(record, words) : Int(thread.first)..<Int(thread.last)
    var best: Int? = nil
    for index in range where ObjectState.isOpen(thread, index, words) {
      if let known = best, order(record, known, words) < order(record, index, words) { continue }
      best = index
    }
    return best
  }

  private static func order(_ record: Int, _ index: Int, _ words: Words) -> Int {
    words[ObjectState.property(record, index, words) + PropertyRecord.order]
  }

  fileprivate static func likelyByte(_ thread: Thread, _ words: Words) -> LikelyByte? {
    guard thread.part == StringState.Part.plain,
      Int(thread.last) - Int(thread.first) <= likelyCountMax,
      let best = likelyName(thread, all: false, words)
    else { return nil }
    let record = Int(thread.place)
    let byte = byte(record, best, Int(thread.offset), words)
    var isOnly = !ObjectState.allowsOther(thread, words)
    for index in Int(thread.first)..<Int(thread.last)
    where ObjectState.isOpen(thread, index, words) {
      if self.byte(record, index, Int(thread.offset), words) != byte { isOnly = false }
    }
    return Content.isPlain(byte, atEnd: Int(thread.offset) == nameCount(record, best, words))
      ? LikelyByte(byte, isOnly ? .only : .usual) : nil
  }

  private static func nameCount(_ record: Int, _ index: Int, _ words: Words) -> Int {
    words[ObjectState.property(record, index, words) + PropertyRecord.nameCount]
  }

  /// A byte of a property's name, or the quotation mark behind it.
  private static func byte(
    _ record: Int, _ index: Int, _ offset: Int, _ words: Words
  ) -> UInt8 {
    let start = words[ObjectState.property(record, index, words) + PropertyRecord.name]
    return offset < nameCount(record, index, words)
      ? words.byte(start + offset) : UInt8(ascii: "\"")
  }
}

extension Content {
  /// Whether a byte of a text stands for itself in a string, or is the mark at its end.
  fileprivate static func isPlain(_ byte: UInt8, atEnd: Bool) -> Bool {
    if atEnd { return true }
    return byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  /// In a string: what all listed texts go on with, or its end.
  fileprivate static func likelyByte(
    _ thread: Thread, _ hasContent: Bool, _ words: Words
  ) -> LikelyByte? {
    if thread.part != StringState.Part.plain { return nil }
    let record = Int(thread.place)
    if record != 0 && words[record + StringRecord.hasTexts] != 0 {
      return listedByte(thread, words)
    }
    return hasContent && canEnd(thread, words)
      ? LikelyByte("\"", canGoOn(thread, words) ? .end : .only) : nil
  }

  private static func listedByte(_ thread: Thread, _ words: Words) -> LikelyByte? {
    let texts = words[Int(thread.place) + StringRecord.texts]
    let offset = Int(thread.offset)
    var found: LikelyByte? = nil
    for index in Int(thread.first)..<Int(thread.last) {
      let text = texts + 2 * index
      let isAtEnd = words[text + 1] == offset
      let byte = isAtEnd ? UInt8(ascii: "\"") : words.byte(words[text] + offset)
      if !isPlain(byte, atEnd: isAtEnd) { return nil }
      if let found, found.byte != byte { return nil }
      found = LikelyByte(byte, .only)
    }
    return found
  }
}

extension RawText {
  /// The rest of the mark at the end, or its beginning.
  fileprivate static func likelyByte(
    _ thread: Thread, _ hasContent: Bool, _ words: Words
  ) -> LikelyByte? {
    if thread.part != StringState.Part.plain || !Content.canEnd(thread, words) { return nil }
    let matched = Int(thread.scalar)
    if matched == 0 && !hasContent { return nil }
    return LikelyByte(mark(thread, matched, words), matched == 0 ? .end : .usual)
  }
}

extension Characters {
  /// The byte of an element that has one character alone.
  fileprivate static func likelyByte(_ thread: Thread, _ words: Words) -> LikelyByte? {
    let element = Int(thread.place)
    let range = words[element + GrammarElement.first]
    if words[element + GrammarElement.second] != 1 || words[range] != words[range + 1] {
      return nil
    }
    let character = UTF8Character(scalar: UInt32(words[range]))
    let place = thread.pending == 0 ? 0 : character.count - Int(thread.pending)
    return LikelyByte(character.storage[place], .only)
  }
}
