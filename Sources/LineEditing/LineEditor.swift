import Platform

/// Reads messages from a terminal, which can be edited: left, right, home, end, backspace, delete,
/// Ctrl-A, -E, -B, -F, -K, -U, -W, -L; up and down (Ctrl-P, -N) go to other rows, and past them to earlier
/// messages. Alt-Enter begins a new line, and so does Shift-Enter if the terminal tells it apart. What is
/// pasted is part of the message, whatever lines it has. Ctrl-C clears the message, Ctrl-D on an empty one
/// ends the input.
@safe public struct LineEditor: ~Copyable {
  private let layout: LineLayout
  private let terminal: Terminal
  private var history: LineHistory
  private var keys = KeyDecoder()
  private var view = LineView()
  private var text: EditedText
  /// Keys that have been read and not yet taken.
  private var filled = 0
  private var used = 0
  /// The message back in history that is shown; 0 is the new one, which then waits in `layout.draft`.
  private var age = 0
  private var draftCount = 0
  /// A paste had no room: the rest of it is dropped.
  private var isOverfull = false

  public init(_ layout: LineLayout, _ terminal: consuming Terminal) {
    self.layout = layout
    self.terminal = terminal
    history = LineHistory(layout)
    unsafe text = EditedText(layout.line, capacity: LineLayout.lineByteCountMax)
  }

  /// Puts the next message into `layout.line`.
  @export(interface)
  public mutating func next(_ out: inout TextOutput) throws(SystemFailure) -> LineEvent {
    text.clear()
    view.begin()
    (age, isOverfull) = (0, false)
    terminal.enterRaw()
    do throws(SystemFailure) {
      let event = try edit(&out)
      // Ctrl-C is a key until here; a signal that comes from now on is meant for the answer.
      Interrupt.clear()
      terminal.leaveRaw()
      return event
    } catch {
      terminal.leaveRaw()
      throw error
    }
  }

  private mutating func edit(_ out: inout TextOutput) throws(SystemFailure) -> LineEvent {
    while true {
      if used == filled {
        show(&out)
        used = 0
        filled = 0
        guard let got = unsafe try terminal.read(into: layout.input) else {
          clear(&out)
          continue
        }
        if got == 0 { return finish(.end, &out) }
        filled = got
      }
      used += 1
      guard let key = unsafe keys.accept(layout.input[used - 1]) else { continue }
      if let event = take(key, &out) { return finish(event, &out) }
    }
  }

  private mutating func show(_ out: inout TextOutput) {
    view.show(text, terminal.size, to: &out)
    out.flush()
  }

  private mutating func finish(_ event: LineEvent, _ out: inout TextOutput) -> LineEvent {
    text.move(to: text.count)
    show(&out)
    out.write("\n")
    out.flush()
    if case .line(let count) = event { unsafe history.append(layout.line, count: count) }
    return event
  }

  /// - Returns: what the key ends the message with.
  private mutating func take(_ key: Key, _ out: inout TextOutput) -> LineEvent? {
    switch key {
    case .enter: return .line(text.count)
    case .text(let scalar): return insert(scalar)
    case .lineBreak: return insert(KeyScalar(EditedText.newline))
    case .pasteEnd: if isOverfull { return .tooLong }
    case .endOrDelete:
      if text.count == 0 { return .end }
      text.remove(text.cursor..<text.after(text.cursor))
    case .interrupt: clear(&out)
    case .redraw:
      out.write("\u{1B}[H\u{1B}[2J")
      view.begin()
    case .up: if !moveRow(by: -1) { recall(age + 1) }
    case .down: if !moveRow(by: 1) { recall(age - 1) }
    default: edit(key)
    }
    return nil
  }

  /// A key that moves in the line or removes a part of it.
  private mutating func edit(_ key: Key) {
    let cursor = text.cursor
    switch key {
    case .delete: text.remove(cursor..<text.after(cursor))
    case .backspace: text.remove(text.before(cursor)..<cursor)
    case .removeToEnd:
      // At a line's end, that end.
      let end = text.lineEnd(cursor)
      text.remove(cursor..<(end == cursor ? text.after(cursor) : end))
    case .removeToStart: text.remove(text.lineStart(cursor)..<cursor)
    case .removeWord: text.remove(text.wordStart..<cursor)
    case .left: text.move(to: text.before(cursor))
    case .right: text.move(to: text.after(cursor))
    case .home: text.move(to: text.lineStart(cursor))
    case .end: text.move(to: text.lineEnd(cursor))
    default: break
    }
  }

  /// Ctrl-C: what was typed stays on the screen, and the message begins anew.
  private mutating func clear(_ out: inout TextOutput) {
    Interrupt.clear()
    text.move(to: text.count)
    show(&out)
    out.write("^C\n")
    text.clear()
    view.begin()
    age = 0
  }

  private mutating func insert(_ scalar: KeyScalar) -> LineEvent? {
    if isOverfull || text.insert(scalar) { return nil }
    // The rest of a paste would be taken for further messages.
    isOverfull = keys.isPasting
    return isOverfull ? nil : .tooLong
  }

  /// - Returns: false without such a row.
  private mutating func moveRow(by offset: Int) -> Bool {
    let room = terminal.size.room
    var position = LineView.position(of: text.cursor, in: text, room: room)
    position.row += offset
    guard let place = LineView.place(at: position, in: text, room: room) else { return false }
    text.move(to: place)
    return true
  }

  /// Shows an earlier message, or the new one again.
  private mutating func recall(_ wanted: Int) {
    if wanted < 0 || wanted > history.count { return }
    if age == 0 {
      for index in 0..<text.count { unsafe layout.draft[index] = layout.line[index] }
      draftCount = text.count
    }
    age = wanted
    if wanted == 0 {
      for index in 0..<draftCount { unsafe layout.line[index] = layout.draft[index] }
      text.take(count: draftCount)
    } else {
      text.take(count: unsafe history.copy(wanted, to: layout.line))
    }
  }
}

extension Terminal {
  fileprivate var size: LineView.Size {
    LineView.Size(columnCount: columnCount, rowCount: rowCount)
  }
}
