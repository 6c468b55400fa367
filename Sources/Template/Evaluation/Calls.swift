import Text

/// The evaluated arguments of a call.
struct Arguments {
  /// The cell of the first positional argument.
  var start = 0
  var count = 0
  /// The cell of the first keyword, which its value follows.
  var keywords = 0
  var keywordCount = 0
}

// Calls.
extension Interpreter {
  /// Evaluates arguments.
  /// - Parameter leading: a first argument that the call has without its being written.
  mutating func arguments(
    _ first: Int32, leading: Value? = nil
  ) throws(TemplateError) -> Arguments {
    var result = Arguments()
    var (positional, keyword) = (leading == nil ? 0 : 1, 0)
    var (spread, keywordSpread) = (Value.undefined, Value.undefined)
    var index = first
    while index != 0 {
      let argument = node(index)
      switch (argument.kind, argument.operation) {
      case (.keyword, _): keyword += 1
      case (.spread, 1):
        spread = try sequence(try evaluate(argument.first))
        positional += spread.length
      case (.spread, _):
        keywordSpread = try evaluate(argument.first)
        if keywordSpread.kind != .dictionary { throw failure(.type, "a mapping of arguments") }
        keyword += keywordSpread.length
      default: positional += 1
      }
      index = argument.next
    }
    result.start = try takeCells(positional)
    result.keywords = try takeCells(2 * keyword)
    if let leading {
      setElement(result.start, 0, leading)
      result.count = 1
    }
    try fill(&result, first, spread, keywordSpread)
    return result
  }

  private mutating func fill(
    _ result: inout Arguments, _ first: Int32, _ spread: Value, _ keywordSpread: Value
  ) throws(TemplateError) {
    var index = first
    while index != 0 {
      let argument = node(index)
      switch (argument.kind, argument.operation) {
      case (.keyword, _):
        let name = Value.text(at: Int(argument.second), count: Int(argument.third))
        append(name, try evaluate(argument.first), to: &result)
      case (.spread, 1):
        for place in 0..<spread.length {
          setElement(result.start, result.count, element(spread, place))
          result.count += 1
        }
      case (.spread, _):
        for place in 0..<keywordSpread.length {
          append(
            element(keywordSpread, 2 * place), element(keywordSpread, 2 * place + 1), to: &result)
        }
      default:
        setElement(result.start, result.count, try evaluate(index))
        result.count += 1
      }
      index = argument.next
    }
  }

  private func append(_ name: Value, _ value: Value, to result: inout Arguments) {
    setElement(result.keywords, 2 * result.keywordCount, name)
    setElement(result.keywords, 2 * result.keywordCount + 1, value)
    result.keywordCount += 1
  }

  /// A positional argument, or the keyword argument of that name; nil if there is neither.
  func argument(_ arguments: Arguments, _ index: Int, _ name: StaticString) -> Value? {
    if index < arguments.count { return cell(arguments.start + index * Heap.cellByteCount) }
    for place in 0..<arguments.keywordCount {
      let keyword = cell(arguments.keywords + 2 * place * Heap.cellByteCount)
      if isText(keyword, name) {
        return cell(arguments.keywords + (2 * place + 1) * Heap.cellByteCount)
      }
    }
    return nil
  }

  mutating func call(_ expression: Node) throws(TemplateError) -> Value {
    let callee = node(expression.first)
    if callee.kind == .attribute {
      // A method need not be made a value.
      let object = try evaluate(callee.first)
      let method = Method(rawValue: callee.operation)!
      if object.isText && method.isOfText || object.kind == .dictionary && method.isOfMapping
        || object.kind == .loop && method.isOfLoop || object.kind == .cycler && method.isOfCycler
      {
        let given = try arguments(expression.second)
        place = expression.place
        return try call(method, of: object, given)
      }
      let name = Value.text(at: Int(callee.second), count: Int(callee.third))
      return try call(try attribute(object, name, method), try arguments(expression.second))
    }
    let function = try evaluate(expression.first)
    if function.kind == .undefined { throw undefinedFailure(function) }
    let given = try arguments(expression.second)
    place = expression.place
    return try call(function, given)
  }

