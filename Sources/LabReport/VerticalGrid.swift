extension Scale {
  /// Of an axis that lies below lying bars: its lines, the ticks for which there is room, its title.
  func verticalGrid(title: String, top: Double, bottom: Double) -> [Markup] {
    var content: [Markup] = []
    var end = -Double.infinity
    for tick in ticks {
      let x = place(tick.value)
      content.append(.line(x, top, x, bottom, kind: "grid"))
      let half = TextWidth.of(tick.label) / 2
      if x - half < end + 6 || x + half > Chart.width { continue }
      end = x + half
      content.append(.text(tick.label, x: x, y: bottom + 14, anchor: .middle))
    }
    let label = TextWidth.fitted(title, to: Chart.width)
    content.append(
      .text(label, x: Chart.width / 2, y: bottom + 31, anchor: .middle, kind: "label title"))
    return content
  }
}
