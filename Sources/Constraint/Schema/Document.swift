import Text

/// The kinds of values in a document.
enum ItemKind: Int {
  case null, `false`, `true`, number, string, array, object
}

// A JSON document as a tree of items in `Words`. An item is eight words; its index is its name.
extension Words {
  static let itemWordCount = 8
  private static let negativeFlag = 0x100
  private static let cutFlag = 0x200

  func kind(_ item: Int) -> ItemKind { ItemKind(rawValue: self[item] & 0xff)! }

  /// The name of a member of an object.
  func name(_ item: Int) -> WordsText { WordsText(start: self[item + 1], count: self[item + 2]) }

  /// The item after this one in the same list or object; 0 if there is none.
  func next(_ item: Int) -> Int { self[item + 3] }

  /// The first element or member; 0 if there is none, or if the item is no list and no object.
  func firstChild(_ item: Int) -> Int {
    switch kind(item) {
    case .array, .object: self[item + 4]
    default: 0
    }
  }

  /// Of a string.
  func text(_ item: Int) -> WordsText { WordsText(start: self[item + 4], count: self[item + 5]) }

  /// Of a number; nil if not all of its digits were kept.
  func decimal(_ item: Int) -> Decimal? {
    if self[item] & Self.cutFlag != 0 { return nil }
    return Decimal(
      significand: UInt64(self[item + 4]) | UInt64(self[item + 5]) << 32,
      exponent: self[item + 6] - Decimal.exponentBias,
      isNegative: self[item] & Self.negativeFlag != 0)
  }

  /// The member of an object; 0 if there is none. Of equal names the last one counts.
  func member(_ item: Int, _ name: StaticString) -> Int {
    if kind(item) != .object { return 0 }
    var found = 0
    var child = firstChild(item)
    while child != 0 {
      if matches(self.name(child), name) { found = child }
      child = next(child)
    }
    return found
  }

  func member(_ item: Int, _ name: WordsText) -> Int {
    if kind(item) != .object { return 0 }
    var found = 0
    var child = firstChild(item)
    while child != 0 {
      if compare(self.name(child), name) == 0 { found = child }
      child = next(child)
    }
    return found
  }

  func childCount(_ item: Int) -> Int {
    var count = 0
    var child = firstChild(item)
    while child != 0 {
      count += 1
      child = next(child)
    }
    return count
  }

  fileprivate mutating func addItem(
    _ kind: ItemKind, _ name: WordsText
  ) throws(ConstraintError) -> Int {
    let item = try take(Self.itemWordCount)
    self[item] = kind.rawValue
    self[item + 1] = name.start
    self[item + 2] = name.count
    return item
  }

  fileprivate func set(_ item: Int, _ number: JSONNumber) {
    guard let decimal = Decimal(number) else {
      self[item] |= Self.cutFlag
      return
    }
    if decimal.isNegative { self[item] |= Self.negativeFlag }
    self[item + 4] = Int(decimal.significand & 0xffff_ffff)
    self[item + 5] = Int(decimal.significand >> 32)
    self[item + 6] = decimal.exponent + Decimal.exponentBias
  }
}

/// Makes a document from the events of a `JSONTokenizer`, which may come in pieces.
struct DocumentBuilder {
  private var depth = 0
  /// The open lists and objects, and the latest child of each.
  private var open = InlineArray<33, Int>(repeating: 0)
  private var latest = InlineArray<33, Int>(repeating: 0)
  private var name = WordsText(start: 0, count: 0)
  /// The outermost value; 0 before it has come.
  private(set) var root = 0
  private(set) var isWhole = false

  /// Takes JSON that is there as a whole.
  mutating func take(_ json: Span<UInt8>, _ words: inout Words) throws(ConstraintError) {
    var tokenizer = JSONTokenizer()
    var offset = 0
    while offset < json.count {
      guard let event = try? tokenizer.next(json, at: &offset) else {
        throw ConstraintError(.json, 0)
      }
      try take(event, json, &words)
    }
  }

  @export(interface)
  mutating func take(
    _ event: JSONTokenizer.Event, _ bytes: Span<UInt8>, _ words: inout Words
  ) throws(ConstraintError) {
    switch event {
    case .needsMore: break
    case .beginObject: try begin(.object, &words)
    case .beginArray: try begin(.array, &words)
    case .endObject, .endArray:
      depth -= 1
      isWhole = depth == 0
    case .beginName, .beginString: words.beginText()
    case .text(let range): for index in range { try words.append(bytes[index]) }
    case .character(let character):
      for index in 0..<character.count { try words.append(character.storage[index]) }
    case .endName: name = words.endText()
    case .endString:
      let text = words.endText()
      let item = try add(.string, &words)
      words[item + 4] = text.start
      words[item + 5] = text.count
    case .number(let number): words.set(try add(.number, &words), number)
    case .boolean(let value): _ = try add(value ? .true : .false, &words)
    case .null: _ = try add(.null, &words)
    }
  }

  private mutating func begin(_ kind: ItemKind, _ words: inout Words) throws(ConstraintError) {
    let item = try add(kind, &words)
    depth += 1
    open[depth] = item
    latest[depth] = 0
    isWhole = false
  }

  private mutating func add(
    _ kind: ItemKind, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    let item = try words.addItem(kind, name)
    name = WordsText(start: 0, count: 0)
    if depth == 0 {
      root = item
      isWhole = true
    } else if latest[depth] == 0 {
      words[open[depth] + 4] = item
    } else {
      words[latest[depth] + 3] = item
    }
    latest[depth] = item
    return item
  }
}
