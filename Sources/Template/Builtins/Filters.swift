import Text

// Filters.
extension Interpreter {
  mutating func filter(_ expression: Node) throws(TemplateError) -> Value {
    let input = try evaluate(expression.first)
    let given = try arguments(expression.second)
    place = expression.place
    let filter = Filter(rawValue: expression.operation)!
    if filter == .unknown { throw unsupported("the filter", nameInSource(at: expression.place)) }
    return try apply(filter, input, given)
  }

  mutating func apply(
    _ filter: Filter, _ input: Value, _ given: Arguments
  ) throws(TemplateError) -> Value {
    switch filter {
    case .trim: return try stripped(try string(input), argument(given, 0, "chars"))
    case .tojson: return try tojson(input, shifted(given))
    case .length, .count: return try length(of: input)
    case .string: return try string(input)
    case .default, .d:
      let other = argument(given, 0, "default_value") ?? emptyText
      let replacesFalse = argument(given, 1, "boolean").map { truth($0) } ?? false
      let isMissing = input.kind == .undefined || replacesFalse && !truth(input)
      return isMissing ? other : input
    case .join: return try join(input, given)
    case .list: return try list(input)
    case .first, .last: return try end(of: input, isFirst: filter == .first)
    case .items:
      if input.kind == .undefined { return emptyGenerator }
      if input.kind != .dictionary { throw failure(.type, "a mapping") }
      var pairs = try pairs(of: input)
      pairs.kind = .generator
      return pairs
    case .dictsort: return try dictsort(input, given)
    case .map: return try map(input, given)
    case .select, .reject, .selectattr, .rejectattr: return try select(filter, input, given)
    case .safe:
      var text = try string(input)
      text.flags.insert(.markup)
      return text
    default: return try applyToText(filter, input, given)
    }
  }

  /// Arguments of a filter without the input, which Python's function has as its first.
  private func shifted(_ given: Arguments) -> Arguments {
    var result = given
    result.start -= Heap.cellByteCount
    result.count += 1
    return result
  }

  private mutating func applyToText(
    _ filter: Filter, _ input: Value, _ given: Arguments
  ) throws(TemplateError) -> Value {
    switch filter {
    case .upper: return try cased(try string(input), .upper)
    case .lower: return try cased(try string(input), .lower)
    case .capitalize: return try cased(try string(input), .capitalized)
    case .title: return try titled(try string(input))
    case .replace:
      guard let old = argument(given, 0, "old"), let new = argument(given, 1, "new") else {
        throw failure(.type, "two texts")
      }
      return try replaced(
        try string(input), try string(old), try string(new), try countArgument(given, 2, "count"))
    case .indent:
      if input.kind == .undefined { throw undefinedFailure(input) }
      if !input.isText { throw failure(.type, "a text") }
      return try indented(input, given)
    case .escape, .e:
      let text = try string(input)
      return text.flags.contains(.markup) ? text : try escaped(text)
    case .forceescape: return try escaped(try string(input))
    case .format: return try formatted(try string(input), try formatArguments(given))
    case .int: return try integer(input, given)
    case .float: return try float(input, given)
    default: return try applyRare(filter, input, given)
    }
  }

  private mutating func formatArguments(_ given: Arguments) throws(TemplateError) -> Value {
    if given.keywordCount == 0 {
      return .sequence(.tuple, at: given.start, count: given.count)
    }
    return .sequence(.dictionary, at: given.keywords, count: given.keywordCount)
  }

