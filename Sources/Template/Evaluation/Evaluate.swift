import Text

// Expressions.
extension Interpreter {
  mutating func evaluate(_ index: Int32) throws(TemplateError) -> Value {
    try enter()
    try charge(0)
    let expression = node(index)
    place = expression.place
    let value = try evaluate(expression)
    depth -= 1
    return value
  }

  private mutating func evaluate(_ expression: Node) throws(TemplateError) -> Value {
    switch expression.kind {
    case .name: return try variable(expression)
    case .attribute: return try attribute(expression)
    case .text: return .text(at: Int(expression.first), count: Int(expression.second))
    case .constant: return constant(expression)
    case .integer: return Value(.integer, bits: bits(expression))
    case .float: return Value(.float, bits: bits(expression))
    case .item: return try item(expression)
    case .call: return try call(expression)
    case .filter: return try filter(expression)
    case .test: return Value(try test(expression))
    case .not: return Value(!truth(try evaluate(expression.first)))
    case .and, .or:
      let left = try evaluate(expression.first)
      let isTrue = truth(left)
      return isTrue == (expression.kind == .or) ? left : try evaluate(expression.second)
    case .comparison: return try comparison(expression)
    case .conditional:
      if truth(try evaluate(expression.first)) { return try evaluate(expression.second) }
      return expression.third == 0 ? .undefined : try evaluate(expression.third)
    case .binary:
      let left = try evaluate(expression.first)
      let right = try evaluate(expression.second)
      return try binary(Token.Symbol(rawValue: expression.operation)!, left, right)
    case .concatenation: return try concatenation(expression.first)
    default: return try evaluateRare(expression)
    }
  }

  @inline(never)
  private mutating func evaluateRare(_ expression: Node) throws(TemplateError) -> Value {
    switch expression.kind {
    case .captured: return captured
    case .negate: return try negated(try evaluate(expression.first))
    case .plus:
      let value = try evaluate(expression.first)
      if !value.isNumber { throw failure(.type, "a number") }
      return value.isInteger ? Value(value.integer) : value
    case .list: return try collection(.list, expression.first)
    case .tuple: return try collection(.tuple, expression.first)
    case .dictionary: return try dictionary(expression.first)
    // Beside other indices, which no value has.
    case .slice: throw failure(.type, "one slice")
    default: preconditionFailure("a statement in place of an expression")
    }
  }

  private func bits(_ expression: Node) -> UInt64 {
    UInt64(UInt32(bitPattern: expression.first))
      | UInt64(UInt32(bitPattern: expression.second)) << 32
  }

  private func constant(_ expression: Node) -> Value {
    switch expression.operation {
    case Node.trueValue: Value(true)
    case Node.falseValue: Value(false)
    default: .none
    }
  }

  private mutating func variable(_ name: Node) throws(TemplateError) -> Value {
    let (place, count) = (Int(name.first), Int(name.second))
    if let value = scopes.value(UInt32(bitPattern: name.third), place, count) { return value }
    let function = Function.named(memory, place..<place + count)
    if function != .none { return Value(.function, tag: UInt16(function.rawValue)) }
    if isText(.text(at: place, count: count), "self") {
      throw unsupported("the name", place..<place + count)
    }
    // The name is kept for messages.
    return Value(.undefined, bits: UInt64(place), count: count)
  }

  func nodeCount(_ first: Int32) -> Int {
    var (index, count) = (first, 0)
    while index != 0 {
      count += 1
      index = node(index).next
    }
    return count
  }

  private mutating func collection(
    _ kind: Value.Kind, _ first: Int32
  ) throws(TemplateError) -> Value {
    let count = nodeCount(first)
    let cells = try takeCells(count)
    var index = first
    for place in 0..<count {
      setElement(cells, place, try evaluate(index))
      index = node(index).next
    }
    return .sequence(kind, at: cells, count: count)
  }

  private mutating func dictionary(_ first: Int32) throws(TemplateError) -> Value {
    let cells = try takeCells(2 * nodeCount(first))
    var result = Value.sequence(.dictionary, at: cells, count: 0)
    var index = first
    while index != 0 {
      let pair = node(index)
      let key = try evaluate(pair.first)
      try put(key, try evaluate(pair.second), in: &result)
      index = pair.next
    }
    return result
  }

