/// Where the parts of an engine's memory lie: offsets in `TemplateMemory`.
struct EngineLayout {
  /// The template's text.
  var source: Range<Int>
  /// The nodes, with the one that is none; `nodeCount` of them.
  var nodes: Int
  var nodeCount: Int
  /// The first statement.
  var body: Int32
  var scopes: Range<Int>
  var variables: Range<Int>
  var loops: Range<Int>
  var heap: Range<Int>
  var output: Range<Int>
  /// Names and texts that the engine itself needs; see `Texts`.
  var texts: Int
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
