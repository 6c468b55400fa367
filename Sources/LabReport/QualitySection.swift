import LabResults

/// What a task's answers are worth, by policy and budget.
struct QualitySection {
  private static let titles = [
    "nll": "Likelihood of text", "needle": "Needle in a haystack", "phonebook": "Phone book",
    "lines": "Lines", "ruler": "RULER", "longbench": "LongBench", "math": "Math",
    "geometry": "Geometry",
  ]
  private static let order = [
    "nll", "needle", "phonebook", "lines", "ruler", "longbench", "math", "geometry",
  ]
  /// Names under which items have their length.
  private static let lengths = [
    "length": "length / tokens", "lines": "lines", "entries": "entries",
  ]
  private let results: TaskResults

  static func make(_ task: String, _ lines: [ResultLine]) -> Section {
    QualitySection(results: TaskResults(task: task, lines)).section
  }

  /// In the order of the page.
  static func sorted(_ tasks: some Sequence<String>) -> [String] {
    tasks.sorted { (rank($0), $0) < (rank($1), $1) }
  }

  private static func rank(_ task: String) -> Int { order.firstIndex(of: task) ?? order.count }

  private var section: Section {
    let metrics = results.metrics
    let drawn = metrics.filter { metric in
      !Metric(metric).isOnlyInTable
        && results.variants.filter { results.interval($0, metric) != nil }.count > 1
    }
    let charts = drawn.flatMap(overBudget) + drawn.flatMap(overLength)
    let maps = HeatSection(results: results).figures
    let curves = CurveSection(results: results).figures
    return Section(
      id: results.task, title: Self.titles[results.task] ?? results.task,
      content: [
        metrics.isEmpty ? .empty : HTML.paragraph(samples),
        HTML.figures(charts),
        maps.isEmpty ? .empty : HTML.heading("By length and depth"), HTML.figures(maps),
        curves.isEmpty ? .empty : HTML.heading("Curves"), HTML.figures(curves),
        Markup(tables(metrics)), datasetTable(metrics),
      ])
  }

  /// How many samples there are, and whether all variants have the same ones.
  private var samples: String {
    let sets = results.variants.map { variant in Set(results.lines(variant).map(\.item)) }
    let counts = sets.map(\.count)
    let range =
      counts.min() == counts.max()
      ? Format.count(Double(counts.max() ?? 0))
      : "\(Format.count(Double(counts.min() ?? 0))) to \(Format.count(Double(counts.max() ?? 0)))"
    let text = "Items for each policy and budget: \(range). Intervals are 95 %."
    return Set(sets).count > 1
      ? text + " Not all have the same items: compare with care." : text
  }

  private func overBudget(_ metric: String) -> [Markup] {
    var charts: [Markup] = []
    let kinds: [(KeyPath<Budget, Double?>, Axis, String)] = [
      (\.tokens, Axis("budget N / tokens", .lengths), "by budget"),
      (\.percent, Axis("budget / % of the prompt", .percent), "by budget, share of the prompt"),
    ]
    for (value, axis, name) in kinds {
      let budgets = results.variants.compactMap { $0.budget[keyPath: value] }.unique
      if budgets.isEmpty { continue }
      let title = "\(Metric(metric).title), \(name)"
      charts.append(
        HTML.figure(
          title,
          budgets.count > 1 ? curve(metric, title, value, axis) : bars(metric, title, value)))
    }
    if charts.isEmpty && results.variants.contains(where: { results.interval($0, metric) != nil }) {
      charts.append(
        HTML.figure(Metric(metric).title, bars(metric, Metric(metric).title, \.tokens)))
    }
    return charts
  }

  private func curve(
    _ metric: String, _ title: String, _ value: KeyPath<Budget, Double?>, _ axis: Axis
  ) -> Markup {
    let series = results.variants.map(\.series).unique.compactMap { name -> LineChart.Series? in
      let own = results.variants.filter { $0.series == name }
      let level = own.first { $0.budget == .all }
      let points = own.compactMap { variant -> LineChart.Point? in
        guard let x = level == nil ? variant.budget[keyPath: value] : 0,
          let mean = results.interval(variant, metric)
        else { return nil }
        return LineChart.Point(
          x: x, y: mean.mean, low: mean.isKnown ? mean.low : nil,
          high: mean.isKnown ? mean.high : nil)
      }
      return points.isEmpty
        ? nil
        : LineChart.Series(
          name: name, style: results.styles[name], points: points, isLevel: level != nil)
    }
    let values = series.flatMap(\.points).map(\.y)
    return LineChart(title: title, x: axis, y: Metric(metric).axis(values), series: series).svg()
  }

