import Constraint
import Text

/// Reads what a request's answer is bound to from the body, which has been checked: the value of
/// `response_format.json_schema.schema`, `json_schema`, `guided_json` or `tools`, or the text of
/// `grammar` or `guided_grammar`. Everything else is passed over.
struct BindingReader {
  private let kind: BindingKind
  private var json = JSONTokenizer()
  private var depth = 0
  private var name = FixedText<33>()
  private var isName = false
  /// Objects on the way to the schema that are open: 1 in the request, 2 in `response_format`, 3 in
  /// its `json_schema`.
  private var level = 0
  /// The value is being read; it began at this depth.
  private var valueDepth = -1
  private var isDone = false
  private var isEmpty = true

  init(_ kind: BindingKind) { self.kind = kind }

  mutating func begin(_ constraint: inout Constraint) {
    switch kind {
    case .anyObject, .schema: constraint.beginSchema()
    case .grammar: constraint.beginGrammar()
    case .tools: constraint.beginTools()
    }
  }

  /// Takes the next bytes of the body.
  mutating func take(
    _ bytes: Span<UInt8>, _ constraint: inout Constraint
  ) throws(ConstraintError) {
    var offset = 0
    while !isDone {
      guard let event = try? json.next(bytes, at: &offset) else { return }
      if case .needsMore = event { return }
      try take(event, bytes, &constraint)
    }
  }

  /// The body has ended. The answer is bound from now on.
  /// - Parameter family: how the model writes calls of tools.
  func finish(
    _ constraint: inout Constraint, _ settings: borrowing CompletionSettings, _ family: ToolFamily
  ) throws(ConstraintError) {
    switch kind {
    case .anyObject: try constraint.useAnyObject()
    case .schema: try constraint.finishSchema()
    case .grammar: try constraint.finishGrammar()
    case .tools:
      try constraint.finishTools(
        family, settings.toolChoice ?? .auto, chosen: settings.chosenTool,
        isParallel: settings.callsInParallel)
    }
  }

  private mutating func take(
    _ event: JSONTokenizer.Event, _ bytes: Span<UInt8>, _ constraint: inout Constraint
  ) throws(ConstraintError) {
    if valueDepth >= 0 {
      try takeValue(event, bytes, &constraint)
      return
    }
    switch event {
    case .beginObject:
      let isOnWay = depth == 0 || level == depth && isWay
      depth += 1
      if isOnWay { level = depth }
    case .beginArray: depth += 1
    case .endObject, .endArray:
      depth -= 1
      level = min(level, depth)
    case .beginName:
      isName = level == depth
      name.removeAll()
    case .text(let range):
      if isName { for index in range { name.append(bytes[index]) } }
    case .character(let character):
      if isName { for index in 0..<character.count { name.append(character.storage[index]) } }
    case .endName:
      isName = false
      if level == depth && isValue { valueDepth = depth }
    default: break
    }
  }

  /// Whether the member leads to the schema.
  private var isWay: Bool {
    level == 1 ? matches(name, "response_format") : level == 2 && matches(name, "json_schema")
  }

  /// Whether the member's value is the schema or the grammar.
  private var isValue: Bool {
    switch kind {
    case .anyObject: false
    case .schema:
      level == 1
        ? matches(name, "guided_json") || matches(name, "json_schema")
        : level >= 2 && matches(name, "schema")
    case .tools: level == 1 && matches(name, "tools")
    case .grammar:
      level == 1 && (matches(name, "grammar") || matches(name, "guided_grammar"))
    }
  }

  private mutating func takeValue(
    _ event: JSONTokenizer.Event, _ bytes: Span<UInt8>, _ constraint: inout Constraint
  ) throws(ConstraintError) {
    if case .grammar = kind {
      switch event {
      case .text(let range):
        isEmpty = false
        for index in range { try constraint.append(bytes[index]) }
      case .character(let character):
        isEmpty = false
        for index in 0..<character.count { try constraint.append(character.storage[index]) }
      case .endString where isEmpty, .null: valueDepth = -1
      case .endString: isDone = true
      default: break
      }
      return
    }
    if case .null = event, isEmpty {
      valueDepth = -1
      return
    }
    isEmpty = false
    try constraint.take(event, bytes)
    isDone = constraint.isSchemaWhole
  }
}
