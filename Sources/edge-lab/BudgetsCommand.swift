import Foundation
import LabResults
import Profile

/// `budgets`: how a model's slots are best shared out among its KV heads.
struct BudgetsCommand: Command {
  static let name = "budgets"
  static let summary = "calibrates a model's head budgets: the file of --head-budgets"
  static let details = """
    ablation   384 tokens, 1152 others and the 384 again, with one head cut down to 128 slots (the
               first four and the latest) and all others whole: by how much the last 256 tokens become
               less likely, on parts of the text and on random tokens. Heads are ranked by the two
               rises, each divided by its largest; the first quarter gets 2.5 N, the others 0.5 N.
    attention  parts of 896 tokens, each twice, through the float32 model: the strongest attention that
               each token gets from 128 positions later or more, for each head. A head's budget grows
               with its share of the strongest pairs of tokens and heads, from a floor of --floor N.
    both       the mean of the two

    What was measured is kept beside the file, in FILE.jsonl: the same command goes on with the rest.
    """
  static let operands = "MODEL"
  static let options =
    [
      LabOption("--text", "FILE", "plain text of the kind that the model reads; must be given"),
      LabOption("--rule", "RULE", "ablation, attention or both; both where nothing is said"),
      LabOption("--parts", "K", "parts of the text for the rule attention; 32"),
      LabOption("--ratio", "R", "N as a share of the prompts, for the rule attention; 0.25"),
      LabOption("--floor", "F", "what a head gets at least, for the rule attention; 0.125"),
    ]
    + Evaluation.textOptions.filter {
      ["--threads", "--jobs", "-o", "--quiet"].contains($0.name)
    }

  private var evaluation: Evaluation
  private let arguments: LabArguments
  private let textPath: String
  private let output: String
  private let rule: HeadRule
  private let settings: AttentionRule.Settings

  init(_ arguments: LabArguments) throws {
    guard arguments.operands.count == 1 else {
      throw LabFailure.usage("budgets MODEL: one model is needed")
    }
    guard let textPath = arguments.text("--text") else {
      throw LabFailure.usage("--text FILE is missing")
    }
    guard let output = arguments.text("-o") else { throw LabFailure.usage("-o FILE is missing") }
    guard let rule = HeadRule(rawValue: arguments.text("--rule") ?? "both") else {
      throw LabFailure.usage("--rule: expected ablation, attention or both")
    }
    self.arguments = arguments
    self.textPath = textPath
    self.output = output
    self.rule = rule
    settings = AttentionRule.Settings(
      partCount: try arguments.count("--parts", in: 1...1000) ?? 32,
      ratio: try Self.share("--ratio", arguments) ?? 0.25,
      floor: try Self.share("--floor", arguments) ?? 0.125)
    evaluation = try Evaluation(arguments, model: arguments.operands[0])
    evaluation.resultPath = output + ".jsonl"
  }

  private static func share(
    _ name: String, _ arguments: LabArguments
  ) throws(LabFailure) -> Double? {
    guard let text = arguments.text(name) else { return nil }
    guard let share = Double(text), share > 0, share < 1 else {
      throw .usage("\(name) '\(text)': expected a number between 0 and 1")
    }
    return share
  }

  func run() throws {
    let model = try evaluation.openText()
    guard let text = String(validating: try fileContents(textPath), as: UTF8.self) else {
      throw LabFailure.data("\(textPath): is not UTF-8 text")
    }
    let tokens = try model.encode(text)
    let source = CalibrationText(
      name: URL(fileURLWithPath: textPath).lastPathComponent, tokens: tokens)
    let ablation = AblationRule(evaluation, model, source)
    let attention = AttentionRule(evaluation, model, source, settings)
    if rule != .attention { try ablation.check() }
    if rule != .ablation { try attention.check() }
    var jobs: [Job] = []
    if rule != .attention { jobs += ablation.jobs() }
    if rule != .ablation { jobs += attention.jobs() }
    let lines = try Runner(evaluation, model).run(jobs)
    let shares: [[Double]]
    switch rule {
    case .ablation: shares = ablation.shares(lines)
    case .attention: shares = attention.shares(lines)
    case .both: shares = HeadRule.mean(ablation.shares(lines), attention.shares(lines))
    }
    let file = HeadFileText(
      mark: try mark(model), model: model.name, rule: rule.rawValue, data: source.description,
      settings: rule.description(settings), shares: shares)
    do {
      try Data(file.text.utf8).write(to: URL(fileURLWithPath: output), options: .atomic)
    } catch {
      throw LabFailure.inputOutput("\(output): cannot be written")
    }
    print(file.summary)
  }

  /// Of a model that is loaded with few slots.
  private func mark(_ model: TextModel) throws(LabFailure) -> UInt64 {
    let settings = SubjectSettings(policy: .full, blockSize: 1, cacheBudget: 1)
    return try Subject(model, settings, threads: evaluation.threads).modelMark
  }
}

/// How budgets follow from what was measured.
enum HeadRule: String, Sendable {
  case ablation, attention, both

  func description(_ settings: AttentionRule.Settings) -> String {
    let own = [
      self == .attention ? nil : AblationRule.description,
      self == .ablation ? nil : settings.description,
    ]
    return own.compactMap { $0 }.joined(separator: "; ")
  }

  static func mean(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
    zip(a, b).map { zip($0, $1).map { ($0 + $1) / 2 } }
  }
}

/// The text of a calibration, as tokens.
struct CalibrationText: Sendable {
  let name: String
  let tokens: [Int32]

  var description: String { "\(name), \(tokens.count) tokens, \(hash)" }

  /// FNV-1a of the ids, by which the text is known again.
  private var hash: String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for token in tokens {
      for shift in [0, 8, 16, 24] {
        hash = (hash ^ UInt64(truncatingIfNeeded: token >> shift & 0xff)) &* 0x100_0000_01b3
      }
    }
    return String(format: "%016lx", Int(bitPattern: UInt(hash)))
  }
}

/// The file that `--head-budgets` reads.
struct HeadFileText {
  let mark: UInt64
  let model: String
  let rule: String
  let data: String
  let settings: String
  /// Of the mean budget, a list a layer.
  let shares: [[Double]]

  private var thousandths: [[Int]] {
    shares.map { $0.map { min(max(Int(($0 * 1000).rounded()), 0), HeadShares.shareMax) } }
  }

  var text: String {
    let layers = thousandths.map { "    [" + $0.map(String.init).joined(separator: ", ") + "]" }
    return """
      {
        "model": "\(String(format: "%016lx", Int(bitPattern: UInt(mark))))",
        "name": \(quoted(model)),
        "rule": \(quoted(rule)),
        "data": \(quoted(data)),
        "settings": \(quoted(settings)),
        "shares": [
      \(layers.joined(separator: ",\n"))
        ]
      }

      """
  }

  private func quoted(_ text: String) -> String {
    let data = try? JSONEncoder().encode(text)
    return data.map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
  }

  /// The heads that get most and least.
  var summary: String {
    let all = thousandths.enumerated().flatMap { layer, heads in
      heads.enumerated().map { (layer: layer, head: $0.offset, share: $0.element) }
    }.sorted { $0.share > $1.share }
    let rows = all.prefix(8).map {
      ["\($0.layer)", "\($0.head)", String(format: "%.3f", Double($0.share) / 1000)]
    }
    let least = Double(all.last?.share ?? 0) / 1000
    return TextTable([["layer", "KV head", "share of N"]] + rows).text
      + "\nthe least share is \(least)"
  }
}
