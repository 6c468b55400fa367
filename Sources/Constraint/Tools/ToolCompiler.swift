/// Which tools an answer may or must call.
public enum ToolChoice: Sendable, Equatable {
  /// None, some or all.
  case auto
  /// One at least.
  case required
  /// The one of the name that is given with it.
  case named
}

/// Compiles tools, as requests of OpenAI's API list them, to the grammar of their calls.
struct ToolCompiler {
  private static let countMax = 128
  /// Bytes of a name.
  private static let nameCountMax = 64
  private let form: ToolForm
  private let isParallel: Bool
  /// Whether an answer need not call any.
  private let isOptional: Bool
  private var rules = RuleMaker()
  /// The schema `{"type":"object"}`.
  private let anyObject: Int
  /// For forms whose arguments are no JSON object: the list of `ToolRecord`.
  private(set) var records = 0

  /// - Parameters:
  ///   - isParallel: whether there may be more calls than one.
  ///   - isOptional: whether an answer need not call any, in forms that name the free text.
  ///   - anyObject: an item of the schema `{"type":"object"}`.
  init(_ family: ToolFamily, isParallel: Bool, isOptional: Bool, anyObject: Int) {
    self.isOptional = isOptional
    form = family.form
    self.isParallel = isParallel
    self.anyObject = anyObject
  }

  /// - Parameters:
  ///   - tools: the list.
  ///   - other: the node of an answer without calls; 0: there is none.
  ///   - chosen: the name of the one tool that may be called; empty: all may be.
  /// - Returns: the rule of an answer that calls some.
  mutating func compile(
    _ tools: Int, other: Int = 0, chosen: WordsText, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    if words.kind(tools) != .array { throw ConstraintError(.notTools, tools) }
    if words.childCount(tools) > Self.countMax { throw ConstraintError(.manyTools, tools) }
    let middle = try rules.addLiteral(form.middle, &words)
    let end = try rules.addLiteral(form.end, &words)
    let number = try number(&words)
    var keyed: KeyedCompiler?
    if let form = form.keyed { keyed = try KeyedCompiler(form, end: end, &rules, &words) }
    var calls = RuleMaker.ElementList()
    var tool = words.firstChild(tools)
    while tool != 0 {
      let (name, parameters) = try parts(of: tool, words)
      if chosen.count == 0 || words.compare(name, chosen) == 0 {
        if calls.first != 0 { try rules.append(.alternative, 0, 0, to: &calls, &words) }
        let node = try node(of: parameters, &words)
        if number != 0 && form.number!.isBeforeName {
          try rules.append(.rule, number, 0, to: &calls, &words)
        }
        try append(name, to: &calls, &words)
        if number != 0 && !form.number!.isBeforeName {
          try rules.append(.rule, number, 0, to: &calls, &words)
        }
        try rules.append(.rule, middle, 0, to: &calls, &words)
        if keyed != nil {
          let arguments = try keyed!.arguments(node, place: parameters, &rules, &words)
          try rules.append(.rule, arguments, 0, to: &calls, &words)
          try keep(name, node, &words)
        } else {
          try rules.append(.value, node, 0, to: &calls, &words)
          try rules.append(.rule, end, 0, to: &calls, &words)
        }
      }
      tool = words.next(tool)
    }
    if calls.first == 0 { throw ConstraintError(.unknownTool, tools) }
    return try root(try rules.addRule(calls, place: 0, &words), other, &words)
  }

  /// The rule of a call's digits and of the text between them and the name; 0 if there are none.
  private mutating func number(_ words: inout Words) throws(ConstraintError) -> Int {
    guard let number = form.number else { return 0 }
    let text = try rules.addLiteral(number.text, &words)
    let digits = try rules.addDigits(number, &words)
    var list = RuleMaker.ElementList()
    try rules.append(.rule, number.isBeforeName ? digits : text, 0, to: &list, &words)
    try rules.append(.rule, number.isBeforeName ? text : digits, 0, to: &list, &words)
    return try rules.addRule(list, place: 0, &words)
  }

  private mutating func keep(
    _ name: WordsText, _ node: Int, _ words: inout Words
  ) throws(ConstraintError) {
    let record = try words.take(ToolRecord.count)
    words[record + ToolRecord.next] = records
    words[record + ToolRecord.name] = name.start
    words[record + ToolRecord.nameCount] = name.count
    words[record + ToolRecord.node] = node
    records = record
  }

