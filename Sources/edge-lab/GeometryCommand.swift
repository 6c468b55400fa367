import Foundation
import LabModel
import LabResults

/// `geometry`: keys, queries and attention of a text, and what policies leave of them.
struct GeometryCommand: Command {
  static let name = "geometry"
  static let summary = "keys, queries and attention of a text, and what policies leave of them"
  static let details = """
    Of the float32 model with a full cache, over all layers and heads, ± the standard error over them:

    spearman keydiff            rank correlation of a token's KeyDiff score with the mean attention of
                                the queries at or behind it (the paper's Table 3)
    spearman keydiff last block the same with the last block's queries, of the tokens before it
    cosine keys mean            mean cosine of keys with their mean (Figure 13); of queries too
    cosine mean key mean query  (Figure 14)
    norm keys, norm queries     mean lengths (Figure 15); norm deviation: their spread over the mean
    cosine best key mean query  of the key with the best KeyDiff score (Figure 16)

    Of each policy and budget, with the tokens that the int8 runtime kept:

    retained mass       share of the last block's full attention that falls on the tokens kept before
                        it and on the block itself; retained mass past: of the attention to tokens
                        before the block alone
    log det             log det(K Kᵀ) of the keys kept at the end, as the float32 model has them, or
                        of Kᵀ K where there are more keys than dimensions: the product of K Kᵀ's
                        eigenvalues that are not zero (Figure 12)

    Keys and queries are those after rotary embedding. Result lines have a series for each of these, a
    value a layer.
    """
  static let options =
    ScoredText.options.filter { $0.name != "--skip" }
    + [LabOption("--by-layer", "a table of each layer's values too")]
    + Evaluation.textOptions

  private let arguments: LabArguments
  private let evaluation: Evaluation

  init(_ arguments: LabArguments) throws {
    try arguments.requireNoOperands()
    try ScoredText.check(arguments, isNeeded: true)
    self.arguments = arguments
    evaluation = try Evaluation(
      arguments, Evaluation.Defaults(budgets: [.share(0.25), .share(0.5)]))
  }

  func run() throws {
    let text = try evaluation.openText()
    guard let scored = try ScoredText(arguments, text) else { return }
    let lines = try GeometryRunner(evaluation, text, scored).run(evaluation.keys(text))
    let ofPolicies = lines.filter { $0.run.policy != GeometryRunner.textPolicy }
    let kept = Summary(ofPolicies, by: ["length"], scores: GeometryRunner.keptNames)
    if evaluation.isJSON {
      let names = GeometryMeasure.Kind.allCases.map(\.rawValue) + GeometryRunner.keptNames
      evaluation.write(Summary(lines, by: ["length"], scores: names))
      return
    }
    for line in lines where line.run.policy == GeometryRunner.textPolicy {
      print(Self.table(of: line) + "\n")
      if arguments.has("--by-layer") { print(Self.layerTable(of: line) + "\n") }
    }
    evaluation.write(kept)
  }

  /// A row for each measure of the text.
  private static func table(of line: ResultLine) -> String {
    var rows = [["measure", "mean", "lowest layer", "highest layer"]]
    for kind in GeometryMeasure.Kind.allCases {
      let name = kind.rawValue
      guard let mean = line.scores[name], let layers = line.series?[name] else { continue }
      let error = line.errors?[name].map { String(format: " ± %.4f", $0) } ?? ""
      rows.append(
        [name, number(mean) + error, number(layers.min() ?? mean), number(layers.max() ?? mean)])
    }
    return TextTable(rows).text
  }

  /// A row for each layer, from 1 as the paper counts, with the measures that the paper has.
  private static func layerTable(of line: ResultLine) -> String {
    let columns: [(title: String, kind: GeometryMeasure.Kind)] = [
      ("spearman", .spearman), ("last block", .spearmanLastBlock), ("cos k", .cosineKeysMean),
      ("cos q", .cosineQueriesMean), ("cos means", .cosineMeans), ("|k|", .normKeys),
      ("|q|", .normQueries), ("cos best", .cosineBestKey),
    ].filter { line.series?[$0.1.rawValue] != nil }
    let layerCount = columns.first.flatMap { line.series?[$0.kind.rawValue]?.count } ?? 0
    let rows = (0..<layerCount).map { layer in
      ["\(layer + 1)"] + columns.map { number(line.series?[$0.kind.rawValue]?[layer] ?? 0) }
    }
    return TextTable([["layer"] + columns.map { $0.title }] + rows).text
  }

  private static func number(_ value: Double) -> String { String(format: "%.4f", value) }
}
