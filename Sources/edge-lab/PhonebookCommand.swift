import LabResults
import LabTasks

struct PhonebookCommand: Command {
  static let name = "phonebook"
  static let summary = "looks a number up in a phone book made from the seed (paper Table 17)"
  static let options =
    Evaluation.options + [
      LabOption("--entries", "LIST", "entries of a book; 25,50,100 where nothing is said"),
      LabOption("--samples", "K", "books of each length; 5 where nothing is said"),
      LabOption("--free", "the answer is not begun for the model"),
    ]

  private let evaluation: Evaluation
  private var task = PhonebookTask()

  init(_ arguments: LabArguments) throws {
    try arguments.requireNoOperands()
    evaluation = try Evaluation(arguments)
    if let entries = try arguments.counts("--entries", in: 1...PhonebookTask.mostEntries / 2) {
      task.entries = entries
    }
    task.samples = try arguments.count("--samples", in: 1...100_000) ?? task.samples
    task.samples = min(task.samples, evaluation.limit ?? .max)
    task.seed = evaluation.seed
    task.begins = !arguments.has("--free")
  }

  func run() throws {
    let text = try evaluation.openText()
    let items = task.items().marked(evaluation, form: task.begins ? nil : "free")
    let lines = try TaskRunner(evaluation, text).run(task: Self.name, items)
    evaluation.write(
      Summary(
        lines.comparedToFull("match"), by: ["entries"],
        scores: ["match", ResultLine.difference, "logProbability"]))
  }
}
