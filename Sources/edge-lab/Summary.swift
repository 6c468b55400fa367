import Foundation
import LabResults

/// Means of lines with how sure they are: a row for each setting and group of items.
struct Summary {
  private struct Group: Hashable {
    let run: RunKey
    let item: [ItemValue]
  }

  private struct Row {
    let group: Group
    var samples: [String: [Double]] = [:]
    var count = 0
  }

  private let itemNames: [String]
  private let scoreNames: [String]
  private var rows: [Row] = []

  /// - Parameters:
  ///   - by: names of item properties that part the rows, beside the settings.
  ///   - scores: that are shown, in order; a line need not have all of them.
  init(_ lines: [ResultLine], by itemNames: [String] = [], scores scoreNames: [String]) {
    self.itemNames = itemNames
    self.scoreNames = scoreNames
    var places: [Group: Int] = [:]
    for line in lines {
      let group = Group(run: line.run, item: itemNames.map { line.item[$0] ?? .text("") })
      let place = places[group] ?? rows.count
      if place == rows.count {
        places[group] = place
        rows.append(Row(group: group))
      }
      rows[place].count += 1
      for name in scoreNames {
        if let score = line.scores[name] { rows[place].samples[name, default: []].append(score) }
      }
    }
    rows.sort { Self.isBefore($0.group, $1.group) }
  }

  /// By the items first, so that settings stand below each other.
  private static func isBefore(_ first: Group, _ second: Group) -> Bool {
    for (a, b) in zip(first.item, second.item) where a != b {
      if let a = a.number, let b = b.number { return a < b }
      return text(a) < text(b)
    }
    let (a, b) = (first.run, second.run)
    if a.block != b.block { return a.block < b.block }
    let (own, other) = (order(a), order(b))
    if own != other { return own < other }
    return a.label < b.label
  }

  /// `full` first, then by budget.
  private static func order(_ run: RunKey) -> Double {
    run.budgetLabel == "all" ? 0 : run.budgetShare ?? Double(run.budget)
  }

  private static func text(_ value: ItemValue) -> String {
    switch value {
    case .text(let text): text
    case .number(let number):
      number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
    }
  }

  /// Columns under their names; a score as `mean ± standard error [95 % interval]`.
  var table: String {
    var cells = [["policy", "N", "B"] + itemNames + ["n"] + scoreNames]
    for row in rows {
      let run = row.group.run
      cells.append(
        [run.label, run.budgetLabel, "\(run.block)"] + row.group.item.map(Self.text)
          + ["\(row.count)"] + scoreNames.map { Self.text(row.samples[$0]) })
    }
    return TextTable(cells).text
  }

  private static func text(_ samples: [Double]?) -> String {
    guard let samples else { return "-" }
    let value = Estimate(samples)
    if samples.count == 1 { return String(format: "%.4f", value.mean) }
    return String(
      format: "%.4f ± %.4f [%.4f, %.4f]", value.mean, value.error, value.low, value.high)
  }

  /// An array of the table's rows.
  var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let rows = rows.map { row in
      JSONRow(
        run: row.group.run, item: Dictionary(uniqueKeysWithValues: zip(itemNames, row.group.item)),
        count: row.count, scores: row.samples.mapValues(JSONEstimate.init))
    }
    // Encodable values of finite numbers only.
    return String(decoding: try! encoder.encode(rows), as: UTF8.self)
  }

  private struct JSONRow: Encodable {
    let run: RunKey
    let item: [String: ItemValue]
    let count: Int
    let scores: [String: JSONEstimate]
  }
}

/// An estimate whose error is left out where there is none.
struct JSONEstimate: Encodable {
  let mean: Double
  let error: Double?
  let low: Double
  let high: Double
  let count: Int

  init(_ samples: [Double]) {
    let estimate = Estimate(samples)
    (mean, low, high, count) = (estimate.mean, estimate.low, estimate.high, estimate.count)
    error = estimate.error.isFinite ? estimate.error : nil
  }
}

/// Rows of cells, the first row names: text to the left, numbers to the right.
struct TextTable {
  private let rows: [[String]]

  init(_ rows: [[String]]) { self.rows = rows }

  var text: String {
    let columns = rows.first?.count ?? 0
    let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
    let isNumber = (0..<columns).map { column in
      rows.dropFirst().allSatisfy { row in
        row[column].first.map { $0.isNumber || $0 == "-" } ?? true
      }
    }
    return rows.map { row in
      (0..<columns).map { column in
        isNumber[column]
          ? paddedLeft(row[column], widths[column]) : padded(row[column], widths[column])
      }.joined(separator: "  ").trimmingTrailingSpaces
    }.joined(separator: "\n")
  }
}

extension String {
  fileprivate var trimmingTrailingSpaces: String {
    String(self[..<(lastIndex { $0 != " " }.map { index(after: $0) } ?? startIndex)])
  }
}
