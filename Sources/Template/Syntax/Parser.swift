import Text

/// Reads a template into nodes, as Jinja 3.1 reads it, with the extensions that chat templates may
/// use: `break`, `continue` and `generation`. The same reading counts the nodes and makes them.
struct Parser {
  /// How deeply statements and expressions may lie inside one another.
  static let depthMax = 96

  let source: SourceText
  /// Where the text begins in the memory of the engine.
  let origin: Int
  var lexer: Lexer
  var store: NodeStore
  var token = Token(kind: .end, range: 0..<0)
  private var lookahead: Token?
  var depth = 0
  /// Whether the name `loop` was read since this was last set to false.
  var hasLoopName = false
  /// What of `caller`, `varargs` and `kwargs` was read since this was last set to 0: bits of `Node`.
  var argumentNames: UInt8 = 0
  /// The name of the tag that ended the latest body.
  var endTag: Range<Int> = 0..<0

  init(_ source: SourceText, origin: Int, _ store: NodeStore) {
    self.source = source
    self.origin = origin
    self.store = store
    lexer = Lexer(source)
  }

  /// - Returns: the first statement.
  mutating func parse() throws(TemplateError) -> Int32 {
    try advance()
    return try body(until: .templateEnd)
  }

  mutating func advance() throws(TemplateError) {
    if let next = lookahead {
      token = next
      lookahead = nil
    } else {
      token = try lexer.next()
    }
  }

  mutating func following() throws(TemplateError) -> Token {
    if let lookahead { return lookahead }
    let next = try lexer.next()
    lookahead = next
    return next
  }

  func isName(_ word: StaticString) -> Bool {
    token.kind == .name && source.isWord(token.range, word)
  }

  func isSymbol(_ symbol: Token.Symbol) -> Bool { token.kind == .symbol && token.symbol == symbol }

  mutating func skip(name: StaticString) throws(TemplateError) -> Bool {
    if !isName(name) { return false }
    try advance()
    return true
  }

  mutating func skip(_ symbol: Token.Symbol) throws(TemplateError) -> Bool {
    if !isSymbol(symbol) { return false }
    try advance()
    return true
  }

  mutating func expect(_ symbol: Token.Symbol, _ expected: StaticString) throws(TemplateError) {
    if try !skip(symbol) { throw failure(expected) }
  }

  mutating func expectName() throws(TemplateError) -> Range<Int> {
    if token.kind != .name { throw failure("a name") }
    let range = token.range
    try advance()
    return range
  }

  @inline(never)
  func failure(_ expected: StaticString) -> TemplateError {
    lexer.failure(expected, at: token.range.lowerBound)
  }

  mutating func enter() throws(TemplateError) {
    depth += 1
    if depth > Self.depthMax {
      throw TemplateError(.nestedTooDeeply, line: line(of: token.range.lowerBound))
    }
  }

  func line(of place: Int) -> Int32 { Int32(truncatingIfNeeded: source.line(of: place)) }

  mutating func add(
    _ kind: Node.Kind, _ first: Int32 = 0, _ second: Int32 = 0, _ third: Int32 = 0,
    operation: UInt8 = 0, at place: Int
  ) -> Int32 {
    store.add(Node(kind, first, second, third, operation: operation, place: place))
  }

  /// A node of a name of the template.
  mutating func nameNode(_ range: Range<Int>) -> Int32 {
    if source.isWord(range, "loop") { hasLoopName = true }
    if source.isWord(range, "caller") { argumentNames |= Node.takesCaller }
    if source.isWord(range, "varargs") { argumentNames |= Node.takesVarargs }
    if source.isWord(range, "kwargs") { argumentNames |= Node.takesKwargs }
    return add(
      .name, Int32(origin + range.lowerBound), Int32(range.count),
      Int32(bitPattern: Name.hash(source, range)), at: range.lowerBound)
  }
}

// Statements.
extension Parser {
  /// What ends a body.
  enum End {
    case templateEnd
    case branch, lastBranch
    case loop, loopElse
    case set, macro, call, filter, with, block, autoescape, generation

    func accepts(_ source: SourceText, _ name: Range<Int>) -> Bool {
      switch self {
      case .templateEnd: false
      case .branch:
        source.isWord(name, "elif") || source.isWord(name, "else") || source.isWord(name, "endif")
      case .lastBranch: source.isWord(name, "endif")
      case .loop: source.isWord(name, "endfor") || source.isWord(name, "else")
      case .loopElse: source.isWord(name, "endfor")
      case .set: source.isWord(name, "endset")
      case .macro: source.isWord(name, "endmacro")
      case .call: source.isWord(name, "endcall")
      case .filter: source.isWord(name, "endfilter")
      case .with: source.isWord(name, "endwith")
      case .block: source.isWord(name, "endblock")
      case .autoescape: source.isWord(name, "endautoescape")
      case .generation: source.isWord(name, "endgeneration")
      }
    }
  }

