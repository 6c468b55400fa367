import Text

/// Compiles the arguments of a tool to a grammar of a form that is no JSON object. Properties come in the
/// order of the schema; those that are not named do not come.
///
///     first ::= end | open key0      rest(i) ::= end | separator open key(i)
///     key(i) ::= NAME middle VALUE rest(i + 1) | key(i + 1)
///
/// `end` is there if no required property is left, and `key(i + 1)` if property `i` is not required.
struct KeyedCompiler {
  private static let nameCountMax = 64
  private let form: KeyedArguments
  private let open: Int
  private let separatedOpen: Int
  private let middle: Int
  private let textBegin: Int
  private let valueBegin: Int
  private let valueEnd: Int
  /// Where `textEnd` lies: two words.
  private let mark: Int
  private let end: Int

  /// - Parameter end: the rule of what follows the arguments.
  init(
    _ form: KeyedArguments, end: Int, _ rules: inout RuleMaker, _ words: inout Words
  ) throws(ConstraintError) {
    self.form = form
    self.end = end
    open = try rules.addLiteral(form.open, &words)
    let separator = try rules.addLiteral(form.separator, &words)
    var list = RuleMaker.ElementList()
    try rules.append(.rule, separator, 0, to: &list, &words)
    try rules.append(.rule, open, 0, to: &list, &words)
    separatedOpen = try rules.addRule(list, place: 0, &words)
    middle = try rules.addLiteral(form.middle, &words)
    textBegin = try rules.addLiteral(form.textBegin, &words)
    valueBegin = try rules.addLiteral(form.valueBegin, &words)
    valueEnd = try rules.addLiteral(form.valueEnd, &words)
    words.beginText()
    for index in 0..<form.textEnd.utf8CodeUnitCount {
      try unsafe words.append(form.textEnd.utf8Start[index])
    }
    let text = words.endText()
    mark = try words.take(2)
    words[mark] = text.start
    words[mark + 1] = text.count
  }

  /// The rule of arguments and what follows them.
  /// - Parameters:
  ///   - node: of the arguments, an object.
  ///   - place: of their schema, for errors.
  func arguments(
    _ node: Int, place: Int, _ rules: inout RuleMaker, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    guard let record = try object(node, place, words) else { return end }
    let count = words[record + ObjectRecord.propertyCount]
    var (rest, key, isRequired) = (end, 0, false)
    for order in stride(from: count - 1, through: 0, by: -1) {
      guard let property = property(record, order, words) else { continue }
      if words[words[property + PropertyRecord.node] + NodeRecord.shortest] == NodeRecord.none {
        continue
      }
      key = try self.key(property, rest: rest, next: key, place, &rules, &words)
      isRequired = isRequired || words[property + PropertyRecord.isRequired] != 0
      rest = try self.rest(separatedOpen, key, isRequired, &rules, &words)
    }
    return key == 0 ? end : try self.rest(open, key, isRequired, &rules, &words)
  }

  private func rest(
    _ open: Int, _ key: Int, _ isRequired: Bool, _ rules: inout RuleMaker, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    var list = RuleMaker.ElementList()
    try rules.append(.rule, open, 0, to: &list, &words)
    try rules.append(.rule, key, 0, to: &list, &words)
    if !isRequired {
      try rules.append(.alternative, 0, 0, to: &list, &words)
      try rules.append(.rule, end, 0, to: &list, &words)
    }
    return try rules.addRule(list, place: 0, &words)
  }

