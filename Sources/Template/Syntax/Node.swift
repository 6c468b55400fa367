/// A node of the compiled template. Nodes lie in a row in the engine's memory and name one another by
/// number; 0 is none. Those of a list are linked by `next`.
struct Node: BitwiseCopyable {
  enum Kind: UInt8 {
    // Statements.
    /// Template text: `first` bytes from `second`.
    case data
    /// `first` is the expression.
    case output
    /// Condition, body, what follows else: a body, or one `branch` for elif.
    case branch
    /// Target, iterated expression, `loopParts`.
    case loop
    /// Condition on items, body, body of else.
    case loopParts
    /// Target, expression.
    case assign
    /// Target, body, filters upon `captured`.
    case assignBlock
    /// Name, parameters, body.
    case macro
    /// Call, parameters, body.
    case callBlock
    /// Filters upon `captured`, body.
    case filterBlock
    /// Assignments, body.
    case with
    /// A body with variables of its own.
    case scope
    case leaveLoop
    case nextItem

    // Expressions.
    case captured
    /// Place, byte count and hash of the name.
    case name
    /// As `name`; `first` is the object's node, `operation` the number of the method so named.
    case attribute
    /// Place and byte count of the text.
    case text
    /// Two halves of the number's bits.
    case integer
    case float
    case constant
    case list
    case tuple
    case dictionary
    /// Key, value.
    case pair
    /// Object, index.
    case item
    /// Start, stop, step.
    case slice
    /// Callee, arguments.
    case call
    /// Input, arguments; `operation` is the filter or test.
    case filter
    case test
    case negate
    case plus
    case not
    case and
    case or
    /// Two operands; `operation` is the token's symbol.
    case binary
    case concatenation
    /// First operand, further ones as `operand`.
    case comparison
    case operand
    /// Condition, value, other value.
    case conditional
    /// Value, place and byte count of the name.
    case keyword
    /// An argument with a star, or two.
    case spread
    /// Name, default value (0 if none).
    case parameter
    /// Name, place and byte count of the attribute that is set.
    case namespaceTarget
  }

  var kind: Kind
  var operation: UInt8 = 0
  var next: Int32 = 0
  var first: Int32 = 0
  var second: Int32 = 0
  var third: Int32 = 0
  /// The place in the template's text, for messages.
  var place: Int32 = 0

  init(
    _ kind: Kind, _ first: Int32 = 0, _ second: Int32 = 0, _ third: Int32 = 0,
    operation: UInt8 = 0, place: Int
  ) {
    self.kind = kind
    self.operation = operation
    self.first = first
    self.second = second
    self.third = third
    self.place = Int32(truncatingIfNeeded: place)
  }

  // Operations of `constant`.
  static var falseValue: UInt8 { 0 }
  static var trueValue: UInt8 { 1 }
  static var noneValue: UInt8 { 2 }

  // Operations of `operand` beside the symbols of comparison.
  static var isIn: UInt8 { 100 }
  static var isNotIn: UInt8 { 101 }

  // Operations of `loop`.
  static var usesLoop: UInt8 { 1 }

  // Bits of the operation of `macro` and `callBlock`: what the body uses.
  static var takesCaller: UInt8 { 1 }
  static var takesVarargs: UInt8 { 2 }
  static var takesKwargs: UInt8 { 4 }

  func takes(_ bit: UInt8) -> Bool { operation & bit != 0 }

  // Operations of `branch`.
  static var isElif: UInt8 { 1 }
}

/// A name of the template, or a key.
struct Name {
  /// FNV-1a.
  static func hash(_ memory: TemplateMemory, _ offset: Int, _ count: Int) -> UInt32 {
    var hash: UInt32 = 0x811c_9dc5
    for index in 0..<count { hash = (hash ^ UInt32(memory.byte(offset + index))) &* 0x0100_0193 }
    return hash
  }

  static func hash(_ source: SourceText, _ range: Range<Int>) -> UInt32 {
    var hash: UInt32 = 0x811c_9dc5
    for index in range { hash = (hash ^ UInt32(source[index])) &* 0x0100_0193 }
    return hash
  }

  static func hash(_ name: StaticString) -> UInt32 {
    var hash: UInt32 = 0x811c_9dc5
    for index in 0..<name.utf8CodeUnitCount {
      hash = (hash ^ UInt32(unsafe name.utf8Start[index])) &* 0x0100_0193
    }
    return hash
  }
}

/// Where the parser puts its nodes: into memory, or nowhere while they are counted.
struct NodeStore {
  /// Nil while nodes are counted.
  private let memory: TemplateMemory?
  private let start: Int
  /// Nodes made, with the one that is none.
  private(set) var count = 1

  init(_ memory: TemplateMemory?, start: Int) {
    self.memory = memory
    self.start = start
  }

  mutating func add(_ node: Node) -> Int32 {
    memory?.store(node, at: start + count * MemoryLayout<Node>.stride)
    count += 1
    return Int32(count - 1)
  }

  /// Puts a node behind another one of its list.
  func link(_ node: Int32, to next: Int32) {
    guard let memory else { return }
    let place = start + Int(node) * MemoryLayout<Node>.stride
    var value = memory.load(place, as: Node.self)
    value.next = next
    memory.store(value, at: place)
  }

  /// Sets the first or the third of a node's own nodes, which is known late.
  func setThird(_ third: Int32, of node: Int32) {
    guard let memory else { return }
    let place = start + Int(node) * MemoryLayout<Node>.stride
    var value = memory.load(place, as: Node.self)
    value.third = third
    memory.store(value, at: place)
  }

  /// Keeps a text whose escapes have been read in place of what was written.
  func rewrite(_ offset: Int, _ byte: UInt8) { memory?.setByte(offset, byte) }
  var isCounting: Bool { memory == nil }
}

/// A list of nodes while it is made.
struct NodeList {
  private(set) var first: Int32 = 0
  private var last: Int32 = 0
  private(set) var count = 0

  mutating func append(_ node: Int32, _ store: NodeStore) {
    if first == 0 { first = node } else { store.link(last, to: node) }
    last = node
    count += 1
  }
}
