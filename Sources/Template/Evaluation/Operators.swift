import Text

// Truth, equality and order, as Python has them.
extension Interpreter {
  func truth(_ value: Value) -> Bool {
    switch value.kind {
    case .undefined, .none: return false
    case .boolean, .integer: return value.isTrue
    case .float: return value.double != 0
    case .text:
      for index in 0..<partCount(value) {
        let part = part(value, index)
        if part.length > 0 || part.flags.contains(.streamed) { return true }
      }
      return false
    case .list, .tuple, .view, .range, .dictionary: return value.length > 0
    default: return true
    }
  }

  mutating func isEqual(_ left: Value, _ right: Value) throws(TemplateError) -> Bool {
    if left.isNumber && right.isNumber {
      if left.isInteger && right.isInteger { return left.integer == right.integer }
      return left.number == right.number
    }
    if left.kind != right.kind { return false }
    switch left.kind {
    case .undefined, .none: return true
    case .text: return try isEqual(text: left, right)
    case .list, .tuple, .range, .view, .generator:
      if left.length != right.length { return false }
      try enter()
      for index in 0..<left.length {
        if try !isEqual(element(left, index), element(right, index)) {
          depth -= 1
          return false
        }
      }
      depth -= 1
      return true
    case .dictionary:
      if left.length != right.length { return false }
      try enter()
      for index in 0..<left.length {
        guard let other = try lookup(key: element(left, 2 * index), right),
          try isEqual(element(left, 2 * index + 1), other)
        else {
          depth -= 1
          return false
        }
      }
      depth -= 1
      return true
    default: return left.bits == right.bits && left.tag == right.tag
    }
  }

  /// Negative, zero or positive.
  mutating func order(_ left: Value, _ right: Value) throws(TemplateError) -> Int {
    if left.isNumber && right.isNumber {
      if left.isInteger && right.isInteger {
        return left.integer < right.integer ? -1 : left.integer > right.integer ? 1 : 0
      }
      return left.number < right.number ? -1 : left.number > right.number ? 1 : 0
    }
    if left.isText && right.isText { return try order(text: left, right) }
    if left.kind == right.kind && left.isIndexed {
      try enter()
      for index in 0..<min(left.length, right.length) {
        let order = try order(element(left, index), element(right, index))
        if order != 0 {
          depth -= 1
          return order
        }
      }
      depth -= 1
      return left.length - right.length
    }
    if left.kind == .undefined || right.kind == .undefined {
      throw undefinedFailure(left.kind == .undefined ? left : right)
    }
    throw failure(.type, "two values that have an order")
  }

  mutating func contains(_ container: Value, _ value: Value) throws(TemplateError) -> Bool {
    switch container.kind {
    case .text:
      if !value.isText { throw failure(.type, "a text to look for in a text") }
      return try find(value, in: container) != nil
    case .dictionary: return try lookup(key: value, container) != nil
    case .list, .tuple, .generator, .view, .range:
      for index in 0..<container.length where try isEqual(element(container, index), value) {
        return true
      }
      return false
    case .undefined: return false
    default: throw failure(.type, "a text, list or mapping to look in")
    }
  }

  /// The elements of a value that can be walked over.
  mutating func sequence(_ value: Value) throws(TemplateError) -> Value {
    if value.isSequence { return value }
    switch value.kind {
    case .undefined: return .sequence(.list, at: layout.heap.lowerBound, count: 0)
    case .dictionary:
      let cells = try takeCells(value.length)
      for index in 0..<value.length { setElement(cells, index, element(value, 2 * index)) }
      return .sequence(.list, at: cells, count: value.length)
    case .text: return try characters(of: value)
    default: throw failure(.type, "a value that can be walked over")
    }
  }
}

// Arithmetic.
extension Interpreter {
  mutating func negated(_ value: Value) throws(TemplateError) -> Value {
    if value.isInteger { return try whole(0.subtractingReportingOverflow(value.integer)) }
    if value.kind != .float { throw failure(.type, "a number") }
    return Value(-value.double)
  }

  private func whole(_ result: (partialValue: Int, overflow: Bool)) throws(TemplateError) -> Value {
    if result.overflow { throw failure(.type, "a whole number of at most 63 bits") }
    return Value(result.partialValue)
  }

  mutating func binary(
    _ operation: Token.Symbol, _ left: Value, _ right: Value
  ) throws(TemplateError) -> Value {
    if operation == .add && left.isText && right.isText { return try joined(left, right) }
    if left.isNumber && right.isNumber {
      if left.isInteger && right.isInteger && operation != .divide {
        return try integers(operation, left.integer, right.integer)
      }
      return try floats(operation, left.number, right.number)
    }
    if left.kind == .undefined || right.kind == .undefined {
      throw undefinedFailure(left.kind == .undefined ? left : right)
    }
    switch operation {
    case .add where left.kind == right.kind && (left.kind == .list || left.kind == .tuple):
      let cells = try takeCells(left.length + right.length)
      for index in 0..<left.length { setElement(cells, index, element(left, index)) }
      for index in 0..<right.length {
        setElement(cells, left.length + index, element(right, index))
      }
      return .sequence(left.kind, at: cells, count: left.length + right.length)
    case .multiply where right.isInteger: return try repeated(left, right.integer)
    case .multiply where left.isInteger: return try repeated(right, left.integer)
    case .remainder where left.isText: return try formatted(left, right)
    default: throw failure(.type, "values that the operator takes")
    }
  }

