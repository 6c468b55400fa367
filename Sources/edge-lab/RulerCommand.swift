import LabResults
import LabTasks

struct RulerCommand: Command {
  static let name = "ruler"
  static let summary = "RULER's JSON lines (input, outputs): a file, or a folder of them"
  static let operands = "FILE|DIR"
  static let options =
    Evaluation.options + [
      LabOption("--match", "all|part", "the share of outputs found, or any; by the task's name"),
      LabOption("--template", "asks in the chat template: for inputs made without one"),
    ]

  private let evaluation: Evaluation
  private let path: String
  private var task = RulerTask()

  init(_ arguments: LabArguments) throws {
    evaluation = try Evaluation(arguments)
    guard arguments.operands.count == 1 else { throw LabFailure.usage("expected one FILE or DIR") }
    path = arguments.operands[0]
    if let match = arguments.text("--match") {
      task.match = RulerTask.Match(rawValue: match)
      if task.match == nil {
        throw LabFailure.usage("--match '\(match)': expected all or part")
      }
    }
    task.usesTemplate = arguments.has("--template")
    task.limit = evaluation.limit
  }

  func run() throws {
    let text = try evaluation.openText()
    let items = try task.items(path)
    let lines = try TaskRunner(evaluation, text).run(
      task: Self.name, items.marked(evaluation, form: task.usesTemplate ? "template" : nil))
    evaluation.write(
      Summary(
        lines.comparedToFull("match"), by: ["dataset", "length"],
        scores: ["match", ResultLine.difference]))
  }
}
