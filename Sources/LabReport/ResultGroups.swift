import LabResults

/// How many tokens a policy kept.
enum Budget: Hashable, Comparable {
  case tokens(Int)
  /// Of the item's prompt.
  case share(Double)
  /// All of them.
  case all

  init(_ run: RunKey) {
    self =
      if let share = run.budgetShare { .share(share) } else if run.budget > 0 {
        .tokens(run.budget)
      } else {
        .all
      }
  }

  var name: String {
    switch self {
    case .tokens(let count): "N \(count)"
    case .share(let share): "N \(Format.number(share * 100)) %"
    case .all: "all tokens"
    }
  }

  var tokens: Double? { if case .tokens(let count) = self { Double(count) } else { nil } }
  var percent: Double? { if case .share(let share) = self { share * 100 } else { nil } }
}

/// A policy as it was run, by budget: a curve has one series and many budgets.
struct Variant: Hashable {
  var series: String
  var budget: Budget

  var name: String { budget == .all ? series : "\(series), \(budget.name)" }
}

/// A mean with its 95 % interval.
struct Interval {
  var mean: Double
  var low: Double
  var high: Double
  var count: Int
  /// Of a normal distribution, to each side of the mean.
  private static let normalWidth = 1.959964

  init(mean: Double, error: Double, count: Int) {
    self.mean = mean
    low = error.isFinite ? mean - Self.normalWidth * error : mean
    high = error.isFinite ? mean + Self.normalWidth * error : mean
    self.count = count
  }

  private init(_ estimate: Estimate) {
    (mean, low, high) = (estimate.mean, estimate.low, estimate.high)
    count = estimate.count
  }

  /// Of samples; or of means that bring their standard errors along, from which the error of their
  /// mean follows as for independent ones.
  init?(_ lines: [ResultLine], _ metric: String) {
    let known = lines.filter { $0.scores[metric]?.isFinite == true }
    if known.isEmpty { return nil }
    let values = known.compactMap { $0.scores[metric] }
    let errors = known.compactMap { $0.errors?[metric] }
    if errors.count == values.count {
      let count = Double(values.count)
      let error = errors.reduce(0) { $0 + $1 * $1 }.squareRoot() / count
      self.init(mean: values.reduce(0, +) / count, error: error, count: known.count)
    } else {
      self.init(Estimate(values))
    }
  }

  /// The mean of means of data sets, each with the same weight; nil where there is none.
  init?(ofMeans parts: [Interval]) {
    if parts.isEmpty { return nil }
    let count = Double(parts.count)
    let squares = parts.reduce(0) { sum, part in
      let error = (part.high - part.low) / 2 / Self.normalWidth
      return sum + error * error
    }
    self.init(
      mean: parts.reduce(0) { $0 + $1.mean } / count, error: squares.squareRoot() / count,
      count: parts.reduce(0) { $0 + $1.count })
  }

  var isKnown: Bool { low < high }

  var text: String {
    isKnown
      ? "\(Format.number(mean)) [\(Format.number(low)), \(Format.number(high))]"
      : Format.number(mean)
  }
}

/// The results of one task.
struct TaskResults {
  let task: String
  /// Each with how it was run, in the order of the files.
  let lines: [(variant: Variant, line: ResultLine)]
  let variants: [Variant]
  /// Names of curves, the same colours in all charts of the task.
  let styles: SeriesStyles

  init(task: String, _ lines: [ResultLine]) {
    self.task = task
    let names = SeriesNames(lines)
    self.lines = lines.map { (Variant(series: names[$0.run], budget: Budget($0.run)), $0) }
    let found = self.lines.map(\.variant).unique
    let series = found.map(\.series).unique
    variants = series.flatMap { one in
      found.filter { $0.series == one }.sorted { $0.budget < $1.budget }
    }
    styles = SeriesStyles(series)
  }

  var metrics: [String] {
    let all = Set(lines.flatMap { $0.line.scores.keys })
    return all.sorted { (Metric.rank($0), $0) < (Metric.rank($1), $1) }
  }

  func lines(_ variant: Variant) -> [ResultLine] {
    lines.filter { $0.variant == variant }.map(\.line)
  }

  var datasets: [String] {
    Set(lines.compactMap { $0.line.item["dataset"]?.text }).sorted()
  }

  /// The mean over a variant's items; where there are data sets, over these.
  func interval(_ variant: Variant, _ metric: String) -> Interval? {
    let own = lines(variant)
    if datasets.isEmpty { return Interval(own, metric) }
    let groups = Dictionary(grouping: own) { $0.item["dataset"]?.text ?? "" }
    return Interval(
      ofMeans: groups.keys.sorted().compactMap { Interval(groups[$0] ?? [], metric) })
  }

  /// Numbers that items have under a name, such as lengths.
  func values(_ name: String) -> [Double] {
    Set(lines.compactMap { $0.line.item[name]?.number }.filter(\.isFinite)).sorted()
  }
}

/// Names of curves: the policy, and the model and the block size where these are not the same for
/// all.
private struct SeriesNames {
  private var names: [RunKey: String] = [:]

  init(_ lines: [ResultLine]) {
    let runs = lines.map(\.run).unique
    let manyModels = Set(runs.map(\.model)).count > 1
    let manyBlocks = Set(runs.map(\.block)).count > 1
    for run in runs {
      var name = Self.policy(run, runs)
      if manyBlocks { name += ", B \(run.block)" }
      if manyModels { name += ", \(run.model)" }
      names[run] = name
    }
  }

  /// Recent tokens that are the same share of each budget make one curve, named by the share.
  private static func policy(_ run: RunKey, _ runs: [RunKey]) -> String {
    let alike = runs.filter {
      $0.policy == run.policy && $0.sinks == run.sinks && $0.budget > 0 && $0.recent > 0
    }
    let shares = Set(alike.map { (Double($0.recent) / Double($0.budget) * 100).rounded() })
    guard run.recent > 0, run.budget > 0, shares.count == 1, let share = shares.first,
      Set(alike.map(\.recent)).count > 1
    else { return run.label }
    return "\(run.policy) \(run.sinks)+\(Format.number(share)) %"
  }

  subscript(run: RunKey) -> String { names[run] ?? run.label }
}

/// What is known about metrics by their names.
enum Metric {
  /// As an axis names it.
  static func label(_ name: String) -> String {
    switch name {
    case "nll": "NLL per token (less is better)"
    case "ppl", "perplexity": "perplexity (less is better)"
    case "kl": "KL divergence from full cache / nats (less is better)"
    case "top1", "agreement": "same first choice as full cache, share"
    case "logprob": "log-probability of the answer / nats"
    case "match": "right answers, share"
    case "first": "right at the first number, share"
    case "exact": "right answers, word for word, share"
    case "flexible": "right answers by value, share"
    case "generated": "tokens of the answer"
    default: name
    }
  }

  /// The first ones are shown first.
  static func rank(_ name: String) -> Int {
    let order = ["nll", "match", "score", "exact", "flexible", "ppl", "kl", "top1", "logprob"]
    return order.firstIndex(of: name) ?? order.count
  }

  /// 0 to 1 for shares, and otherwise what the figures need.
  static func axis(_ name: String, _ values: [Double]) -> Axis {
    let isShare = values.allSatisfy { (0...1).contains($0) }
    let isOther = ["nll", "ppl", "kl", "logprob"].contains { name.hasPrefix($0) }
    return Axis(label(name), isShare && !isOther ? .unit : .linear)
  }
}