  /// Statements up to a tag that ends them; its name is `endTag`, and what follows it comes next.
  mutating func body(until end: End) throws(TemplateError) -> Int32 {
    try enter()
    var list = NodeList()
    while true {
      switch token.kind {
      case .end:
        if case .templateEnd = end {
          depth -= 1
          return list.first
        }
        throw failure("the tag that ends a block")
      case .data:
        list.append(
          add(
            .data, Int32(token.range.count), Int32(origin + token.range.lowerBound),
            at: token.range.lowerBound), store)
        try advance()
      case .variableBegin:
        try advance()
        let place = token.range.lowerBound
        let expression = try tuple()
        if token.kind != .variableEnd { throw failure("'}}'") }
        list.append(add(.output, expression, at: place), store)
        try advance()
      case .blockBegin:
        try advance()
        if token.kind != .name { throw failure("a tag's name") }
        let name = token.range
        try advance()
        if end.accepts(source, name) {
          endTag = name
          depth -= 1
          return list.first
        }
        try statement(name, &list)
        try expectBlockEnd()
      default: throw failure("a tag or text")
      }
    }
  }

  mutating func expectBlockEnd() throws(TemplateError) {
    if token.kind != .blockEnd { throw failure("'%}'") }
    try advance()
  }

  /// The body of a statement whose tag has been read up to its end.
  private mutating func block(until end: End) throws(TemplateError) -> Int32 {
    _ = try skip(.colon)
    try expectBlockEnd()
    return try body(until: end)
  }

  private mutating func statement(
    _ name: Range<Int>, _ list: inout NodeList
  ) throws(TemplateError) {
    let place = name.lowerBound
    if source.isWord(name, "if") {
      list.append(try branch(place), store)
    } else if source.isWord(name, "for") {
      list.append(try loop(place), store)
    } else if source.isWord(name, "set") {
      list.append(try set(place), store)
    } else if source.isWord(name, "macro") {
      let macroName = nameNode(try expectName())
      let parameters = try signature()
      let (content, names) = try macroBody(until: .macro)
      list.append(add(.macro, macroName, parameters, content, operation: names, at: place), store)
    } else if source.isWord(name, "break") {
      list.append(add(.leaveLoop, at: place), store)
    } else if source.isWord(name, "continue") {
      list.append(add(.nextItem, at: place), store)
    } else if source.isWord(name, "generation") {
      list.append(add(.scope, 0, try block(until: .generation), at: place), store)
    } else {
      try rareStatement(name, &list)
    }
  }

  private mutating func rareStatement(
    _ name: Range<Int>, _ list: inout NodeList
  ) throws(TemplateError) {
    let place = name.lowerBound
    if source.isWord(name, "call") {
      let parameters = isSymbol(.openParenthesis) ? try signature() : 0
      let call = try expression()
      let (content, names) = try macroBody(until: .call)
      list.append(add(.callBlock, call, parameters, content, operation: names, at: place), store)
    } else if source.isWord(name, "filter") {
      let filters = try filter(of: add(.captured, at: place), isInline: true)
      list.append(add(.filterBlock, filters, try block(until: .filter), at: place), store)
    } else if source.isWord(name, "with") {
      let assignments = try withAssignments()
      list.append(add(.with, assignments, try block(until: .with), at: place), store)
    } else if source.isWord(name, "print") {
      while token.kind != .blockEnd {
        list.append(add(.output, try expression(), at: place), store)
        if try !skip(.comma) { break }
      }
    } else if source.isWord(name, "block") {
      _ = try expectName()
      _ = try skip(name: "scoped")
      _ = try skip(name: "required")
      list.append(add(.scope, 0, try block(until: .block), at: place), store)
      if token.kind == .name { try advance() }
    } else if source.isWord(name, "autoescape") {
      if !isName("false") && !isName("False") {
        throw TemplateError(.unsupported, line: line(of: place), "autoescape")
      }
      _ = try expression()
      list.append(add(.scope, 0, try block(until: .autoescape), at: place), store)
    } else {
      throw lexer.failure("a tag that is known here", at: place)
    }
  }