  mutating func repeated(_ value: Value, _ times: Int) throws(TemplateError) -> Value {
    let times = max(times, 0)
    if value.isText {
      let bytes = try flat(value)
      let (total, isOver) = bytes.count.multipliedReportingOverflow(by: times)
      if isOver || total > heap.freeByteCount { throw failure(.heapFull) }
      let offset = try takeBytes(total)
      for index in 0..<times where !bytes.isEmpty {
        memory.copy(from: bytes.lowerBound, to: offset + index * bytes.count, count: bytes.count)
      }
      return .text(at: offset, count: total, flags: try foreignFlag(of: value))
    }
    if value.kind != .list && value.kind != .tuple { throw failure(.type, "a text or a list") }
    let (total, isOver) = value.length.multipliedReportingOverflow(by: times)
    if isOver || total > heap.freeByteCount { throw failure(.heapFull) }
    let cells = try takeCells(total)
    for index in 0..<total { setElement(cells, index, element(value, index % value.length)) }
    return .sequence(value.kind, at: cells, count: total)
  }

  private mutating func integers(
    _ operation: Token.Symbol, _ left: Int, _ right: Int
  ) throws(TemplateError) -> Value {
    switch operation {
    case .add: return try whole(left.addingReportingOverflow(right))
    case .subtract: return try whole(left.subtractingReportingOverflow(right))
    case .multiply: return try whole(left.multipliedReportingOverflow(by: right))
    case .floorDivide, .remainder:
      if right == 0 { throw failure(.type, "a divisor that is not 0") }
      let quotient = left.dividedReportingOverflow(by: right)
      if quotient.overflow { return try whole(quotient) }
      let remainder = left % right
      let isBelow = remainder != 0 && (remainder < 0) != (right < 0)
      if operation == .remainder { return Value(isBelow ? remainder + right : remainder) }
      return Value(isBelow ? quotient.partialValue - 1 : quotient.partialValue)
    case .power:
      if right < 0 { return try floats(.power, Double(left), Double(right)) }
      var result = 1
      if left == 0 || left == 1 { return Value(right == 0 ? 1 : left) }
      if left == -1 { return Value(right % 2 == 0 ? 1 : -1) }
      for _ in 0..<min(right, 64) {
        let product = result.multipliedReportingOverflow(by: left)
        if product.overflow { return try whole(product) }
        result = product.partialValue
      }
      return Value(result)
    default: throw failure(.type, "values that the operator takes")
    }
  }

  private mutating func floats(
    _ operation: Token.Symbol, _ left: Double, _ right: Double
  ) throws(TemplateError) -> Value {
    switch operation {
    case .add: return Value(left + right)
    case .subtract: return Value(left - right)
    case .multiply: return Value(left * right)
    case .divide, .floorDivide, .remainder:
      if right == 0 { throw failure(.type, "a divisor that is not 0") }
      if operation == .divide { return Value(left / right) }
      // Exact as long as the quotient has at most 53 bits; no function of the C library is needed.
      var remainder = left - right * (left / right).rounded(.towardZero)
      if remainder != 0 && (remainder < 0) != (right < 0) { remainder += right }
      if operation == .remainder { return Value(remainder) }
      return Value(((left - remainder) / right).rounded(.toNearestOrEven))
    case .power: return Value(try power(left, right))
    default: throw failure(.type, "values that the operator takes")
    }
  }

  private func power(_ base: Double, _ exponent: Double) throws(TemplateError) -> Double {
    if exponent.magnitude == 0.5 && base >= 0 && base.isFinite {
      let root = squareRoot(base)
      return exponent > 0 ? root : 1 / root
    }
    if exponent != exponent.rounded(.down) || exponent.magnitude > 4096 {
      throw failure(.unsupported, "powers of fractions")
    }
    var result = 1.0
    for _ in 0..<Int(exponent.magnitude) { result *= base }
    return exponent < 0 ? 1 / result : result
  }

  /// The Double that is nearest to the square root of a number that is finite and not negative: Newton's
  /// method, without a function of the C library.
  private func squareRoot(_ value: Double) -> Double {
    if value == 0 { return value }
    // Half the exponent is a first guess.
    var root = Double(sign: .plus, exponent: value.exponent / 2, significand: 1)
    for _ in 0..<8 { root = (root + value / root) / 2 }
    for candidate in 0..<2 {
      let other = candidate == 0 ? root.nextDown : root.nextUp
      if value.addingProduct(-other, other).magnitude < value.addingProduct(-root, root).magnitude {
        root = other
      }
    }
    return root
  }
}
