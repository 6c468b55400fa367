import LabResults

/// Curves that results bring along, such as a figure for each layer: those whose names begin with
/// the same word in one chart.
struct CurveSection {
  /// Values in order, with intervals where several samples were averaged.
  private struct Curve {
    var name: String
    var variant: Variant
    var points: [LineChart.Point]
  }

  /// Points of a curve over a text at most; neighbours are averaged.
  private static let mostPoints = 48
  private static let mostCurves = 6
  /// Series that are smaller than others by more than this would be a line at the chart's bottom.
  private static let scaleFactor = 20.0
  let results: TaskResults

  /// Whether a curve has a value for each block of a text, rather than for each layer.
  private var isOverText: Bool { results.task == "nll" }

  var figures: [Markup] {
    groups.flatMap { keys in
      budgets(keys).flatMap { budget in
        // Many curves are easier to tell apart in charts of a key each.
        let count = found(keys[0], name: "", budget).count
        let isMuch = keys.count > 1 && keys.count * count > Self.mostCurves
        return isMuch ? keys.map { chart([$0], budget) } : [chart(keys, budget)]
      }
    }
  }

  /// Names of series for a chart each.
  private var groups: [[String]] {
    let keys = Set(results.lines.flatMap { ($0.line.series ?? [:]).keys })
      .filter { !Metric($0).isOnlyInTable }.sorted()
    let words = Dictionary(grouping: keys) {
      $0.split(separator: " ").first.map(String.init) ?? $0
    }
    return words.keys.sorted().flatMap { word -> [[String]] in
      let own = words[word] ?? []
      let sizes = own.map(greatest)
      let isSmall = sizes.map { $0 * Self.scaleFactor < sizes.max() ?? 0 }
      let parts = [false, true].map { small in
        zip(own, isSmall).filter { $0.1 == small }.map(\.0)
      }
      return parts.filter { !$0.isEmpty }
    }
  }

  private func greatest(_ key: String) -> Double {
    results.lines.flatMap { $0.line.series?[key] ?? [] }.filter(\.isFinite).map(abs).max() ?? 0
  }

  /// A chart for each; one chart where there are not several.
  private func budgets(_ keys: [String]) -> [Budget?] {
    let having = results.lines.filter { one in
      keys.contains { one.line.series?[$0] != nil }
    }
    let all = Set(having.map(\.variant.budget)).subtracting([.all]).sorted()
    return all.count > 1 ? all : [nil]
  }

  private func chart(_ keys: [String], _ budget: Budget?) -> Markup {
    let words = keys.map { $0.split(separator: " ").map(String.init) }
    let common = words.dropFirst().reduce(words.first ?? []) { common, next in
      zip(common, next).prefix { $0 == $1 }.map(\.0)
    }
    let name = common.joined(separator: " ")
    let title = Metric(name).title + (budget.map { ", " + $0.name } ?? "")
    let curves = zip(keys, words).flatMap { key, words in
      found(key, name: words.dropFirst(common.count).joined(separator: " "), budget)
    }
    let labels = differences(curves, hasBudgets: budget == nil)
    let styles = SeriesStyles(labels)
    let series = zip(curves, labels).map { curve, label in
      LineChart.Series(
        name: label.isEmpty ? name : label, style: styles[label], points: curve.points)
    }
    let chart = LineChart(
      title: title, x: Axis(isOverText ? "place in the text / tokens" : "layer", .linear),
      y: Axis(Metric(name).label, .linear), series: series)
    return HTML.figure(title, chart.svg())
  }

  /// One for each policy and budget that has the series.
  private func found(_ key: String, name: String, _ budget: Budget?) -> [Curve] {
    let shown = results.variants.filter {
      budget == nil || $0.budget == budget || $0.budget == .all
    }
    return shown.compactMap { variant in
      let samples = results.lines(variant).compactMap { $0.series?[key] }
      let count = samples.map(\.count).max() ?? 0
      if count == 0 { return nil }
      let block = Double(results.lines(variant).first?.run.block ?? 1)
      let points = isOverText ? overText(samples, count, block) : overLayers(samples, count)
      return Curve(name: name, variant: variant, points: points)
    }
  }

  private func overLayers(_ samples: [[Double]], _ count: Int) -> [LineChart.Point] {
    (0..<count).map { layer in
      let values = samples.filter { $0.indices.contains(layer) }.map { $0[layer] }
      // From 1, as the paper counts.
      let x = Double(layer + 1)
      if values.count == 1 || !values.allSatisfy(\.isFinite) {
        return LineChart.Point(x: x, y: values[0])
      }
      let mean = Interval(samples: values)
      return LineChart.Point(x: x, y: mean.mean, low: mean.low, high: mean.high)
    }
  }

  /// Means of some neighbouring blocks each.
  private func overText(
    _ samples: [[Double]], _ count: Int, _ block: Double
  ) -> [LineChart.Point] {
    let size = (count + Self.mostPoints - 1) / Self.mostPoints
    return stride(from: 0, to: count, by: size).map { start in
      let values = samples.flatMap { $0.dropFirst(start).prefix(size) }
      let middle = (Double(start) + Double(min(size, count - start)) / 2) * block
      return LineChart.Point(x: middle, y: values.reduce(0, +) / Double(values.count))
    }
  }

  /// What is not the same for all curves of a chart.
  private func differences(_ curves: [Curve], hasBudgets: Bool) -> [String] {
    let parts = curves.map {
      [$0.name, $0.variant.series, hasBudgets ? $0.variant.budget.name : ""]
    }
    let differing = (0..<3).filter { place in Set(parts.map { $0[place] }).count > 1 }
    return parts.map { all in
      differing.map { all[$0] }.filter { !$0.isEmpty }.joined(separator: ", ")
    }
  }
}
