import LabResults
import LabTasks

struct LongBenchCommand: Command {
  static let name = "longbench"
  static let summary = "LongBench's or MiniLongBench's JSON lines: a file, or a folder of them"
  static let operands = "DIR|FILE"
  static let options =
    Evaluation.options + [
      LabOption("--languages", "LIST", "of en, zh, code; all where nothing is said"),
      LabOption("--datasets", "LIST", "such as qasper,trec; all where nothing is said"),
      LabOption("--config", "DIR", "has dataset2prompt.json, dataset2maxlen.json; by the data"),
      LabOption("--truncate", "T", "cuts prompts of more tokens in the middle, as LongBench does"),
    ]

  private let evaluation: Evaluation
  private let path: String
  private var task = LongBenchTask()
  private let truncation: Int?

  init(_ arguments: LabArguments) throws {
    evaluation = try Evaluation(arguments)
    guard arguments.operands.count == 1 else { throw LabFailure.usage("expected one DIR or FILE") }
    path = arguments.operands[0]
    truncation = try arguments.count("--truncate", in: 2...1 << 24)
    if let languages = try arguments.list("--languages") {
      task.languages = Set(
        try languages.map { name in
          guard let language = LongBenchDataset.Language(rawValue: name) else {
            throw LabFailure.usage("--languages '\(name)': expected en, zh or code")
          }
          return language
        })
    }
    if let names = try arguments.list("--datasets") {
      for name in names where LongBenchDataset.named(name) == nil {
        throw LabFailure.usage(
          "--datasets '\(name)': expected "
            + LongBenchDataset.all.map(\.name).joined(separator: ", "))
      }
      task.datasets = Set(names)
    }
    task.limit = evaluation.limit
    task.configFolder = arguments.text("--config")
  }

  func run() throws {
    let text = try evaluation.openText()
    let items = try task.items(path) { try shortened($0, text) }
    let asked = items.marked(evaluation).map {
      $0.named("truncated", truncation.map { .number(Double($0)) })
    }
    let lines = try TaskRunner(evaluation, text).run(task: Self.name, asked)
      .comparedToFull("score")
    evaluation.write(lines, by: ["dataset"], scores: ["score", ResultLine.difference])
  }

  private func shortened(_ prompt: String, _ text: TextModel) throws -> String {
    guard let truncation else { return prompt }
    return try MiddleTruncation.shortened(
      prompt, to: truncation, tokens: { try text.encode($0) },
      text: { text.decode($0, continuesText: false) })
  }
}
