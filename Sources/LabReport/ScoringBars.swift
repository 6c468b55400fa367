/// Table 19 as bars: what of a policy's cost is scoring, and what the choice and the moving of rows.
enum ScoringBars {
  /// Policies that cost so many times the median are named in place of being drawn: beside them nothing
  /// else could be seen.
  private static let mostOfMedian = 12.0

  /// A chart for each count of slots.
  static func figures(_ title: String, _ report: ScoringReport) -> [Markup] {
    Set(report.results.map(\.slots)).sorted().map { slots in
      figure("\(Format.count(slots)) slots, \(title)", report.results.filter { $0.slots == slots })
    }
  }

  private static func figure(_ title: String, _ results: [ScoringReport.Result]) -> Markup {
    let times = results.map(\.total.medianUs).sorted()
    let limit = times.isEmpty ? 0 : times[(times.count - 1) / 2] * mostOfMedian
    let drawn = results.filter { !($0.total.medianUs > limit) }
    let left = results.filter { $0.total.medianUs > limit }
    let chart = StackedRows(
      title: "A block's cost by policy at \(title)", axis: "time per block / ms",
      parts: ["scoring", "choice and moving of rows"],
      rows: drawn.map {
        StackedRows.Row(
          name: $0.policy, values: [$0.score.medianUs / 1_000, $0.evict.medianUs / 1_000])
      })
    let named = left.map { "\($0.policy) takes \(Format.duration($0.total.medianUs))" }
    return HTML.figure(
      title, chart.svg(), note: named.isEmpty ? nil : "Not drawn: \(Format.list(named)).")
  }
}
