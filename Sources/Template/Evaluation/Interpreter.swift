import Text

/// Runs a compiled template. Everything that it makes lies in the engine's memory.
struct Interpreter {
  /// Nodes evaluated, and sixteen bytes of text looked at each.
  static let stepCountMax = 4_000_000
  /// Evaluations inside one another.
  static let depthMax = 200

  enum Flow {
    case normal
    case leaveLoop
    case nextItem
  }

  let memory: TemplateMemory
  let layout: EngineLayout
  var heap: Heap
  var output: Output
  var scopes: Scopes
  var loops: Loops
  var stepCount = 0
  var depth = 0
  /// Of the node that is being evaluated.
  var place: Int32 = 0
  /// What filters of a block work upon.
  var captured = Value.undefined
  /// A byte did not fit while a text was written into the heap.
  var isHeapFull = false
  /// What is being written holds bytes of the conversation.
  var writesForeign = false
  /// What Python's `repr` gives is written in ASCII, or with the keys of mappings in order.
  var writesASCII = false
  var writesSorted = false
  /// What a failure names, or the text of the template's refusal.
  var message = Value.undefined
  let now: TemplateTime

  /// - Parameter start: of the piece of the text that is kept.
  init(_ memory: TemplateMemory, _ layout: EngineLayout, now: TemplateTime, from start: Int) {
    self.memory = memory
    self.layout = layout
    self.now = now
    heap = Heap(layout.heap)
    output = Output(memory, layout.output, from: start)
    scopes = Scopes(memory, layout)
    loops = Loops(memory, layout.loops)
  }

  func node(_ index: Int32) -> Node {
    precondition(index > 0 && Int(index) < layout.nodeCount)
    return memory.load(layout.nodes + Int(index) * MemoryLayout<Node>.stride, as: Node.self)
  }

  @inline(__always)
  func cell(_ offset: Int) -> Value { memory.load(offset, as: Value.self) }

  /// An element of a sequence, or a key or value of a dictionary in the order of its cells.
  @inline(__always)
  func element(_ sequence: Value, _ index: Int) -> Value {
    cell(sequence.offset + index * Heap.cellByteCount)
  }

  @inline(__always)
  func setElement(_ offset: Int, _ index: Int, _ value: Value) {
    memory.store(value, at: offset + index * Heap.cellByteCount)
  }

  var emptyText: Value { .text(at: layout.texts, count: 0) }

  func text(_ text: Texts) -> Value {
    .text(at: layout.texts + text.range.lowerBound, count: text.range.count)
  }
}

// Errors and limits.
extension Interpreter {
  @inline(never)
  func failure(
    _ problem: TemplateError.Problem, _ expected: StaticString = ""
  ) -> TemplateError {
    var line: Int32 = 1
    for index in 0..<max(0, min(Int(place), layout.source.count))
    where memory.byte(layout.source.lowerBound + index) == UInt8(ascii: "\n") {
      line += 1
    }
    return TemplateError(problem, line: line, expected)
  }

  @inline(never)
  mutating func undefinedFailure(_ name: Value) -> TemplateError {
    message = name
    return failure(.undefined)
  }

  /// - Parameter name: where the name of what is not supported lies.
  @inline(never)
  mutating func unsupported(_ what: StaticString, _ name: Range<Int>) -> TemplateError {
    message = .text(at: name.lowerBound, count: name.count)
    return failure(.unsupported, what)
  }

  /// The name that stands at a place of the template.
  func nameInSource(at place: Int32) -> Range<Int> {
    let start = layout.source.lowerBound + Int(place)
    var end = start
    while end < layout.source.upperBound, isNameByte(memory.byte(end)) { end += 1 }
    return start..<end
  }

