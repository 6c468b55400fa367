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