  /// The body of a macro, and which names of further arguments it has.
  private mutating func macroBody(until end: End) throws(TemplateError) -> (Int32, UInt8) {
    let outer = argumentNames
    argumentNames = 0
    let content = try block(until: end)
    let own = argumentNames
    argumentNames |= outer
    return (content, own)
  }

  private mutating func branch(_ place: Int) throws(TemplateError) -> Int32 {
    let first = try branchHead(place, operation: 0)
    var latest = first
    while source.isWord(endTag, "elif") {
      let next = try branchHead(endTag.lowerBound, operation: Node.isElif)
      store.setThird(next, of: latest)
      latest = next
    }
    if source.isWord(endTag, "else") { store.setThird(try block(until: .lastBranch), of: latest) }
    return first
  }

  private mutating func branchHead(
    _ place: Int, operation: UInt8
  ) throws(TemplateError) -> Int32 {
    let condition = try tuple(hasConditional: false)
    let content = try block(until: .branch)
    return add(.branch, condition, content, operation: operation, at: place)
  }

  private mutating func loop(_ place: Int) throws(TemplateError) -> Int32 {
    let target = try assignmentTarget(endsAtIn: true)
    if try !skip(name: "in") { throw failure("'in'") }
    let iterated = try tuple(hasConditional: false, endsAtRecursive: true)
    let condition = try skip(name: "if") ? try expression() : 0
    _ = try skip(name: "recursive")
    let outer = hasLoopName
    hasLoopName = false
    let content = try block(until: .loop)
    let usesLoop = hasLoopName
    let otherwise = source.isWord(endTag, "else") ? try block(until: .loopElse) : 0
    hasLoopName = hasLoopName || outer
    let parts = add(.loopParts, condition, content, otherwise, at: place)
    return add(
      .loop, target, iterated, parts, operation: usesLoop ? Node.usesLoop : 0, at: place)
  }

  private mutating func set(_ place: Int) throws(TemplateError) -> Int32 {
    let target = try assignmentTarget(allowsNamespace: true)
    if try skip(.assign) { return add(.assign, target, try tuple(), at: place) }
    var filters: Int32 = 0
    if isSymbol(.pipe) {
      filters = try filter(of: add(.captured, at: place), isInline: false)
    }
    return add(.assignBlock, target, try block(until: .set), filters, at: place)
  }

  private mutating func withAssignments() throws(TemplateError) -> Int32 {
    var list = NodeList()
    while token.kind != .blockEnd && !isSymbol(.colon) {
      if list.count > 0 { try expect(.comma, "','") }
      let place = token.range.lowerBound
      let target = try assignmentTarget()
      try expect(.assign, "'='")
      list.append(add(.assign, target, try expression(), at: place), store)
    }
    return list.first
  }

  private mutating func signature() throws(TemplateError) -> Int32 {
    try expect(.openParenthesis, "'('")
    var list = NodeList()
    while !isSymbol(.closeParenthesis) {
      if list.count > 0 { try expect(.comma, "','") }
      let place = token.range.lowerBound
      let name = nameNode(try expectName())
      let initial = try skip(.assign) ? try expression() : 0
      list.append(add(.parameter, name, initial, at: place), store)
    }
    try expect(.closeParenthesis, "')'")
    return list.first
  }

  /// A name, names with commas between (in parentheses or not), or an attribute of a namespace.
  private mutating func assignmentTarget(
    endsAtIn: Bool = false, allowsNamespace: Bool = false
  ) throws(TemplateError) -> Int32 {
    try enter()
    let place = token.range.lowerBound
    var list = NodeList()
    var isTuple = false
    while true {
      if list.count > 0 && (isName("in") && endsAtIn || isSymbol(.closeParenthesis)) { break }
      if try skip(.openParenthesis) {
        list.append(try assignmentTarget(allowsNamespace: allowsNamespace), store)
        try expect(.closeParenthesis, "')'")
      } else {
        list.append(try simpleTarget(allowsNamespace), store)
      }
      if try !skip(.comma) { break }
      isTuple = true
    }
    depth -= 1
    return isTuple ? add(.tuple, list.first, at: place) : list.first
  }

  private mutating func simpleTarget(_ allowsNamespace: Bool) throws(TemplateError) -> Int32 {
    let range = try expectName()
    let name = nameNode(range)
    if !allowsNamespace || !isSymbol(.dot) { return name }
    try advance()
    let attribute = try expectName()
    return add(
      .namespaceTarget, name, Int32(origin + attribute.lowerBound), Int32(attribute.count),
      at: range.lowerBound)
  }
}