  private func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }

  /// Counts work on so many bytes.
  @inline(__always)
  mutating func charge(_ byteCount: Int) throws(TemplateError) {
    stepCount += 1 + byteCount >> 4
    if stepCount > Self.stepCountMax { throw failure(.tooManySteps) }
  }

  @inline(__always)
  mutating func enter() throws(TemplateError) {
    depth += 1
    if depth > Self.depthMax { throw failure(.nestedTooDeeply) }
  }

  mutating func takeCells(_ count: Int) throws(TemplateError) -> Int {
    try charge(count)
    guard let offset = heap.takeCells(count) else { throw failure(.heapFull) }
    return offset
  }

  mutating func takeBytes(_ count: Int) throws(TemplateError) -> Int {
    try charge(count)
    guard let offset = heap.takeBytes(count) else { throw failure(.heapFull) }
    return offset
  }

  mutating func openScope(parent: Int) throws(TemplateError) {
    if !scopes.push(parent: parent) { throw failure(.nestedTooDeeply) }
  }

  mutating func set(_ name: Node, _ value: Value) throws(TemplateError) {
    if !scopes.set(
      UInt32(bitPattern: name.third), Int(name.first), Int(name.second), value)
    {
      throw failure(.tooManyVariables)
    }
  }

  mutating func set(_ name: Texts, _ value: Value) throws(TemplateError) {
    let place = text(name)
    let hash = Name.hash(memory, place.offset, place.length)
    if !scopes.set(hash, place.offset, place.length, value) { throw failure(.tooManyVariables) }
  }
}

// Statements.
extension Interpreter {
  /// Runs a statement and those behind it.
  mutating func execute(_ first: Int32) throws(TemplateError) -> Flow {
    try enter()
    var index = first
    var flow = Flow.normal
    while index != 0 && flow == .normal {
      let statement = node(index)
      try charge(0)
      place = statement.place
      flow = try execute(statement, index)
      index = statement.next
    }
    depth -= 1
    return flow
  }

  private mutating func execute(_ statement: Node, _ index: Int32) throws(TemplateError) -> Flow {
    switch statement.kind {
    case .data:
      try emit(.text(at: Int(statement.second), count: Int(statement.first)))
    case .output:
      let mark = heap.mark
      try emit(try string(try evaluate(statement.first)))
      heap.release(to: mark)
    case .branch: return try branch(statement)
    case .loop: try loop(statement, index)
    case .assign: try assign(statement.first, try evaluate(statement.second))
    case .assignBlock:
      try assign(statement.first, try capture(statement.second, filters: statement.third))
    case .macro: try set(node(statement.first), macro(index))
    case .callBlock: try callBlock(statement, index)
    case .filterBlock: try emit(try string(try capture(statement.second, filters: statement.first)))
    case .with, .scope: return try scope(statement)
    case .leaveLoop: return .leaveLoop
    case .nextItem: return .nextItem
    default: preconditionFailure("an expression in place of a statement")
    }
    return .normal
  }

  /// Writes a text out.
  mutating func emit(_ text: Value) throws(TemplateError) {
    for index in 0..<partCount(text) {
      let part = part(text, index)
      let stays = !heap.holds(part.offset)
      if !stays || !part.flags.contains(.foreign) { try charge(part.length) }
      if !output.append(part, stays: stays) { throw failure(.outputFull) }
    }
  }

  private mutating func branch(_ first: Node) throws(TemplateError) -> Flow {
    var statement = first
    while true {
      let mark = heap.mark
      let isTrue = truth(try evaluate(statement.first))
      heap.release(to: mark)
      if isTrue { return try execute(statement.second) }
      if statement.third == 0 { return .normal }
      let next = node(statement.third)
      // What follows else may begin with `if`: then it has its own end, and more behind it.
      if next.kind != .branch || next.operation != Node.isElif {
        return try execute(statement.third)
      }
      statement = next
    }
  }

  private mutating func scope(_ statement: Node) throws(TemplateError) -> Flow {
    try openScope(parent: scopes.current)
    try assignAll(statement.first)
    let flow = try execute(statement.second)
    scopes.pop()
    return flow
  }

