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

  let results: TaskResults

  var figures: [Markup] {
    let keys = Set(results.lines.flatMap { ($0.line.series ?? [:]).keys }).sorted()
    let groups = Dictionary(grouping: keys) { $0.split(separator: " ").first.map(String.init) ?? $0 }
    return groups.keys.sorted().map { chart(groups[$0] ?? []) }
  }

  private func chart(_ keys: [String]) -> Markup {
    let words = keys.map { $0.split(separator: " ").map(String.init) }
    let common = words.dropFirst().reduce(words.first ?? []) { common, next in
      zip(common, next).prefix { $0 == $1 }.map(\.0)
    }
    let title = common.joined(separator: " ")
    let curves = zip(keys, words).flatMap { key, words in
      found(key, name: words.dropFirst(common.count).joined(separator: " "))
    }
    let labels = differences(curves)
    let styles = SeriesStyles(labels)
    let series = zip(curves, labels).map { curve, label in
      LineChart.Series(
        name: label.isEmpty ? title : label, style: styles[label], points: curve.points)
    }
    let chart = LineChart(
      title: title, x: Axis(results.task == "geometry" ? "layer" : "step", .linear),
      y: Axis(title, .linear), series: series)
    return HTML.figure(title, chart.svg())
  }

  /// One for each policy and budget that has the series.
  private func found(_ key: String, name: String) -> [Curve] {
    results.variants.compactMap { variant in
      let samples = results.lines(variant).compactMap { $0.series?[key] }
      let count = samples.map(\.count).max() ?? 0
      if count == 0 { return nil }
      let points = (0..<count).map { place -> LineChart.Point in
        let values = samples.filter { $0.indices.contains(place) }.map { $0[place] }
        if values.count == 1 || !values.allSatisfy(\.isFinite) {
          return LineChart.Point(x: Double(place), y: values[0])
        }
        let mean = Estimate(values)
        return LineChart.Point(x: Double(place), y: mean.mean, low: mean.low, high: mean.high)
      }
      return Curve(name: name, variant: variant, points: points)
    }
  }

  /// What is not the same for all curves of a chart.
  private func differences(_ curves: [Curve]) -> [String] {
    let parts = curves.map { [$0.name, $0.variant.series, $0.variant.budget.name] }
    let differing = (0..<3).filter { place in Set(parts.map { $0[place] }).count > 1 }
    return parts.map { all in
      differing.map { all[$0] }.filter { !$0.isEmpty }.joined(separator: ", ")
    }
  }
}
