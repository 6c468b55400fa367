import Memory
import Text

/// A chat template, compiled, with the memory that it runs in.
///
/// The use is: `data` is filled, `render` runs the template, then the parts of its text are read.
public struct TemplateEngine: ~Copyable {
  /// The longest template, in bytes.
  public static let sourceByteCountMax = 256 * 1024

  private let memory: TemplateMemory
  private let layout: EngineLayout
  /// With the template for conversations with tools; nil if there is none.
  private let toolLayout: EngineLayout?
  /// What the template is given next.
  public var data: TemplateData
  public let traits: TemplateTraits
  private var made: TemplateText
  private var message = Value.undefined

  private init(
    _ memory: TemplateMemory, _ layout: EngineLayout, _ toolLayout: EngineLayout?,
    _ data: TemplateData, _ traits: TemplateTraits
  ) {
    self.memory = memory
    self.traits = traits
    self.layout = layout
    self.toolLayout = toolLayout
    self.data = data
    made = TemplateText(
      TemplateRun(
        memory, layout, .undefined, TemplateTime(secondsSince1970: 0), leavesOutTools: false),
      Output(memory, layout.output, from: 0))
  }

  /// Compiles a template. On a carver that measures, what it gives must not be used.
  /// - Parameter toolSource: the template that is used if there are tools; empty if it is the same.
  @export(interface)
  public static func make(
    carver: inout Carver, source: Span<UInt8>, toolSource: Span<UInt8> = Span(),
    sizes: TemplateSizes = TemplateSizes()
  ) throws(TemplateError) -> TemplateEngine {
    var end = 0
    var layout = EngineLayout(sizes, &end)
    let dataBytes = EngineLayout.place(sizes.conversationByteCount, &end)
    let dataCells = EngineLayout.place(
      sizes.conversationValueCount * Heap.cellByteCount, &end)
    var toolLayout = layout
    try place(source, in: &layout, &end)
    if toolSource.count > 0 { try place(toolSource, in: &toolLayout, &end) }
    let memory = unsafe TemplateMemory(
      carver.takeBytes(.template, count: end), byteCount: end)
    if !carver.isMeasuring {
      memory.copy(span(Texts.all), to: layout.texts)
      try compile(source, memory, &layout)
      if toolSource.count > 0 { try compile(toolSource, memory, &toolLayout) }
    }
    let traits = TemplateTraits(source)
    return TemplateEngine(
      memory, layout, toolSource.count > 0 ? toolLayout : nil,
      TemplateData(memory, bytes: dataBytes, cells: dataCells, traits.contentForm), traits)
  }

  /// Writes the template as JSON has it in quotation marks; nothing if that could be longer.
  public func writeSource<Sink: ByteSink & ~Copyable>(atMost byteCount: Int, to out: inout Sink) {
    let source = memory.bytes(layout.source)
    var most = source.count
    for index in 0..<source.count where source[index] < 0x20 || source[index] == 0x7f {
      most += 5
    }
    for index in 0..<source.count where source[index] == UInt8(ascii: "\"") { most += 1 }
    for index in 0..<source.count where source[index] == UInt8(ascii: "\\") { most += 1 }
    if most <= byteCount { out.write(jsonText: source) }
  }

  private static func place(
    _ source: Span<UInt8>, in layout: inout EngineLayout, _ end: inout Int
  ) throws(TemplateError) {
    if source.count > sourceByteCountMax {
      throw TemplateError(.syntax, "a template of at most 262144 bytes")
    }
    if !isUTF8(source) { throw TemplateError(.syntax, "UTF-8") }
    layout.nodeCount = try countNodes(source)
    layout.source = EngineLayout.place(source.count, &end)
    layout.nodes =
      EngineLayout.place(layout.nodeCount * MemoryLayout<Node>.stride, &end).lowerBound
  }

  private static func compile(
    _ source: Span<UInt8>, _ memory: TemplateMemory, _ layout: inout EngineLayout
  ) throws(TemplateError) {
    layout.source = copy(source, memory, to: layout.source.lowerBound)
    var parser = Parser(
      memory.source(layout.source), origin: layout.source.lowerBound,
      NodeStore(memory, start: layout.nodes))
    layout.body = try parser.parse()
  }

  /// Parses the template without keeping anything. Line ends and the last one of them, which are made
  /// even when the template is compiled, lie in data: they do not change the count, beside that
  /// of empty data.
  private static func countNodes(_ source: Span<UInt8>) throws(TemplateError) -> Int {
    try unsafe source.withUnsafeBufferPointer { (bytes) throws(TemplateError) -> Int in
      guard let base = bytes.baseAddress else { return 2 }
      let text = unsafe SourceText(base, count: bytes.count)
      var parser = Parser(text, origin: 0, NodeStore(nil, start: 0))
      _ = try parser.parse()
      return parser.store.count + 1
    }
  }

