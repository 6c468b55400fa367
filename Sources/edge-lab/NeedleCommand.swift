import Foundation
import LabResults
import LabTasks

struct NeedleCommand: Command {
  static let name = "needle"
  static let summary = "finds a sentence in a long text: length x depth x policy x budget"
  static let options =
    Evaluation.options + [
      LabOption("--haystack", "FILE", "the text to hide the needle in; must be given"),
      LabOption("--lengths", "LIST", "tokens of the prompt; 1024 where nothing is said"),
      LabOption("--depths", "LIST", "percent of the text before the needle; 0,25,50,75,100"),
      LabOption("--samples", "K", "needles of each length and depth; 1 where nothing is said"),
      LabOption(
        "--needles", "K", "sentences hidden, one of which is asked for; 1 if nothing is said"),
      LabOption(
        "--needle", "TEXT", "the sentence; {key} and {value} stand for a city and a number"),
      LabOption("--question", "TEXT", "what is asked at the end"),
      LabOption("--answer", "TEXT", "what the answer must contain"),
      LabOption("--begin", "TEXT", "how the answer begins; '' leaves it to the model"),
    ]

  private let evaluation: Evaluation
  private let haystack: String
  private var task = NeedleTask()
  private var isOwn = false

  init(_ arguments: LabArguments) throws {
    try arguments.requireNoOperands()
    evaluation = try Evaluation(arguments)
    guard let haystack = arguments.text("--haystack") else {
      throw LabFailure.usage("--haystack FILE is missing")
    }
    self.haystack = haystack
    if let lengths = try arguments.counts("--lengths", in: 1...1 << 24) { task.lengths = lengths }
    if let depths = try arguments.list("--depths") {
      task.depths = try depths.map { text in
        guard let depth = Double(text), (0...100).contains(depth) else {
          throw LabFailure.usage("--depths '\(text)': expected percent from 0 to 100")
        }
        return depth
      }
    }
    task.samples = try arguments.count("--samples", in: 1...100_000) ?? 1
    task.samples = min(task.samples, evaluation.limit ?? .max)
    task.needleCount = try arguments.count("--needles", in: 1...NeedleTask.needleCountMax) ?? 1
    task.seed = evaluation.seed
    try takeTexts(arguments)
  }

  /// A needle of one's own comes with its question and answer.
  private mutating func takeTexts(_ arguments: LabArguments) throws(LabFailure) {
    let names = ["--needle", "--question", "--answer"]
    let texts = names.compactMap(arguments.text)
    if !texts.isEmpty {
      guard texts.count == names.count else {
        throw .usage("\(names.joined(separator: ", ")) go together")
      }
      guard task.needleCount == 1 else {
        throw .usage("--needles \(task.needleCount): only with the built-in needle")
      }
      (task.needle, task.question, task.answer) = (texts[0], texts[1], texts[2])
      task.prefill = ""
      isOwn = true
    }
    if let begin = arguments.text("--begin") { task.prefill = begin }
  }

  func run() throws {
    let text = try evaluation.openText()
    let items = try task.items(Haystack(file: haystack)) { try text.encode($0).count }
    let name = URL(fileURLWithPath: haystack).lastPathComponent
    let asked = items.marked(evaluation, form: task.prefill.isEmpty ? "free" : nil).map {
      $0.named("haystack", .text(name)).named("needle", isOwn ? .text(task.needle) : nil)
    }
    let lines = try TaskRunner(evaluation, text).run(task: Self.name, asked)
    evaluation.write(
      lines.comparedToFull("match"), by: ["length", "depth"],
      scores: ["match", ResultLine.difference, "logProbability"])
  }
}
