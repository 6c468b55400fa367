import Text

/// Shows a message on a terminal: behind `> `, on as many rows as it takes, as far as the terminal has
/// rows, around the cursor. Its lines' ends begin rows, and long lines go on in the next row.
struct LineView {
  /// A terminal's size.
  struct Size {
    let columnCount: Int
    let rowCount: Int

    init(columnCount: Int, rowCount: Int) {
      self.columnCount = columnCount
      self.rowCount = rowCount
    }

    /// Columns of a message in a row; the last one stays free, so that no terminal begins a row by itself.
    var room: Int { max(columnCount - LineView.promptColumnCount - 1, 2) }
  }

  static let promptColumnCount = 2

  /// The first row of the message that is shown, and what stands on the screen.
  private var first = 0
  private var shownCount = 0
  private var shownCursorRow = 0

  /// What is shown next begins at the cursor's row.
  mutating func begin() { self = LineView() }

  mutating func show<Sink: ByteSink & ~Copyable>(
    _ text: EditedText, _ size: Size, to out: inout Sink
  ) {
    let cursor = Self.position(of: text.cursor, in: text, room: size.room)
    let height = max(size.rowCount - 1, 1)
    first = min(max(first, cursor.row - height + 1), cursor.row)
    if shownCursorRow > 0 { Self.move(shownCursorRow, "A", to: &out) }
    let count = writeRows(text, height: height, room: size.room, to: &out)
    if count < shownCount {
      // The cursor stays where it is.
      out.write("\n\u{1B}[J\u{1B}[A")
    }
    shownCount = count
    shownCursorRow = cursor.row - first
    if count - 1 > shownCursorRow { Self.move(count - 1 - shownCursorRow, "A", to: &out) }
    out.write("\r")
    Self.move(Self.promptColumnCount + cursor.column, "C", to: &out)
  }

  /// Rows from `first` on.
  /// - Returns: how many.
  private func writeRows<Sink: ByteSink & ~Copyable>(
    _ text: EditedText, height: Int, room: Int, to out: inout Sink
  ) -> Int {
    var (row, place) = (0, 0)
    var count = 0
    while count < height {
      let end = Self.rowEnd(place, in: text, room: room)
      if row >= first {
        out.write(count > 0 ? "\r\n" : "\r")
        out.write(row == 0 ? "> " : "  ")
        Self.write(text, place..<end.text, to: &out)
        out.write("\u{1B}[K")
        count += 1
      }
      guard let next = end.next else { break }
      (row, place) = (row + 1, next)
    }
    return count
  }

  /// Tabs as spaces.
  private static func write<Sink: ByteSink & ~Copyable>(
    _ text: EditedText, _ range: Range<Int>, to out: inout Sink
  ) {
    for place in range { out.write(byte: max(text[place], 0x20)) }
  }

  private static func move<Sink: ByteSink & ~Copyable>(
    _ count: Int, _ direction: StaticString, to out: inout Sink
  ) {
    out.write("\u{1B}[")
    out.write(count)
    out.write(direction)
  }
}

/// Rows.
extension LineView {
  struct RowEnd {
    /// Where the row's text ends.
    let text: Int
    /// Where the next row begins; nil in the last one.
    let next: Int?
  }

  /// The end of the row that begins at `start`.
  static func rowEnd(_ start: Int, in text: EditedText, room: Int) -> RowEnd {
    var (place, columns) = (start, 0)
    while place < text.count {
      if text[place] == EditedText.newline { return RowEnd(text: place, next: place + 1) }
      columns += text.columnCount(at: place)
      if columns > room { return RowEnd(text: place, next: place) }
      place = text.after(place)
    }
    return RowEnd(text: place, next: nil)
  }

  struct Position: Equatable {
    var row: Int
    var column: Int
  }

  static func position(of wanted: Int, in text: EditedText, room: Int) -> Position {
    var (row, start) = (0, 0)
    while let next = rowEnd(start, in: text, room: room).next, next <= wanted {
      (row, start) = (row + 1, next)
    }
    return Position(row: row, column: columnCount(start..<wanted, in: text))
  }

  /// The place at a column of a row, or the row's end if the row is shorter; nil without such a row.
  static func place(at wanted: Position, in text: EditedText, room: Int) -> Int? {
    if wanted.row < 0 { return nil }
    var start = 0
    for _ in 0..<wanted.row {
      guard let next = rowEnd(start, in: text, room: room).next else { return nil }
      start = next
    }
    let end = rowEnd(start, in: text, room: room)
    // The end of a row that goes on belongs to the next one.
    let last = end.next == end.text ? text.before(end.text) : end.text
    var (place, column) = (start, 0)
    while place < last {
      column += text.columnCount(at: place)
      if column > wanted.column { break }
      place = text.after(place)
    }
    return place
  }

  private static func columnCount(_ range: Range<Int>, in text: EditedText) -> Int {
    var (place, columns) = (range.lowerBound, 0)
    while place < range.upperBound {
      columns += text.columnCount(at: place)
      place = text.after(place)
    }
    return columns
  }
}
