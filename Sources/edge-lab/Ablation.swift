import LabResults
import Profile

/// One of the paper's ablations: variants of KeyDiff that are the same but for one choice.
struct Ablation: Sendable {
  struct Variant: Sendable {
    let label: String
    let choice: PolicyChoice
    let block: Int
  }

  let name: String
  let variants: [Variant]

  /// All of them, in the paper's order from the anchor on.
  /// - Parameter block: where it is not what is varied.
  static func all(block: Int) -> [Ablation] {
    let plain = { (label: String, policy: Policy) in
      Variant(label: label, choice: PolicyChoice(policy), block: block)
    }
    return [
      // KeyDiff, Table 15: what the keys are compared with.
      Ablation(
        name: "anchor",
        variants: [
          plain("mean", .keydiff), plain("mean of normalized", .keydiffNormalized),
          plain("median", .keydiffMedian), plain("pairwise", .keydiffPairwise),
        ]),
      // Table 16: how they are compared.
      Ablation(
        name: "metric",
        variants: [
          plain("cosine", .keydiff), plain("dot product", .keydiffDot),
          plain("euclidean", .keydiffEuclidean),
        ]),
      // Table 14: the share of the budget that the latest tokens have.
      Ablation(
        name: "recent",
        variants: [nil, 0.1, 0.2, 0.3].map { (share: Double?) in
          Variant(
            label: share.map { "\(Int($0 * 100)) % recent" } ?? "none recent",
            choice: PolicyChoice(.keydiff, recentShare: share), block: block)
        }),
      // Table 13: the size of a prompt block.
      Ablation(
        name: "block",
        variants: [64, 128, 256].map {
          Variant(label: "B = \($0)", choice: PolicyChoice(.keydiff), block: $0)
        }),
    ]
  }
}

extension Ablation.Variant {
  /// A key for each budget.
  func keys(_ budgets: [Budget], model: String) -> [RunKey] {
    Grid(policies: [choice], budgets: budgets, blocks: [block]).keys(model: model)
  }
}

/// The average compression ratio of prompts (KeyDiff, Table 9): the mean of N / L over prompts of L
/// tokens, 1 where N is not less than L.
func compressionRatio(_ lines: [ResultLine]) -> Double? {
  if lines.isEmpty { return nil }
  let ratios = lines.map { line in
    let budget = line.run.cacheBudget(promptTokens: line.tokens) ?? line.tokens
    return min(Double(budget) / Double(max(line.tokens, 1)), 1)
  }
  return ratios.reduce(0, +) / Double(ratios.count)
}