  /// `root ::= begin call more finish | other`, `more ::= between call more |`
  private mutating func root(
    _ call: Int, _ other: Int, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    var list = RuleMaker.ElementList()
    if form.textName == nil {
      try rules.append(.rule, try rules.addLiteral(form.begin, &words), 0, to: &list, &words)
    }
    try rules.append(.rule, call, 0, to: &list, &words)
    if isParallel, let between = form.between {
      let more = try rules.addRule(WordsText(start: 0, count: 0), place: 0, &words)
      var next = RuleMaker.ElementList()
      try rules.append(.rule, try rules.addLiteral(between, &words), 0, to: &next, &words)
      try rules.append(.rule, call, 0, to: &next, &words)
      try rules.append(.rule, more, 0, to: &next, &words)
      try rules.append(.alternative, 0, 0, to: &next, &words)
      try rules.finish(more, next, &words)
      try rules.append(.rule, more, 0, to: &list, &words)
    }
    try rules.append(.rule, try rules.addLiteral(form.finish, &words), 0, to: &list, &words)
    if let name = form.textName {
      let calls = try rules.addRule(list, place: 0, &words)
      list = RuleMaker.ElementList()
      try rules.append(.rule, calls, 0, to: &list, &words)
      try rules.append(.alternative, 0, 0, to: &list, &words)
      try rules.append(.rule, try rules.addLiteral(name, &words), 0, to: &list, &words)
      try rules.append(.rule, try rules.addLiteral(form.middle, &words), 0, to: &list, &words)
      if other == 0 {
        try rules.append(.rule, try text(before: calls, &words), 0, to: &list, &words)
      } else {
        try rules.append(.value, other, 0, to: &list, &words)
      }
    } else if other != 0 {
      try rules.append(.alternative, 0, 0, to: &list, &words)
      try rules.append(.value, other, 0, to: &list, &words)
    }
    let root = try rules.addRule(list, place: 0, &words)
    try GrammarCheck(words, firstRule: rules.firstRule).check(root: root)
    return root
  }

  /// Text that does not have `begin` in it, and `begin` and calls behind it. `begin` is one character,
  /// some times.
  ///
  ///     text(i) ::= [^c] text(0) | c text(i + 1) |
  private mutating func text(
    before calls: Int, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    let count = form.begin.utf8CodeUnitCount
    let first = unsafe Int(form.begin.utf8Start[0])
    let empty = WordsText(start: 0, count: 0)
    let start = try rules.addRule(empty, place: 0, &words)
    var next = calls
    for index in stride(from: count - 1, through: 0, by: -1) {
      var others = ScalarSet()
      _ = others.add(0, first - 1)
      _ = others.add(first + 1, ScalarSet.scalarMax)
      var list = RuleMaker.ElementList()
      try rules.append(others, to: &list, &words)
      try rules.append(.rule, start, 0, to: &list, &words)
      try rules.append(.alternative, 0, 0, to: &list, &words)
      try rules.append(scalar: first, to: &list, &words)
      try rules.append(.rule, next, 0, to: &list, &words)
      if isOptional { try rules.append(.alternative, 0, 0, to: &list, &words) }
      if index > 0 {
        next = try rules.addRule(list, place: 0, &words)
      } else {
        try rules.finish(start, list, &words)
      }
    }
    return start
  }

  private func append(
    _ name: WordsText, to list: inout RuleMaker.ElementList, _ words: inout Words
  ) throws(ConstraintError) {
    for index in 0..<name.count {
      try rules.append(scalar: Int(words.byte(name.start + index)), to: &list, &words)
    }
  }

  /// The name of a tool, and the schema of its arguments; 0 if it has none.
  private func parts(
    of tool: Int, _ words: Words
  ) throws(ConstraintError) -> (WordsText, Int) {
    var function = words.member(tool, "function")
    // As OpenAI's newer interface has tools: without an object of their own.
    if function == 0 { function = tool }
    let name = words.kind(function) == .object ? words.member(function, "name") : 0
    if name == 0 || words.kind(name) != .string { throw ConstraintError(.noToolName, tool) }
    let text = words.text(name)
    if text.count == 0 || text.count > Self.nameCountMax {
      throw ConstraintError(.badToolName, name)
    }
    for index in 0..<text.count where !Self.isNameByte(words.byte(text.start + index)) {
      throw ConstraintError(.badToolName, name)
    }
    var parameters = words.member(function, "parameters")
    // As Anthropic's API has it.
    if parameters == 0 { parameters = words.member(function, "input_schema") }
    return (text, parameters != 0 && words.kind(parameters) == .null ? 0 : parameters)
  }

  static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
      UInt8(ascii: "."):
      true
    default: false
    }
  }

  /// The node of arguments: objects that the schema allows.
  private func node(
    of parameters: Int, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    var set = ReferenceSet()
    try set.add(anyObject, anyObject)
    if parameters != 0 { try set.add(parameters, parameters) }
    var compiler = SchemaCompiler(document: parameters != 0 ? parameters : anyObject)
    let node = try compiler.node(set, words: &words)
    try compiler.finish(&words)
    if words[node + NodeRecord.shortest] == NodeRecord.none {
      throw ConstraintError(.empty, parameters)
    }
    return node
  }
}

/// A tool, for the reader of its calls: a list.
enum ToolRecord {
  static let next = 0
  static let name = 1
  static let nameCount = 2
  /// Of its arguments.
  static let node = 3
  static let count = 4
}
