import Text

/// What the value of an argument is by the schema, for the reader of calls.
public struct Argument: Sendable {
  public enum Kind: Sendable {
    /// A text without quotation marks.
    case text
    /// A JSON value.
    case value
    /// An object or a list, whose parts are elements.
    case object, list
  }

  public let kind: Kind
  /// Of its schema; 0 if that is not known.
  let node: Int

  public init(_ kind: Kind) { self.init(kind, node: 0) }

  init(_ kind: Kind, node: Int) {
    self.kind = kind
    self.node = node
  }
}

// What the form of calls makes of a schema.
extension Argument {
  /// Elements that a list must have, or may have, at most. Others are JSON.
  private static let itemCountMax = 64
  /// Bytes of a name.
  static let nameCountMax = 64

  /// How a form writes the values of a node.
  init(_ form: KeyedArguments, node: Int, _ words: Words) {
    self.init(Self.kind(form, node, words), node: node)
  }

  private static func kind(_ form: KeyedArguments, _ node: Int, _ words: Words) -> Kind {
    if form.hasRawTexts && isText(node, words) { return .text }
    let branch = words[node + NodeRecord.firstBranch]
    if !form.hasElements || branch == 0 || words[branch + BranchRecord.next] != 0
      || words[branch + BranchRecord.choiceCount] != 0
    {
      return .value
    }
    switch words[branch + BranchRecord.types] {
    case TypeMask.object: return isNamed(object(node, words), words) ? .object : .value
    case TypeMask.array: return isPlainList(list(node, words), words) ? .list : .value
    default: return .value
    }
  }

  /// Whether the values of a node are texts, in every branch.
  private static func isText(_ node: Int, _ words: Words) -> Bool {
    var branch = words[node + NodeRecord.firstBranch]
    if branch == 0 { return false }
    while branch != 0 {
      if words[branch + BranchRecord.types] != TypeMask.string
        || words[branch + BranchRecord.choiceCount] != 0
      {
        return false
      }
      branch = words[branch + BranchRecord.next]
    }
    return true
  }

  /// What is asked of the object of a node with one branch.
  static func object(_ node: Int, _ words: Words) -> Int {
    words[words[node + NodeRecord.firstBranch] + BranchRecord.object]
  }

  static func list(_ node: Int, _ words: Words) -> Int {
    words[words[node + NodeRecord.firstBranch] + BranchRecord.array]
  }

  /// Whether an object has properties, which can be elements.
  private static func isNamed(_ record: Int, _ words: Words) -> Bool {
    if words[record + ObjectRecord.propertyCount] == 0 || hasCounts(record, words) { return false }
    for index in 0..<words[record + ObjectRecord.propertyCount]
    where !isName(propertyName(record, index, words), words) {
      return false
    }
    return true
  }

  /// Whether an object must have other properties than the required ones, or cannot have all.
  static func hasCounts(_ record: Int, _ words: Words) -> Bool {
    var requiredCount = 0
    for index in 0..<words[record + ObjectRecord.propertyCount] {
      let property = words[record + ObjectRecord.properties] + index * PropertyRecord.count
      if words[property + PropertyRecord.isRequired] != 0 { requiredCount += 1 }
    }
    return words[record + ObjectRecord.least] > requiredCount
      || words[record + ObjectRecord.most] < words[record + ObjectRecord.propertyCount]
  }

  /// Whether a name is a word, as an element can have it.
  static func isName(_ name: WordsText, _ words: Words) -> Bool {
    if name.count == 0 || name.count > nameCountMax { return false }
    for index in 0..<name.count where !ToolCompiler.isNameByte(words.byte(name.start + index)) {
      return false
    }
    return true
  }

  static func propertyName(_ record: Int, _ index: Int, _ words: Words) -> WordsText {
    let property = words[record + ObjectRecord.properties] + index * PropertyRecord.count
    return WordsText(
      start: words[property + PropertyRecord.name],
      count: words[property + PropertyRecord.nameCount])
  }

  /// Whether all elements of a list are of one schema, and bounds of their count are small.
  private static func isPlainList(_ record: Int, _ words: Words) -> Bool {
    let most = words[record + ArrayRecord.most]
    return words[record + ArrayRecord.prefixCount] == 0
      && words[record + ArrayRecord.least] <= itemCountMax
      && (most == StringRecord.none || most <= itemCountMax)
  }
}

// The arguments of a call that is read.
extension Argument {
  /// The part of an object or list with a name; nil if it has no such part.
  func part(
    _ key: FixedText<65>, _ form: KeyedArguments, _ words: Words
  ) -> Argument? {
    let branch = node == 0 ? 0 : words[node + NodeRecord.firstBranch]
    if branch == 0 { return nil }
    if kind == .list {
      return Argument(form, node: words[Self.list(node, words) + ArrayRecord.rest], words)
    }
    let record = Self.object(node, words)
    if record == 0 { return nil }
    for index in 0..<words[record + ObjectRecord.propertyCount] {
      let name = Self.propertyName(record, index, words)
      if name.count != key.count { continue }
      var place = 0
      while place < key.count && words.byte(name.start + place) == key[place] { place += 1 }
      if place < key.count { continue }
      let property = words[record + ObjectRecord.properties] + index * PropertyRecord.count
      return Argument(form, node: words[property + PropertyRecord.node], words)
    }
    return nil
  }
}
