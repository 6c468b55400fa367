import Text

// Filters that compare the items of a sequence with one another.
extension Interpreter {
  /// What items are compared by: perhaps an attribute of theirs, perhaps without regard to case.
  private struct Key {
    var attribute: Value?
    var ignoresCase = true
  }

  private mutating func key(_ key: Key, of item: Value) throws(TemplateError) -> Value {
    var result = item
    if let attribute = key.attribute, attribute.kind != .none {
      if attribute.isText, try find(comma(), in: attribute) != nil {
        return try keys(attribute, key, of: item)
      }
      result = try value(of: attribute, in: item)
    }
    return key.ignoresCase && result.isText ? try cased(result, .lower) : result
  }

  private mutating func comma() throws(TemplateError) -> Value {
    let place = try takeBytes(1)
    memory.setByte(place, UInt8(ascii: ","))
    return .text(at: place, count: 1)
  }

  /// Several attributes with commas between: the first one that differs decides.
  private mutating func keys(
    _ attributes: Value, _ key: Key, of item: Value
  ) throws(TemplateError) -> Value {
    let names = try flat(attributes)
    var count = 1
    for offset in names where memory.byte(offset) == UInt8(ascii: ",") { count += 1 }
    let cells = try takeCells(count)
    var start = names.lowerBound
    for index in 0..<count {
      var end = start
      while end < names.upperBound && memory.byte(end) != UInt8(ascii: ",") { end += 1 }
      let name = Value.text(at: start, count: end - start)
      setElement(
        cells, index,
        try self.key(Key(attribute: name, ignoresCase: key.ignoresCase), of: item))
      start = end + 1
    }
    return .sequence(.tuple, at: cells, count: count)
  }

  private func key(_ given: Arguments, caseAt: Int, attributeAt: Int) -> Key {
    let isSensitive = argument(given, caseAt, "case_sensitive").map { truth($0) } ?? false
    return Key(
      attribute: argument(given, attributeAt, "attribute"), ignoresCase: !isSensitive)
  }

  mutating func sort(_ input: Value, _ given: Arguments) throws(TemplateError) -> Value {
    let isReverse = argument(given, 0, "reverse").map { truth($0) } ?? false
    return try sorted(
      try sequence(input), key(given, caseAt: 1, attributeAt: 2), isReverse: isReverse)
  }

  /// A stable sort by insertion: sequences of templates are short.
  private mutating func sorted(
    _ items: Value, _ key: Key, isReverse: Bool
  ) throws(TemplateError) -> Value {
    let count = items.length
    let keys = try takeCells(count)
    let cells = try takeCells(count)
    for index in 0..<count {
      let own = try self.key(key, of: element(items, index))
      var place = index
      while place > 0 {
        let order = try order(cell(keys + (place - 1) * Heap.cellByteCount), own)
        if isReverse ? order >= 0 : order <= 0 { break }
        setElement(keys, place, cell(keys + (place - 1) * Heap.cellByteCount))
        setElement(cells, place, cell(cells + (place - 1) * Heap.cellByteCount))
        place -= 1
      }
      setElement(keys, place, own)
      setElement(cells, place, element(items, index))
    }
    return .sequence(.list, at: cells, count: count)
  }

  mutating func dictsort(_ input: Value, _ given: Arguments) throws(TemplateError) -> Value {
    if input.kind != .dictionary { throw failure(.type, "a mapping") }
    let isSensitive = argument(given, 0, "case_sensitive").map { truth($0) } ?? false
    let isByValue = argument(given, 1, "by").map { isText($0, "value") } ?? false
    let isReverse = argument(given, 2, "reverse").map { truth($0) } ?? false
    return try sorted(
      try pairs(of: input),
      Key(attribute: Value(isByValue ? 1 : 0), ignoresCase: !isSensitive), isReverse: isReverse)
  }

  mutating func unique(_ input: Value, _ given: Arguments) throws(TemplateError) -> Value {
    let key = key(given, caseAt: 0, attributeAt: 1)
    let items = try sequence(input)
    let keys = try takeCells(items.length)
    let cells = try takeCells(items.length)
    var count = 0
    for index in 0..<items.length {
      let own = try self.key(key, of: element(items, index))
      if try contains(.sequence(.list, at: keys, count: count), own) { continue }
      setElement(keys, count, own)
      setElement(cells, count, element(items, index))
      count += 1
    }
    return .sequence(.generator, at: cells, count: count)
  }

  mutating func extreme(
    _ filter: Filter, _ input: Value, _ given: Arguments
  ) throws(TemplateError) -> Value {
    let key = key(given, caseAt: 0, attributeAt: 1)
    let items = try sequence(input)
    if items.length == 0 { return .undefined }
    var best = element(items, 0)
    var bestKey = try self.key(key, of: best)
    for index in 1..<max(items.length, 1) {
      let own = try self.key(key, of: element(items, index))
      let order = try order(own, bestKey)
      if filter == .min ? order < 0 : order > 0 {
        (best, bestKey) = (element(items, index), own)
      }
    }
    return best
  }

  mutating func sum(_ input: Value, _ given: Arguments) throws(TemplateError) -> Value {
    let attribute = argument(given, 0, "attribute")
    var result = argument(given, 1, "start") ?? Value(0)
    let items = try sequence(input)
    for index in 0..<items.length {
      var item = element(items, index)
      if let attribute { item = try value(of: attribute, in: item) }
      result = try binary(.add, result, item)
    }
    return result
  }

  /// Rows of a key and the items that have it, in the order of the keys.
  /// Of the pairs that `groupby` gives: they have the attributes `grouper` and `list`.
  static var groupTag: UInt16 { 1 }

  mutating func group(_ input: Value, _ given: Arguments) throws(TemplateError) -> Value {
    guard let attribute = argument(given, 0, "attribute") else {
      throw failure(.type, "an attribute")
    }
    let other = argument(given, 1, "default")
    let isSensitive = argument(given, 2, "case_sensitive").map { truth($0) } ?? false
    let key = Key(attribute: attribute, ignoresCase: !isSensitive)
    let items = try sorted(try sequence(input), key, isReverse: false)
    let groups = try takeCells(items.length)
    var (count, start) = (0, 0)
    while start < items.length {
      let own = try self.key(key, of: element(items, start))
      var end = start + 1
      while end < items.length, try isEqual(own, try self.key(key, of: element(items, end))) {
        end += 1
      }
      let row = try takeCells(2)
      var name = try value(of: attribute, in: element(items, start))
      if name.kind == .undefined, let other { name = other }
      setElement(row, 0, name)
      setElement(
        row, 1,
        .sequence(.list, at: items.offset + start * Heap.cellByteCount, count: end - start))
      setElement(groups, count, Value(.tuple, bits: UInt64(row), count: 2, tag: Self.groupTag))
      count += 1
      start = end
    }
    return .sequence(.list, at: groups, count: count)
  }
}
