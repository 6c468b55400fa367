import Text

// Functions that every template may call.
extension Interpreter {
  mutating func call(_ function: Function, _ given: Arguments) throws(TemplateError) -> Value {
    switch function {
    case .range: return try range(given)
    case .namespace, .dict: return try mapping(function, given)
    case .raiseException:
      message = try string(argument(given, 0, "message") ?? .none)
      throw failure(.refused)
    case .strftimeNow:
      guard let format = argument(given, 0, "format"), format.isText else {
        throw failure(.type, "a time's format")
      }
      return try time(format)
    case .cycler:
      if given.count == 0 { throw failure(.type, "items to cycle through") }
      let cells = try takeCells(given.count + 1)
      setElement(cells, 0, Value(0))
      for index in 0..<given.count {
        setElement(cells, index + 1, cell(given.start + index * Heap.cellByteCount))
      }
      return Value(.cycler, bits: UInt64(cells), count: given.count)
    case .joiner:
      let cells = try takeCells(2)
      setElement(cells, 0, Value(false))
      if let separator = argument(given, 0, "sep") {
        setElement(cells, 1, separator)
      } else {
        let start = beginText()
        write(", ")
        setElement(cells, 1, try endText(start))
      }
      return Value(.joiner, bits: UInt64(cells), count: 2)
    case .lipsum, .none: throw failure(.unsupported, "the function lipsum")
    }
  }

  private mutating func range(_ given: Arguments) throws(TemplateError) -> Value {
    guard let first = try countArgument(given, 0, "start") else {
      throw failure(.type, "a range's end")
    }
    let second = try countArgument(given, 1, "stop")
    let step = try countArgument(given, 2, "step") ?? 1
    let (start, stop) = second.map { (first, $0) } ?? (0, first)
    if step == 0 { throw failure(.type, "a step that is not 0") }
    let (distance, isOver) =
      step > 0
      ? stop.subtractingReportingOverflow(start) : start.subtractingReportingOverflow(stop)
    if isOver { throw failure(.heapFull) }
    let stride = Int(clamping: step.magnitude)
    let count = distance <= 0 ? 0 : (distance - 1) / stride + 1
    let cells = try takeCells(count)
    for index in 0..<count { setElement(cells, index, Value(start + index * step)) }
    // Where the end of a range with such a step lies cannot be seen from its numbers.
    let isOpen = count == 0 ? start != 0 || stop != 0 : step.magnitude != 1
    return Value(.range, bits: UInt64(cells), count: count, tag: isOpen ? 1 : 0)
  }

  /// A namespace or a dictionary of the keyword arguments, and of the pairs of a mapping.
  private mutating func mapping(
    _ function: Function, _ given: Arguments
  ) throws(TemplateError) -> Value {
    var result = Value.undefined
    var initial: Value?
    if given.count > 0 {
      let first = cell(given.start)
      initial = first.kind == .dictionary ? first : try dictionary(ofPairs: first)
    }
    let count = (initial?.length ?? 0) + given.keywordCount
    result = .sequence(.dictionary, at: try takeCells(2 * count), count: 0)
    if let initial {
      for index in 0..<initial.length {
        try put(element(initial, 2 * index), element(initial, 2 * index + 1), in: &result)
      }
    }
    for place in 0..<given.keywordCount {
      let cells = given.keywords + 2 * place * Heap.cellByteCount
      try put(cell(cells), cell(cells + Heap.cellByteCount), in: &result)
    }
    return function == .dict ? result : try namespace(result)
  }

  private mutating func dictionary(ofPairs value: Value) throws(TemplateError) -> Value {
    let pairs = try sequence(value)
    var result = Value.sequence(.dictionary, at: try takeCells(2 * pairs.length), count: 0)
    for index in 0..<pairs.length {
      let pair = try sequence(element(pairs, index))
      if pair.length != 2 { throw failure(.type, "pairs of keys and values") }
      try put(element(pair, 0), element(pair, 1), in: &result)
    }
    return result
  }

  private mutating func namespace(_ attributes: Value) throws(TemplateError) -> Value {
    let cells = try takeCells(1)
    setElement(cells, 0, Value(0))
    let result = Value(.namespace, bits: UInt64(cells), count: 1)
    for index in 0..<attributes.length {
      let name = element(attributes, 2 * index)
      if !name.isText || name.flags.contains(.parted) {
        throw failure(.type, "an attribute's name")
      }
      try setAttribute(of: result, name, element(attributes, 2 * index + 1))
    }
    return result
  }
}
