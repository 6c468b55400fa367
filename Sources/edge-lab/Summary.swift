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
    /// Of a score that is itself a mean.
    var errors: [String: Double] = [:]
    var count = 0
  }

  private let itemNames: [String]
  private let scoreNames: [String]
  private let decimals: [String: Int]
  private var rows: [Row] = []

  /// - Parameters:
  ///   - by: names of item properties that part the rows, beside the settings.
  ///   - scores: that are shown, in order; a line need not have all of them.
  ///   - decimals: digits after the point of scores, where 4 will not do.
  init(
    _ lines: [ResultLine], by itemNames: [String] = [], scores scoreNames: [String],
    decimals: [String: Int] = [:]
  ) {
    self.decimals = decimals
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
        if let error = line.errors?[name] { rows[place].errors[name] = error }
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

  /// Columns under their names; a score as `mean ± standard error [95 % interval]`, or with its own
  /// standard error where a line is a mean already.
  var table: String {
    var cells = [["policy", "N", "B"] + itemNames + ["n"] + scoreNames]
    for row in rows {
      let run = row.group.run
      cells.append(
        [run.label, run.budgetLabel, "\(run.block)"] + row.group.item.map(Self.text)
          + ["\(row.count)"] + scoreNames.map { text($0, of: row) })
    }
    return TextTable(cells).text
  }

  private func text(_ name: String, of row: Row) -> String {
    guard let samples = row.samples[name] else { return "-" }
    let number = { String(format: "%.\(decimals[name] ?? 4)f", $0) }
    let value = Estimate(samples)
    if samples.count == 1 {
      return number(value.mean) + (row.errors[name].map { " ± " + number($0) } ?? "")
    }
    return "\(number(value.mean)) ± \(number(value.error))"
      + " [\(number(value.low)), \(number(value.high))]"
  }

  /// An array of the table's rows.
  var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let rows = rows.map { row in
      JSONRow(
        run: row.group.run, item: Dictionary(uniqueKeysWithValues: zip(itemNames, row.group.item)),
        count: row.count,
        scores: row.samples.reduce(into: [:]) { scores, score in
          scores[score.key] = JSONEstimate(score.value, error: row.errors[score.key])
        })
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

/// An estimate whose error and interval are left out where there are none.
struct JSONEstimate: Encodable {
  let mean: Double
  let error: Double?
  let low: Double?
  let high: Double?
  let count: Int

  /// - Parameter error: of a single sample that is itself a mean.
  init(_ samples: [Double], error: Double? = nil) {
    let estimate = Estimate(samples)
    (mean, count) = (estimate.mean, estimate.count)
    if count > 1 {
      (self.error, low, high) = (estimate.error, estimate.low, estimate.high)
    } else {
      (self.error, low, high) = (error, nil, nil)
    }
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
