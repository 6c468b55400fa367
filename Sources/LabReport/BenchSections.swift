/// Rates by the prompt's length: `bench`.
enum BenchSection {
  static func make(_ reports: [(name: String, report: BenchReport)]) -> Section? {
    if reports.isEmpty { return nil }
    let content = reports.flatMap { name, report -> [Markup] in
      let title = reports.count > 1 ? "\(report.profile.board), \(name)" : report.profile.board
      return [HTML.figures(charts(title, report)), table(title, report)]
    }
    return Section(
      id: "bench", title: "Speed by the prompt's length",
      content: SpeedComparison.make(reports) + content)
  }

  private static func charts(_ title: String, _ report: BenchReport) -> [Markup] {
    [("Prompt", \BenchReport.Result.prefill), ("Answer", \.decode)].map { what, rates in
      let values = report.results.map { result in
        GroupedBars.Value(
          result[keyPath: rates].tokensPerSecond,
          low: result[keyPath: rates].minTokensPerSecond,
          high: result[keyPath: rates].maxTokensPerSecond)
      }
      let chart = GroupedBars(
        title: "\(what), \(title)",
        axis: Axis("tokens/s, least to greatest of all runs", .fromZero),
        groups: report.results.map { "\(Format.count($0.promptTokens)) tokens" },
        series: [GroupedBars.Series(name: what, style: SeriesStyle(0), values: values)])
      return HTML.figure(chart.title, chart.svg())
    }
  }

  private static func table(_ title: String, _ report: BenchReport) -> Markup {
    let rows = report.results.map { result in
      [Format.count(result.promptTokens)]
        + [result.prefill, result.decode].flatMap { rates in
          [rates.tokensPerSecond, rates.minTokensPerSecond, rates.maxTokensPerSecond].map {
            Format.number($0)
          }
        }
    }
    let names = [
      "prompt tokens", "prompt tokens/s", "least", "greatest", "answer tokens/s", "least",
      "greatest",
    ]
    return HTML.table(
      "\(title): median of \(Format.count(report.bench.repeat)) runs",
      names.map { HTML.Column(name: $0) }, rows)
  }
}

/// Time to the first token by the prompt's length: `bench ttft`.
enum FirstTokenSection {
  static func make(_ reports: [(name: String, report: FirstTokenReport)]) -> Section? {
    if reports.isEmpty { return nil }
    let content = reports.flatMap { name, report -> [Markup] in
      let title = reports.count > 1 ? "\(report.profile.board), \(name)" : report.profile.board
      return [
        HTML.figures([
          HTML.figure("Time to the first token, \(title)", chart(report, y: .fromZero)),
          HTML.figure("The same, with factors as distances", chart(report, y: .factors)),
        ]), table(title, report),
      ]
    }
    return Section(
      id: "ttft", title: "Time to the first token",
      content: FirstTokenComparison.make(reports) + content)
  }

  private static func name(_ result: FirstTokenReport.Result) -> String {
    "\(result.policy), B \(Format.count(result.blockSize))"
  }

  private static func chart(_ report: FirstTokenReport, y: Axis.Kind) -> Markup {
    let names = report.results.map(name).unique
    let series = names.enumerated().map { index, name in
      let points = report.results.filter { self.name($0) == name }.compactMap { result in
        result.timeToFirstToken.map {
          LineChart.Point(
            x: result.promptTokens, y: $0.medianUs / 1e6, low: $0.minUs / 1e6, high: $0.maxUs / 1e6)
        }
      }
      return LineChart.Series(
        name: name, style: SeriesStyle(index), points: points.sorted { $0.x < $1.x })
    }
    return LineChart(
      title: "Time to the first token over the prompt's length",
      x: Axis("prompt / tokens", .lengths), y: Axis("time to the first token / s", y),
      series: series
    ).svg()
  }

  private static func table(_ title: String, _ report: FirstTokenReport) -> Markup {
    let names = [
      "policy", "B", "N", "prompt", "median", "least", "greatest", "tokens/s", "planned",
    ]
    let rows = report.results.map { result in
      let times = result.timeToFirstToken
      return [
        result.policy, Format.count(result.blockSize), Format.count(result.cacheBudget),
        Format.count(result.promptTokens), times.map { Format.duration($0.medianUs) } ?? "over cap",
        Format.duration(times?.minUs ?? .nan), Format.duration(times?.maxUs ?? .nan),
        result.tokensPerSecond.map { Format.number($0) } ?? "–", Format.bytes(result.plannedBytes),
      ]
    }
    return HTML.table(
      "\(title): \(Format.count(report.bench.repeat)) runs each, cap "
        + Format.bytes(report.ramCapBytes),
      names.map { HTML.Column(name: $0, isText: $0 == "policy") }, rows, isLong: true)
  }
}

