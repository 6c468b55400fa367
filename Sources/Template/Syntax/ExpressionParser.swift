import Text

// Expressions.
extension Parser {
  /// An expression, or several with commas between: a tuple.
  mutating func tuple(
    hasConditional: Bool = true, endsAtRecursive: Bool = false, inParentheses: Bool = false
  ) throws(TemplateError) -> Int32 {
    let place = token.range.lowerBound
    var list = NodeList()
    var isTuple = false
    while !isTupleEnd(endsAtRecursive) {
      list.append(hasConditional ? try expression() : try alternatives(), store)
      if try !skip(.comma) { break }
      isTuple = true
    }
    if !isTuple {
      if list.count > 0 { return list.first }
      if !inParentheses { throw failure("an expression") }
    }
    return add(.tuple, list.first, at: place)
  }

  private func isTupleEnd(_ endsAtRecursive: Bool) -> Bool {
    switch token.kind {
    case .variableEnd, .blockEnd: true
    case .symbol: token.symbol == .closeParenthesis
    case .name: endsAtRecursive && isName("recursive")
    default: false
    }
  }

  mutating func expression() throws(TemplateError) -> Int32 {
    try enter()
    let place = token.range.lowerBound
    var value = try alternatives()
    while try skip(name: "if") {
      let condition = try alternatives()
      let other = try skip(name: "else") ? try expression() : 0
      value = add(.conditional, condition, value, other, at: place)
    }
    depth -= 1
    return value
  }

  /// `or`, which binds least after the conditional.
  mutating func alternatives() throws(TemplateError) -> Int32 {
    let place = token.range.lowerBound
    var left = try conjunction()
    while try skip(name: "or") { left = add(.or, left, try conjunction(), at: place) }
    return left
  }

  private mutating func conjunction() throws(TemplateError) -> Int32 {
    let place = token.range.lowerBound
    var left = try negation()
    while try skip(name: "and") { left = add(.and, left, try negation(), at: place) }
    return left
  }

  private mutating func negation() throws(TemplateError) -> Int32 {
    let place = token.range.lowerBound
    if !isName("not") { return try comparison() }
    try advance()
    try enter()
    let operand = try negation()
    depth -= 1
    return add(.not, operand, at: place)
  }

  private mutating func comparison() throws(TemplateError) -> Int32 {
    let place = token.range.lowerBound
    let first = try arithmetic(.sum)
    var list = NodeList()
    while let operation = try comparisonOperator() {
      let at = token.range.lowerBound
      list.append(add(.operand, try arithmetic(.sum), operation: operation, at: at), store)
    }
    return list.count == 0 ? first : add(.comparison, first, list.first, at: place)
  }

  private mutating func comparisonOperator() throws(TemplateError) -> UInt8? {
    if token.kind == .symbol {
      switch token.symbol {
      case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
        let symbol = token.symbol
        try advance()
        return symbol.rawValue
      default: return nil
      }
    }
    if try skip(name: "in") { return Node.isIn }
    if isName("not") {
      let next = try following()
      if next.kind == .name && source.isWord(next.range, "in") {
        try advance()
        try advance()
        return Node.isNotIn
      }
    }
    return nil
  }

  /// How strongly operators bind, from the weakest.
  private enum Binding: Int {
    case sum, concatenation, product, power, unary
  }

  private mutating func arithmetic(_ binding: Binding) throws(TemplateError) -> Int32 {
    if binding == .unary { return try unary(hasFilters: true) }
    let place = token.range.lowerBound
    let tighter = Binding(rawValue: binding.rawValue + 1)!
    var left = try arithmetic(tighter)
    if binding == .concatenation {
      if !isSymbol(.tilde) { return left }
      var list = NodeList()
      list.append(left, store)
      while try skip(.tilde) { list.append(try arithmetic(tighter), store) }
      return add(.concatenation, list.first, at: place)
    }
    while token.kind == .symbol && Self.binds(token.symbol, binding) {
      let symbol = token.symbol
      try advance()
      let right = try arithmetic(tighter)
      left = add(.binary, left, right, operation: symbol.rawValue, at: place)
    }
    return left
  }

