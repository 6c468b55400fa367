import Foundation

/// Values over two axes of named places, the more the darker, each with its figure.
struct HeatMap: Sendable {
  private static let rowHeight = 24.0
  private static let scaleWidth = 120.0
  /// Above it the page's colour stands out more than the ink's, in light and dark.
  private static let darkShade = 0.66
  var title: String
  /// What the columns and the rows are, with the unit.
  var xLabel: String
  var yLabel: String
  var columns: [String]
  var rows: [String]
  /// By row, then column; nil where nothing was measured.
  var values: [[Double?]]
  /// Of the colours.
  var range: ClosedRange<Double>
  var valueLabel: String

  func svg() -> Markup {
    guard !columns.isEmpty, !rows.isEmpty else {
      return Chart.blank(title: title, description: description)
    }
    let names = rows.map { TextWidth.fitted($0, to: 90) }
    let left = (names.map { TextWidth.of($0) }.max() ?? 0) + 28
    let top = 24.0
    let width = (Chart.width - left) / Double(columns.count)
    let bottom = top + Double(rows.count) * Self.rowHeight
    var content = key()
    for row in rows.indices {
      let y = top + Double(row) * Self.rowHeight
      content.append(
        .text(names[row], x: left - 6, y: y + Self.rowHeight / 2 + 4, anchor: .end))
      for column in columns.indices {
        content.append(cell(row, column, x: left + Double(column) * width, y: y, width: width))
      }
    }
    content += titles(left: left, top: top, bottom: bottom, width: width)
    return Chart.svg(title: title, description: description, height: bottom + 38, content)
  }

  private func value(_ row: Int, _ column: Int) -> Double? {
    guard values.indices.contains(row), values[row].indices.contains(column),
      let value = values[row][column], value.isFinite
    else { return nil }
    return value
  }

  /// 0 to 1.
  private func shade(_ value: Double) -> Double {
    let extent = range.upperBound - range.lowerBound
    guard extent > 0, extent.isFinite else { return 0.5 }
    return min(1, max(0, (value - range.lowerBound) / extent))
  }

  private func figure(_ value: Double) -> String { Format.number(value, digits: 2) }

  private func cell(_ row: Int, _ column: Int, x: Double, y: Double, width: Double) -> Markup {
    let value = value(row, column)
    let shade = value.map(shade)
    let name = "\(yLabel) \(rows[row]), \(xLabel) \(columns[column])"
    let text = value.map { "\(name): \(Format.number($0))" } ?? "\(name): not measured"
    let box = Markup.element(
      "rect",
      [
        "x": Format.coordinate(x + 0.5), "y": Format.coordinate(y + 0.5),
        "width": Format.coordinate(max(width - 1, 0.5)),
        "height": Format.coordinate(Self.rowHeight - 1),
        "class": shade == nil ? "cell none" : "cell heat",
        "fill-opacity": Format.coordinate(shade.map { 0.04 + 0.96 * $0 } ?? 1),
      ], [.title(text)])
    let figure = value.map(figure) ?? "–"
    if TextWidth.of(figure) > width - 2 { return box }
    let kind = (shade ?? 0) > Self.darkShade ? "label on" : "label"
    return .group(
      "bar",
      [
        box,
        .text(figure, x: x + width / 2, y: y + Self.rowHeight / 2 + 4, anchor: .middle, kind: kind),
      ])
  }

  /// What the shades mean.
  private func key() -> [Markup] {
    let low = figure(range.lowerBound)
    let high = figure(range.upperBound)
    let end = Chart.width - TextWidth.of(high) - 4
    let start = end - Self.scaleWidth
    let steps = 12
    let boxes = (0..<steps).map { step in
      Markup.element(
        "rect",
        [
          "x": Format.coordinate(start + Self.scaleWidth * Double(step) / Double(steps)), "y": "2",
          "width": Format.coordinate(Self.scaleWidth / Double(steps)), "height": "10",
          "class": "heat",
          "fill-opacity": Format.coordinate(0.04 + 0.96 * Double(step) / Double(steps - 1)),
        ])
    }
    let lowPlace = start - 4 - TextWidth.of(low)
    return boxes + [
      .text(low, x: start - 4, y: 11, anchor: .end), .text(high, x: end + 4, y: 11),
      .text(TextWidth.fitted(valueLabel, to: lowPlace - 8), x: 0, y: 11, kind: "label title"),
    ]
  }

  private func titles(left: Double, top: Double, bottom: Double, width: Double) -> [Markup] {
    var parts: [Markup] = []
    var end = -Double.infinity
    for (index, column) in columns.enumerated() {
      let name = TextWidth.fitted(column, to: max(width, 60))
      let half = TextWidth.of(name) / 2
      let place = min(left + (Double(index) + 0.5) * width, Chart.width - half)
      if place - half < end + 6 { continue }
      end = place + half
      parts.append(.text(name, x: place, y: bottom + 14, anchor: .middle))
    }
    let middle = Format.coordinate((top + bottom) / 2)
    let upward = TextWidth.fitted(yLabel, to: bottom - top + 30)
    parts.append(
      .text(
        TextWidth.fitted(xLabel, to: Chart.width - left), x: (left + Chart.width) / 2,
        y: bottom + 31, anchor: .middle, kind: "label title"))
    parts.append(
      .element(
        "text",
        [
          "x": "12", "y": middle, "text-anchor": "middle", "transform": "rotate(-90 12 \(middle))",
          "class": "label title",
        ], [Markup(upward)]))
    return parts
  }

  private var description: String {
    let known = rows.indices.flatMap { row in columns.indices.compactMap { value(row, $0) } }
    guard let least = known.min(), let greatest = known.max() else {
      return "\(valueLabel): nothing was measured."
    }
    return "\(valueLabel) by \(yLabel) and \(xLabel): \(Format.number(least)) to "
      + "\(Format.number(greatest)) in \(known.count) places, "
      + "\(Format.number(known.reduce(0, +) / Double(known.count))) on average."
  }
}
