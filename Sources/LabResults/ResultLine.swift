import Foundation

/// How a result came about: what two results must share to be samples of the same thing.
public struct RunKey: Codable, Hashable, Sendable {
  /// The model file's name without folders.
  public var model: String
  /// As `--policy` names it, `full` or `float32` among them.
  public var policy: String
  /// Tokens each KV head keeps, N; 0 for `full` and `float32`, which keep all, and where
  /// `budgetShare` says it.
  public var budget: Int
  /// N as a share of the item's prompt tokens, in place of `budget`.
  public var budgetShare: Double?
  /// Tokens of a block, B.
  public var block: Int
  public var sinks: Int
  public var recent: Int
  /// Recent tokens as a share of N, in place of `recent`.
  public var recentShare: Double?
  /// The file by which KV heads have budgets of their own; nil for equal ones.
  public var heads: String?

  public init(
    model: String, policy: String, budget: Int, budgetShare: Double? = nil, block: Int,
    sinks: Int = 0, recent: Int = 0, recentShare: Double? = nil, heads: String? = nil
  ) {
    self.model = model
    self.policy = policy
    self.budget = budget
    self.budgetShare = budgetShare
    self.block = block
    self.sinks = sinks
    self.recent = recent
    self.recentShare = recentShare
    self.heads = heads
  }

  /// As tables and legends name it: `keydiff`, or `keydiff 4+256` with sinks and recent tokens,
  /// `keydiff 4+25%` if the recent ones are a share of N, `keydiff@heads.json` with head budgets.
  public var label: String {
    let latest = recentShare.map { "\(Self.percent($0))%" } ?? "\(recent)"
    let name = heads.map { "\(policy)@\(URL(fileURLWithPath: $0).lastPathComponent)" } ?? policy
    return sinks == 0 && latest == "0" ? name : "\(name) \(sinks)+\(latest)"
  }

  /// N as tables name it: `1024`, `25%` of the prompt, `all`.
  public var budgetLabel: String {
    if let budgetShare { return "\(Self.percent(budgetShare))%" }
    return budget == 0 ? "all" : "\(budget)"
  }

  /// With at most two digits after the point, and none that say nothing.
  private static func percent(_ share: Double) -> String {
    let hundredths = Int((share * 10_000).rounded())
    if hundredths % 100 == 0 { return "\(hundredths / 100)" }
    let digits = hundredths % 10 == 0 ? "\(hundredths % 100 / 10)" : "\(hundredths % 100 + 100)"
    return "\(hundredths / 100).\(hundredths % 10 == 0 ? digits : String(digits.dropFirst()))"
  }
}

/// A property of the item that was measured, such as a length or a data set's name.
public enum ItemValue: Codable, Hashable, Sendable {
  case number(Double)
  case text(String)

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .number(let number): try container.encode(number)
    case .text(let text): try container.encode(text)
    }
  }

  public var number: Double? { if case .number(let number) = self { number } else { nil } }
  public var text: String? { if case .text(let text) = self { text } else { nil } }
}

/// One finished cell of an evaluation, a line of a results file.
///
/// Cells of sampled tasks are one sample each, so that means and intervals are made by whoever
/// reads them; a cell over a whole text (`nll`, `geometry`) brings its standard errors along.
public struct ResultLine: Codable, Sendable {
  /// The command that made it: nll, needle, phonebook, lines, ruler, longbench, math, geometry.
  public var task: String
  public var run: RunKey
  /// What was asked, by name: `length`, `depth`, `dataset`, `sample`, `layer`, `seed` …
  public var item: [String: ItemValue]
  /// By the metric's name.
  public var scores: [String: Double]
  /// Standard errors of scores that are themselves means; by the metric's name.
  public var errors: [String: Double]?
  /// Curves, by name, such as a score for each layer or block.
  public var series: [String: [Double]]?
  /// What the model said, where it said something.
  public var output: String?
  /// Prompt tokens that were read.
  public var tokens: Int
  public var seconds: Double

  public init(
    task: String, run: RunKey, item: [String: ItemValue], scores: [String: Double],
    errors: [String: Double]? = nil, series: [String: [Double]]? = nil, output: String? = nil,
    tokens: Int, seconds: Double
  ) {
    self.task = task
    self.run = run
    self.item = item
    self.scores = scores
    self.errors = errors
    self.series = series
    self.output = output
    self.tokens = tokens
    self.seconds = seconds
  }

  public var cell: Cell { Cell(task: task, run: run, item: item) }

  /// What a restart skips when it is in the file already.
  public struct Cell: Hashable, Sendable {
    public var task: String
    public var run: RunKey
    public var item: [String: ItemValue]

    public init(task: String, run: RunKey, item: [String: ItemValue]) {
      self.task = task
      self.run = run
      self.item = item
    }
  }
}