  private mutating func applyRare(
    _ filter: Filter, _ input: Value, _ given: Arguments
  ) throws(TemplateError) -> Value {
    switch filter {
    case .abs:
      if !input.isNumber { throw failure(.type, "a number") }
      if input.kind == .boolean { return Value(input.integer) }
      return input.number < 0 ? try negated(input) : input
    case .attr:
      guard let name = argument(given, 0, "name"), name.isText else {
        throw failure(.type, "a name")
      }
      let bytes = try flat(name)
      let flatName = Value.text(at: bytes.lowerBound, count: bytes.count)
      if input.kind == .dictionary { return .undefined }
      return try attribute(input, flatName, Method.named(memory, bytes))
    case .sort: return try sort(input, given)
    case .unique: return try unique(input, given)
    case .reverse: return try reversed(input)
    case .min, .max: return try extreme(filter, input, given)
    case .sum: return try sum(input, given)
    case .groupby: return try group(input, given)
    case .batch, .slice: return try rows(filter, input, given)
    case .round: return try rounded(input, given)
    case .center:
      return try callText(.center, try string(input), given)
    case .wordcount: return Value(try wordCount(try string(input)))
    case .truncate: return try truncated(try string(input), given)
    case .pprint:
      return try pretty(input)
    case .striptags: return try withoutTags(try string(input))
    case .urlencode: return try urlEncoded(input)
    default: preconditionFailure("a filter that does not exist has been refused")
    }
  }

  /// What Python's `pprint` gives, as far as that is one line.
  private mutating func pretty(_ value: Value) throws(TemplateError) -> Value {
    let start = beginText()
    writesSorted = true
    try write(repr: value)
    writesSorted = false
    let text = try endText(start)
    if try characterCount(of: text) > 80 {
      throw failure(.unsupported, "pprint of a value that needs more than 80 characters")
    }
    return text
  }

  // MARK: Sequences

  mutating func length(of value: Value) throws(TemplateError) -> Value {
    switch value.kind {
    case .text: return Value(try characterCount(of: value))
    case .list, .tuple, .view, .range, .dictionary: return Value(value.length)
    case .undefined: return Value(0)
    default: throw failure(.type, "a value that has a length")
    }
  }

  private var emptyGenerator: Value {
    .sequence(.generator, at: layout.heap.lowerBound, count: 0)
  }

  mutating func list(_ value: Value) throws(TemplateError) -> Value {
    var items = try sequence(value)
    items.kind = .list
    return items
  }

  private mutating func end(of value: Value, isFirst: Bool) throws(TemplateError) -> Value {
    if value.isText { return try character(value, isFirst ? 0 : -1) ?? .undefined }
    let items = try sequence(value)
    if items.length == 0 { return .undefined }
    return element(items, isFirst ? 0 : items.length - 1)
  }

  private mutating func join(_ input: Value, _ given: Arguments) throws(TemplateError) -> Value {
    let separator = try string(argument(given, 0, "d") ?? emptyText)
    let attribute = argument(given, 1, "attribute")
    return try joined(input, separator: separator, attribute: attribute)
  }

  mutating func joined(
    _ input: Value, separator: Value, attribute: Value? = nil
  ) throws(TemplateError) -> Value {
    let items = try sequence(input)
    var result = emptyText
    for index in 0..<items.length {
      if index > 0 { result = try joined(result, separator) }
      var item = element(items, index)
      if let attribute { item = try value(of: attribute, in: item) }
      var text = try string(item)
      // Without autoescape, Python's `join` of texts escapes nothing.
      text.flags.remove(.markup)
      result = try joined(result, text)
    }
    return result
  }

  /// An attribute's value; the attribute is a name, several with dots between, or a number.
  /// - Parameter other: in place of any part that is not defined.
  mutating func value(
    of attribute: Value, in item: Value, other: Value? = nil
  ) throws(TemplateError) -> Value {
    if attribute.kind == .none { return item }
    if !attribute.isText { return try self.item(item, attribute) }
    let name = try flat(attribute)
    var result = item
    var start = name.lowerBound
    while start <= name.upperBound {
      var end = start
      while end < name.upperBound && memory.byte(end) != UInt8(ascii: ".") { end += 1 }
      let part = Value.text(at: start, count: end - start)
      if let number = decimalCount(memory.bytes(start..<end)) {
        result = try self.item(result, Value(number))
      } else {
        result = try self.item(result, part)
      }
      if result.kind == .undefined, let other { result = other }
      start = end + 1
    }
    return result
  }