  /// Copies a template with every kind of line end as one, and without one line end at its end.
  private static func copy(
    _ source: Span<UInt8>, _ memory: TemplateMemory, to start: Int
  ) -> Range<Int> {
    var end = start
    var index = 0
    while index < source.count {
      var byte = source[index]
      if byte == 0x0D {
        if index + 1 < source.count && source[index + 1] == 0x0A { index += 1 }
        byte = 0x0A
      }
      memory.setByte(end, byte)
      end += 1
      index += 1
    }
    if end > start && memory.byte(end - 1) == 0x0A { end -= 1 }
    return start..<end
  }
}

// Running.
extension TemplateEngine {
  /// Runs the template on `data`, which must be one whole object: its members are the variables.
  ///
  /// If the tools are null and the template takes that for a list, it is run without them: some
  /// templates only ask whether tools are defined. If there are none and the template does not take the
  /// conversation, such as calls without a content, the one for conversations with tools is tried.
  @export(interface)
  public mutating func render(now: TemplateTime) throws(TemplateError) {
    do throws(TemplateError) {
      try run(now, usesToolLayout: hasTools, leavesOutTools: false)
    } catch {
      if error.problem != .type { throw error }
      if hasNullTools {
        try runWithoutTools(now)
      } else {
        try runOther(now, instead: error)
      }
    }
  }

  private mutating func runWithoutTools(_ now: TemplateTime) throws(TemplateError) {
    do throws(TemplateError) {
      try run(now, usesToolLayout: false, leavesOutTools: true)
    } catch {
      if error.problem != .type { throw error }
      try runOther(now, instead: error)
    }
  }

  /// Runs the template for conversations with tools, if it is another one, on one that has none.
  private mutating func runOther(
    _ now: TemplateTime, instead first: TemplateError
  ) throws(TemplateError) {
    if toolLayout == nil || hasTools { throw first }
    do throws(TemplateError) {
      try run(now, usesToolLayout: true, leavesOutTools: false)
    } catch {
      throw first
    }
  }

  private var hasNullTools: Bool {
    for index in 0..<(data.root.kind == .dictionary ? data.root.length : 0)
    where TemplateRun.isNullTools(memory, data.root, index) {
      return true
    }
    return false
  }

  /// Whether `tools` is a list with anything in it.
  private var hasTools: Bool {
    for index in 0..<(data.root.kind == .dictionary ? data.root.length : 0) {
      let place = data.root.offset + 2 * index * Heap.cellByteCount
      let name = memory.load(place, as: Value.self)
      if !matches(memory.bytes(name.offset..<name.offset + name.length), "tools") { continue }
      let value = memory.load(place + Heap.cellByteCount, as: Value.self)
      return value.isSequence && value.length > 0
    }
    return false
  }

  private mutating func run(
    _ now: TemplateTime, usesToolLayout: Bool, leavesOutTools: Bool
  ) throws(TemplateError) {
    var program = layout
    if let toolLayout, usesToolLayout { program = toolLayout }
    let run = TemplateRun(memory, program, data.root, now, leavesOutTools: leavesOutTools)
    made = TemplateText(run, try run.output(from: 0, &message))
  }

  /// One line that says what an error of this engine is; the template's own text if it has refused.
  public mutating func write<Sink: ByteSink & ~Copyable>(_ error: TemplateError, to out: inout Sink)
  {
    error.writeStart(to: &out)
    if error.problem == .refused || error.problem == .undefined { writeMessage(to: &out) }
    error.writeEnd(to: &out)
    if error.problem == .unsupported && message.isText {
      out.write(byte: UInt8(ascii: " "))
      writeMessage(to: &out)
    }
  }

  private func writeMessage<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    let isParted = message.flags.contains(.parted)
    for index in 0..<(isParted ? message.length : 1) {
      let part =
        isParted
        ? memory.load(
          message.offset + (message.length - 1 - index) * Heap.cellByteCount, as: Value.self)
        : message
      if part.flags.contains(.streamed) { continue }
      out.write(memory.bytes(part.offset..<part.offset + part.length))
    }
  }
}

extension TemplateEngine {
  /// The text that was made, of which one copy may be used.
  public var text: TemplateText { made }

  // The same for an engine that an optional holds, which can only be changed in its place.
  public mutating func currentText() -> TemplateText { text }
  public mutating func currentData() -> TemplateData { data }

  /// Lets a function read the source of the template for conversations with tools.
  public mutating func withToolSource<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
    body(memory.bytes((toolLayout ?? layout).source))
  }
}
