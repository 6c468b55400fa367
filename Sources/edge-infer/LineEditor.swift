import Platform

/// Reads lines from a terminal, which can be edited: left, right, home, end, backspace, delete,
/// Ctrl-A, -E, -B, -F, -K, -U, -W, -L; up and down (Ctrl-P, -N) bring back earlier lines. Ctrl-C clears
/// the line, Ctrl-D on an empty one ends the input.
@safe struct LineEditor: ~Copyable {
  private let layout: ChatLayout
  private let terminal: Terminal
  private var history: LineHistory
  private var keys = KeyDecoder()
  /// Keys that have been read and not yet taken.
  private var filled = 0
  private var used = 0
  private var count = 0
  private var cursor = 0
  /// The line back in history that is shown; 0 is the new one, which then waits in `layout.draft`.
  private var age = 0
  private var draftCount = 0

  init(_ layout: ChatLayout, _ terminal: consuming Terminal) {
    self.layout = layout
    self.terminal = terminal
    history = LineHistory(layout)
  }

  /// Puts the next line into `layout.line`.
  mutating func next(_ out: inout TextOutput) throws(SystemFailure) -> LineEvent {
    (count, cursor, age) = (0, 0, 0)
    Interrupt.clear()
    terminal.enterRaw()
    do throws(SystemFailure) {
      let event = try edit(&out)
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

  private mutating func finish(_ event: LineEvent, _ out: inout TextOutput) -> LineEvent {
    cursor = count
    show(&out)
    out.write("\n")
    out.flush()
    if case .line = event { unsafe history.append(layout.line, count: count) }
    return event
  }

  /// - Returns: what the key ends the line with.
  private mutating func take(_ key: Key, _ out: inout TextOutput) -> LineEvent? {
    switch key {
    case .enter: return .line(count)
    case .text(let scalar): return insert(scalar)
    case .endOrDelete:
      if count == 0 { return .end }
      remove(cursor..<after(cursor))
    case .interrupt: clear(&out)
    case .delete: remove(cursor..<after(cursor))
    case .backspace: remove(before(cursor)..<cursor)
    case .removeToEnd: remove(cursor..<count)
    case .removeToStart: remove(0..<cursor)
    case .removeWord: remove(wordStart..<cursor)
    case .left: cursor = before(cursor)
    case .right: cursor = after(cursor)
    case .home: cursor = 0
    case .end: cursor = count
    case .up: recall(age + 1)
    case .down: recall(age - 1)
    case .redraw: out.write("\u{1B}[H\u{1B}[2J")
    case .other: break
    }
    return nil
  }

  /// Ctrl-C: what was typed stays on the screen, and the line begins anew.
  private mutating func clear(_ out: inout TextOutput) {
    Interrupt.clear()
    cursor = count
    show(&out)
    out.write("^C\n")
    (count, cursor, age) = (0, 0, 0)
  }
}

/// Editing.
extension LineEditor {
  private mutating func insert(_ scalar: KeyScalar) -> LineEvent? {
    if count + scalar.count > ChatLayout.lineByteCountMax { return .tooLong }
    var place = count
    while place > cursor {
      place -= 1
      unsafe layout.line[place + scalar.count] = layout.line[place]
    }
    for index in 0..<scalar.count { unsafe layout.line[cursor + index] = scalar[index] }
    count += scalar.count
    cursor += scalar.count
    return nil
  }

  private mutating func remove(_ range: Range<Int>) {
    for place in range.upperBound..<max(count, range.upperBound) {
      unsafe layout.line[place - range.count] = layout.line[place]
    }
    count -= range.count
    cursor = range.lowerBound
  }

  /// Where the scalar before `place` begins.
  private func before(_ place: Int) -> Int {
    var index = place
    while index > 0 {
      index -= 1
      if unsafe layout.line[index] & 0xC0 != 0x80 { break }
    }
    return index
  }

  /// Where the scalar at `place` ends.
  private func after(_ place: Int) -> Int {
    var index = min(place + 1, count)
    while index < count, unsafe layout.line[index] & 0xC0 == 0x80 { index += 1 }
    return index
  }

  private var wordStart: Int {
    var index = cursor
    while index > 0, unsafe layout.line[index - 1] == UInt8(ascii: " ") { index -= 1 }
    while index > 0, unsafe layout.line[index - 1] != UInt8(ascii: " ") { index -= 1 }
    return index
  }

  /// Shows an earlier line, or the new one again.
  private mutating func recall(_ wanted: Int) {
    if wanted < 0 || wanted > history.count { return }
    if age == 0 {
      for index in 0..<count { unsafe layout.draft[index] = layout.line[index] }
      draftCount = count
    }
    age = wanted
    if wanted == 0 {
      for index in 0..<draftCount { unsafe layout.line[index] = layout.draft[index] }
      count = draftCount
    } else {
      count = unsafe history.copy(wanted, to: layout.line)
    }
    cursor = count
  }
}

/// The screen: the prompt and so much of the line as one row holds, around the cursor.
extension LineEditor {
  private static let promptColumnCount = 2

  private func show(_ out: inout TextOutput) {
    let room = max(terminal.columnCount - Self.promptColumnCount - 1, 1)
    var hidden = columnCount(0..<cursor) - room
    var start = 0
    while hidden > 0 {
      let end = after(start)
      hidden -= columnCount(start..<end)
      start = end
    }
    out.write("\r> ")
    var used = 0
    var place = start
    while place < count {
      let end = after(place)
      used += columnCount(place..<end)
      if used > room { break }
      write(place..<end, &out)
      place = end
    }
    out.write("\u{1B}[K\r\u{1B}[")
    out.write(Self.promptColumnCount + columnCount(start..<cursor))
    out.write("C")
    out.flush()
  }

  /// A scalar; a space for a tab.
  private func write(_ range: Range<Int>, _ out: inout TextOutput) {
    for index in range {
      let byte = unsafe layout.line[index]
      out.write(byte: byte < 0x20 ? 0x20 : byte)
    }
  }

  private func columnCount(_ range: Range<Int>) -> Int {
    var columns = 0
    var place = range.lowerBound
    while place < range.upperBound {
      let end = after(place)
      columns += Self.columnCount(of: scalar(place..<end))
      place = end
    }
    return columns
  }

  private func scalar(_ range: Range<Int>) -> UInt32 {
    let lead = unsafe UInt32(layout.line[range.lowerBound])
    if range.count == 1 { return lead }
    var value = lead & (0x7F >> UInt32(range.count))
    for place in range.dropFirst() { value = unsafe value << 6 | UInt32(layout.line[place] & 0x3F) }
    return value
  }

  /// 2 for most scalars of East Asian Width W and for emoji, 0 for the common combining marks
  /// (Unicode Standard Annex 11; the blocks as a whole).
  private static func columnCount(of scalar: UInt32) -> Int {
    switch scalar {
    case 0x0300...0x036F, 0x200B...0x200F, 0x20D0...0x20FF, 0xFE00...0xFE0F: 0
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF,
      0x1F900...0x1FAFF, 0x20000...0x3FFFD:
      2
    default: 1
    }
  }
}
