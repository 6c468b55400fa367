import LabResults

/// Math-500 (Lightman et al., "Let's verify step by step", 2023): `problem`, `answer`, `solution`.
///
/// `exact`: the text in the answer's last `\boxed{}` is the right one, but for white space at its
/// ends. `flexible`: what the answer comes to, boxed or not, is worth the same; see `MathAnswer`.
public struct MathTask: Sendable {
  /// What follows the problem.
  public var instruction =
    "Please reason step by step, and put your final answer within \\boxed{}."
  public var maxTokens = 4_096
  public var usesTemplate = true
  public var limit: Int?

  public init() {}

  public func items(_ path: String) throws(TaskFileError) -> [TaskItem] {
    var items: [TaskItem] = []
    for (sample, record) in try TaskFile.records(path).prefix(limit ?? .max).enumerated() {
      // MATH itself has no `answer`: it is the solution's boxed text.
      let answer =
        if record.fields["answer"] != nil {
          try record.text("answer")
        } else {
          MathAnswer.boxed(try record.text("solution"))
        }
      guard let answer else { throw record.error("\"solution\" has no \\boxed{}") }
      var item: [String: ItemValue] = [
        "sample": .text(record.fields["unique_id"]?.asText ?? "\(sample)")
      ]
      item["subject"] = record.fields["subject"]?.asText.map(ItemValue.text)
      item["level"] = record.fields["level"]?.asText.flatMap(Double.init).map(ItemValue.number)
      items.append(
        TaskItem(
          item: item, prompt: "\(try record.text("problem"))\n\(instruction)",
          usesTemplate: usesTemplate, maxTokens: maxTokens
        ) {
          [
            "exact": MathAnswer.exact($0, answer) ? 1 : 0,
            "flexible": MathAnswer.flexible($0, answer) ? 1 : 0,
          ]
        })
    }
    return items
  }
}
