import Foundation
import LabResults

/// What was measured at each scored token of a text, in order.
struct TokenScores {
  /// Tokens of a batch for standard errors: within it neighbours depend on each other.
  static let batchCount = 128
  private static let batchesMin = 4

  /// -log p(token | tokens before)
  var negativeLogLikelihoods: [Double] = []
  /// Of a reference; empty where there is none.
  var referenceLikelihoods: [Double] = []
  /// KL(reference || own) of the distributions that the token is from.
  var divergences: [Double] = []
  /// 1 where both have the same likeliest token, else 0.
  var agreements: [Double] = []

  static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  /// The standard error of a mean over tokens that depend on their neighbours: that of the means of
  /// batches of about 128 consecutive tokens, all of one size or a token more (batch means; Law and
  /// Kelton, "Simulation Modeling and Analysis", section 9.5).
  /// - Returns: nil for fewer than four batches, whose deviation says nothing.
  static func error(_ values: [Double], batch: Int = batchCount) -> Double? {
    let count = Int((Double(values.count) / Double(batch)).rounded())
    if count < batchesMin { return nil }
    let means = (0..<count).map { index in
      mean(Array(values[index * values.count / count..<(index + 1) * values.count / count]))
    }
    return Estimate(means, resamples: 1).error
  }

  /// Means of each `size` values; of the last ones, which may be fewer.
  static func curve(_ values: [Double], size: Int) -> [Double] {
    stride(from: 0, to: values.count, by: size).map {
      mean(Array(values[$0..<min($0 + size, values.count)]))
    }
  }

  /// The scores of a result line by their names, with errors and curves by block.
  /// - Parameter prefix: of the names of what compares with the reference.
  func line(
    block: Int,
    comparisons: (delta: String, divergence: String, agreement: String) = (
      "deltaNll", "kl", "agreement"
    )
  ) -> (scores: [String: Double], errors: [String: Double], series: [String: [Double]]) {
    var values = ["nll": negativeLogLikelihoods]
    if !referenceLikelihoods.isEmpty {
      values[comparisons.delta] = zip(negativeLogLikelihoods, referenceLikelihoods).map { $0 - $1 }
      values[comparisons.divergence] = divergences
      values[comparisons.agreement] = agreements
    }
    var scores = values.mapValues(Self.mean)
    var errors = values.compactMapValues { Self.error($0) }
    let series = values.mapValues { Self.curve($0, size: block) }
    let perplexity = exp(scores["nll"]!)
    scores["ppl"] = perplexity
    // d exp(x) = exp(x) dx
    if let error = errors["nll"] { errors["ppl"] = perplexity * error }
    return (scores.filter(\.value.isFinite), errors.filter(\.value.isFinite), series)
  }
}
