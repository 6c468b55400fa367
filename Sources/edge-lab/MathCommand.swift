import Generation
import Inference
import LabResults
import LabTasks

struct MathCommand: Command {
  static let name = "math"
  static let summary = "Math-500's JSON lines: exact and flexible match, sampled several times"
  static let operands = "FILE"
  static let options =
    Evaluation.options + [
      LabOption("--samples", "K", "answers to each problem, each with a seed; 5"),
      LabOption("--temperature", "X", "0.95, as in the paper; 0 takes the likeliest token"),
      LabOption("--top-p", "P", "0.95, as in the paper"),
      LabOption("--max-tokens", "K", "answer tokens at most; 4096"),
    ]

  private let evaluation: Evaluation
  private let path: String
  private var task = MathTask()
  private let samples: Int
  private var sampling = SamplingSettings()

  init(_ arguments: LabArguments) throws {
    // N as a share of a problem of a hundred tokens says nothing: answers are much longer.
    var defaults = Evaluation.Defaults()
    defaults.budgets = [.count(1_024), .count(2_048)]
    evaluation = try Evaluation(arguments, defaults)
    guard arguments.operands.count == 1 else { throw LabFailure.usage("expected one FILE") }
    path = arguments.operands[0]
    sampling.temperature =
      try arguments.number("--temperature", in: 0...SamplingSettings.temperatureMax) ?? 0.95
    sampling.topP = try arguments.number("--top-p", in: 0...1) ?? 0.95
    // The paper's sampling has these two only.
    sampling.topK = 0
    sampling.minP = 0
    samples =
      sampling.isGreedy ? 1 : try arguments.count("--samples", in: 1...10_000) ?? 5
    task.maxTokens = try arguments.count("--max-tokens", in: 1...1 << 20) ?? task.maxTokens
    task.limit = evaluation.limit
  }

  func run() throws {
    let text = try evaluation.openText()
    let items = try task.items(path).marked(evaluation).flatMap { item in
      (0..<samples).map { sample in
        item.named("seed", .number(Double(evaluation.seed + UInt64(sample))))
          .named("temperature", .number(sampling.temperature))
          .named("maxTokens", .number(Double(task.maxTokens)))
      }
    }
    let lines = try TaskRunner(evaluation, text).run(task: Self.name, items) { item in
      var sampling = sampling
      sampling.seed = UInt64(item.item["seed"]?.number ?? 0)
      return sampling
    }
    evaluation.write(
      Summary(
        lines.comparedToFull("flexible"),
        scores: ["exact", "flexible", ResultLine.difference, "answerTokens"]))
  }
}
