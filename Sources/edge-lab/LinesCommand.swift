import LabResults
import LabTasks

struct LinesCommand: Command {
  static let name = "lines"
  static let summary = "gives the number of one of many lines (LongEval): of a file, or made here"
  static let operands = "[FILE]"
  static let options =
    Evaluation.options + [
      LabOption("--lines", "LIST", "makes prompts of so many lines, in place of a file"),
      LabOption("--samples", "K", "prompts of each length with --lines; 10 where nothing is said"),
      LabOption("--begin", "the answer is begun for the model; LongEval leaves it free"),
    ]

  private let evaluation: Evaluation
  private let file: String?
  private let lineCounts: [Int]
  private let samples: Int
  private var task = LinesTask()

  init(_ arguments: LabArguments) throws {
    evaluation = try Evaluation(arguments)
    lineCounts = try arguments.counts("--lines", in: 1...LinesTask.mostLines / 2) ?? []
    file = arguments.operands.first
    if arguments.operands.count > 1 || (file == nil) == lineCounts.isEmpty {
      throw LabFailure.usage("expected one FILE, or --lines")
    }
    samples = min(
      try arguments.count("--samples", in: 1...100_000) ?? 10, evaluation.limit ?? .max)
    task.begins = arguments.has("--begin")
  }

  func run() throws {
    let text = try evaluation.openText()
    let items =
      if let file {
        try task.items(file: file, limit: evaluation.limit)
      } else {
        task.items(lines: lineCounts, samples: samples, seed: evaluation.seed)
      }
    let lines = try TaskRunner(evaluation, text).run(
      task: Self.name, items.marked(evaluation, form: task.begins ? "begun" : nil))
    let score = task.begins ? "first" : "match"
    evaluation.write(
      Summary(
        lines.comparedToFull(score), by: ["lines"],
        scores: ["match", "first", ResultLine.difference, "logProbability"]))
  }
}
