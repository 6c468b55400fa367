import Memory
import Text

/// What an answer must be, byte by byte: a JSON value that a schema allows, any JSON object, or a text of
/// a grammar. It is made for each request in memory of a stated size, and follows the answer's bytes.
///
/// Order of calls: `beginSchema`, `take` for the events of its JSON, `finishSchema`; or `beginGrammar`,
/// `append` for its bytes, `finishGrammar`; or `useAnyObject`. After one that has thrown, `write` says
/// what is wrong.
public struct Constraint: ~Copyable {
  var machine: Machine
  /// The set of the text so far.
  var level = Machine.Level()
  private var document = DocumentBuilder()
  /// The list of tools, while what an answer without calls must be is read; 0: there is no such thing.
  private var toolList = 0
  private var node = 0
  private var rule = 0
  /// What was read last.
  private var source = Source.schema
  /// The form of calls; nil if answers are not bound to tools.
  public private(set) var tools: ToolFamily?
  /// The list of `ToolRecord`, if the form of calls needs one.
  private var toolRecords = 0
  /// Answers are free up to the first call.
  public private(set) var isLazy = false

  private enum Source { case schema, grammar, tools }

  /// - Parameter byteCount: for schemas and grammars, and what they are compiled to.
  public init(carver: inout Carver, byteCount: Int) {
    machine = Machine(carver: &carver, byteCount: byteCount)
  }

  /// Whether answers are bound to anything.
  public var isActive: Bool { node != 0 || rule != 0 }

  /// Answers are free.
  @export(interface)
  public mutating func clear() {
    machine.words.removeAll()
    (node, rule, toolList) = (0, 0, 0)
    toolRecords = 0
    (tools, isLazy) = (nil, false)
    level = Machine.Level()
  }

  /// Begins the answer anew.
  public mutating func restart() {
    level = rule != 0 ? machine.begin(rule: rule) : machine.begin(node: node)
  }
}

// Schemas.
extension Constraint {
  @export(interface)
  public mutating func beginSchema() {
    clear()
    source = .schema
    document = DocumentBuilder()
  }

  /// Takes an event of the schema's JSON.
  public mutating func take(
    _ event: JSONTokenizer.Event, _ bytes: Span<UInt8>
  ) throws(ConstraintError) {
    try document.take(event, bytes, &machine.words)
  }

  /// Whether all of the schema has come.
  public var isSchemaWhole: Bool { document.isWhole }

  /// Compiles the schema. Answers are bound to it from now on.
  @export(interface)
  public mutating func finishSchema() throws(ConstraintError) {
    if !document.isWhole { throw ConstraintError(.json, 0) }
    try compile()
  }

  /// Reads a schema that is there as a whole.
  @export(interface)
  public mutating func useSchema(_ text: Span<UInt8>) throws(ConstraintError) {
    var reading = BindingText(isGrammar: false)
    reading.begin(&self)
    try reading.take(text, &self)
    try reading.finish(&self)
  }

  /// Binds answers to JSON objects of any kind.
  public mutating func useAnyObject() throws(ConstraintError) {
    try useSchema(span("{\"type\":\"object\"}"))
  }

  private mutating func compile() throws(ConstraintError) {
    node = try rootNode()
    restart()
  }
}

// Grammars.
extension Constraint {
  @export(interface)
  public mutating func beginGrammar() {
    clear()
    source = .grammar
    machine.words.beginText()
  }

  /// Takes a byte of the grammar's text.
  public mutating func append(_ byte: UInt8) throws(ConstraintError) {
    try machine.words.append(byte)
  }

  /// Compiles the grammar. Answers are bound to it from now on.
  @export(interface)
  public mutating func finishGrammar() throws(ConstraintError) {
    var reader = GrammarReader(machine.words.endText())
    let root = try reader.read(&machine.words)
    try GrammarCheck(machine.words, firstRule: reader.firstRule).check(root: root)
    rule = root
    restart()
  }

  /// Reads a grammar that is there as a whole.
  @export(interface)
  public mutating func useGrammar(_ text: Span<UInt8>) throws(ConstraintError) {
    var reading = BindingText(isGrammar: true)
    reading.begin(&self)
    try reading.take(text, &self)
    try reading.finish(&self)
  }
}

// Tools.
extension Constraint {
  /// A list of tools follows, given to `take` as a schema is.
  @export(interface)
  public mutating func beginTools() {
    beginSchema()
    source = .tools
  }

  /// After the tools: a schema follows that an answer without calls is bound to.
  @export(interface)
  public mutating func beginOther() {
    toolList = document.root
    document = DocumentBuilder()
  }

  /// After `beginOther`: an answer without calls is a JSON object of any kind.
  @export(interface)
  public mutating func takeAnyObject() throws(ConstraintError) {
    try document.take(span("{\"type\":\"object\"}"), &machine.words)
  }

