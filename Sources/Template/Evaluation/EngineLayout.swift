/// Where the parts of an engine's memory lie: offsets in `TemplateMemory`.
struct EngineLayout {
  /// The template's text.
  var source = 0..<0
  /// The nodes, with the one that is none; `nodeCount` of them.
  var nodes = 0
  var nodeCount = 0
  /// The first statement.
  var body: Int32 = 0
  var scopes: Range<Int>
  var variables: Range<Int>
  var loops: Range<Int>
  var heap: Range<Int>
  var output: Range<Int>
  /// Names and texts that the engine itself needs; see `Texts`.
  var texts: Int

  /// Places what every template needs; `end` is the end of what has been placed.
  init(_ sizes: TemplateSizes, _ end: inout Int) {
    scopes = Self.place(Scopes.countMax * 8, &end)
    variables = Self.place(
      Scopes.variableCountMax * MemoryLayout<Scopes.Variable>.stride, &end)
    loops = Self.place(Loops.countMax * MemoryLayout<Loops.Record>.stride, &end)
    heap = Self.place(sizes.heapByteCount, &end)
    output = Self.place(sizes.outputByteCount, &end)
    texts = Self.place(Texts.all.utf8CodeUnitCount, &end).lowerBound
  }

  /// The next bytes, at a multiple of sixteen.
  static func place(_ byteCount: Int, _ end: inout Int) -> Range<Int> {
    let start = end
    end = (start + byteCount + 15) & ~15
    return start..<start + byteCount
  }
}

/// Texts that have to lie in the engine's memory, one behind the other.
enum Texts: Int {
  case loop, caller, kwargs, varargs, none, trueText, falseText, end

  static var all: StaticString { "loopcallerkwargsvarargsNoneTrueFalse" }

  private var start: Int {
    switch self {
    case .loop: 0
    case .caller: 4
    case .kwargs: 10
    case .varargs: 16
    case .none: 23
    case .trueText: 27
    case .falseText: 31
    case .end: 36
    }
  }

  var range: Range<Int> { start..<Texts(rawValue: rawValue + 1)!.start }
}