  /// Sets a key of a dictionary that has room for one more.
  mutating func put(_ key: Value, _ value: Value, in dictionary: inout Value) throws(TemplateError)
  {
    if key.kind == .list || key.kind == .dictionary {
      throw failure(.type, "a key that can be hashed")
    }
    for index in 0..<dictionary.length where try isEqual(element(dictionary, 2 * index), key) {
      setElement(dictionary.offset, 2 * index + 1, value)
      return
    }
    setElement(dictionary.offset, 2 * dictionary.length, key)
    setElement(dictionary.offset, 2 * dictionary.length + 1, value)
    dictionary.count += 1
  }

  private mutating func concatenation(_ first: Int32) throws(TemplateError) -> Value {
    // Without autoescape the operator escapes nothing.
    var result = try string(try evaluate(first))
    result.flags.remove(.markup)
    var index = node(first).next
    while index != 0 {
      var next = try string(try evaluate(index))
      next.flags.remove(.markup)
      result = try joined(result, next)
      index = node(index).next
    }
    return result
  }

  private mutating func comparison(_ expression: Node) throws(TemplateError) -> Value {
    var left = try evaluate(expression.first)
    var index = expression.second
    while index != 0 {
      let operand = node(index)
      let right = try evaluate(operand.first)
      if try !compares(operand.operation, left, right) { return Value(false) }
      left = right
      index = operand.next
    }
    return Value(true)
  }

  private mutating func compares(
    _ operation: UInt8, _ left: Value, _ right: Value
  ) throws(TemplateError) -> Bool {
    if operation == Node.isIn { return try contains(right, left) }
    if operation == Node.isNotIn { return try !contains(right, left) }
    switch Token.Symbol(rawValue: operation)! {
    case .equal: return try isEqual(left, right)
    case .notEqual: return try !isEqual(left, right)
    case .less: return try order(left, right) < 0
    case .lessOrEqual: return try order(left, right) <= 0
    case .greater: return try order(left, right) > 0
    default: return try order(left, right) >= 0
    }
  }
}

// Attributes and items.
extension Interpreter {
  private mutating func attribute(_ expression: Node) throws(TemplateError) -> Value {
    let object = try evaluate(expression.first)
    let name = Value.text(at: Int(expression.second), count: Int(expression.third))
    return try attribute(object, name, Method(rawValue: expression.operation)!)
  }

  /// What Python's `getattr` gives, else the item of that name, else undefined.
  mutating func attribute(
    _ object: Value, _ name: Value, _ method: Method
  ) throws(TemplateError) -> Value {
    switch object.kind {
    case .undefined: throw undefinedFailure(object.length > 0 ? object : name)
    case .dictionary:
      if method.isOfMapping { return boundMethod(method, object) }
      if method.changesMapping { return missing(name) }
      if let value = lookup(object, name) { return value }
    case .text: if method.isOfText { return boundMethod(method, object) }
    case .tuple where object.tag == Self.groupTag && isText(name, "grouper"):
      return element(object, 0)
    case .tuple where object.tag == Self.groupTag && isText(name, "list"):
      return element(object, 1)
    case .list, .tuple:
      if method.isOfList(object.kind) { return boundMethod(method, object) }
    case .namespace:
      guard let place = attributePlace(of: object, name) else { return missing(name) }
      return cell(place + Heap.cellByteCount)
    case .loop:
      if method.isOfLoop { return boundMethod(method, object) }
      return try loopAttribute(object, name) ?? missing(name)
    case .cycler:
      if isText(name, "current") { return currentItem(of: object) }
      if method.isOfCycler { return boundMethod(method, object) }
    case .macro: return try macroAttribute(object, name) ?? missing(name)
    default: break
    }
    return try absent(object, name)
  }

  /// What is not an attribute here is none in Python either, or is not supported.
  @inline(never)
  private mutating func absent(_ object: Value, _ name: Value) throws(TemplateError) -> Value {
    let names: StaticString =
      switch object.kind {
      case .text: "encode format_map translate maketrans"
      case .dictionary: "fromkeys"
      case .boolean, .integer, .float:
        """
        real imag numerator denominator bit_length bit_count conjugate to_bytes from_bytes \
        as_integer_ratio is_integer hex fromhex
        """
      case .range: "start stop step count index"
      case .view: "isdisjoint mapping"
      case .generator: "close send throw"
      case .cycler: "items pos"
      case .joiner: "sep used"
      default: ""
      }
    let place = name.offset..<name.offset + name.length
    if NameList(names).number(of: memory, place) > 0 {
      throw unsupported("the attribute", place)
    }
    return missing(name)
  }

  private func missing(_ name: Value) -> Value {
    Value(.undefined, bits: name.bits, count: name.length)
  }

