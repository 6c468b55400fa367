/// Lying bars of parts that add up, from zero; the sum stands beside each.
struct StackedRows: Sendable {
  struct Row: Sendable {
    var name: String
    /// One for each part, from the left.
    var values: [Double]
  }

  private static let rowHeight = 19.0
  private static let barHeight = 13.0
  private static let mostNameWidth = 150.0
  /// So many parts at most, and their colours.
  private static let styles = [0, 1, 2, 3].map { SeriesStyle($0) }
  var title: String
  var axis: String
  var parts: [String]
  var rows: [Row]
  /// Of the axis, at least; so that charts can be compared.
  var commonHigh: Double?

  /// Values that cannot be drawn count as nothing.
  private static func drawable(_ value: Double) -> Double {
    value.isFinite && value > 0 ? min(value, 1e90) : 0
  }

  static func sum(_ row: Row) -> Double { row.values.reduce(0) { $0 + drawable($1) } }

  func svg() -> Markup {
    if rows.allSatisfy({ Self.sum($0) == 0 }) {
      return Chart.blank(title: title, description: description)
    }
    let legend = Legend(
      parts.enumerated().map {
        Legend.Entry(name: $1, mark: .box("fill \(Self.styles[$0 % 4].color)"))
      })
    let names = rows.map { TextWidth.fitted($0.name, to: Self.mostNameWidth) }
    let sums = rows.map { Format.number(Self.sum($0), digits: 3) }
    let left = (names.map { TextWidth.of($0) }.max() ?? 0) + 8
    let right = Chart.width - (sums.map { TextWidth.of($0) }.max() ?? 0) - 8
    let scale = Scale(
      .fromZero, rows.map(Self.sum) + [commonHigh ?? 0], from: left, to: right, count: 4)
    let top = legend.height + 4
    let bottom = top + Double(rows.count) * Self.rowHeight
    var content = legend.content + scale.verticalGrid(title: axis, top: top, bottom: bottom)
    for (index, row) in rows.enumerated() {
      let y = top + Double(index) * Self.rowHeight + (Self.rowHeight - Self.barHeight) / 2
      content.append(.text(names[index], x: left - 6, y: y + 11, anchor: .end))
      content.append(bar(row, scale, y: y))
      content.append(.text(sums[index], x: scale.place(Self.sum(row)) + 4, y: y + 11))
    }
    return Chart.svg(title: title, description: description, height: bottom + 38, content)
  }

  private func bar(_ row: Row, _ scale: Scale, y: Double) -> Markup {
    let named = zip(parts, row.values).map { "\($0) \(Format.number($1, digits: 3))" }
    var content = [Markup.title(([row.name] + named).joined(separator: ", "))]
    var base = 0.0
    for (index, value) in row.values.enumerated() where Self.drawable(value) > 0 {
      let ends = (scale.place(base), scale.place(base + Self.drawable(value)))
      content.append(
        .element(
          "rect",
          [
            "x": Format.coordinate(ends.0), "y": Format.coordinate(y),
            "width": Format.coordinate(max(ends.1 - ends.0, 0.5)),
            "height": Format.coordinate(Self.barHeight),
            "class": "fill \(Self.styles[index % 4].color)",
          ]))
      base += Self.drawable(value)
    }
    return .group("bar", content)
  }

  private var description: String {
    let sentences = rows.map { row in
      let figures = zip(parts, row.values).map { "\($0) \(Format.number($1, digits: 3))" }
      return "\(row.name): \(figures.joined(separator: ", "))."
    }
    return (["\(axis)."] + sentences).joined(separator: " ")
  }
}