  mutating func call(_ callee: Value, _ given: Arguments) throws(TemplateError) -> Value {
    switch callee.kind {
    case .macro: return try callMacro(callee, given, caller: nil)
    case .method:
      return try call(Method(rawValue: UInt8(callee.tag))!, of: cell(callee.offset), given)
    case .function: return try call(Function(rawValue: UInt8(callee.tag))!, given)
    case .loop: return try callLoop(callee, given)
    case .joiner:
      let wasUsed = cell(callee.offset).isTrue
      memory.store(Value(true), at: callee.offset)
      return wasUsed ? cell(callee.offset + Heap.cellByteCount) : emptyText
    case .undefined: throw undefinedFailure(callee)
    default: throw failure(.type, "a function")
    }
  }

  private mutating func call(
    _ method: Method, of object: Value, _ given: Arguments
  ) throws(TemplateError) -> Value {
    switch object.kind {
    case .text: return try callText(method, object, given)
    case .dictionary: return try callMapping(method, object, given)
    case .loop: return try callLoopMethod(method, object, given)
    case .cycler:
      if method == .next { return nextItem(of: object) }
      memory.store(Value(0), at: object.offset)
      return .none
    default: return try callSequence(method, object, given)
    }
  }

  /// A cycler is a cell with the number of the item that comes next, then the items.
  private func nextItem(of cycler: Value) -> Value {
    let next = cell(cycler.offset).integer
    memory.store(Value((next + 1) % cycler.length), at: cycler.offset)
    return cell(cycler.offset + (next + 1) * Heap.cellByteCount)
  }

  func currentItem(of cycler: Value) -> Value {
    cell(cycler.offset + (cell(cycler.offset).integer + 1) * Heap.cellByteCount)
  }

  private mutating func callMapping(
    _ method: Method, _ object: Value, _ given: Arguments
  ) throws(TemplateError) -> Value {
    switch method {
    case .get:
      guard let key = argument(given, 0, "key") else { throw failure(.type, "a key") }
      return try lookup(key: key, object) ?? argument(given, 1, "default") ?? .none
    case .items: return try pairs(of: object)
    case .keys, .values:
      let cells = try takeCells(object.length)
      for index in 0..<object.length {
        setElement(cells, index, element(object, 2 * index + (method == .values ? 1 : 0)))
      }
      return Value(
        .view, bits: UInt64(cells), count: object.length, tag: method == .keys ? 1 : 2)
    default: return object
    }
  }

  /// Pairs of keys and values: the cells of a pair follow one another in the dictionary.
  mutating func pairs(of dictionary: Value) throws(TemplateError) -> Value {
    let cells = try takeCells(dictionary.length)
    for index in 0..<dictionary.length {
      setElement(
        cells, index,
        .sequence(.tuple, at: dictionary.offset + 2 * index * Heap.cellByteCount, count: 2))
    }
    return .sequence(.view, at: cells, count: dictionary.length)
  }

  private mutating func callSequence(
    _ method: Method, _ object: Value, _ given: Arguments
  ) throws(TemplateError) -> Value {
    if method == .copy { return object }
    guard let wanted = argument(given, 0, "value") else { throw failure(.type, "a value") }
    var count = 0
    for index in 0..<object.length where try isEqual(element(object, index), wanted) {
      if method == .index { return Value(index) }
      count += 1
    }
    if method == .index { throw failure(.type, "a value that the list has") }
    return Value(count)
  }
}

// Macros.
extension Interpreter {
  /// A macro's value: the number of its node, and the scope that it was defined in.
  func macro(_ index: Int32) -> Value {
    Value(.macro, bits: UInt64(index), count: scopes.current)
  }

  func macroName(_ macro: Value) -> Value {
    let definition = node(Int32(macro.integer))
    if definition.kind != .macro { return text(.caller) }
    let name = node(definition.first)
    return .text(at: Int(name.first), count: Int(name.second))
  }

  /// What a macro says of itself; nil if it has no such attribute.
  mutating func macroAttribute(_ macro: Value, _ name: Value) throws(TemplateError) -> Value? {
    let definition = node(Int32(macro.integer))
    if isText(name, "name") { return macroName(macro) }
    if isText(name, "catch_varargs") { return Value(definition.takes(Node.takesVarargs)) }
    if isText(name, "catch_kwargs") { return Value(definition.takes(Node.takesKwargs)) }
    if isText(name, "caller") { return Value(definition.takes(Node.takesCaller)) }
    if !isText(name, "arguments") { return nil }
    let count = nodeCount(definition.second)
    let cells = try takeCells(count)
    var parameter = definition.second
    for index in 0..<count {
      let name = node(node(parameter).first)
      setElement(cells, index, .text(at: Int(name.first), count: Int(name.second)))
      parameter = node(parameter).next
    }
    return .sequence(.tuple, at: cells, count: count)
  }

