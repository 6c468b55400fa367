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
  private var rules = RuleMaker()
  /// The schema `{"type":"object"}`.
  private let anyObject: Int

  /// - Parameters:
  ///   - isParallel: whether there may be more calls than one.
  ///   - anyObject: an item of the schema `{"type":"object"}`.
  init(_ family: ToolFamily, isParallel: Bool, anyObject: Int) {
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
    let middle = try literal(form.middle, &words)
    let end = try literal(form.end, &words)
    var calls = RuleMaker.ElementList()
    var tool = words.firstChild(tools)
    while tool != 0 {
      let (name, parameters) = try parts(of: tool, words)
      if chosen.count == 0 || words.compare(name, chosen) == 0 {
        if calls.first != 0 { try rules.append(.alternative, 0, 0, to: &calls, &words) }
        let node = try node(of: parameters, &words)
        try append(name, to: &calls, &words)
        try rules.append(.rule, middle, 0, to: &calls, &words)
        try rules.append(.value, node, 0, to: &calls, &words)
        try rules.append(.rule, end, 0, to: &calls, &words)
      }
      tool = words.next(tool)
    }
    if calls.first == 0 { throw ConstraintError(.unknownTool, tools) }
    return try root(try rules.addRule(calls, place: 0, &words), other, &words)
  }

  /// `root ::= begin call more finish | other`, `more ::= between call more |`
  private mutating func root(
    _ call: Int, _ other: Int, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    var list = RuleMaker.ElementList()
    try rules.append(.rule, try literal(form.begin, &words), 0, to: &list, &words)
    try rules.append(.rule, call, 0, to: &list, &words)
    if isParallel, let between = form.between {
      let more = try rules.addRule(WordsText(start: 0, count: 0), place: 0, &words)
      var next = RuleMaker.ElementList()
      try rules.append(.rule, try literal(between, &words), 0, to: &next, &words)
      try rules.append(.rule, call, 0, to: &next, &words)
      try rules.append(.rule, more, 0, to: &next, &words)
      try rules.append(.alternative, 0, 0, to: &next, &words)
      try rules.finish(more, next, &words)
      try rules.append(.rule, more, 0, to: &list, &words)
    }
    try rules.append(.rule, try literal(form.finish, &words), 0, to: &list, &words)
    if other != 0 {
      try rules.append(.alternative, 0, 0, to: &list, &words)
      try rules.append(.value, other, 0, to: &list, &words)
    }
    let root = try rules.addRule(list, place: 0, &words)
    try GrammarCheck(words, firstRule: rules.firstRule).check(root: root)
    return root
  }

  private mutating func literal(
    _ text: StaticString, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    var list = RuleMaker.ElementList()
    var (scalar, pending) = (0, 0)
    for index in 0..<text.utf8CodeUnitCount {
      let byte = unsafe Int(text.utf8Start[index])
      if byte & 0xc0 == 0x80 {
        scalar = scalar << 6 | byte & 0x3f
        pending -= 1
      } else {
        pending = byte < 0x80 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3
        scalar = pending == 0 ? byte : byte & (0x3f >> pending)
      }
      if pending == 0 { try rules.append(scalar: scalar, to: &list, &words) }
    }
    return try rules.addRule(list, place: 0, &words)
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

  private static func isNameByte(_ byte: UInt8) -> Bool {
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
