/// Parts of the page.
enum HTML {
  struct Column {
    var name: String
    /// Texts stand at the left, figures at the right.
    var isText = false
  }

  /// A table that scrolls by itself where it is wider than the page.
  static func table(
    _ caption: String, _ columns: [Column], _ rows: [[String]], isLong: Bool = false
  ) -> Markup {
    func cells(_ name: StaticString, _ texts: [String]) -> Markup {
      .element(
        "tr", [:],
        zip(columns, texts).map { column, text in
          .element(name, column.isText ? ["class": "text"] : [:], [Markup(text)])
        })
    }
    let head = Markup.element(
      "tr", [:],
      columns.map {
        .element(
          "th", $0.isText ? ["scope": "col", "class": "text"] : ["scope": "col"],
          [Markup($0.name)])
      })
    return .element(
      "div",
      [
        "class": isLong ? "scroll long" : "scroll", "role": "region", "tabindex": "0",
        "aria-label": caption,
      ],
      [
        .element(
          "table", [:],
          [
            .element("caption", [:], [Markup(caption)]), .element("thead", [:], [head]),
            .element("tbody", [:], rows.map { cells("td", $0) }),
          ])
      ])
  }

  /// A chart under its title.
  static func figure(_ title: String, _ chart: Markup, note: String? = nil) -> Markup {
    .element(
      "figure", [:],
      [
        .element("figcaption", [:], [Markup(title)]),
        .element("div", [:], [chart] + (note.map { [paragraph($0)] } ?? [])),
      ])
  }

  static func figures(_ all: [Markup]) -> Markup {
    all.isEmpty ? .empty : .element("div", ["class": "figures"], all)
  }

  static func heading(_ text: String) -> Markup { .element("h3", [:], [Markup(text)]) }

  static func paragraph(_ text: String) -> Markup { .element("p", [:], [Markup(text)]) }
}

/// A part of the page with a heading of its own.
struct Section {
  var id: String
  var title: String
  var content: [Markup]
}
