import Foundation
import LabResults
import Profile

/// What all commands have that evaluate a model: the model, the settings that are compared, how the
/// work is run and where results go.
struct Evaluation: Sendable {
  static let options: [LabOption] = [
    LabOption(
      "--model", "M", "a GGUF file, or its name in $EDGE_INFER_MODELS, ~/.cache/edge-infer"),
    LabOption(
      "--weights", "F", "int8, or file: as the file has them in 4 to 6 bits; int8 if not said"),
    LabOption(
      "--policies", "LIST",
      "such as full,keydiff:4+0.25 (4 sinks, recent 25 % of N),keydiff-stream@HEADS.json"),
    LabOption("--budgets", "LIST", "N: tokens kept, such as 512,1024, or 25% of the prompt"),
    LabOption("--blocks", "LIST", "B: tokens of a prompt block; 128 where nothing is said"),
    LabOption("--threads", "T", "threads of an engine; the processors, divided by --jobs"),
    LabOption("--jobs", "J", "engines that work at the same time; 1 where nothing is said"),
    LabOption("--limit", "K", "items at most, of each data set"),
    LabOption("--seed", "S", "for everything random; 0 where nothing is said"),
    LabOption("--raw", "prompts as they are, without the chat template"),
    LabOption("--max-prompt", "T", "skip items whose prompt has more tokens"),
    LabOption("-o", "RESULTS.jsonl", "append results there; what is in it already is skipped"),
    LabOption("--json", "the summary as JSON"),
    LabOption("--quiet", "no progress"),
  ]

  /// Of commands that read one text in place of items.
  static let textOptions = options.filter {
    !["--limit", "--seed", "--raw", "--max-prompt"].contains($0.name)
  }

  /// What a command compares where the command line says nothing.
  struct Defaults {
    var policies = [PolicyChoice(.full), PolicyChoice(.keydiff), PolicyChoice(.sink)]
    var budgets = [Budget.share(0.25), Budget.share(0.5)]
    var blocks = [128]
  }

  static let jobCountMax = 64

  let modelPath: String
  let keepsCodes: Bool
  var grid: Grid
  let threads: Int
  let jobs: Int
  /// Items of each data set at most.
  let limit: Int?
  let seed: UInt64
  let isRaw: Bool
  let promptTokensMax: Int?
  var resultPath: String?
  let isJSON: Bool
  let isQuiet: Bool

  /// - Parameter model: of a command that takes it as an operand.
  init(
    _ arguments: LabArguments, _ defaults: Defaults = Defaults(), model: String? = nil
  ) throws(LabFailure) {
    grid = Grid(
      policies: defaults.policies, budgets: defaults.budgets, blocks: defaults.blocks)
    if let list = try arguments.list("--policies") {
      grid.policies = []
      for word in list { grid.policies.append(try PolicyChoice(argument: word)) }
    }
    if let list = try arguments.list("--budgets") {
      grid.budgets = []
      for word in list { grid.budgets.append(try Budget(argument: word)) }
    }
    if let blocks = try arguments.counts("--blocks", in: 1...ProfileLimits.blockSizeMax) {
      grid.blocks = blocks
    }
    jobs = (try arguments.count("--jobs", in: 1...Self.jobCountMax)) ?? 1
    let processors = ProcessInfo.processInfo.activeProcessorCount
    let threads = try arguments.count("--threads", in: 1...ProfileLimits.threadCountMax)
    self.threads = threads ?? max(processors / jobs, 1)
    limit = try arguments.count("--limit", in: 1...Int.max)
    seed = UInt64(try arguments.count("--seed", in: 0...Int.max) ?? 0)
    isRaw = arguments.has("--raw")
    promptTokensMax = try arguments.count("--max-prompt", in: 1...Int.max)
    resultPath = arguments.text("-o")
    isJSON = arguments.has("--json")
    isQuiet = arguments.has("--quiet")
    switch arguments.text("--weights") ?? "int8" {
    case "int8": keepsCodes = false
    case "file": keepsCodes = true
    default: throw .usage("--weights takes int8 or file")
    }
    modelPath = try ModelLocation.find(
      model ?? arguments.text("--model") ?? ModelLocation.defaultName)
  }

  /// The model's tokenizer and chat template.
  func openText() throws(LabFailure) -> TextModel {
    try TextModel(path: modelPath, keepsCodes: keepsCodes)
  }

  /// Everything that is compared.
  func keys(_ text: TextModel) -> [RunKey] { grid.keys(model: text.name) }

  /// Writes a summary to standard output.
  func write(_ summary: Summary) {
    print(isJSON ? summary.json : summary.table)
  }

  /// A summary by properties of the items, and behind the table one of all items; JSON has the parts
  /// alone.
  func write(_ lines: [ResultLine], by names: [String], scores: [String]) {
    write(Summary(lines, by: names, scores: scores))
    if isJSON { return }
    print("\nall items:")
    write(Summary(lines, scores: scores))
  }
}
