import LabResults

/// Scores over length and depth: a map for each policy and budget.
struct HeatSection {
  let results: TaskResults

  var figures: [Markup] {
    let lengths = results.values("length")
    let depths = results.values("depth")
    if lengths.isEmpty || depths.isEmpty { return [] }
    return results.metrics.filter { !Metric($0).isOnlyInTable }.flatMap { metric -> [Markup] in
      let maps = results.variants.map { ($0, means($0, metric, lengths, depths)) }
      let all = maps.flatMap { $0.1.flatMap { $0.compactMap { $0 } } }
      guard let least = all.min(), let greatest = all.max() else { return [] }
      let isShare = Metric(metric).axis(all).kind == .unit
      return maps.map { variant, values in
        let title = "\(Metric(metric).title): \(variant.name)"
        let map = HeatMap(
          title: title, xLabel: "length / tokens", yLabel: "depth / %",
          columns: lengths.map { Format.count($0) }, rows: depths.map { Format.number($0) },
          values: values, range: isShare ? 0...1 : least...greatest,
          valueLabel: Metric(metric).label)
        return HTML.figure(title, map.svg())
      }
    }
  }

  /// By depth, then length.
  private func means(
    _ variant: Variant, _ metric: String, _ lengths: [Double], _ depths: [Double]
  ) -> [[Double?]] {
    let cells = Dictionary(grouping: results.lines(variant)) {
      [$0.item["depth"]?.number, $0.item["length"]?.number]
    }
    return depths.map { depth in
      lengths.map { length in
        let samples = (cells[[depth, length]] ?? []).compactMap { $0.scores[metric] }
        return samples.isEmpty ? nil : samples.reduce(0, +) / Double(samples.count)
      }
    }
  }
}