  /// Assignments that do not see one another.
  private mutating func assignAll(_ first: Int32) throws(TemplateError) {
    if first == 0 { return }
    var count = 0
    var assignment = first
    while assignment != 0 {
      count += 1
      assignment = node(assignment).next
    }
    let values = try takeCells(count)
    assignment = first
    for index in 0..<count {
      let next = node(assignment)
      setElement(values, index, try evaluate(next.second))
      assignment = next.next
    }
    assignment = first
    for index in 0..<count {
      let next = node(assignment)
      try assign(next.first, cell(values + index * Heap.cellByteCount))
      assignment = next.next
    }
  }

  /// Runs a body; what it writes is the value.
  mutating func capture(_ body: Int32, filters: Int32 = 0) throws(TemplateError) -> Value {
    let capture = output.beginCapture()
    try openScope(parent: scopes.current)
    _ = try execute(body)
    scopes.pop()
    let value = try takeCaptured(capture)
    if filters == 0 { return value }
    let outer = captured
    captured = value
    let result = try evaluate(filters)
    captured = outer
    return result
  }

  /// Makes a value of what has been written since the capture began.
  mutating func takeCaptured(_ capture: Output.Capture) throws(TemplateError) -> Value {
    let count = output.count - output.base
    let first = output.base
    if count == 0 {
      output.endCapture(capture)
      return emptyText
    }
    let cells = try takeCells(count)
    for index in 0..<count {
      var part = output.part(first + index)
      if output.holds(part.offset) && !part.flags.contains(.streamed) {
        let bytes = try takeBytes(part.length)
        memory.copy(from: part.offset, to: bytes, count: part.length)
        part.bits = UInt64(bytes)
      }
      // The parts of a text lie in reverse: see `part`.
      setElement(cells, count - 1 - index, part)
    }
    output.endCapture(capture)
    return count == 1
      ? cell(cells) : Value(.text, bits: UInt64(cells), count: count, flags: .parted)
  }
}

// Assignments.
extension Interpreter {
  mutating func assign(_ target: Int32, _ value: Value) throws(TemplateError) {
    let target = node(target)
    switch target.kind {
    case .name: try set(target, value)
    case .namespaceTarget:
      let owner = try evaluate(target.first)
      if owner.kind != .namespace { throw failure(.type, "a namespace whose attribute is set") }
      try setAttribute(
        of: owner, .text(at: Int(target.second), count: Int(target.third)), value)
    case .tuple: try unpack(target.first, value)
    default: throw failure(.type, "a name that is set")
    }
  }

  private mutating func unpack(_ first: Int32, _ value: Value) throws(TemplateError) {
    let items = try sequence(value)
    var target = first
    for index in 0..<items.length {
      if target == 0 { throw failure(.type, "as many values as names to unpack") }
      try assign(target, element(items, index))
      target = node(target).next
    }
    if target != 0 { throw failure(.type, "as many values as names to unpack") }
  }

  /// A namespace is a cell that names its first attribute; an attribute is three cells: name, value,
  /// and where the next one lies.
  mutating func setAttribute(
    of owner: Value, _ name: Value, _ value: Value
  ) throws(TemplateError) {
    if let place = attributePlace(of: owner, name) {
      memory.store(value, at: place + Heap.cellByteCount)
      if !liesInHeap(value) { return }
    } else {
      let cells = try takeCells(3)
      setElement(cells, 0, name)
      setElement(cells, 1, value)
      setElement(cells, 2, cell(owner.offset))
      memory.store(Value(cells), at: owner.offset)
    }
    // What a namespace holds outlives the pass of the loop that has made it.
    heap.keep()
  }

  private func liesInHeap(_ value: Value) -> Bool {
    switch value.kind {
    case .undefined, .none, .boolean, .integer, .float, .macro, .function, .loop: false
    default: heap.holds(value.offset)
    }
  }

  func attributePlace(of owner: Value, _ name: Value) -> Int? {
    var place = cell(owner.offset).integer
    while place != 0 {
      let candidate = cell(place)
      if candidate.count == name.count
        && memory.isEqual(candidate.offset, name.offset, count: name.length)
      {
        return place
      }
      place = element(Value(.list, bits: UInt64(place)), 2).integer
    }
    return nil
  }
}
