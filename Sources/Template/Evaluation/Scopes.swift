/// The variables of a running template. Each loop's body, each macro's call has a scope of its own; it
/// sees those around it where it is written, and sets variables only in itself.
struct Scopes {
  struct Variable: BitwiseCopyable {
    var hash: UInt32
    var nameCount: UInt32
    var name: UInt64
    var value: Value
  }

  /// Scopes that are open at once.
  static let countMax = 256
  static let variableCountMax = 512

  private let memory: TemplateMemory
  private let scopes: Int
  private let variables: Int
  private(set) var count = 0
  private var variableCount = 0

  init(_ memory: TemplateMemory, _ layout: EngineLayout) {
    self.memory = memory
    scopes = layout.scopes.lowerBound
    variables = layout.variables.lowerBound
  }

  /// The innermost scope.
  var current: Int { count - 1 }

  /// Opens a scope.
  /// - Parameter parent: the scope that it sees.
  /// - Returns: false if there are too many.
  mutating func push(parent: Int) -> Bool {
    if count == Self.countMax { return false }
    memory.store(Int32(variableCount), at: scopes + 8 * count)
    memory.store(Int32(parent), at: scopes + 8 * count + 4)
    count += 1
    return true
  }

  mutating func pop() {
    count -= 1
    variableCount = start(of: count)
  }

  /// The scope stays, its variables do not.
  mutating func clear() { variableCount = start(of: count - 1) }

  private func start(of scope: Int) -> Int {
    Int(memory.load(scopes + 8 * scope, as: Int32.self))
  }

  private func variable(_ index: Int) -> Variable {
    memory.load(variables + index * MemoryLayout<Variable>.stride, as: Variable.self)
  }

  private func find(
    _ hash: UInt32, _ name: Int, _ nameCount: Int, in scope: Int
  ) -> Int? {
    let end = scope + 1 == count ? variableCount : start(of: scope + 1)
    for index in start(of: scope)..<end {
      let candidate = memory.load(
        variables + index * MemoryLayout<Variable>.stride, as: UInt32.self)
      if candidate != hash { continue }
      let found = variable(index)
      if Int(found.nameCount) == nameCount
        && memory.isEqual(Int(truncatingIfNeeded: found.name), name, count: nameCount)
      {
        return index
      }
    }
    return nil
  }

  /// The value of a name, from the innermost scope outwards; nil if none has it.
  func value(_ hash: UInt32, _ name: Int, _ nameCount: Int) -> Value? {
    var scope = current
    while scope >= 0 {
      if let index = find(hash, name, nameCount, in: scope) { return variable(index).value }
      scope = Int(memory.load(scopes + 8 * scope + 4, as: Int32.self))
    }
    return nil
  }

  /// Sets a variable of the innermost scope.
  /// - Returns: false if there are too many.
  mutating func set(_ hash: UInt32, _ name: Int, _ nameCount: Int, _ value: Value) -> Bool {
    let index = find(hash, name, nameCount, in: current) ?? variableCount
    if index == Self.variableCountMax { return false }
    if index == variableCount { variableCount += 1 }
    memory.store(
      Variable(hash: hash, nameCount: UInt32(nameCount), name: UInt64(name), value: value),
      at: variables + index * MemoryLayout<Variable>.stride)
    return true
  }
}

/// The loops that are running, from the outermost.
struct Loops {
  struct Record: BitwiseCopyable {
    /// The sequence of the items.
    var items: Value
    var index: Int32 = 0
    /// The node of the loop.
    var node: Int32 = 0
    /// From 0, among the calls of the same recursive loop.
    var depth: Int32 = 0
    var hasChanged: Int32 = 0
    /// What `changed` was last given.
    var latest = Value.undefined
  }

  static let countMax = 64
  private let memory: TemplateMemory
  private let start: Int
  private(set) var count = 0

  init(_ memory: TemplateMemory, _ range: Range<Int>) {
    self.memory = memory
    start = range.lowerBound
  }

  subscript(index: Int) -> Record {
    get { memory.load(start + index * MemoryLayout<Record>.stride, as: Record.self) }
    nonmutating set { memory.store(newValue, at: start + index * MemoryLayout<Record>.stride) }
  }

  mutating func push(_ record: Record) -> Bool {
    if count == Self.countMax { return false }
    self[count] = record
    count += 1
    return true
  }

  mutating func pop() { count -= 1 }
}
