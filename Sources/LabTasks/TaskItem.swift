import LabResults

/// One question to a model, with how its answer is scored: made by the tasks, asked by edge-lab.
public struct TaskItem: Sendable {
  /// What tells this item from others: goes into the result line as it is.
  public var item: [String: ItemValue]
  public var prompt: String
  /// Whether the prompt is a user's message in the model's chat template, or plain text.
  public var usesTemplate: Bool
  /// How the answer begins: read after the prompt (with a template: after the assistant's header),
  /// before the first generated token, and no part of the answer that `score` sees.
  public var prefill: String
  /// Answer tokens at most.
  public var maxTokens: Int
  /// Texts that end the answer.
  public var stops: [String]
  /// A text whose log-probability as the answer, right after `prefill`, is measured too; nil for
  /// none.
  public var expected: String?
  /// Scores of what the model said, by the metric's name.
  public var score: @Sendable (String) -> [String: Double]

  public init(
    item: [String: ItemValue], prompt: String, usesTemplate: Bool, prefill: String = "",
    maxTokens: Int, stops: [String] = [], expected: String? = nil,
    score: @escaping @Sendable (String) -> [String: Double]
  ) {
    self.item = item
    self.prompt = prompt
    self.usesTemplate = usesTemplate
    self.prefill = prefill
    self.maxTokens = maxTokens
    self.stops = stops
    self.expected = expected
    self.score = score
  }

  /// With one more name that tells it from others; nil leaves it as it is.
  public func named(_ name: String, _ value: ItemValue?) -> TaskItem {
    guard let value else { return self }
    var item = self
    item.item[name] = value
    return item
  }
}
