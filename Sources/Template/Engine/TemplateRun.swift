import Text

/// A template on what it is given: what is repeated for each piece of a long text. It makes the same
/// text every time.
struct TemplateRun {
  let memory: TemplateMemory
  private let layout: EngineLayout
  private let root: Value
  private let now: TemplateTime
  private let leavesOutTools: Bool

  /// - Parameter root: the variables, an object.
  init(
    _ memory: TemplateMemory, _ layout: EngineLayout, _ root: Value, _ now: TemplateTime,
    leavesOutTools: Bool
  ) {
    self.memory = memory
    self.layout = layout
    self.root = root
    self.now = now
    self.leavesOutTools = leavesOutTools
  }

  /// Runs the template. The first piece is made in a run to the template's end, which finds every error;
  /// those behind it in runs that end with the piece.
  /// - Parameters:
  ///   - start: of the piece; see `Output`.
  ///   - message: what an error names.
  func output(from start: Int, _ message: inout Value) throws(TemplateError) -> Output {
    var interpreter = Interpreter(memory, layout, now: now, from: start)
    do throws(TemplateError) {
      try interpreter.openScope(parent: -1)
      for index in 0..<(root.kind == .dictionary ? root.length : 0) {
        if leavesOutTools && Self.isNullTools(memory, root, index) { continue }
        let place = root.offset + 2 * index * Heap.cellByteCount
        let name = memory.load(place, as: Value.self)
        let hash = Name.hash(memory, name.offset, name.length)
        let value = memory.load(place + Heap.cellByteCount, as: Value.self)
        if !interpreter.scopes.set(hash, name.offset, name.length, value) {
          throw TemplateError(.tooManyVariables)
        }
      }
      _ = try interpreter.execute(layout.body)
    } catch {
      let isWhole = error.problem == .outputFull && start > 0 && interpreter.output.isFull
      if !isWhole {
        message = interpreter.message
        throw error
      }
    }
    return interpreter.output
  }

  /// Whether a member of the variables is `tools`, and null.
  static func isNullTools(_ memory: TemplateMemory, _ root: Value, _ index: Int) -> Bool {
    let place = root.offset + 2 * index * Heap.cellByteCount
    let name = memory.load(place, as: Value.self)
    return matches(memory.bytes(name.offset..<name.offset + name.length), "tools")
      && memory.load(place + Heap.cellByteCount, as: Value.self).kind == .none
  }
}
