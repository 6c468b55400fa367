import Testing
import Text

@testable import LineEditing

/// What a terminal shows: a cell a column, with the characters that the view sends and no other
/// sequences than those it uses.
private struct Screen: ByteSink, ~Copyable {
  let columnCount: Int
  let rowCount: Int
  private(set) var cells: [[String]]
  private(set) var row = 0
  private(set) var column = 0
  /// Rows that have left the screen at its top.
  private(set) var scrolled: [[String]] = []
  private var pending: [UInt8] = []

  init(columnCount: Int, rowCount: Int) {
    (self.columnCount, self.rowCount) = (columnCount, rowCount)
    cells = [[String]](repeating: [], count: rowCount)
  }

  mutating func write(byte: UInt8) { pending.append(byte) }

  /// Applies what was sent.
  mutating func settle() {
    var scalars = Array(String(decoding: pending, as: UTF8.self).unicodeScalars)[...]
    pending = []
    while let scalar = scalars.popFirst() {
      switch scalar {
      case "\r": column = 0
      case "\n": newline()
      case "\u{1B}":
        #expect(scalars.popFirst() == "[")
        let digits = scalars.prefix { ("0"..."9").contains($0) }
        scalars.removeFirst(digits.count)
        apply(scalars.popFirst()!, Int(String(String.UnicodeScalarView(digits))) ?? nil)
      default: put(scalar)
      }
    }
  }

  private mutating func newline() {
    column = 0
    if row + 1 < rowCount {
      row += 1
    } else {
      scrolled.append(cells.removeFirst())
      cells.append([])
    }
  }

  private mutating func apply(_ final: Unicode.Scalar, _ parameter: Int?) {
    switch final {
    case "A":
      #expect(row >= parameter ?? 1)
      row -= parameter ?? 1
    case "C": column += parameter ?? 1
    case "K": cells[row].removeLast(max(cells[row].count - column, 0))
    case "J":
      cells[row].removeLast(max(cells[row].count - column, 0))
      for below in row + 1..<max(rowCount, row + 1) { cells[below] = [] }
    default: Issue.record("ESC [ \(final)")
    }
  }

  private mutating func put(_ scalar: Unicode.Scalar) {
    let columns =
      CharacterWidth.extends(scalar.value) ? 0 : CharacterWidth.columnCount(of: scalar.value)
    while cells[row].count < column + columns { cells[row].append(" ") }
    if columns == 0 {
      let isBehindWide = column > 0 && cells[row][column - 1].isEmpty
      if column > 0 { cells[row][column - (isBehindWide ? 2 : 1)] += String(scalar) }
      return
    }
    cells[row][column] = String(scalar)
    if columns == 2 { cells[row][column + 1] = "" }
    column += columns
    #expect(column < max(columnCount, 5), "the last column is free")
  }

  /// A row as text.
  func text(_ row: Int) -> String { cells[row].joined() }
}

@Suite struct LineViewTests {
  private static func show(
    _ view: inout LineView, _ typed: Typed, _ screen: inout Screen
  ) {
    view.show(
      typed.text, LineView.Size(columnCount: screen.columnCount, rowCount: screen.rowCount),
      to: &screen)
    screen.settle()
  }

  @Test func severalLines() {
    var screen = Screen(columnCount: 12, rowCount: 10)
    var view = LineView()
    let typed = Typed("one\ntwo\tthree four\n")
    Self.show(&view, typed, &screen)
    #expect((0..<5).map { screen.text($0) } == ["> one", "  two three", "   four", "  ", ""])
    #expect(screen.row == 3 && screen.column == 2)
    typed.text.move(to: 5)
    Self.show(&view, typed, &screen)
    #expect(screen.row == 1 && screen.column == 3)
    typed.text.remove(3..<typed.text.count)
    Self.show(&view, typed, &screen)
    #expect((0..<3).map { screen.text($0) } == ["> one", "", ""])
    #expect(screen.row == 0 && screen.column == 5)
  }

