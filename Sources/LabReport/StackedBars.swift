/// Bars of parts that add up, side by side along a numeric axis.
struct StackedBars: Sendable {
  struct Bar: Sendable {
    /// Where it begins and ends on the axis.
    var start: Double
    var end: Double
    var name: String
    /// One for each part, from below.
    var values: [Double]
  }

  var title: String
  var x: Axis
  /// From zero.
  var y: Axis
  /// Five at most.
  var parts: [String]
  var bars: [Bar]
  /// Of the y axis, at least; so that charts can be compared.
  var commonHigh: Double?

  /// The last one, what is left over, in grey.
  private static let styles = [0, 1, 2, 3, 7].map { SeriesStyle($0) }

  /// Values that cannot be drawn count as nothing.
  private static func drawable(_ value: Double) -> Double {
    value.isFinite && value > 0 ? min(value, 1e90) : 0
  }

  static func height(_ bar: Bar) -> Double { bar.values.reduce(0) { $0 + drawable($1) } }

  func svg() -> Markup {
    let drawn = bars.filter { $0.start.isFinite && $0.end > $0.start && $0.end < 1e90 }
    if drawn.isEmpty { return Chart.blank(title: title, description: description) }
    let frame = PlotFrame(
      x: x, drawn.flatMap { [$0.start, $0.end] },
      y: Axis(y.label, .fromZero), drawn.map(Self.height) + [commonHigh ?? 0],
      legend: parts.enumerated().map {
        Legend.Entry(name: $1, mark: .box("fill \(Self.styles[$0 % 5].color)"))
      }, inset: 3)
    return Chart.svg(
      title: title, description: description, height: frame.height,
      frame.axes + drawn.map { bar($0, frame) })
  }

  private func bar(_ bar: Bar, _ frame: PlotFrame) -> Markup {
    let ends = (frame.x.place(bar.start), frame.x.place(bar.end))
    // A gap that thin bars can do without.
    let gap = min(1, (ends.1 - ends.0) * 0.12)
    var base = 0.0
    let named = zip(parts, bar.values).map { "\($0) \(Format.number($1))" }
    var content = [Markup.title(([bar.name] + named).joined(separator: ", "))]
    for (index, value) in bar.values.enumerated() where Self.drawable(value) > 0 {
      let top = frame.y.place(base + Self.drawable(value))
      content.append(
        .element(
          "rect",
          [
            "x": Format.coordinate(ends.0), "y": Format.coordinate(top),
            "width": Format.coordinate(ends.1 - ends.0 - gap),
            "height": Format.coordinate(frame.y.place(base) - top),
            "class": "fill \(Self.styles[index % 5].color)",
          ]))
      base += Self.drawable(value)
    }
    return .group("bar", content)
  }

  private var description: String {
    let sums = parts.indices.map { part in
      bars.reduce(0) {
        $0 + ($1.values.indices.contains(part) ? Self.drawable($1.values[part]) : 0)
      }
    }
    let all = sums.reduce(0, +)
    let shares = zip(parts, sums).map { "\($0) \(Format.percent(all > 0 ? $1 / all : 0))" }
    return "\(y.label) over \(x.label), \(bars.count) bars. Shares of all: "
      + shares.joined(separator: ", ") + "."
  }
}