  /// For one budget: a bar a policy.
  private func bars(
    _ metric: String, _ title: String, _ value: KeyPath<Budget, Double?>
  ) -> Markup {
    let shown = results.variants.filter { $0.budget == .all || $0.budget[keyPath: value] != nil }
    let means = shown.map { results.interval($0, metric) }
    let values = means.map { mean in
      mean.map {
        GroupedBars.Value(
          $0.mean, low: $0.isKnown ? $0.low : nil, high: $0.isKnown ? $0.high : nil)
      }
    }
    let axis = Metric(metric).axis(means.compactMap { $0?.mean })
    return GroupedBars(
      title: title, axis: Axis(axis.label, axis.kind == .unit ? .unit : .fromZero),
      groups: shown.map(\.name),
      series: [GroupedBars.Series(name: metric, style: SeriesStyle(0), values: values)]
    ).svg()
  }

  /// A chart for each budget.
  private func overLength(_ metric: String) -> [Markup] {
    guard results.task != "nll",
      let key = Self.lengths.keys.sorted().first(where: { results.values($0).count > 1 }),
      let label = Self.lengths[key]
    else { return [] }
    let budgets = Set(results.variants.map(\.budget)).subtracting([.all]).sorted()
    return (budgets.isEmpty ? [.all] : budgets).map { budget in
      let shown = results.variants.filter { $0.budget == budget || $0.budget == .all }
      let series = shown.map { variant in
        let groups = Dictionary(grouping: results.lines(variant)) {
          $0.item[key]?.number ?? .nan
        }
        let points = groups.filter { $0.key.isFinite }.compactMap { length, lines in
          Interval(lines, metric).map {
            LineChart.Point(
              x: length, y: $0.mean, low: $0.isKnown ? $0.low : nil,
              high: $0.isKnown ? $0.high : nil)
          }
        }
        return LineChart.Series(
          name: variant.series, style: results.styles[variant.series],
          points: points.sorted { $0.x < $1.x })
      }
      let title = "\(Metric(metric).title) by length, \(budget.name)"
      let values = series.flatMap(\.points).map(\.y)
      let chart = LineChart(
        title: title, x: Axis(label, .lengths), y: Metric(metric).axis(values), series: series)
      return HTML.figure(title, chart.svg())
    }
  }

  /// Variants that have no metric in common stand in tables of their own.
  private func tables(_ metrics: [String]) -> [Markup] {
    var parts: [(variants: [Variant], metrics: Set<String>)] = []
    for variant in results.variants {
      let own = Set(metrics.filter { results.interval(variant, $0) != nil })
      if own.isEmpty { continue }
      let related = parts.filter { !$0.metrics.isDisjoint(with: own) }
      parts.removeAll { !$0.metrics.isDisjoint(with: own) }
      parts.append(
        (related.flatMap(\.variants) + [variant], related.reduce(own) { $0.union($1.metrics) }))
    }
    return parts.map { part in table(part.variants, metrics.filter(part.metrics.contains)) }
  }

  private func table(_ variants: [Variant], _ metrics: [String]) -> Markup {
    let difference = metrics.first.flatMap(results.differences)
    let columns =
      [HTML.Column(name: "policy", isText: true), HTML.Column(name: "budget", isText: true)]
      + metrics.map { HTML.Column(name: $0) }
      + (difference == nil ? [] : [HTML.Column(name: "\(metrics[0]) minus full")])
      + [HTML.Column(name: "items"), HTML.Column(name: "seconds")]
    let rows = variants.map { variant -> [String] in
      let lines = results.lines(variant)
      return [variant.series, variant.budget.name]
        + metrics.map { results.interval(variant, $0)?.text ?? "–" }
        + (difference.map { [$0[variant]?.text ?? "–"] } ?? [])
        + [
          Format.count(Double(lines.count)),
          Format.fixed(lines.reduce(0) { $0 + $1.seconds }, 1),
        ]
    }
    let models = results.lines.map(\.line.run.model).unique.joined(separator: ", ")
    let means = results.datasets.isEmpty ? "means" : "means over data sets"
    return HTML.table("\(models): \(means) with 95 % intervals", columns, rows)
  }

  /// By data set, of the first metric.
  private func datasetTable(_ metrics: [String]) -> Markup {
    let datasets = results.datasets
    guard let metric = metrics.first, datasets.count > 1 else { return .empty }
    let columns =
      [HTML.Column(name: "data set", isText: true), HTML.Column(name: "items")]
      + results.variants.map { HTML.Column(name: $0.name) }
    let rows = datasets.map { dataset in
      let own = results.lines.filter { $0.line.item["dataset"]?.text == dataset }
      let counts = Dictionary(grouping: own, by: \.variant).values.map(\.count)
      let cells = results.variants.map { variant in
        Interval(own.filter { $0.variant == variant }.map(\.line), metric)?.text ?? "–"
      }
      return [dataset, Format.count(Double(counts.max() ?? 0))] + cells
    }
    return HTML.table("\(metric) by data set", columns, rows)
  }
}
