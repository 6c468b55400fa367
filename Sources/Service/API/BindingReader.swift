import Constraint
import Text

/// Reads what a request's answer is bound to from the body, which has been checked: the value of
/// `response_format.json_schema.schema`, `json_schema`, `guided_json`, `format`, `text.format.schema`,
/// `output_config.format.schema` or `tools`, or the text of `grammar` or `guided_grammar`. Everything else is passed over. Tools that are given with a schema are
/// read first, and the body then once more for the schema.
struct BindingReader {
  private var kind: BindingKind
  /// What is read after the tools.
  private var following: BindingKind?
  private var json = JSONTokenizer()
  private var depth = 0
  private var name = FixedText<33>()
  private var isName = false
  /// Objects on the way to the schema that are open: 1 in the request, 2 in `response_format` and the
  /// like, 3 in its `json_schema` or `format`.
  private var level = 0
  /// The value is being read; it began at this depth.
  private var valueDepth = -1
  private var isDone = false
  private var isEmpty = true
  private var areToolsRead = false

  init(_ kind: BindingKind) {
    self.kind = kind.hasTools ? .tools : kind
    if kind == .toolsOrSchema { following = .schema }
    if kind == .toolsOrObject { following = .anyObject }
  }

  mutating func begin(_ constraint: inout Constraint) {
    switch kind {
    case .anyObject, .schema: constraint.beginSchema()
    case .grammar: constraint.beginGrammar()
    default: constraint.beginTools()
    }
  }

  /// The body has been read for the tools.
  /// - Returns: whether it is to be read again.
  mutating func beginAgain(_ constraint: inout Constraint) throws(ConstraintError) -> Bool {
    guard let following else { return false }
    constraint.beginOther()
    self.following = nil
    if following == .anyObject {
      try constraint.takeAnyObject()
      return false
    }
    self = BindingReader(following)
    areToolsRead = true
    return true
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
    case .schema where !areToolsRead: try constraint.finishSchema()
    case .grammar: try constraint.finishGrammar()
    default:
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
    switch level {
    case 1:
      matches(name, "response_format") || matches(name, "text") || matches(name, "output_config")
    case 2: matches(name, "json_schema") || matches(name, "format")
    default: false
    }
  }

  /// Whether the member's value is the schema or the grammar.
  private var isValue: Bool {
    switch kind {
    case .anyObject: false
    case .schema:
      level == 1
        ? matches(name, "guided_json") || matches(name, "json_schema") || matches(name, "format")
        : level >= 2 && matches(name, "schema")
    case .tools, .toolsOrSchema, .toolsOrObject: level == 1 && matches(name, "tools")
    case .grammar:
      level == 1 && (matches(name, "grammar") || matches(name, "guided_grammar"))
    }
  }

  @export(interface)
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
