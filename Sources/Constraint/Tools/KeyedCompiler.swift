import Text

/// Compiles the arguments of a tool to a grammar of a form that is no JSON object. Properties come in the
/// order of the schema; those that are not named do not come.
///
///     first ::= end | open key0      rest(i) ::= end | separator open key(i)
///     key(i) ::= NAME middle VALUE rest(i + 1) | key(i + 1)
///
/// `end` is there if no required property is left, and `key(i + 1)` if property `i` is not required. If parts of
/// arguments are elements, NAME and `elementEnd` follow VALUE, which has rules of its own for each schema.
struct KeyedCompiler {
  private let form: KeyedArguments
  private let open: Int
  private let separatedOpen: Int
  private let middle: Int
  private let textBegin: Int
  private let valueBegin: Int
  private let valueEnd: Int
  private let elementEnd: Int
  /// Where `textEnd` lies: two words.
  private let mark: Int
  private let end: Int
  /// The rules of objects and lists: a list of `ElementRule`.
  private var elementRules = 0

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
    elementEnd = try rules.addLiteral(form.elementEnd, &words)
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
  mutating func arguments(
    _ node: Int, place: Int, _ rules: inout RuleMaker, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    guard let record = try object(node, place, words) else { return end }
    return try properties(record, end: end, place, &rules, &words)
  }

  /// The rule of an object's properties and what follows them.
  private mutating func properties(
    _ record: Int, end: Int, _ place: Int, _ rules: inout RuleMaker, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    let count = words[record + ObjectRecord.propertyCount]
    var (rest, key, isRequired) = (end, 0, false)
    for order in stride(from: count - 1, through: 0, by: -1) {
      guard let property = property(record, order, words) else { continue }
      if words[words[property + PropertyRecord.node] + NodeRecord.shortest] == NodeRecord.none {
        continue
      }
      key = try self.key(property, rest: rest, next: key, place, &rules, &words)
      isRequired = isRequired || words[property + PropertyRecord.isRequired] != 0
      rest = try self.rest(separatedOpen, key, end: isRequired ? 0 : end, &rules, &words)
    }
    return key == 0 ? end : try self.rest(open, key, end: isRequired ? 0 : end, &rules, &words)
  }

  /// - Parameter end: what may follow instead of a further property; 0: nothing.
  private func rest(
    _ open: Int, _ key: Int, end: Int, _ rules: inout RuleMaker, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    var list = RuleMaker.ElementList()
    try rules.append(.rule, open, 0, to: &list, &words)
    try rules.append(.rule, key, 0, to: &list, &words)
    if end != 0 {
      try rules.append(.alternative, 0, 0, to: &list, &words)
      try rules.append(.rule, end, 0, to: &list, &words)
    }
    return try rules.addRule(list, place: 0, &words)
  }

  private mutating func key(
    _ property: Int, rest: Int, next: Int, _ place: Int, _ rules: inout RuleMaker,
    _ words: inout Words
  ) throws(ConstraintError) -> Int {
    let name = WordsText(
      start: words[property + PropertyRecord.name],
      count: words[property + PropertyRecord.nameCount])
    if !Argument.isName(name, words) { throw ConstraintError(.keyedArguments, place) }
    var list = RuleMaker.ElementList()
    try append(name, to: &list, rules, &words)
    try rules.append(.rule, middle, 0, to: &list, &words)
    let value = try value(words[property + PropertyRecord.node], place, &rules, &words)
    try rules.append(.rule, value, 0, to: &list, &words)
    if form.hasElements {
      try append(name, to: &list, rules, &words)
      try rules.append(.rule, elementEnd, 0, to: &list, &words)
    }
    try rules.append(.rule, rest, 0, to: &list, &words)
    if words[property + PropertyRecord.isRequired] == 0 && next != 0 {
      try rules.append(.alternative, 0, 0, to: &list, &words)
      try rules.append(.rule, next, 0, to: &list, &words)
    }
    return try rules.addRule(list, place: 0, &words)
  }

  private func append(
    _ name: WordsText, to list: inout RuleMaker.ElementList, _ rules: RuleMaker,
    _ words: inout Words
  ) throws(ConstraintError) {
    for index in 0..<name.count {
      try rules.append(scalar: Int(words.byte(name.start + index)), to: &list, &words)
    }
  }