  private func key(
    _ property: Int, rest: Int, next: Int, _ place: Int, _ rules: inout RuleMaker,
    _ words: inout Words
  ) throws(ConstraintError) -> Int {
    let name = Self.name(property, words)
    if name.count == 0 || name.count > Self.nameCountMax {
      throw ConstraintError(.keyedArguments, place)
    }
    var list = RuleMaker.ElementList()
    for index in 0..<name.count {
      let byte = words.byte(name.start + index)
      if !ToolCompiler.isNameByte(byte) { throw ConstraintError(.keyedArguments, place) }
      try rules.append(scalar: Int(byte), to: &list, &words)
    }
    try rules.append(.rule, middle, 0, to: &list, &words)
    let value = try value(words[property + PropertyRecord.node], &rules, &words)
    try rules.append(.rule, value, 0, to: &list, &words)
    try rules.append(.rule, rest, 0, to: &list, &words)
    if words[property + PropertyRecord.isRequired] == 0 && next != 0 {
      try rules.append(.alternative, 0, 0, to: &list, &words)
      try rules.append(.rule, next, 0, to: &list, &words)
    }
    return try rules.addRule(list, place: 0, &words)
  }

  private func value(
    _ node: Int, _ rules: inout RuleMaker, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    var list = RuleMaker.ElementList()
    if !form.hasRawTexts || !Self.isText(node, words) {
      try rules.append(.rule, valueBegin, 0, to: &list, &words)
      try rules.append(.value, node, 0, to: &list, &words)
      try rules.append(.rule, valueEnd, 0, to: &list, &words)
      return try rules.addRule(list, place: 0, &words)
    }
    var branch = words[node + NodeRecord.firstBranch]
    while branch != 0 {
      if list.first != 0 { try rules.append(.alternative, 0, 0, to: &list, &words) }
      try rules.append(.rule, textBegin, 0, to: &list, &words)
      try rules.append(.raw, words[branch + BranchRecord.string], mark, to: &list, &words)
      branch = words[branch + BranchRecord.next]
    }
    return try rules.addRule(list, place: 0, &words)
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

  private static func name(_ property: Int, _ words: Words) -> WordsText {
    WordsText(
      start: words[property + PropertyRecord.name],
      count: words[property + PropertyRecord.nameCount])
  }

  private func property(_ record: Int, _ order: Int, _ words: Words) -> Int? {
    for index in 0..<words[record + ObjectRecord.propertyCount] {
      let property = words[record + ObjectRecord.properties] + index * PropertyRecord.count
      if words[property + PropertyRecord.order] == order { return property }
    }
    return nil
  }

  /// What is asked of the object, which must not depend on alternatives; nil if nothing is.
  private func object(_ node: Int, _ place: Int, _ words: Words) throws(ConstraintError) -> Int? {
    let branch = words[node + NodeRecord.firstBranch]
    if words[branch + BranchRecord.next] != 0 || words[branch + BranchRecord.choiceCount] != 0 {
      throw ConstraintError(.keyedArguments, place)
    }
    let record = words[branch + BranchRecord.object]
    if record == 0 { return nil }
    var requiredCount = 0
    for index in 0..<words[record + ObjectRecord.propertyCount] {
      let property = words[record + ObjectRecord.properties] + index * PropertyRecord.count
      if words[property + PropertyRecord.isRequired] != 0 { requiredCount += 1 }
    }
    if words[record + ObjectRecord.least] > requiredCount
      || words[record + ObjectRecord.most] < words[record + ObjectRecord.propertyCount]
    {
      throw ConstraintError(.keyedArguments, place)
    }
    return record
  }

  /// Whether a property's values are texts without quotation marks; nil if the object has no such
  /// property.
  static func isText(_ key: FixedText<65>, of node: Int, _ words: Words) -> Bool? {
    let branch = words[node + NodeRecord.firstBranch]
    let record = branch == 0 ? 0 : words[branch + BranchRecord.object]
    if record == 0 { return nil }
    for index in 0..<words[record + ObjectRecord.propertyCount] {
      let property = words[record + ObjectRecord.properties] + index * PropertyRecord.count
      let name = Self.name(property, words)
      if name.count != key.count { continue }
      var place = 0
      while place < key.count && words.byte(name.start + place) == key[place] { place += 1 }
      if place == key.count { return isText(words[property + PropertyRecord.node], words) }
    }
    return nil
  }
}
