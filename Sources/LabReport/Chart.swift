/// What all charts share: 400 units wide, as high as they need, scaled to the width that is there.
enum Chart {
  static let width = 400.0
  /// In units; the style sheet has the same.
  static let fontSize = 12.0
  static let lineHeight = 16.0

  /// - Parameters:
  ///   - title: what the chart shows; read out in its place.
  ///   - description: what is to be seen, in words and figures.
  static func svg(
    title: String, description: String, height: Double, _ content: [Markup]
  ) -> Markup {
    .element(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "role": "img", "class": "chart",
        "viewBox": "0 0 \(Format.coordinate(width)) \(Format.coordinate(height))",
        "aria-label": title,
      ], [.title(title), .element("desc", [:], [Markup(description)])] + content)
  }

  /// In place of a chart of nothing.
  static func blank(title: String, description: String) -> Markup {
    svg(
      title: title, description: description, height: 40,
      [.text("no figures to draw", x: width / 2, y: 24, anchor: .middle, kind: "label faint")])
  }
}

/// How a series is told from others: by colour, by marker, and past the eighth by dashes, so that no
/// two of the first 24 look alike and colour alone tells none.
struct SeriesStyle: Sendable, Equatable {
  static let colorCount = 8
  /// 0, 1, 2, …
  var index: Int

  init(_ index: Int) { self.index = max(0, index) }

  /// The style sheet's name of the colour.
  var color: String { "c\(index % Self.colorCount)" }

  /// The style sheet's name of the dashes, or nothing.
  var dashes: String {
    index / Self.colorCount % 3 == 0 ? "" : " d\(index / Self.colorCount % 3)"
  }

  /// A marker about 7 units wide.
  func marker(x: Double, y: Double, _ content: [Markup] = []) -> Markup {
    let corners: [(Double, Double)]
    switch (index + index / Self.colorCount) % 6 {
    case 0:
      return .element(
        "circle",
        [
          "cx": Format.coordinate(x), "cy": Format.coordinate(y), "r": "3.4",
          "class": "fill \(color)",
        ], content)
    case 1: corners = [(-3, -3), (3, -3), (3, 3), (-3, 3)]
    case 2: corners = [(0, -4), (4, 3), (-4, 3)]
    case 3: corners = [(0, -4.4), (4.4, 0), (0, 4.4), (-4.4, 0)]
    case 4: corners = [(-4, -3), (4, -3), (0, 4)]
    default:
      corners = [
        (-1.2, -4), (1.2, -4), (1.2, -1.2), (4, -1.2), (4, 1.2), (1.2, 1.2), (1.2, 4), (-1.2, 4),
        (-1.2, 1.2), (-4, 1.2), (-4, -1.2), (-1.2, -1.2),
      ]
    }
    let points = corners.map { "\(Format.coordinate(x + $0)),\(Format.coordinate(y + $1))" }
    return .element(
      "polygon", ["points": points.joined(separator: " "), "class": "fill \(color)"], content)
  }
}

/// Names of series beside what they look like, in rows above the plot.
struct Legend {
  struct Entry {
    enum Mark {
      case line(SeriesStyle)
      /// Without markers.
      case plain(SeriesStyle)
      /// Across the plot.
      case level(SeriesStyle)
      /// Filled with a colour of the style sheet.
      case box(String)
    }

    var name: String
    var mark: Mark
  }

  private static let markWidth = 24.0
  private static let gap = 12.0
  let content: [Markup]
  let height: Double

  init(_ entries: [Entry]) {
    var content: [Markup] = []
    var x = 0.0
    var row = 0.0
    for entry in entries {
      let name = TextWidth.fitted(entry.name, to: Chart.width - Self.markWidth)
      let width = Self.markWidth + TextWidth.of(name)
      if x > 0 && x + width > Chart.width { (x, row) = (0, row + 1) }
      let y = row * Chart.lineHeight + 8
      content.append(Self.mark(entry.mark, x: x, y: y))
      content.append(.text(name, x: x + Self.markWidth - 4, y: y + 4))
      x += width + Self.gap
    }
    self.content = content
    height = entries.isEmpty ? 0 : (row + 1) * Chart.lineHeight + 6
  }

  private static func mark(_ mark: Entry.Mark, x: Double, y: Double) -> Markup {
    switch mark {
    case .line(let style):
      Markup([
        .line(x, y, x + 17, y, kind: "series \(style.color)\(style.dashes)"),
        style.marker(x: x + 8.5, y: y),
      ])
    case .plain(let style):
      .line(x, y, x + 17, y, kind: "series \(style.color)\(style.dashes)")
    case .level(let style):
      .line(x, y, x + 17, y, kind: "series level \(style.color)")
    case .box(let kind):
      .element(
        "rect",
        [
          "x": Format.coordinate(x + 3), "y": Format.coordinate(y - 5), "width": "13",
          "height": "10", "class": kind,
        ])
    }
  }
}

/// Colours by the name of a series, the same in all charts of a page.
struct SeriesStyles {
  /// Policies have a place of their own, so that two pages show them alike.
  private static let known = [
    "keydiff", "sink", "tova", "snapkv", "h2o", "l2", "full", "float32", "keydiff-normalized",
    "keydiff-pairwise", "keydiff-median", "keydiff-dot", "keydiff-euclidean", "keydiff-stream",
  ]
  private var indices: [String: Int] = [:]

  /// Known policies keep their place; other names get the first that is free.
  init(_ names: some Sequence<String>) {
    var other: [String] = []
    for name in names where indices[name] == nil {
      if let index = Self.known.firstIndex(of: name) {
        indices[name] = index
      } else if !other.contains(name) {
        other.append(name)
      }
    }
    var taken = Set(indices.values)
    for name in other {
      let index = (0...).first { !taken.contains($0) }!
      taken.insert(index)
      indices[name] = index
    }
  }

  subscript(name: String) -> SeriesStyle { SeriesStyle(indices[name] ?? 0) }
}
