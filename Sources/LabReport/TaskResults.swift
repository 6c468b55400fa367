import LabResults

/// The results of one task.
struct TaskResults {
  let task: String
  /// Each with how it was run, in the order of the files.
  let lines: [(variant: Variant, line: ResultLine)]
  let variants: [Variant]
  /// Names of curves, the same colours in all charts of the task.
  let styles: SeriesStyles
  /// In the order of the page.
  let metrics: [String]
  let datasets: [String]
  private let linesByVariant: [Variant: [ResultLine]]
  private let intervals: [Variant: [String: Interval]]

  init(task: String, _ lines: [ResultLine]) {
    self.task = task
    let series = SeriesNames(task: task, lines)
    self.lines = lines.map { (Variant(series: series[$0], budget: Budget($0.run)), $0) }
    let found = self.lines.map(\.variant).unique
    let curves = found.map(\.series).unique
    variants = curves.flatMap { one in
      found.filter { $0.series == one }.sorted { $0.budget < $1.budget }
    }
    styles = SeriesStyles(curves)
    metrics = Set(lines.flatMap { $0.scores.keys }).sorted {
      (Metric($0).rank, $0) < (Metric($1).rank, $1)
    }
    datasets = Set(lines.compactMap { $0.item["dataset"]?.text }).sorted()
    linesByVariant = Dictionary(grouping: self.lines, by: \.variant).mapValues { $0.map(\.line) }
    // Made once: each is a bootstrap.
    let names = metrics
    intervals = linesByVariant.mapValues { own in
      names.reduce(into: [:]) { $0[$1] = Self.mean(own, $1) }
    }
  }

  func lines(_ variant: Variant) -> [ResultLine] { linesByVariant[variant] ?? [] }

  /// The mean over a variant's items; where there are data sets, over these.
  func interval(_ variant: Variant, _ metric: String) -> Interval? {
    intervals[variant]?[metric]
  }

  private static func mean(_ lines: [ResultLine], _ metric: String) -> Interval? {
    let groups = Dictionary(grouping: lines) { $0.item["dataset"]?.text ?? "" }
    if groups.count == 1 { return Interval(lines, metric) }
    return Interval(
      ofMeans: groups.keys.sorted().compactMap { Interval(groups[$0] ?? [], metric) })
  }

  /// Numbers that items have under a name, such as lengths.
  func values(_ name: String) -> [Double] {
    Set(lines.compactMap { $0.line.item[name]?.number }.filter(\.isFinite)).sorted()
  }

  /// How far a metric is from that of the full cache with the same items, which says more than the
  /// difference of two means; nil where there are no samples of both.
  func differences(_ metric: String) -> [Variant: Interval]? {
    struct Asked: Hashable {
      var block: Int
      var model: String
      var item: [String: ItemValue]
    }
    func asked(_ line: ResultLine) -> Asked {
      Asked(block: line.run.block, model: line.run.model, item: line.item)
    }
    var full: [Asked: Double] = [:]
    for (_, line) in lines where line.run.policy == "full" {
      full[asked(line)] = line.scores[metric]
    }
    let found = variants.map { variant -> (Variant, Interval?) in
      let own = lines(variant).filter { $0.run.policy != "full" && $0.errors == nil }
      let compared = own.compactMap { line -> ResultLine? in
        guard let score = line.scores[metric], let other = full[asked(line)] else { return nil }
        var line = line
        line.scores[metric] = score - other
        return line
      }
      return (variant, Self.mean(compared, metric))
    }
    let known = found.compactMap { variant, interval in interval.map { (variant, $0) } }
    return known.isEmpty ? nil : Dictionary(uniqueKeysWithValues: known)
  }
}
