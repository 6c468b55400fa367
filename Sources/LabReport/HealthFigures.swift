/// What the board's sensors said of each block, above the block's times.
enum HealthFigures {
  /// Columns of the table of blocks.
  enum Column: String, CaseIterable {
    case temperature = "°C"
    case frequency = "MHz"
    case energy = "J"

    func value(_ block: BlockReport) -> Double? {
      switch self {
      case .temperature: block.temperatureC
      case .frequency: block.frequencyMHz
      case .energy: block.joules
      }
    }

    func text(_ block: BlockReport) -> String {
      guard let value = value(block) else { return "–" }
      switch self {
      case .temperature: return Format.fixed(value, 1)
      case .frequency: return Format.fixed(value, 0)
      case .energy: return Format.fixed(value, 3)
      }
    }
  }

  /// A chart of the temperature and one of the slowest core's frequency, where they are known.
  static func make(_ timing: Timing) -> [Markup] {
    [
      chart(timing, "Temperature", Axis("temperature / °C", .linear), .temperature, 0),
      chart(
        timing, "Frequency of the slowest core", Axis("frequency / MHz", .fromZero), .frequency, 1),
    ].compactMap { $0 }
  }

  private static func chart(
    _ timing: Timing, _ name: String, _ axis: Axis, _ column: Column, _ style: Int
  ) -> Markup? {
    var place = 0.0
    let points = timing.mergedBlocks().compactMap { block -> LineChart.Point? in
      place += block.tokens
      return column.value(block).map { LineChart.Point(x: place, y: $0) }
    }
    if points.isEmpty { return nil }
    let title = "\(name) after each block: \(timing.label)"
    let series = LineChart.Series(name: name, style: SeriesStyle(style), points: points)
    return HTML.figure(
      title,
      LineChart(
        title: title, x: Axis("place in the prompt / tokens", .fromZero), y: axis,
        series: [series]
      ).svg())
  }
}