  private mutating func value(
    _ node: Int, _ place: Int, _ rules: inout RuleMaker, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    let kind = Argument(form, node: node, words).kind
    var list = RuleMaker.ElementList()
    switch kind {
    case .object, .list: return try elements(node, kind, place, &rules, &words)
    case .value:
      try rules.append(.rule, valueBegin, 0, to: &list, &words)
      try rules.append(.value, node, 0, to: &list, &words)
      try rules.append(.rule, valueEnd, 0, to: &list, &words)
    case .text:
      var branch = words[node + NodeRecord.firstBranch]
      while branch != 0 {
        if list.first != 0 { try rules.append(.alternative, 0, 0, to: &list, &words) }
        try rules.append(.rule, textBegin, 0, to: &list, &words)
        try rules.append(.raw, words[branch + BranchRecord.string], mark, to: &list, &words)
        branch = words[branch + BranchRecord.next]
      }
    }
    return try rules.addRule(list, place: 0, &words)
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
    if Argument.hasCounts(record, words) { throw ConstraintError(.keyedArguments, place) }
    return record
  }
}

// Objects and lists whose parts are elements.
extension KeyedCompiler {
  /// The rule of an object's or list's elements and `valueEnd`, made now if there is none: schemas may
  /// have themselves in them.
  private mutating func elements(
    _ node: Int, _ kind: Argument.Kind, _ place: Int, _ rules: inout RuleMaker,
    _ words: inout Words
  ) throws(ConstraintError) -> Int {
    var known = elementRules
    while known != 0 {
      if words[known + ElementRule.node] == node { return words[known + ElementRule.rule] }
      known = words[known + ElementRule.next]
    }
    let rule = try rules.addRule(WordsText(start: 0, count: 0), place: 0, &words)
    let record = try words.take(ElementRule.count)
    words[record + ElementRule.next] = elementRules
    words[record + ElementRule.node] = node
    words[record + ElementRule.rule] = rule
    elementRules = record
    var list = RuleMaker.ElementList()
    let inner =
      kind == .object
      ? try properties(Argument.object(node, words), end: valueEnd, place, &rules, &words)
      : try items(Argument.list(node, words), place, &rules, &words)
    try rules.append(.rule, inner, 0, to: &list, &words)
    try rules.finish(rule, list, &words)
    return rule
  }

  ///     items(i) ::= item items(i + 1) | valueEnd      items(n) ::= item items(n) | valueEnd
  ///
  /// `valueEnd` is there from the least count on. With a bound of the count its rule is the last one.
  private mutating func items(
    _ record: Int, _ place: Int, _ rules: inout RuleMaker, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    let (least, most) = (words[record + ArrayRecord.least], words[record + ArrayRecord.most])
    let node = words[record + ArrayRecord.rest]
    if most == 0 || words[node + NodeRecord.shortest] == NodeRecord.none { return valueEnd }
    let item = try item(node, place, &rules, &words)
    var rest = valueEnd
    var index = most
    if most == StringRecord.none {
      rest = try rules.addRule(WordsText(start: 0, count: 0), place: 0, &words)
      try rules.finish(rest, try choice(item, rest, end: valueEnd, rules, &words), &words)
      index = least
    }
    while index > 0 {
      index -= 1
      let list = try choice(item, rest, end: index >= least ? valueEnd : 0, rules, &words)
      rest = try rules.addRule(list, place: 0, &words)
    }
    return rest
  }

  private func choice(
    _ item: Int, _ rest: Int, end: Int, _ rules: RuleMaker, _ words: inout Words
  ) throws(ConstraintError) -> RuleMaker.ElementList {
    var list = RuleMaker.ElementList()
    try rules.append(.rule, item, 0, to: &list, &words)
    try rules.append(.rule, rest, 0, to: &list, &words)
    if end != 0 {
      try rules.append(.alternative, 0, 0, to: &list, &words)
      try rules.append(.rule, end, 0, to: &list, &words)
    }
    return list
  }

  private mutating func item(
    _ node: Int, _ place: Int, _ rules: inout RuleMaker, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    let name = try rules.addLiteral(ElementReader.itemName, &words)
    let value = try value(node, place, &rules, &words)
    var list = RuleMaker.ElementList()
    let parts: InlineArray<6, Int> = [open, name, middle, value, name, elementEnd]
    for index in parts.indices { try rules.append(.rule, parts[index], 0, to: &list, &words) }
    return try rules.addRule(list, place: 0, &words)
  }
}

/// The rule of a schema's elements.
private enum ElementRule {
  static let next = 0
  static let node = 1
  static let rule = 2
  static let count = 3
}