  /// Compiles the tools. Answers may call them from now on.
  /// - Parameters:
  ///   - chosen: the name of the only tool that may be called, if the choice is a named one.
  ///   - isParallel: whether there may be several calls in an answer.
  @export(interface)
  public mutating func finishTools(
    _ family: ToolFamily, _ choice: ToolChoice, chosen: FixedText<65>, isParallel: Bool
  ) throws(ConstraintError) {
    if !document.isWhole { throw ConstraintError(.json, 0) }
    var object = DocumentBuilder()
    try object.take(span("{\"type\":\"object\"}"), &machine.words)
    machine.words.beginText()
    if choice == .named {
      for index in 0..<chosen.count { try machine.words.append(chosen[index]) }
    }
    let name = machine.words.endText()
    let hasOther = toolList != 0
    // Such calls cannot be told from an object that begins in the same way.
    if hasOther && family.form.isAtStart { throw ConstraintError(.toolsAndSchema, 0) }
    var compiler = ToolCompiler(
      family, isParallel: isParallel, isOptional: choice == .auto, anyObject: object.root)
    let other = hasOther ? try rootNode() : 0
    rule = try compiler.compile(
      hasOther ? toolList : document.root, other: other, chosen: name, &machine.words)
    toolRecords = compiler.records
    let isNamed = family.form.textName != nil
    (tools, isLazy) = (family, choice == .auto && !hasOther && !isNamed)
    restart()
  }

  /// What an argument of a tool's calls is, or a part of one; nil if that is not known.
  /// - Parameter outer: what it lies in, if it is a part of an argument.
  @export(interface)
  public func argument(
    _ key: FixedText<65>, of tool: FixedText<65>, in outer: Argument? = nil
  ) -> Argument? {
    guard let form = tools?.form.keyed else { return nil }
    return (outer ?? arguments(of: tool))?.part(key, form, machine.words)
  }

  private func arguments(of tool: FixedText<65>) -> Argument? {
    var record = toolRecords
    while record != 0 {
      let start = machine.words[record + ToolRecord.name]
      var index = machine.words[record + ToolRecord.nameCount] == tool.count ? 0 : -1
      while index >= 0 && index < tool.count {
        index = machine.words.byte(start + index) == tool[index] ? index + 1 : -1
      }
      if index >= 0 {
        return Argument(.object, node: machine.words[record + ToolRecord.node])
      }
      record = machine.words[record + ToolRecord.next]
    }
    return nil
  }

  /// Compiles the schema that was read last.
  private mutating func rootNode() throws(ConstraintError) -> Int {
    var compiler = SchemaCompiler(document: document.root)
    let node = try compiler.node(document.root, &machine.words)
    try compiler.finish(&machine.words)
    if machine.words[node + NodeRecord.shortest] == NodeRecord.none {
      throw ConstraintError(.empty, document.root)
    }
    return node
  }
}

// The answer.
extension Constraint {
  /// Takes the answer's next byte.
  /// - Returns: false if it cannot come; the answer is as before.
  @export(interface)
  public mutating func take(_ byte: UInt8) -> Bool {
    let mark = machine.mark
    let next = machine.step(level, byte)
    if next.isEmpty {
      machine.goBack(to: mark)
      return false
    }
    level = machine.commit(next)
    return true
  }

  /// Whether the answer may end here.
  public mutating func acceptsEnd() -> Bool { machine.accepts(level) }

  /// Whether nothing can follow.
  public var mustEnd: Bool { machine.mustEnd(level) }

  /// Bytes that the answer needs to be whole, or some more: at least one byte can come that makes it
  /// less.
  public var distance: Int { machine.distance(level) }

  /// Bytes of the memory that are used.
  public var usedByteCount: Int { machine.words.used * 4 }
}

// Errors.
extension Constraint {
  /// One sentence: the place, and what is wrong there.
  public func write<Sink: ByteSink & ~Copyable>(
    _ error: ConstraintError, to out: inout Sink
  ) {
    writePlace(error, to: &out)
    out.write(error.problem.message)
  }

  private func writePlace<Sink: ByteSink & ~Copyable>(
    _ error: ConstraintError, to out: inout Sink
  ) {
    if source == .grammar {
      out.write("the grammar")
      if error.place > 0 {
        out.write(" at byte ")
        out.write(error.place)
      }
      out.write(" ")
      return
    }
    out.write(source == .tools ? "tools " : "the schema ")
    if document.root == 0 || error.place == 0 || error.place == document.root { return }
    out.write("at #")
    _ = writePath(to: error.place, from: document.root, &out)
    out.write(" ")
  }

  /// Writes the pointer from one item to another that lies in it.
  /// - Returns: false if it does not; nothing is written then.
  private func writePath<Sink: ByteSink & ~Copyable>(
    to target: Int, from item: Int, _ out: inout Sink
  ) -> Bool {
    if target == item { return true }
    let words = machine.words
    // A document is written from front to back: what lies in an item has a higher index than it, and a
    // lower one than what comes behind it.
    var child = words.firstChild(item)
    var index = 0
    while child != 0 {
      let next = words.next(child)
      if target >= child && (next == 0 || target < next) {
        out.write("/")
        if words.kind(item) == .array {
          out.write(index)
        } else {
          writeName(words.name(child), &out)
        }
        return writePath(to: target, from: child, &out)
      }
      index += 1
      child = next
    }
    return false
  }

  /// The beginning of a name; bytes that a message should not have are shown as question marks.
  private func writeName<Sink: ByteSink & ~Copyable>(_ name: WordsText, _ out: inout Sink) {
    for index in 0..<min(name.count, 40) {
      let byte = machine.words.byte(name.start + index)
      let isPlain = byte >= 0x20 && byte < 0x7f && byte != UInt8(ascii: "\"")
      out.write(byte: isPlain && byte != UInt8(ascii: "\\") ? byte : UInt8(ascii: "?"))
    }
    if name.count > 40 { out.write("...") }
  }
}
