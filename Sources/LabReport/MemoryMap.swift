/// What lies where in the arena: a strip of the whole, and a row for each region at its place.
struct MemoryMap: Sendable {
  enum Kind: String, CaseIterable, Sendable {
    case model, cache
    case work = "working memory"
    case text
    case other = "tables and the program"

    var style: SeriesStyle {
      switch self {
      case .model: SeriesStyle(0)
      case .cache: SeriesStyle(1)
      case .work: SeriesStyle(2)
      case .text: SeriesStyle(4)
      case .other: SeriesStyle(7)
      }
    }
  }

  struct Region: Sendable {
    var name: String
    var byteCount: Double
    var kind: Kind
  }

  private static let rowHeight = 15.0
  var title: String
  /// In the order of their places.
  var regions: [Region]
  /// The end of the axis, at least; so that maps can be compared.
  var commonEnd: Double?

  func svg() -> Markup {
    let drawn = regions.filter { $0.byteCount > 0 && $0.byteCount < 1e18 }
    if drawn.isEmpty { return Chart.blank(title: title, description: description) }
    let used = Kind.allCases.filter { kind in drawn.contains { $0.kind == kind } }
    let legend = Legend(
      used.map { Legend.Entry(name: $0.rawValue, mark: .box("fill \($0.style.color)")) })
    let names = drawn.map { TextWidth.fitted($0.name, to: 180) }
    let sizes = drawn.map { Format.bytes($0.byteCount) }
    let left = (names.map { TextWidth.of($0) }.max() ?? 0) + 8
    let right = Chart.width - (sizes.map { TextWidth.of($0) }.max() ?? 0) - 6
    let total = drawn.reduce(0) { $0 + $1.byteCount } / 1_048_576
    let scale = Scale(
      .fromZero, [total, (commonEnd ?? 0) / 1_048_576], from: left, to: right, count: 4)
    let top = legend.height + 4
    let bottom = top + 26 + Double(drawn.count) * Self.rowHeight
    var content = legend.content + lines(scale, top: top, bottom: bottom)
    var start = 0.0
    for (index, region) in drawn.enumerated() {
      let end = start + region.byteCount / 1_048_576
      let places = (scale.place(start), scale.place(end))
      let y = top + 26 + Double(index) * Self.rowHeight
      let text =
        "\(region.name): \(Format.bytes(region.byteCount)), "
        + "\(Format.fixed(start, 2)) to \(Format.fixed(end, 2)) MiB"
      content += [
        Self.box(places, y: top, height: 18, least: 0, region.kind, text),
        Self.box(places, y: y + 2, height: Self.rowHeight - 4, least: 1.5, region.kind, text),
        .text(names[index], x: left - 6, y: y + 11, anchor: .end),
        .text(sizes[index], x: Chart.width, y: y + 11, anchor: .end),
      ]
      start = end
    }
    content.append(.text("all", x: left - 6, y: top + 13, anchor: .end))
    content.append(
      .text(Format.bytes(total * 1_048_576), x: Chart.width, y: top + 13, anchor: .end))
    return Chart.svg(title: title, description: description, height: bottom + 36, content)
  }

  private static func box(
    _ places: (Double, Double), y: Double, height: Double, least: Double, _ kind: Kind,
    _ text: String
  ) -> Markup {
    .element(
      "rect",
      [
        "x": Format.coordinate(places.0), "y": Format.coordinate(y),
        "width": Format.coordinate(max(places.1 - places.0, least)),
        "height": Format.coordinate(height), "class": "fill region \(kind.style.color)",
      ], [.title(text)])
  }

  private func lines(_ scale: Scale, top: Double, bottom: Double) -> [Markup] {
    var parts: [Markup] = []
    for tick in scale.ticks {
      let place = scale.place(tick.value)
      parts.append(.line(place, top, place, bottom, kind: "grid"))
      parts.append(.text(tick.label, x: place, y: bottom + 14, anchor: .middle))
    }
    let middle = scale.place((scale.low + scale.high) / 2)
    parts.append(
      .text(
        "place in memory / MiB", x: middle, y: bottom + 30, anchor: .middle, kind: "label title"))
    return parts
  }

  private var description: String {
    let sizes = regions.map { "\($0.name) \(Format.bytes($0.byteCount))" }
    return "Regions in the order of their places: " + sizes.joined(separator: ", ") + "."
  }
}