  private mutating func map(_ input: Value, _ given: Arguments) throws(TemplateError) -> Value {
    // What is false, such as none, counts as empty.
    if !truth(input) { return emptyGenerator }
    let items = try sequence(input)
    let cells = try takeCells(items.length)
    let result = Value.sequence(.generator, at: cells, count: items.length)
    if given.count == 0 {
      guard let attribute = argument(given, 1, "attribute") else {
        throw failure(.type, "a filter's name or an attribute")
      }
      let other = argument(given, 1, "default")
      for index in 0..<items.length {
        setElement(
          cells, index, try value(of: attribute, in: element(items, index), other: other))
      }
      return result
    }
    let name = try flat(try string(cell(given.start)))
    let filter = Filter.named(memory, name)
    if filter == .unknown { throw unsupported("the filter", name) }
    for index in 0..<items.length {
      setElement(cells, index, try apply(filter, element(items, index), rest(given, 1)))
    }
    return result
  }

  /// The arguments behind the first ones.
  func rest(_ given: Arguments, _ count: Int) -> Arguments {
    var result = given
    result.start += count * Heap.cellByteCount
    result.count -= count
    return result
  }

  private mutating func select(
    _ filter: Filter, _ input: Value, _ given: Arguments
  ) throws(TemplateError) -> Value {
    if !truth(input) { return emptyGenerator }
    let usesAttribute = filter == .selectattr || filter == .rejectattr
    let wanted = filter == .select || filter == .selectattr
    if usesAttribute && given.count == 0 { throw failure(.type, "an attribute") }
    let testPlace = usesAttribute ? 1 : 0
    var test: Test?
    if given.count > testPlace {
      let name = try flat(try string(cell(given.start + testPlace * Heap.cellByteCount)))
      test = Test.named(memory, name)
      if test == .unknown { throw unsupported("the test", name) }
    }
    let items = try sequence(input)
    let cells = try takeCells(items.length)
    var count = 0
    for index in 0..<items.length {
      let item = element(items, index)
      let subject = usesAttribute ? try value(of: cell(given.start), in: item) : item
      var holds = truth(subject)
      if let test { holds = try apply(test, subject, rest(given, testPlace + 1)) }
      if holds == wanted {
        setElement(cells, count, item)
        count += 1
      }
    }
    return .sequence(.generator, at: cells, count: count)
  }

  private mutating func reversed(_ input: Value) throws(TemplateError) -> Value {
    if input.isText { return try slice(text: input, nil, nil, -1) }
    let items = try sequence(input)
    let cells = try takeCells(items.length)
    for index in 0..<items.length {
      setElement(cells, items.length - 1 - index, element(items, index))
    }
    return .sequence(.generator, at: cells, count: items.length)
  }

  private mutating func rows(
    _ filter: Filter, _ input: Value, _ given: Arguments
  ) throws(TemplateError) -> Value {
    guard let number = try countArgument(given, 0, filter == .batch ? "linecount" : "slices"),
      number > 0
    else { throw failure(.type, "a count above 0") }
    let fill = argument(given, 1, "fill_with")
    let items = try sequence(input)
    let rowCount = filter == .batch ? (items.length + number - 1) / number : number
    let cells = try takeCells(rowCount)
    var start = 0
    for row in 0..<rowCount {
      let longer = row < items.length % number ? 1 : 0
      let size =
        filter == .batch ? min(number, items.length - start) : items.length / number + longer
      let isFilled =
        fill != nil && fill!.kind != .none && (filter == .batch ? size < number : longer == 0)
      let total = !isFilled ? size : filter == .batch ? number : size + 1
      let row0 = try takeCells(total)
      for index in 0..<total {
        setElement(row0, index, index < size ? element(items, start + index) : fill!)
      }
      setElement(cells, row, .sequence(.list, at: row0, count: total))
      start += size
    }
    return .sequence(.generator, at: cells, count: rowCount)
  }
}
