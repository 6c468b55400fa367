import Text

// Tests: what stands behind `is`.
extension Interpreter {
  mutating func test(_ expression: Node) throws(TemplateError) -> Bool {
    let input = try evaluate(expression.first)
    let given = expression.second == 0 ? Arguments() : try arguments(expression.second)
    place = expression.place
    let test = Test(rawValue: expression.operation)!
    if test == .unknown { throw unsupported("the test", nameInSource(at: expression.place)) }
    return try apply(test, input, given)
  }

  mutating func apply(
    _ test: Test, _ input: Value, _ given: Arguments
  ) throws(TemplateError) -> Bool {
    switch test {
    case .defined: return input.kind != .undefined
    case .undefined: return input.kind == .undefined
    case .none: return input.kind == .none
    case .string: return input.kind == .text
    case .mapping: return input.kind == .dictionary
    case .boolean: return input.kind == .boolean
    case .true: return input.kind == .boolean && input.isTrue
    case .false: return input.kind == .boolean && !input.isTrue
    case .integer: return input.kind == .integer
    case .float: return input.kind == .float
    case .number: return input.isNumber
    case .iterable:
      return input.isSequence || input.kind == .text || input.kind == .dictionary
        || input.kind == .undefined || input.kind == .loop
    case .sequence:
      return input.isIndexed || input.kind == .text || input.kind == .dictionary
        || input.kind == .undefined
    case .callable:
      return input.kind == .macro || input.kind == .function || input.kind == .method
        || input.kind == .joiner || input.kind == .undefined
    case .escaped: return input.kind == .text && input.flags.contains(.markup)
    case .odd, .even, .divisibleby: return try divides(test, input, given)
    case .upper, .lower:
      return try callText(test == .upper ? .isupper : .islower, try string(input), given).isTrue
    case .filter, .test: return try isKnown(test, input)
    case .unknown: preconditionFailure("a test that does not exist has been refused")
    default: return try compare(test, input, given)
    }
  }

  private mutating func divides(
    _ test: Test, _ input: Value, _ given: Arguments
  ) throws(TemplateError) -> Bool {
    if input.kind == .undefined { throw undefinedFailure(input) }
    var divisor = Value(2)
    if test == .divisibleby {
      guard let given = argument(given, 0, "num") else { throw failure(.type, "a divisor") }
      divisor = given
    }
    let rest = try binary(.remainder, input, divisor)
    return test == .odd ? try isEqual(rest, Value(1)) : try isEqual(rest, Value(0))
  }

  private mutating func compare(
    _ test: Test, _ input: Value, _ given: Arguments
  ) throws(TemplateError) -> Bool {
    guard let other = argument(given, 0, "other") else {
      throw failure(.type, "a value to compare with")
    }
    switch test {
    case .eq, .equalto: return try isEqual(input, other)
    case .ne: return try !isEqual(input, other)
    case .lt, .lessthan: return try order(input, other) < 0
    case .le: return try order(input, other) <= 0
    case .gt, .greaterthan: return try order(input, other) > 0
    case .ge: return try order(input, other) >= 0
    case .in: return try contains(other, input)
    default:
      if input.kind != other.kind { return false }
      return try isEqual(input, other)
    }
  }

  private mutating func isKnown(_ test: Test, _ input: Value) throws(TemplateError) -> Bool {
    let name = try flat(try string(input))
    return test == .filter
      ? Filter.named(memory, name) != .unknown : Test.named(memory, name) != .unknown
  }
}
