/// A value of the template language, in two words. What is larger lies in `TemplateMemory`, at offsets.
struct Value: BitwiseCopyable, Sendable {
  enum Kind: UInt8, Sendable {
    case undefined
    case none
    case boolean
    case integer
    case float
    case text
    case list
    case tuple
    /// What `map`, `select` and their kind give: it may be walked over, and is always true.
    case generator
    /// What `keys()`, `values()` and `items()` give.
    case view
    case range
    case dictionary
    case namespace
    case macro
    /// A method with its receiver: `tag` is the method's number.
    case method
    /// A function of the language: `tag` is its number.
    case function
    case loop
    case cycler
    case joiner
  }

  /// A set of marks. (The standard library's option sets have array literals, which allocate.)
  struct Flags: Equatable, BitwiseCopyable, Sendable {
    private(set) var rawValue: UInt8 = 0

    func contains(_ other: Flags) -> Bool { rawValue & other.rawValue != 0 }
    func union(_ other: Flags) -> Flags { Flags(rawValue: rawValue | other.rawValue) }
    func intersection(_ other: Flags) -> Flags { Flags(rawValue: rawValue & other.rawValue) }
    func subtracting(_ other: Flags) -> Flags { Flags(rawValue: rawValue & ~other.rawValue) }
    mutating func insert(_ other: Flags) { self = union(other) }
    mutating func remove(_ other: Flags) { self = subtracting(other) }

    /// Bytes that come from the conversation: what looks like a special token in them is text.
    static let foreign = Flags(rawValue: 1)
    /// The text is a row of parts, each one a text, at the cell `bits`.
    static let parted = Flags(rawValue: 2)
    /// What Jinja calls Markup: a text that is joined to it is escaped.
    static let markup = Flags(rawValue: 4)
    /// A text that is read while it is written out: `bits` is its number, `tag` the trimmed ends.
    static let streamed = Flags(rawValue: 8)
  }

  var kind: Kind
  var flags = Flags()
  var tag: UInt16 = 0
  /// Bytes of a text or parts of a parted one, elements of a sequence, pairs of a dictionary.
  var count: UInt32 = 0
  var bits: UInt64 = 0

  init(
    _ kind: Kind, bits: UInt64 = 0, count: Int = 0, tag: UInt16 = 0, flags: Flags = Flags()
  ) {
    self.kind = kind
    self.bits = bits
    self.count = UInt32(truncatingIfNeeded: count)
    self.tag = tag
    self.flags = flags
  }

  static var undefined: Value { Value(.undefined) }
  static var none: Value { Value(.none) }

  init(_ value: Bool) { self.init(.boolean, bits: value ? 1 : 0) }
  init(_ value: Int) { self.init(.integer, bits: UInt64(bitPattern: Int64(value))) }
  init(_ value: Double) { self.init(.float, bits: value.bitPattern) }

  static func text(at offset: Int, count: Int, flags: Flags = Flags()) -> Value {
    Value(.text, bits: UInt64(offset), count: count, flags: flags)
  }

  static func sequence(_ kind: Kind, at cell: Int, count: Int) -> Value {
    Value(kind, bits: UInt64(cell), count: count)
  }

  /// Where the bytes of a text or the elements of a sequence lie.
  var offset: Int { Int(truncatingIfNeeded: bits) }
  var length: Int { Int(count) }
  var integer: Int { Int(truncatingIfNeeded: Int64(bitPattern: bits)) }
  var double: Double { Double(bitPattern: bits) }
  var isTrue: Bool { bits != 0 }

  var isText: Bool { kind == .text }
  /// A number as Python has them: True and False are 1 and 0.
  var isInteger: Bool { kind == .integer || kind == .boolean }
  var isNumber: Bool { isInteger || kind == .float }
  var number: Double { kind == .float ? double : Double(integer) }

  /// Whether its elements lie in a row of cells.
  var isSequence: Bool {
    switch kind {
    case .list, .tuple, .generator, .view, .range: true
    default: false
    }
  }

  /// Whether elements can be taken by number.
  var isIndexed: Bool { kind == .list || kind == .tuple || kind == .range }
}