  private static func binds(_ symbol: Token.Symbol, _ binding: Binding) -> Bool {
    switch symbol {
    case .add, .subtract: binding == .sum
    case .multiply, .divide, .floorDivide, .remainder: binding == .product
    case .power: binding == .power
    default: false
    }
  }

  private mutating func unary(hasFilters: Bool) throws(TemplateError) -> Int32 {
    try enter()
    let place = token.range.lowerBound
    var node: Int32
    if try skip(.subtract) {
      node = add(.negate, try unary(hasFilters: false), at: place)
    } else if try skip(.add) {
      node = add(.plus, try unary(hasFilters: false), at: place)
    } else {
      node = try primary()
    }
    node = try postfix(node)
    if hasFilters { node = try filtersAndTests(node) }
    depth -= 1
    return node
  }

  private mutating func primary() throws(TemplateError) -> Int32 {
    let place = token.range.lowerBound
    let range = token.range
    switch token.kind {
    case .name:
      try advance()
      return constant(range) ?? nameNode(range)
    case .string: return try text()
    case .integer:
      try advance()
      let bits = try integer(range)
      return add(
        .integer, Int32(truncatingIfNeeded: bits), Int32(truncatingIfNeeded: bits >> 32), at: place)
    case .float:
      try advance()
      let bits = Int(bitPattern: UInt(number(range).bitPattern))
      return add(
        .float, Int32(truncatingIfNeeded: bits), Int32(truncatingIfNeeded: bits >> 32), at: place)
    case .symbol:
      switch token.symbol {
      case .openParenthesis:
        try advance()
        let node = try tuple(inParentheses: true)
        try expect(.closeParenthesis, "')'")
        return node
      case .openBracket: return try list(place)
      case .openBrace: return try dictionary(place)
      default: break
      }
    default: break
    }
    throw failure("an expression")
  }

  private mutating func constant(_ name: Range<Int>) -> Int32? {
    let value: UInt8
    if source.isWord(name, "true") || source.isWord(name, "True") {
      value = Node.trueValue
    } else if source.isWord(name, "false") || source.isWord(name, "False") {
      value = Node.falseValue
    } else if source.isWord(name, "none") || source.isWord(name, "None") {
      value = Node.noneValue
    } else {
      return nil
    }
    return add(.constant, operation: value, at: name.lowerBound)
  }

  private mutating func list(_ place: Int) throws(TemplateError) -> Int32 {
    try advance()
    var list = NodeList()
    while !isSymbol(.closeBracket) {
      if list.count > 0 {
        try expect(.comma, "',' or ']'")
        if isSymbol(.closeBracket) { break }
      }
      list.append(try expression(), store)
    }
    try advance()
    return add(.list, list.first, at: place)
  }

  private mutating func dictionary(_ place: Int) throws(TemplateError) -> Int32 {
    try advance()
    var list = NodeList()
    while !isSymbol(.closeBrace) {
      if list.count > 0 {
        try expect(.comma, "',' or '}'")
        if isSymbol(.closeBrace) { break }
      }
      let key = try expression()
      try expect(.colon, "':'")
      list.append(add(.pair, key, try expression(), at: place), store)
    }
    try advance()
    return add(.dictionary, list.first, at: place)
  }
}

// What follows an operand.
extension Parser {
  private mutating func postfix(_ operand: Int32) throws(TemplateError) -> Int32 {
    var node = operand
    while token.kind == .symbol {
      let place = token.range.lowerBound
      switch token.symbol {
      case .dot:
        try advance()
        let range = token.range
        if token.kind == .integer {
          try advance()
          let bits = try integer(range)
          let index = add(.integer, Int32(truncatingIfNeeded: bits), at: place)
          node = add(.item, node, index, at: place)
        } else {
          node = attribute(node, try expectName())
        }
      case .openBracket:
        try advance()
        node = add(.item, node, try subscripted(), at: place)
        try expect(.closeBracket, "']'")
      case .openParenthesis: node = add(.call, node, try arguments(), at: place)
      default: return node
      }
    }
    return node
  }

  private mutating func attribute(_ object: Int32, _ name: Range<Int>) -> Int32 {
    let method = Method.named(source, name)
    return add(
      .attribute, object, Int32(origin + name.lowerBound), Int32(name.count),
      operation: method.rawValue, at: name.lowerBound)
  }