/// What policies cost a block: `bench scoring`, the paper's Table 19.
enum ScoringSection {
  static func make(_ reports: [(name: String, report: ScoringReport)]) -> Section? {
    if reports.isEmpty { return nil }
    let content = reports.flatMap { name, report -> [Markup] in
      let title = reports.count > 1 ? "\(report.profile.board), \(name)" : report.profile.board
      return [
        HTML.figures(
          [
            HTML.figure("A block's scoring and eviction, \(title)", chart(report, \.total)),
            HTML.figure("Of these, scoring", chart(report, \.score)),
          ] + ScoringBars.figures(title, report)), timeTable(title, report),
        relativeTable(title, report),
      ]
    }
    return Section(
      id: "scoring", title: "What a policy costs a block",
      content: [
        HTML.paragraph(
          "Added to each block by the policy, in all layers: scores, the choice of slots and the "
            + "moving of rows. Compare Table 19 of the paper, which is of an Android phone.")
      ] + ScoringComparison.make(reports) + content)
  }

  private static func chart(
    _ report: ScoringReport, _ part: KeyPath<ScoringReport.Result, SpreadReport>
  ) -> Markup {
    let names = report.results.map(\.policy).unique
    let styles = SeriesStyles(names)
    var series = names.map { name in
      let points = report.results.filter { $0.policy == name }.map { result in
        let times = result[keyPath: part]
        return LineChart.Point(
          x: result.slots, y: times.medianUs / 1_000, low: times.minUs / 1_000,
          high: times.maxUs / 1_000)
      }
      return LineChart.Series(
        name: name, style: styles[name], points: points.sorted { $0.x < $1.x })
    }
    series.append(
      LineChart.Series(
        name: "one read of all keys", style: SeriesStyle(SeriesStyle.colorCount * 2 - 1),
        points: report.keyReads.map { LineChart.Point(x: $0.slots, y: $0.medianUs / 1_000) }
          .sorted { $0.x < $1.x }))
    return LineChart(
      title: "Cost of a policy over the slots of the cache",
      x: Axis("slots with the block", .lengths), y: Axis("time per block / ms", .factors),
      series: series
    ).svg()
  }

  private static func timeTable(_ title: String, _ report: ScoringReport) -> Markup {
    let slots = Array(Set(report.results.map(\.slots))).sorted()
    let rows = report.results.map(\.policy).unique.map { policy in
      [policy]
        + slots.map { count in
          report.results.first { $0.policy == policy && $0.slots == count }.map {
            Format.number($0.total.medianUs)
          } ?? "–"
        }
    }
    let reads =
      ["one read of all keys"]
      + slots.map { count in
        Format.number(report.keyReads.first { $0.slots == count }?.medianUs ?? .nan)
      }
    return HTML.table(
      "\(title): time per block in µs, by slots, \(Format.count(report.bench.layers)) layers, "
        + "B \(Format.count(report.bench.blockSize)), "
        + "\(Format.count(report.bench.threads)) threads",
      columns(slots), rows + [reads])
  }

  private static func columns(_ slots: [Double]) -> [HTML.Column] {
    [HTML.Column(name: "policy", isText: true)]
      + slots.map { HTML.Column(name: Format.count($0)) }
  }

  /// Against KeyDiff at the smallest count, or the first policy where it was not measured.
  private static func relativeTable(_ title: String, _ report: ScoringReport) -> Markup {
    let slots = Array(Set(report.results.map(\.slots))).sorted()
    let policies = report.results.map(\.policy).unique
    let base = policies.contains("keydiff") ? "keydiff" : policies.first ?? ""
    let unit =
      report.results.first { $0.policy == base && $0.slots == slots.first }?.total.medianUs ?? .nan
    let rows = policies.map { policy in
      [policy]
        + slots.map { count in
          guard let one = report.results.first(where: { $0.policy == policy && $0.slots == count })
          else { return "–" }
          let own = unit > 0 ? Format.fixed(one.total.medianUs / unit, 2) : "–"
          return one.paperRelative.map { "\(own) (\(Format.fixed($0, 2)))" } ?? own
        }
    }
    return HTML.table(
      "\(title): relative to \(base) at \(Format.count(slots.first ?? .nan)) slots; in brackets "
        + "the paper's Table 19", columns(slots), rows)
  }
}

/// Log-likelihoods that edge-infer measured: `score`.
enum ScoreSection {
  static func make(_ reports: [(name: String, report: ScoreReport)]) -> Section? {
    if reports.isEmpty { return nil }
    let rows = reports.map { name, report in
      [
        name, Format.count(report.tokens), Format.count(report.scored), Format.fixed(report.nll, 5),
        Format.fixed(report.ppl, 4),
      ]
    }
    let names = ["file", "tokens", "scored", "NLL per token", "perplexity"]
    return Section(
      id: "score", title: "Likelihood, by edge-infer score",
      content: [
        HTML.table(
          "As edge-infer score measured it",
          names.map { HTML.Column(name: $0, isText: $0 == "file") }, rows)
      ])
  }
}

extension Sequence where Element: Hashable {
  /// Without repetitions, in the order of the first ones.
  var unique: [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
