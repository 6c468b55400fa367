import Foundation
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
    case .share(let share): "N \(Format.number(share * 100))%"
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

  /// - Parameter samples: at least one.
  init(samples: [Double]) {
    let estimate = Estimate(samples)
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
      self.init(samples: values)
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
    guard isKnown else { return Format.number(mean) }
    // Three digits of the interval's width.
    let decimals = max(0, min(6, 2 - Int(log10(high - low).rounded(.down))))
    let parts = [mean, low, high].map { Format.fixed($0, decimals) }
    return "\(parts[0]) [\(parts[1]), \(parts[2])]"
  }
}
