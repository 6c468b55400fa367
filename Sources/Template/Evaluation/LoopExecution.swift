import Text

// Loops.
extension Interpreter {
  mutating func loop(_ statement: Node, _ index: Int32) throws(TemplateError) {
    let mark = heap.mark
    try runLoop(statement, index, over: try evaluate(statement.second), depth: 0)
    heap.release(to: mark)
  }

  private mutating func runLoop(
    _ statement: Node, _ index: Int32, over iterated: Value, depth recursion: Int
  ) throws(TemplateError) {
    let parts = node(statement.third)
    let usesLoop = statement.operation == Node.usesLoop
    var items = try sequence(iterated)
    // The count of items must be known to `loop`; otherwise each is looked at when its turn comes.
    if usesLoop && parts.first != 0 {
      items = try chosenItems(items, statement.first, condition: parts.first)
    }
    var record = Loops.Record(items: items)
    (record.node, record.depth) = (index, Int32(recursion))
    let number = loops.count
    if !loops.push(record) { throw failure(.nestedTooDeeply) }
    try openScope(parent: scopes.current)
    var passCount = 0
    let mark = heap.mark
    for item in 0..<items.length {
      scopes.clear()
      heap.release(to: mark)
      record.index = Int32(item)
      try assign(statement.first, element(items, item))
      if !usesLoop && parts.first != 0, !truth(try evaluate(parts.first)) { continue }
      if usesLoop {
        setIndex(of: number, item)
        try set(.loop, Value(.loop, bits: UInt64(number)))
      }
      passCount += 1
      if try execute(parts.second) == .leaveLoop { break }
    }
    scopes.pop()
    loops.pop()
    heap.release(to: mark)
    if passCount == 0 && parts.third != 0 {
      try openScope(parent: scopes.current)
      _ = try execute(parts.third)
      scopes.pop()
    }
  }

  private func setIndex(of number: Int, _ index: Int) {
    var record = loops[number]
    record.index = Int32(index)
    loops[number] = record
  }

  private mutating func chosenItems(
    _ items: Value, _ target: Int32, condition: Int32
  ) throws(TemplateError) -> Value {
    let cells = try takeCells(items.length)
    var count = 0
    try openScope(parent: scopes.current)
    for index in 0..<items.length {
      scopes.clear()
      try assign(target, element(items, index))
      if truth(try evaluate(condition)) {
        setElement(cells, count, element(items, index))
        count += 1
      }
    }
    scopes.pop()
    return .sequence(.list, at: cells, count: count)
  }

  /// A recursive loop is called with what its next round goes over.
  mutating func callLoop(_ loop: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
    let record = loops[loop.integer]
    guard let iterated = argument(arguments, 0, "iterable") else {
      throw failure(.type, "what a recursive loop goes over")
    }
    let capture = output.beginCapture()
    try enter()
    try runLoop(node(record.node), record.node, over: iterated, depth: Int(record.depth) + 1)
    depth -= 1
    return try takeCaptured(capture)
  }

  /// What a loop says of itself; nil if it has no such attribute.
  mutating func loopAttribute(_ loop: Value, _ name: Value) throws(TemplateError) -> Value? {
    if loop.integer >= loops.count { throw failure(.type, "a loop that is running") }
    let record = loops[loop.integer]
    let index = Int(record.index)
    let count = record.items.length
    if isText(name, "index") { return Value(index + 1) }
    if isText(name, "index0") { return Value(index) }
    if isText(name, "first") { return Value(index == 0) }
    if isText(name, "last") { return Value(index == count - 1) }
    if isText(name, "length") { return Value(count) }
    if isText(name, "revindex") { return Value(count - index) }
    if isText(name, "revindex0") { return Value(count - index - 1) }
    if isText(name, "depth") { return Value(Int(record.depth) + 1) }
    if isText(name, "depth0") { return Value(Int(record.depth)) }
    if isText(name, "previtem") { return index > 0 ? element(record.items, index - 1) : .undefined }
    if isText(name, "nextitem") {
      return index + 1 < count ? element(record.items, index + 1) : .undefined
    }
    return nil
  }

  mutating func callLoopMethod(
    _ method: Method, _ loop: Value, _ arguments: Arguments
  ) throws(TemplateError) -> Value {
    if loop.integer >= loops.count { throw failure(.type, "a loop that is running") }
    var record = loops[loop.integer]
    if method == .cycle {
      if arguments.count == 0 { throw failure(.type, "items to cycle through") }
      return cell(arguments.start + Int(record.index) % arguments.count * Heap.cellByteCount)
    }
    let latest = Value.sequence(.tuple, at: arguments.start, count: arguments.count)
    let isSame = record.hasChanged != 0 ? try isEqual(record.latest, latest) : false
    if isSame { return Value(false) }
    (record.hasChanged, record.latest) = (1, latest)
    loops[loop.integer] = record
    heap.keep()
    return Value(true)
  }
}
