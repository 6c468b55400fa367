/// Lying bars from zero, in groups, with intervals where they are known; a value stands beside each.
struct GroupedBars: Sendable {
  struct Value: Sendable {
    var value: Double
    var low: Double?
    var high: Double?

    init(_ value: Double, low: Double? = nil, high: Double? = nil) {
      self.value = value
      self.low = low
      self.high = high
    }
  }

  struct Series: Sendable {
    var name: String
    var style: SeriesStyle
    /// One for each group; nil where there is none.
    var values: [Value?]
  }

  private static let barHeight = 13.0
  private static let gap = 8.0
  var title: String
  var axis: Axis
  var groups: [String]
  var series: [Series]
  /// A value as text.
  var format: @Sendable (Double) -> String = { Format.number($0, digits: 3) }

  private var values: [Value] { series.flatMap { $0.values.compactMap { $0 } } }

  func svg() -> Markup {
    let drawn = values.filter { $0.value.isFinite }
    if drawn.isEmpty { return Chart.blank(title: title, description: description) }
    let legend = Legend(
      series.count < 2
        ? [] : series.map { Legend.Entry(name: $0.name, mark: .box("fill \($0.style.color)")) })
    let names = Names(groups)
    let left = names.left
    let room = (drawn.map { TextWidth.of(format($0.value)) }.max() ?? 0) + 8
    let ends = drawn.flatMap { [$0.value, $0.low ?? $0.value, $0.high ?? $0.value] }
    let scale = Scale(axis.kind, ends, from: left, to: Chart.width - room, count: 5)
    let groupHeight = names.above + Double(series.count) * Self.barHeight + Self.gap
    let top = legend.height + 4
    let bottom = top + Double(groups.count) * groupHeight
    var content = legend.content + scale.verticalGrid(title: axis.label, top: top, bottom: bottom)
    for (index, group) in groups.enumerated() {
      let y = top + Double(index) * groupHeight + Self.gap / 2
      content.append(names.text(index, y: y, height: groupHeight - Self.gap))
      for (place, one) in series.enumerated() {
        guard one.values.indices.contains(index), let value = one.values[index] else { continue }
        let name = series.count < 2 ? group : "\(group), \(one.name)"
        content.append(
          bar(value, one.style, name, scale, y: y + names.above + Double(place) * Self.barHeight))
      }
    }
    return Chart.svg(title: title, description: description, height: bottom + 38, content)
  }

  private func bar(
    _ value: Value, _ style: SeriesStyle, _ name: String, _ scale: Scale, y: Double
  ) -> Markup {
    guard scale.has(value.value) else { return .empty }
    let zero = scale.place(scale.low <= 0 && scale.high >= 0 ? 0 : scale.low)
    let place = scale.place(value.value)
    let middle = y + Self.barHeight / 2
    var text = "\(name): \(format(value.value))"
    var parts: [Markup] = []
    var end = max(place, zero)
    if let low = value.low, let high = value.high, scale.has(low), scale.has(high) {
      text += " (\(format(low)) to \(format(high)))"
      let ends = (scale.place(low), scale.place(high))
      end = max(end, ends.1)
      parts = [
        .line(ends.0, middle, ends.1, middle, kind: "whisker ink"),
        .line(ends.0, middle - 3, ends.0, middle + 3, kind: "whisker ink"),
        .line(ends.1, middle - 3, ends.1, middle + 3, kind: "whisker ink"),
      ]
    }
    let shape = Markup.element(
      "rect",
      [
        "x": Format.coordinate(min(place, zero)), "y": Format.coordinate(y + 1),
        "width": Format.coordinate(max(abs(place - zero), 0.5)),
        "height": Format.coordinate(Self.barHeight - 2), "class": "fill \(style.color)",
      ], [.title(text)])
    let figure = Markup.text(format(value.value), x: end + 4, y: middle + 4)
    return .group("bar", [shape] + parts + [figure])
  }

  private var description: String {
    let sentences = groups.enumerated().map { index, group in
      let figures = series.compactMap { one -> String? in
        guard one.values.indices.contains(index), let value = one.values[index] else { return nil }
        return (series.count < 2 ? "" : one.name + " ") + format(value.value)
      }
      return "\(group): \(figures.joined(separator: ", "))."
    }
    return (["\(axis.label)."] + sentences).joined(separator: " ")
  }

  /// Where the groups' names are: beside the bars, or above them where they are long.
  private struct Names {
    private static let mostBeside = 110.0
    private let names: [String]
    private let isAbove: Bool
    let left: Double
    /// Room above a group's bars.
    let above: Double

    init(_ groups: [String]) {
      let widest = groups.map { TextWidth.of($0) }.max() ?? 0
      isAbove = widest > Self.mostBeside
      names = groups.map { TextWidth.fitted($0, to: Chart.width - 4) }
      left = isAbove ? 14 : widest + 8
      above = isAbove ? Chart.lineHeight : 0
    }

    func text(_ index: Int, y: Double, height: Double) -> Markup {
      isAbove
        ? .text(names[index], x: 4, y: y + Chart.lineHeight - 5)
        : .text(names[index], x: left - 6, y: y + height / 2 + 4, anchor: .end)
    }
  }
}