  private mutating func subscripted() throws(TemplateError) -> Int32 {
    let place = token.range.lowerBound
    var list = NodeList()
    while !isSymbol(.closeBracket) {
      if list.count > 0 { try expect(.comma, "','") }
      list.append(try subscriptItem(), store)
    }
    return list.count == 1 ? list.first : add(.tuple, list.first, at: place)
  }

  private mutating func subscriptItem() throws(TemplateError) -> Int32 {
    let place = token.range.lowerBound
    let start = isSymbol(.colon) ? 0 : try expression()
    if try !skip(.colon) { return start }
    let stop = try sliceBound()
    let step = try skip(.colon) ? try sliceBound() : 0
    return add(.slice, start, stop, step, at: place)
  }

  private mutating func sliceBound() throws(TemplateError) -> Int32 {
    isSymbol(.colon) || isSymbol(.closeBracket) || isSymbol(.comma) ? 0 : try expression()
  }

  private mutating func arguments() throws(TemplateError) -> Int32 {
    try expect(.openParenthesis, "'('")
    var list = NodeList()
    while !isSymbol(.closeParenthesis) {
      if list.count > 0 {
        try expect(.comma, "',' or ')'")
        if isSymbol(.closeParenthesis) { break }
      }
      list.append(try argument(), store)
    }
    try advance()
    return list.first
  }

  private mutating func argument() throws(TemplateError) -> Int32 {
    let place = token.range.lowerBound
    if try skip(.multiply) { return add(.spread, try expression(), operation: 1, at: place) }
    if try skip(.power) { return add(.spread, try expression(), operation: 2, at: place) }
    if token.kind == .name {
      let next = try following()
      if next.kind == .symbol && next.symbol == .assign {
        let name = token.range
        try advance()
        try advance()
        return add(
          .keyword, try expression(), Int32(origin + name.lowerBound), Int32(name.count),
          at: place)
      }
    }
    return try expression()
  }

  private mutating func filtersAndTests(_ operand: Int32) throws(TemplateError) -> Int32 {
    var node = operand
    while true {
      if isSymbol(.pipe) {
        node = try filter(of: node, isInline: false)
      } else if isName("is") {
        node = try test(of: node)
      } else if isSymbol(.openParenthesis) {
        let place = token.range.lowerBound
        node = add(.call, node, try arguments(), at: place)
      } else {
        return node
      }
    }
  }

  /// A chain of filters.
  /// - Parameter isInline: whether the first one stands without a bar.
  mutating func filter(of operand: Int32, isInline: Bool) throws(TemplateError) -> Int32 {
    var node = operand
    var standsAlone = isInline
    while standsAlone || isSymbol(.pipe) {
      if !standsAlone { try advance() }
      standsAlone = false
      let name = try dottedName()
      let given = isSymbol(.openParenthesis) ? try arguments() : 0
      node = add(
        .filter, node, given, operation: Filter.named(source, name).rawValue, at: name.lowerBound)
    }
    return node
  }

  private mutating func dottedName() throws(TemplateError) -> Range<Int> {
    var name = try expectName()
    while try skip(.dot) { name = name.lowerBound..<(try expectName()).upperBound }
    return name
  }

  private mutating func test(of operand: Int32) throws(TemplateError) -> Int32 {
    try advance()
    let isNegated = try skip(name: "not")
    let name = try dottedName()
    var given: Int32 = 0
    if isSymbol(.openParenthesis) {
      given = try arguments()
    } else if beginsTestArgument() {
      if isName("is") { throw failure("one test") }
      given = try postfix(try primary())
    }
    let node = add(
      .test, operand, given, operation: Test.named(source, name).rawValue, at: name.lowerBound)
    return isNegated ? add(.not, node, at: name.lowerBound) : node
  }

  private func beginsTestArgument() -> Bool {
    switch token.kind {
    case .name: !isName("else") && !isName("or") && !isName("and")
    case .string, .integer, .float: true
    case .symbol: token.symbol == .openBracket || token.symbol == .openBrace
    default: false
    }
  }
}
