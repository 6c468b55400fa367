import Foundation
import LabResults

/// Results of ablations as one table: a row for each variant and budget.
struct Comparison {
  private let ablations: [Ablation]
  private let budgets: [Budget]
  private let model: String
  /// Of a text; empty where there was none.
  var likelihoods: [ResultLine] = []
  /// Of LongEval lines; empty where there were none.
  var lines: [ResultLine] = []
  /// The lines' score that is shown.
  var score = "match"

  init(_ ablations: [Ablation], _ budgets: [Budget], model: String) {
    self.ablations = ablations
    self.budgets = budgets
    self.model = model
  }

  /// A mean with its standard error, where there is one.
  private struct Value: Encodable {
    let mean: Double
    let error: Double?
  }

  private struct Row: Encodable {
    let ablation: String
    let variant: String
    let run: RunKey
    var nll: Value?
    var deltaNll: Value?
    var textRatio: Double?
    var lines: Value?
    var lineCount: Int?
    var lineRatio: Double?
  }

  private var rows: [Row] {
    let full = Set((likelihoods + lines).map(\.run).filter { $0.policy == "full" })
      .sorted { $0.block < $1.block }
    return full.map { row("-", "full", $0) }
      + ablations.flatMap { ablation in
        ablation.variants.flatMap { variant in
          variant.keys(budgets, model: model).map { row(ablation.name, variant.label, $0) }
        }
      }
  }

  private func row(_ ablation: String, _ variant: String, _ key: RunKey) -> Row {
    var row = Row(ablation: ablation, variant: variant, run: key)
    if let line = likelihoods.first(where: { $0.run == key }) {
      row.nll = value("nll", of: line)
      row.deltaNll = value("deltaNll", of: line) ?? difference(line)
      row.textRatio = compressionRatio([line])
    }
    let answered = lines.filter { $0.run == key }
    let scores = answered.compactMap { $0.scores[score] }
    if !scores.isEmpty {
      let estimate = Estimate(scores)
      row.lines = Value(
        mean: estimate.mean, error: estimate.error.isFinite ? estimate.error : nil)
      row.lineCount = scores.count
      row.lineRatio = compressionRatio(answered)
    }
    return row
  }

  private func value(_ name: String, of line: ResultLine) -> Value? {
    line.scores[name].map { Value(mean: $0, error: line.errors?[name]) }
  }

  /// Of the means alone.
  private func difference(_ line: ResultLine) -> Value? {
    let full = likelihoods.first { $0.run.policy == "full" && $0.run.block == line.run.block }
    guard line.run.policy != "full", let own = line.scores["nll"],
      let other = full?.scores["nll"]
    else { return nil }
    return Value(mean: own - other, error: nil)
  }

  var table: String {
    var names = ["ablation", "variant", "N", "B"]
    if !likelihoods.isEmpty { names += ["ratio", "nll", "minus full"] }
    if !lines.isEmpty { names += ["ratio", "n", "lines"] }
    var cells = [names]
    for row in rows {
      var own = [row.ablation, row.variant, row.run.budgetLabel, "\(row.run.block)"]
      if !likelihoods.isEmpty {
        own += [text(row.textRatio), text(row.nll, decimals: 5), text(row.deltaNll, decimals: 4)]
      }
      if !lines.isEmpty {
        own += [
          text(row.lineRatio), row.lineCount.map { "\($0)" } ?? "-", text(row.lines, decimals: 3),
        ]
      }
      cells.append(own)
    }
    return TextTable(cells).text
  }

  private func text(_ ratio: Double?) -> String {
    ratio.map { String(format: "%.3f", $0) } ?? "-"
  }

  private func text(_ value: Value?, decimals: Int) -> String {
    guard let value else { return "-" }
    let number = { String(format: "%.\(decimals)f", $0) }
    return number(value.mean) + (value.error.map { " ± " + number($0) } ?? "")
  }

  /// An array of the table's rows.
  var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try! encoder.encode(rows), as: UTF8.self)
  }
}
