/// The axes of a plot, with grid, ticks and titles, below a legend.
struct PlotFrame {
  private static let plotHeight = 190.0
  private static let tickLength = 4.0
  private static let tickGap = 6.0
  let x: Scale
  let y: Scale
  let left: Double
  let right: Double
  let top: Double
  let bottom: Double
  private let xAxis: Axis
  private let yAxis: Axis
  private let legend: Legend

  var height: Double { bottom + 38 }

  /// - Parameter inset: between the plot's sides and the first and the last place on its x axis.
  init(
    x xAxis: Axis, _ xValues: [Double], y yAxis: Axis, _ yValues: [Double],
    legend entries: [Legend.Entry], inset: Double = 14
  ) {
    self.xAxis = xAxis
    self.yAxis = yAxis
    legend = Legend(entries)
    top = legend.height + 8
    bottom = top + Self.plotHeight
    y = Scale(yAxis.kind, yValues, from: bottom, to: top, count: 6)
    let widest = y.ticks.map { TextWidth.of($0.label) }.max() ?? 0
    left = widest + 28
    let room = Scale(xAxis.kind, xValues, from: 0, to: 1, count: 6)
    right = Chart.width - 8 - (room.ticks.last.map { TextWidth.of($0.label) } ?? 0) / 2
    x = Scale(xAxis.kind, xValues, from: left + inset, to: right - inset, count: 6)
  }

  /// What lies below the marks.
  var axes: [Markup] {
    var parts = legend.content
    for tick in y.ticks {
      let place = y.place(tick.value)
      parts.append(.line(left, place, right, place, kind: "grid"))
      parts.append(.text(tick.label, x: left - Self.tickGap, y: place + 4, anchor: .end))
    }
    var end = -Double.infinity
    for tick in x.ticks {
      let place = x.place(tick.value)
      parts.append(.line(place, bottom, place, bottom + Self.tickLength, kind: "axis"))
      let half = TextWidth.of(tick.label) / 2
      if place - half < end + Self.tickGap { continue }
      end = place + half
      parts.append(.text(tick.label, x: place, y: bottom + 16, anchor: .middle))
    }
    parts.append(.line(left, bottom, right, bottom, kind: "axis"))
    parts.append(contentsOf: titles)
    return parts
  }

  private var titles: [Markup] {
    let width = Chart.width - 4
    let across = TextWidth.fitted(xAxis.label, to: width)
    let half = TextWidth.of(across) / 2
    let middle = min(max((left + right) / 2, half), Chart.width - half)
    let upward = TextWidth.fitted(yAxis.label, to: bottom - top + 30)
    let place = "rotate(-90 12 \(Format.coordinate((top + bottom) / 2)))"
    return [
      .text(across, x: middle, y: bottom + 32, anchor: .middle, kind: "label title"),
      .element(
        "text",
        [
          "x": "12", "y": Format.coordinate((top + bottom) / 2), "text-anchor": "middle",
          "transform": place, "class": "label title",
        ], [Markup(upward)]),
    ]
  }
}