  /// The receiver is named by a cell, or by itself if it is no more than a place and a count.
  private mutating func boundMethod(_ method: Method, _ object: Value) -> Value {
    guard let cells = heap.takeCells(1) else { return .undefined }
    setElement(cells, 0, object)
    return Value(.method, bits: UInt64(cells), count: 1, tag: UInt16(method.rawValue))
  }

  /// The value of a key that is a text of one part; nil if there is none.
  func lookup(_ dictionary: Value, _ name: Value) -> Value? {
    for index in 0..<dictionary.length {
      let key = element(dictionary, 2 * index)
      if key.count == name.count && key.kind == .text && !key.flags.contains(.parted)
        && memory.isEqual(key.offset, name.offset, count: name.length)
      {
        return element(dictionary, 2 * index + 1)
      }
    }
    return nil
  }

  /// The value of any key.
  mutating func lookup(key: Value, _ dictionary: Value) throws(TemplateError) -> Value? {
    if key.kind == .text && !key.flags.contains(.parted) { return lookup(dictionary, key) }
    for index in 0..<dictionary.length where try isEqual(element(dictionary, 2 * index), key) {
      return element(dictionary, 2 * index + 1)
    }
    return nil
  }

  private mutating func item(_ expression: Node) throws(TemplateError) -> Value {
    let object = try evaluate(expression.first)
    let index = node(expression.second)
    if index.kind == .slice { return try slice(object, index) }
    return try item(object, try evaluate(expression.second))
  }

  /// The item of a key or an index, else the attribute of that name, else undefined.
  mutating func item(_ object: Value, _ key: Value) throws(TemplateError) -> Value {
    switch object.kind {
    case .undefined:
      throw undefinedFailure(object.length > 0 || !key.isText ? object : key)
    case .dictionary: if let value = try lookup(key: key, object) { return value }
    case .list, .tuple, .range:
      if key.isInteger {
        let index = key.integer < 0 ? key.integer + object.length : key.integer
        return index >= 0 && index < object.length ? element(object, index) : .undefined
      }
    case .text: if key.isInteger { return try character(object, key.integer) ?? .undefined }
    default: break
    }
    if !key.isText || key.flags.contains(.parted) { return .undefined }
    let method = Method.named(memory, key.offset..<key.offset + key.length)
    if object.kind == .dictionary {
      return method.isOfMapping ? boundMethod(method, object) : missing(key)
    }
    return try attribute(object, key, method)
  }

  private mutating func slice(_ object: Value, _ bounds: Node) throws(TemplateError) -> Value {
    let start = try bound(bounds.first)
    let stop = try bound(bounds.second)
    let step = try bound(bounds.third) ?? 1
    if object.kind == .undefined { throw undefinedFailure(object) }
    if step == 0 { throw failure(.type, "a step of a slice that is not 0") }
    if object.isText { return try slice(text: object, start, stop, step) }
    if !object.isIndexed { throw failure(.type, "a text or list to slice") }
    let range = SliceRange(start, stop, step, count: object.length)
    let kind = object.kind
    if step == 1 {
      return Value(
        kind, bits: UInt64(object.offset + range.first * Heap.cellByteCount), count: range.count,
        tag: kind == .range && range.count == 0 ? 1 : object.tag)
    }
    let cells = try takeCells(range.count)
    for index in 0..<range.count {
      setElement(cells, index, element(object, range.first + index &* step))
    }
    let isOpen = range.count == 0 || step != -1
    return Value(
      kind, bits: UInt64(cells), count: range.count,
      tag: kind == .range && isOpen ? 1 : kind == .range ? object.tag : 0)
  }

  private mutating func bound(_ index: Int32) throws(TemplateError) -> Int? {
    if index == 0 { return nil }
    let value = try evaluate(index)
    if value.kind == .none { return nil }
    if !value.isInteger { throw failure(.type, "a whole number as a slice's bound") }
    return value.integer
  }
}

/// The elements that a slice takes, as Python's `slice.indices` gives them.
struct SliceRange {
  let first: Int
  let count: Int

  init(_ start: Int?, _ stop: Int?, _ step: Int, count: Int) {
    let low = step > 0 ? 0 : -1
    let high = step > 0 ? count : count - 1
    func clamp(_ value: Int) -> Int {
      let place = value < 0 ? max(value, -count - 1) + count : min(value, count)
      return min(max(place, low), high)
    }
    let from = start.map(clamp) ?? (step > 0 ? 0 : count - 1)
    let to = stop.map(clamp) ?? (step > 0 ? count : -1)
    first = from
    let distance = step > 0 ? to - from : from - to
    let stride = Int(clamping: step.magnitude)
    self.count = distance <= 0 ? 0 : (distance - 1) / stride + 1
  }
}