  /// Random editing: the screen shows the rows around the cursor, and the cursor stands where it is.
  @Test(arguments: [1, 4, 5, 8, 20, 80], [2, 3, 24])
  func theScreenShowsTheText(columnCount: Int, rowCount: Int) {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<30 {
      var screen = Screen(columnCount: columnCount, rowCount: rowCount)
      var view = LineView()
      let typed = Typed()
      for _ in 0..<60 {
        change(typed, &random)
        Self.show(&view, typed, &screen)
        check(typed, screen)
      }
    }
  }

  private func change(_ typed: Typed, _ random: inout SystemRandomNumberGenerator) {
    let text = typed.text
    switch Int.random(in: 0..<8, using: &random) {
    case 0: typed.text.remove(text.before(text.cursor)..<text.cursor)
    case 1: typed.text.move(to: text.before(text.cursor))
    case 2: typed.text.move(to: text.lineStart(text.cursor))
    case 3: typed.text.remove(text.cursor..<text.lineEnd(text.cursor))
    case 4: typed.text.move(to: text.count)
    default:
      let word = ["word ", "日本", "e\u{301}", "\n", "👍🏽", "\t"].randomElement(using: &random)!
      #expect(typed.insert(word))
    }
  }

  /// Compares with rows made of an array of characters.
  private func check(_ typed: Typed, _ screen: borrowing Screen) {
    let room = max(screen.columnCount - 3, 2)
    var rows: [String] = []
    var (row, columns, place) = ("> ", 0, 0)
    var cursor = (row: 0, column: 0)
    for character in typed.string {
      let scalars = character.unicodeScalars
      let width =
        character == "\t" ? 1 : CharacterWidth.columnCount(of: scalars.first!.value)
      let isBreak = character == "\n"
      if !isBreak && columns + width > room {
        rows.append(row)
        (row, columns) = ("  ", 0)
      }
      if place == typed.text.cursor { cursor = (rows.count, columns) }
      if isBreak {
        rows.append(row)
        (row, columns) = ("  ", 0)
      } else {
        row += character == "\t" ? " " : String(character)
        columns += width
      }
      place += String(character).utf8.count
    }
    rows.append(row)
    if place == typed.text.cursor { cursor = (rows.count - 1, columns) }
    let shown = (0..<screen.rowCount).map { screen.text($0) }
    let (cursorRow, cursorColumn) = (screen.row, screen.column)
    #expect(cursorColumn == cursor.column + 2)
    #expect(shown[cursorRow] == rows[cursor.row])
    let height = max(screen.rowCount - 1, 1)
    #expect(cursorRow < screen.rowCount)
    for offset in 1..<max(height, 1) where cursorRow - offset >= 0 && cursor.row - offset >= 0 {
      #expect(shown[cursorRow - offset] == rows[cursor.row - offset])
    }
    let below = shown[(cursorRow + 1)...].filter { !$0.isEmpty }
    #expect(below.elementsEqual(rows[(cursor.row + 1)...].prefix(below.count)))
  }

  @Test func placesOfRows() {
    let typed = Typed("abcdef\ngh\n\nijk")
    // Rows of three columns: abc, def, gh, (empty), ijk.
    #expect(LineView.position(of: 3, in: typed.text, room: 3) == .init(row: 1, column: 0))
    #expect(LineView.position(of: 6, in: typed.text, room: 3) == .init(row: 1, column: 3))
    #expect(LineView.position(of: 14, in: typed.text, room: 3) == .init(row: 4, column: 3))
    #expect(LineView.place(at: .init(row: 0, column: 3), in: typed.text, room: 3) == 2)
    #expect(LineView.place(at: .init(row: 1, column: 3), in: typed.text, room: 3) == 6)
    #expect(LineView.place(at: .init(row: 2, column: 3), in: typed.text, room: 3) == 9)
    #expect(LineView.place(at: .init(row: 3, column: 3), in: typed.text, room: 3) == 10)
    #expect(LineView.place(at: .init(row: 5, column: 0), in: typed.text, room: 3) == nil)
    #expect(LineView.place(at: .init(row: -1, column: 0), in: typed.text, room: 3) == nil)
  }
}