  mutating func callBlock(_ statement: Node, _ index: Int32) throws(TemplateError) {
    let mark = heap.mark
    let expression = node(statement.first)
    if expression.kind != .call { throw failure(.syntax, "a call") }
    let callee = try evaluate(expression.first)
    let given = try arguments(expression.second)
    if callee.kind != .macro { throw failure(.type, "a macro") }
    try emit(try string(try callMacro(callee, given, caller: macro(index))))
    heap.release(to: mark)
  }

  mutating func callMacro(
    _ macro: Value, _ given: Arguments, caller: Value?
  ) throws(TemplateError) -> Value {
    try enter()
    let definition = node(Int32(macro.integer))
    // A block that is called sees the scope that it stands in.
    if macro.length >= scopes.count { throw failure(.type, "a macro whose scope is open") }
    try openScope(parent: macro.length)
    try setParameters(definition, given)
    if let caller {
      if !definition.takes(Node.takesCaller) {
        throw failure(.type, "a macro that calls its caller")
      }
      try set(.caller, caller)
    }
    let capture = output.beginCapture()
    _ = try execute(definition.third)
    scopes.pop()
    let value = try takeCaptured(capture)
    depth -= 1
    return value
  }

  private mutating func setParameters(
    _ definition: Node, _ given: Arguments
  ) throws(TemplateError) {
    var index = definition.second
    var position = 0
    while index != 0 {
      let parameter = node(index)
      let name = node(parameter.first)
      var value = Value(.undefined, bits: UInt64(name.first), count: Int(name.second))
      let keyword = keyword(given, name)
      if position < given.count {
        if keyword != nil { throw failure(.type, "an argument of a macro that is given once") }
        value = cell(given.start + position * Heap.cellByteCount)
      } else if let keyword {
        value = keyword
      } else if parameter.second != 0 {
        value = try evaluate(parameter.second)
      }
      try set(name, value)
      position += 1
      index = parameter.next
    }
    try setFurtherArguments(definition, given, position)
  }

  /// Arguments that no parameter takes are `varargs` and `kwargs`.
  private mutating func setFurtherArguments(
    _ definition: Node, _ given: Arguments, _ parameterCount: Int
  ) throws(TemplateError) {
    let further = max(given.count - parameterCount, 0)
    if further > 0 && !definition.takes(Node.takesVarargs) {
      throw failure(.type, "at most as many arguments as the macro has parameters")
    }
    try set(
      .varargs,
      .sequence(
        .tuple, at: given.start + min(parameterCount, given.count) * Heap.cellByteCount,
        count: further))
    if given.keywordCount > 0 {
      var rest = Value.sequence(.dictionary, at: try takeCells(2 * given.keywordCount), count: 0)
      for place in 0..<given.keywordCount {
        let name = cell(given.keywords + 2 * place * Heap.cellByteCount)
        if isParameter(name, of: definition) { continue }
        if isText(name, "caller") && definition.takes(Node.takesCaller) {
          try set(.caller, cell(given.keywords + (2 * place + 1) * Heap.cellByteCount))
          continue
        }
        if !definition.takes(Node.takesKwargs) {
          throw failure(.type, "arguments whose names the macro's parameters have")
        }
        try put(name, cell(given.keywords + (2 * place + 1) * Heap.cellByteCount), in: &rest)
      }
      try set(.kwargs, rest)
    } else {
      try set(.kwargs, .sequence(.dictionary, at: layout.heap.lowerBound, count: 0))
    }
  }

  private func keyword(_ given: Arguments, _ name: Node) -> Value? {
    for place in 0..<given.keywordCount {
      let keyword = cell(given.keywords + 2 * place * Heap.cellByteCount)
      if keyword.length == Int(name.second)
        && memory.isEqual(keyword.offset, Int(name.first), count: keyword.length)
      {
        return cell(given.keywords + (2 * place + 1) * Heap.cellByteCount)
      }
    }
    return nil
  }

  private func isParameter(_ name: Value, of definition: Node) -> Bool {
    var index = definition.second
    while index != 0 {
      let parameter = node(index)
      let candidate = node(parameter.first)
      if name.length == Int(candidate.second)
        && memory.isEqual(name.offset, Int(candidate.first), count: name.length)
      {
        return true
      }
      index = parameter.next
    }
    return false
  }
}
