/// Where the time of a prompt goes, block by block.
enum LatencySection {
  static func make(_ timings: [Timing]) -> Section? {
    let timings = timings.filter { !$0.blocks.isEmpty }
    if timings.isEmpty { return nil }
    let highest = timings.flatMap { $0.mergedBlocks().map(\.totalUs) }
    let isShared = Set(timings.map(\.settings.blockSize)).count == 1
    let high = isShared ? timings.flatMap(perBlock).max() : nil
    let charts = timings.map { timing in
      HTML.figure("Time per block: \(timing.label)", chart(timing, commonHigh: high).svg())
    }
    return Section(
      id: "latency", title: "Latency by block",
      content: [
        HTML.paragraph(
          "Linear is the products with the weights; score and evict are what the policy adds to a "
            + "block; other is norms, rounding, rotary embedding and writing the cache."),
        highest.isEmpty ? .empty : HTML.figures(charts),
      ] + timings.map(table))
  }

  private static func perBlock(_ timing: Timing) -> [Double] {
    timing.mergedBlocks().map { $0.parts.reduce(0, +) / $0.blockCount / 1_000 }
  }

  private static func chart(_ timing: Timing, commonHigh: Double?) -> StackedBars {
    let blocks = timing.mergedBlocks()
    var start = 0.0
    let bars = blocks.map { block in
      defer { start += block.tokens }
      return StackedBars.Bar(
        start: start, end: start + block.tokens, name: name(block),
        values: block.parts.map { $0 / block.blockCount / 1_000 })
    }
    let size = Format.count(timing.settings.blockSize)
    let isMean = blocks.contains { $0.blockCount > 1 }
    return StackedBars(
      title: "Time per block by part, \(timing.label)",
      x: Axis("place in the prompt / tokens", .fromZero),
      y: Axis("time per block of \(size)\(isMean ? ", mean" : "") / ms", .fromZero),
      parts: BlockReport.partNames, bars: bars, commonHigh: commonHigh)
  }

  private static func name(_ block: BlockReport) -> String {
    let first = Format.count(block.index)
    return block.blockCount > 1
      ? "blocks \(first)–\(Format.count(block.index + block.blockCount - 1))" : "block \(first)"
  }

  private static func table(_ timing: Timing) -> Markup {
    let columns =
      ["block", "tokens", "slots", "total"] + BlockReport.partNames + ["tokens/s"]
    var rows = timing.mergedBlocks().map { row(name($0), $0) }
    if var all = timing.blocks.first, timing.blocks.count > 1 {
      for block in timing.blocks.dropFirst() { all.add(block) }
      rows.append(row("all", all))
      let shares = all.parts.map { Format.percent(all.totalUs > 0 ? $0 / all.totalUs : .nan) }
      rows.append(["share", "", "", Format.percent(1)] + shares + [""])
    }
    return HTML.table(
      "\(timing.label): times in ms", columns.map { HTML.Column(name: $0, isText: $0 == "block") },
      rows, isLong: true)
  }

  private static func row(_ name: String, _ block: BlockReport) -> [String] {
    [name, Format.count(block.tokens), Format.count(block.slotsBefore)]
      + ([block.totalUs] + block.parts).map(Format.milliseconds)
      + [Format.fixed(block.totalUs > 0 ? block.tokens / block.totalUs * 1e6 : .nan, 1)]
  }
}

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

/// The answer's tokens.
enum DecodeSection {
  static func make(_ timings: [Timing]) -> Section? {
    let known = timings.filter { $0.decode.p50Us != nil && $0.decode.tokens > 0 }
    if known.isEmpty { return nil }
    let names = ["median", "99 %", "longest"]
    let series = known.enumerated().map { index, timing in
      let times = [timing.decode.p50Us, timing.decode.p99Us, timing.decode.maxUs]
      return GroupedBars.Series(
        name: timing.label, style: SeriesStyle(index),
        values: times.map { $0.map { GroupedBars.Value($0 / 1_000) } })
    }
    let chart = GroupedBars(
      title: "Time of an answer's token", axis: Axis("time per token / ms", .fromZero),
      groups: names, series: series)
    let columns = ["run", "tokens", "tokens/s"] + names
    let rows = known.map { timing in
      [
        timing.label, Format.count(timing.decode.tokens),
        Format.number(timing.decode.tokensPerSecond),
      ]
        + [timing.decode.p50Us, timing.decode.p99Us, timing.decode.maxUs].map {
          Format.milliseconds($0 ?? .nan)
        }
    }
    return Section(
      id: "decode", title: "Time of the answer's tokens",
      content: [
        HTML.figures([HTML.figure(chart.title, chart.svg())]),
        HTML.table(
          "Times in ms", columns.map { HTML.Column(name: $0, isText: $0 == "run") }, rows),
      ])
  }
}

/// What ran where.
enum FactsSection {
  static func make(_ timings: [Timing]) -> Section? {
    if timings.isEmpty { return nil }
    let columns =
      [HTML.Column(name: "", isText: true)]
      + timings.map { HTML.Column(name: $0.label, isText: true) }
    func row(_ name: String, _ value: (Timing) -> String?) -> [String] {
      [name] + timings.map { value($0) ?? "–" }
    }
    let rows = [
      row("file") { $0.file },
      row("board") { $0.board },
      row("build") { $0.settings.build },
      row("model") { $0.model.name },
      row("layers") { Format.count($0.model.layers) },
      row("heads, KV heads") {
        "\(Format.count($0.model.heads)), \(Format.count($0.model.kvHeads)) of "
          + "\(Format.count($0.model.headDim))"
      },
      row("policy") { $0.policy },
      row("budget N") { Format.count($0.settings.cacheBudget) },
      row("block B") { Format.count($0.settings.blockSize) },
      row("threads") { Format.count($0.settings.threads) },
      row("prompt tokens") { Format.count($0.promptTokens) },
      row("prompt tokens/s") { Format.number($0.tokensPerSecond) },
      row("first token") { $0.firstTokenUs.map(Format.duration) },
      row("load") { $0.loadUs.map(Format.duration) },
      row("answer tokens") { Format.count($0.decode.tokens) },
      row("peak resident") { Format.bytes($0.memory.peakResidentBytes) },
      row("planned") { Format.bytes($0.plan.totalBytes) },
      row("cap") { Format.bytes($0.plan.ramCapBytes) },
      row("end") { $0.stop },
    ].filter { $0.dropFirst().contains { $0 != "–" } }
    return Section(
      id: "facts", title: "Runs",
      content: [HTML.table("What was run, and what it took", columns, rows)])
  }
}
