/// Series of points over a common axis, with intervals where they are known.
struct LineChart: Sendable {
  struct Point: Sendable, Equatable {
    var x: Double
    var y: Double
    /// Its interval.
    var low: Double?
    var high: Double?
  }

  struct Series: Sendable {
    var name: String
    var style: SeriesStyle
    var points: [Point]
    /// Does not depend on `x`: the first point's height is drawn across the plot.
    var isLevel = false
  }

  /// Series of more points have a band in place of whiskers, and no markers.
  private static let mostMarkers = 16
  var title: String
  var x: Axis
  var y: Axis
  var series: [Series]

  func svg() -> Markup {
    let points = series.flatMap(\.points)
    let drawn = points.filter { $0.x.isFinite && $0.y.isFinite }
    if drawn.isEmpty { return Chart.blank(title: title, description: description) }
    let frame = PlotFrame(
      x: x, series.filter { !$0.isLevel }.flatMap(\.points).map(\.x),
      y: y, points.flatMap { [$0.y, $0.low ?? $0.y, $0.high ?? $0.y] },
      legend: series.map { Legend.Entry(name: $0.name, mark: mark($0)) })
    let marks = series.enumerated().map { index, one in
      Markup.group("series-group", one.isLevel ? level(one, frame) : curve(one, index, frame))
    }
    return Chart.svg(
      title: title, description: description, height: frame.height, frame.axes + marks)
  }

  private func mark(_ one: Series) -> Legend.Entry.Mark {
    if one.isLevel { return .level(one.style) }
    return one.points.count > Self.mostMarkers ? .plain(one.style) : .line(one.style)
  }

  /// The ends of each series, in words.
  private var description: String {
    let sentences = series.map { one -> String in
      let points = one.points.filter { $0.x.isFinite && $0.y.isFinite }
      guard let first = points.first, let last = points.last else {
        return "\(one.name): no figures."
      }
      if one.isLevel { return "\(one.name): \(Format.number(first.y))." }
      let start = "\(one.name): \(Format.number(first.y)) at \(Format.number(first.x))"
      return points.count == 1
        ? start + "." : start + ", \(Format.number(last.y)) at \(Format.number(last.x))."
    }
    return (["\(y.label) over \(x.label)."] + sentences).joined(separator: " ")
  }

  private func level(_ one: Series, _ frame: PlotFrame) -> [Markup] {
    guard let point = one.points.first, frame.y.has(point.y) else { return [] }
    let place = frame.y.place(point.y)
    var parts: [Markup] = []
    if let low = point.low, let high = point.high, frame.y.has(low), frame.y.has(high), low < high {
      let top = frame.y.place(high)
      parts.append(
        .element(
          "rect",
          [
            "x": Format.coordinate(frame.left), "y": Format.coordinate(top),
            "width": Format.coordinate(frame.right - frame.left),
            "height": Format.coordinate(frame.y.place(low) - top),
            "class": "band \(one.style.color)",
          ]))
    }
    parts.append(
      .element(
        "line",
        [
          "x1": Format.coordinate(frame.left), "y1": Format.coordinate(place),
          "x2": Format.coordinate(frame.right), "y2": Format.coordinate(place),
          "class": "series level \(one.style.color)",
        ], [.title("\(one.name): \(Self.text(point))")]))
    return parts
  }

  private func curve(_ one: Series, _ index: Int, _ frame: PlotFrame) -> [Markup] {
    let points = one.points.filter { frame.x.has($0.x) && frame.y.has($0.y) }
    let isMarked = one.points.count <= Self.mostMarkers
    // Whiskers of series with the same x stand side by side.
    let hasIntervals = isMarked && points.contains { ($0.low ?? $0.y) < ($0.high ?? $0.y) }
    let middle = Double(series.count - 1) / 2
    let aside = hasIntervals ? (Double(index) - middle) * min(4, 24 / Double(series.count)) : 0
    let places = points.map { (x: frame.x.place($0.x) + aside, y: frame.y.place($0.y)) }
    var parts = isMarked ? whiskers(one, points, aside, frame) : band(one, points, frame)
    if places.count > 1 {
      let path = places.map { "\(Format.coordinate($0.x)),\(Format.coordinate($0.y))" }
      parts.append(
        .element(
          "polyline",
          [
            "points": path.joined(separator: " "),
            "class": "series \(one.style.color)\(one.style.dashes)",
          ], [.title(one.name)]))
    }
    for (point, place) in zip(points, places) where isMarked || places.count == 1 {
      let text = "\(one.name), \(Format.number(point.x)): \(Self.text(point))"
      parts.append(one.style.marker(x: place.x, y: place.y, [.title(text)]))
    }
    return parts
  }

  private static func text(_ point: Point) -> String {
    guard let low = point.low, let high = point.high else { return Format.number(point.y) }
    return "\(Format.number(point.y)) (\(Format.number(low)) to \(Format.number(high)))"
  }

  private func whiskers(
    _ one: Series, _ points: [Point], _ aside: Double, _ frame: PlotFrame
  ) -> [Markup] {
    points.flatMap { point -> [Markup] in
      guard let low = point.low, let high = point.high, frame.y.has(low), frame.y.has(high) else {
        return []
      }
      let x = frame.x.place(point.x) + aside
      let ends = (frame.y.place(low), frame.y.place(high))
      let kind = "whisker \(one.style.color)"
      return [
        .line(x, ends.0, x, ends.1, kind: kind),
        .line(x - 2.5, ends.0, x + 2.5, ends.0, kind: kind),
        .line(x - 2.5, ends.1, x + 2.5, ends.1, kind: kind),
      ]
    }
  }

  private func band(_ one: Series, _ points: [Point], _ frame: PlotFrame) -> [Markup] {
    let known = points.filter { point in
      [point.low, point.high].allSatisfy { $0.map(frame.y.has) ?? false }
    }
    guard known.count > 1 else { return [] }
    let upper = known.map { (frame.x.place($0.x), frame.y.place($0.high!)) }
    let lower = known.reversed().map { (frame.x.place($0.x), frame.y.place($0.low!)) }
    let path = (upper + lower).map { "\(Format.coordinate($0)),\(Format.coordinate($1))" }
    return [
      .element(
        "polygon",
        ["points": path.joined(separator: " "), "class": "band \(one.style.color)"])
    ]
  }
}
