/// What tells the reports of several boards or folders apart: their boards, or their files where two
/// are of one board.
enum ReportLabels {
  static func make(_ reports: [(name: String, board: String)]) -> [String] {
    let boards = reports.map(\.board)
    if Set(boards).count == boards.count { return boards }
    let folders = reports.map { $0.name.split(separator: "/").first.map(String.init) ?? $0.name }
    return Set(folders).count == folders.count ? folders : reports.map(\.name)
  }
}

/// A figure of every report, and how many times the first one's it is.
private func factor(_ value: Double?, of first: Double?, _ text: (Double) -> String) -> String {
  guard let value, value.isFinite else { return "–" }
  guard let first, first > 0 else { return text(value) }
  return "\(text(value)) (×\(Format.fixed(value / first, 2)))"
}

/// Speeds of the same prompts on two or more boards.
enum SpeedComparison {
  static func make(_ reports: [(name: String, report: BenchReport)]) -> [Markup] {
    if reports.count < 2 { return [] }
    let labels = ReportLabels.make(reports.map { ($0.name, $0.report.profile.board) })
    let prompts = reports.flatMap { $0.report.results.map(\.promptTokens) }.unique.sorted()
    let columns =
      [HTML.Column(name: "tokens/s", isText: true)] + labels.map { HTML.Column(name: $0) }
    let rows = prompts.flatMap { prompt in
      let results = reports.map { $0.report.results.first { $0.promptTokens == prompt } }
      return [
        row("prompt of \(Format.count(prompt)) tokens", results.map { $0?.prefill }),
        row("answer after \(Format.count(prompt)) tokens", results.map { $0?.decode }),
      ]
    }
    return [
      HTML.table("Tokens per second, and how many times the first one's", columns, rows)
    ]
  }

  private static func row(_ name: String, _ rates: [BenchReport.Rates?]) -> [String] {
    let first = rates[0]?.tokensPerSecond
    return [name]
      + rates.enumerated().map { index, rate in
        factor(rate?.tokensPerSecond, of: index == 0 ? nil : first) { Format.number($0) }
      }
  }
}

/// What policies cost a block on two or more boards.
enum ScoringComparison {
  static func make(_ reports: [(name: String, report: ScoringReport)]) -> [Markup] {
    if reports.count < 2 { return [] }
    let labels = ReportLabels.make(reports.map { ($0.name, $0.report.profile.board) })
    let common = reports.map { Set($0.report.results.map(\.slots)) }
      .reduce(nil as Set<Double>?) { $0?.intersection($1) ?? $1 }
    guard let slots = common?.max() else { return [] }
    let policies = reports.flatMap { $0.report.results.map(\.policy) }.unique
    func time(_ report: ScoringReport, _ policy: String) -> Double? {
      report.results.first { $0.policy == policy && $0.slots == slots }?.total.medianUs
    }
    let series = zip(labels, reports).enumerated().map { index, one in
      GroupedBars.Series(
        name: one.0, style: SeriesStyle(index),
        values: policies.map { policy in
          time(one.1.report, policy).map { GroupedBars.Value($0 / 1_000) }
        })
    }
    let chart = GroupedBars(
      title: "A block's scoring and eviction at \(Format.count(slots)) slots, side by side",
      axis: Axis("time per block / ms", .factors), groups: policies, series: series)
    let columns =
      [HTML.Column(name: "policy", isText: true)] + labels.map { HTML.Column(name: $0) }
    let rows = policies.map { policy in
      let first = time(reports[0].report, policy)
      return [policy]
        + reports.enumerated().map { index, one in
          factor(time(one.report, policy), of: index == 0 ? nil : first, Format.duration)
        }
    }
    return [
      HTML.figures([HTML.figure(chart.title, chart.svg())]),
      HTML.table(
        "Time per block at \(Format.count(slots)) slots, and how many times the first one's",
        columns, rows),
    ]
  }
}

/// Time to the first token on two or more boards.
enum FirstTokenComparison {
  private struct Case: Hashable {
    var policy: String
    var block: Double
    var prompt: Double

    var name: String {
      "\(policy), B \(Format.count(block)), \(Format.count(prompt)) tokens"
    }
  }

  static func make(_ reports: [(name: String, report: FirstTokenReport)]) -> [Markup] {
    if reports.count < 2 { return [] }
    let labels = ReportLabels.make(reports.map { ($0.name, $0.report.profile.board) })
    let times = reports.map { one in
      Dictionary(
        one.report.results.map { (key($0), $0.timeToFirstToken?.medianUs) },
        uniquingKeysWith: { first, _ in first })
    }
    let cases = reports.flatMap { $0.report.results.map(key) }.unique
    let shared = cases.filter { one in times.filter { ($0[one] ?? nil) != nil }.count > 1 }
    if shared.isEmpty { return [] }
    let columns = [HTML.Column(name: "case", isText: true)] + labels.map { HTML.Column(name: $0) }
    let rows = cases.map { one in
      let first = times[0][one] ?? nil
      return [one.name]
        + times.enumerated().map { index, known in
          factor(known[one] ?? nil, of: index == 0 ? nil : first, Format.duration)
        }
    }
    return [
      HTML.figures(curves(reports, labels)),
      HTML.table(
        "Time to the first token, and how many times the first one's", columns, rows,
        isLong: true),
    ]
  }

  private static func key(_ result: FirstTokenReport.Result) -> Case {
    Case(policy: result.policy, block: result.blockSize, prompt: result.promptTokens)
  }

  /// A chart for each policy.
  private static func curves(
    _ reports: [(name: String, report: FirstTokenReport)], _ labels: [String]
  ) -> [Markup] {
    let policies = reports.flatMap { $0.report.results.map(\.policy) }.unique
    return policies.map { policy in
      var series: [LineChart.Series] = []
      for (label, one) in zip(labels, reports) {
        let own = one.report.results.filter { $0.policy == policy }
        for block in own.map(\.blockSize).unique {
          let points = own.filter { $0.blockSize == block }.compactMap { result in
            result.timeToFirstToken.map {
              LineChart.Point(x: result.promptTokens, y: $0.medianUs / 1e6)
            }
          }
          series.append(
            LineChart.Series(
              name: "\(label), B \(Format.count(block))", style: SeriesStyle(series.count),
              points: points.sorted { $0.x < $1.x }))
        }
      }
      let title = "Time to the first token, policy \(policy), side by side"
      let chart = LineChart(
        title: title, x: Axis("prompt / tokens", .lengths),
        y: Axis("time to the first token / s", .factors), series: series)
      return HTML.figure(title, chart.svg())
    }
  }
}
