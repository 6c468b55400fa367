import Foundation
import LabResults
import LabTasks

/// `compare`: the paper's ablations of KeyDiff on a text and on LongEval lines.
struct CompareCommand: Command {
  static let name = "compare"
  static let summary = "the paper's ablations of keydiff: anchor, metric, recent share, block size"
  static let details = """
    Of a text (--tokens or --prompt-file), LongEval lines (--lines), or both, one table: Table 15's
    anchors, Table 16's metrics, Table 14's recent shares, Table 13's block sizes. ratio is Table 9's
    average compression ratio: the mean of N / tokens, at most 1, over the prompts.

    nll, minus full: as edge-lab nll has them, with its errors; minus full is deltaNll. lines: share
    of right answers. Cells are those of edge-lab nll and edge-lab lines: a results file serves all
    three.
    """
  static let options =
    ScoredText.options + [
      LabOption("--lines", "FILE", "LongEval's lines, JSONL"),
      LabOption("--begin", "the answers to lines are begun for the model"),
      LabOption("--alone", "no full cache beside the text: half the time, no errors of minus full"),
      LabOption("--ablations", "LIST", "of anchor,metric,recent,block"),
    ] + Evaluation.options.filter { !["--policies", "--seed"].contains($0.name) }

  private let arguments: LabArguments
  private let evaluation: Evaluation
  private let ablations: [Ablation]

  init(_ arguments: LabArguments) throws {
    try arguments.requireNoOperands()
    try ScoredText.check(arguments, isNeeded: !arguments.has("--lines"))
    self.arguments = arguments
    evaluation = try Evaluation(
      arguments, Evaluation.Defaults(budgets: [.count(512), .count(1024), .count(2048)]))
    guard evaluation.grid.blocks.count == 1 else {
      throw LabFailure.usage("--blocks: compare takes one; the ablation 'block' has its own")
    }
    let all = Ablation.all(block: evaluation.grid.blocks[0])
    guard let names = try arguments.list("--ablations") else {
      ablations = all
      return
    }
    ablations = try names.map { name in
      guard let ablation = all.first(where: { $0.name == name }) else {
        throw LabFailure.usage(
          "--ablations: '\(name)' is none of \(all.map(\.name).joined(separator: ", "))")
      }
      return ablation
    }
  }

  func run() throws {
    let text = try evaluation.openText()
    let keys = keys(text)
    var comparison = Comparison(ablations, evaluation.grid.budgets, model: text.name)
    if let scored = try ScoredText(arguments, text, isNeeded: false) {
      comparison.likelihoods = try LikelihoodRunner(
        evaluation, text, scored, compares: !arguments.has("--alone")
      ).run(keys)
    }
    if let path = arguments.text("--lines") {
      var task = LinesTask()
      task.begins = arguments.has("--begin")
      let items = try task.items(file: path, limit: evaluation.limit)
      comparison.lines = try TaskRunner(evaluation, text).run(
        task: LinesCommand.name,
        items.marked(evaluation, form: task.begins ? "begun" : nil), keys: keys)
      comparison.score = task.begins ? "first" : "match"
    }
    print(evaluation.isJSON ? comparison.json : comparison.table)
  }

  /// `full` and all variants, each once.
  private func keys(_ text: TextModel) -> [RunKey] {
    let blocks = Set(ablations.flatMap { $0.variants.map(\.block) }).sorted()
    var keys = Grid(policies: [PolicyChoice(.full)], budgets: [], blocks: blocks)
      .keys(model: text.name)
    for variant in ablations.flatMap(\.variants) {
      for key in variant.keys(evaluation.grid.budgets, model: text.name) where !keys.contains(key) {
        keys.append(key)
      }
    }
    return keys
  }
}
