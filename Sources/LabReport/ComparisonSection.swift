/// Two or more runs side by side.
enum ComparisonSection {
  static func make(_ timings: [Timing]) -> Section? {
    if timings.count < 2 { return nil }
    let styles = timings.indices.map { SeriesStyle($0) }
    var charts = [
      HTML.figure("Time per token over the prompt", overPrompt(timings, styles)),
      HTML.figure("Time of the prompt by part", byPart(timings, styles)),
    ]
    charts += bars(timings).map { HTML.figure($0.title, $0.svg()) }
    return Section(
      id: "comparison", title: "Side by side", content: [HTML.figures(charts), table(timings)])
  }

  private static func overPrompt(_ timings: [Timing], _ styles: [SeriesStyle]) -> Markup {
    let series = zip(timings, styles).map { timing, style in
      var place = 0.0
      let points = timing.mergedBlocks().map { block in
        defer { place += block.tokens }
        return LineChart.Point(
          x: place + block.tokens / 2,
          y: block.tokens > 0 ? block.totalUs / block.tokens / 1_000 : .nan)
      }
      return LineChart.Series(name: timing.label, style: style, points: points)
    }
    return LineChart(
      title: "Time per token over the prompt", x: Axis("place in the prompt / tokens", .fromZero),
      y: Axis("time per token / ms", .fromZero), series: series
    ).svg()
  }

  private static func byPart(_ timings: [Timing], _ styles: [SeriesStyle]) -> Markup {
    let series = zip(timings, styles).map { timing, style in
      GroupedBars.Series(
        name: timing.label, style: style,
        values: ([timing.blockSum] + timing.partSums).map { GroupedBars.Value($0 / 1e6) })
    }
    return GroupedBars(
      title: "Time of the prompt by part", axis: Axis("time of all blocks / s", .fromZero),
      groups: ["total"] + BlockReport.partNames, series: series
    ).svg()
  }

  /// Charts of one bar a run.
  private static func bars(_ timings: [Timing]) -> [GroupedBars] {
    func chart(_ title: String, _ label: String, _ value: (Timing) -> Double?) -> GroupedBars? {
      let values = timings.map { value($0).map { GroupedBars.Value($0) } }
      if values.allSatisfy({ $0 == nil }) { return nil }
      return GroupedBars(
        title: title, axis: Axis(label, .fromZero), groups: timings.map(\.label),
        series: [GroupedBars.Series(name: label, style: SeriesStyle(0), values: values)])
    }
    return [
      chart("Time to the first token", "time / s") { $0.firstTokenUs.map { $0 / 1e6 } },
      chart("Prompt, tokens per second", "tokens/s") { $0.tokensPerSecond },
      chart("Answer, tokens per second", "tokens/s") { timing in
        timing.decode.tokens > 0 ? timing.decode.tokensPerSecond : nil
      },
      chart("Peak memory", "peak resident size / MiB") { $0.memory.peakResidentBytes / 1_048_576 },
    ].compactMap { $0 }
  }

  private static func table(_ timings: [Timing]) -> Markup {
    let first = timings[0]
    func row(
      _ name: String, _ value: (Timing) -> Double?, _ text: (Double) -> String
    ) -> [String] {
      let base = value(first)
      return [name]
        + timings.enumerated().map { index, timing in
          guard let figure = value(timing) else { return "–" }
          guard index > 0, let base, base > 0 else { return text(figure) }
          return "\(text(figure)) (×\(Format.fixed(figure / base, 2)))"
        }
    }
    let number = { Format.number($0) }
    var rows = [
      row("prompt tokens", { $0.promptTokens }, Format.count),
      row("prompt time", { $0.prefillSeconds * 1e6 }, Format.duration),
      row("prompt tokens/s", { $0.tokensPerSecond }, number),
      row("first token", { $0.firstTokenUs }, Format.duration),
    ]
    for (index, part) in BlockReport.partNames.enumerated() {
      rows.append(row(part, { $0.partSums[index] }, Format.duration))
    }
    rows += [
      row("answer tokens/s", { $0.decode.tokens > 0 ? $0.decode.tokensPerSecond : nil }, number),
      row("answer token, median", { $0.decode.p50Us }, Format.duration),
      row("answer token, 99 %", { $0.decode.p99Us }, Format.duration),
      row("peak memory", { $0.memory.peakResidentBytes }, Format.bytes),
      row("arena", { $0.memory.arenaBytes }, Format.bytes),
    ]
    let columns =
      [HTML.Column(name: "", isText: true)] + timings.map { HTML.Column(name: $0.label) }
    return HTML.table(
      "All runs, and how many times the first one's figure in brackets", columns, rows)
  }
}
