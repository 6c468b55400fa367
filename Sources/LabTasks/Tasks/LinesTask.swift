import LabResults

/// Line retrieval of LongEval (Li et al., "How long can open-source LLMs truly promise on context
/// length?", 2023): lines with a name and a number each, of which one number is asked.
///
/// `match` is LongEval's score: the last number of the answer is the right one. `first` is the same
/// for the first number, since a small model often goes on with further lines.
public struct LinesTask: Sendable {
  /// Whether the answer is begun for the model, as the record has its lines; LongEval leaves it free.
  public var begins = false
  /// A begun answer is but the number.
  var maxTokens: Int { begins ? 24 : 100 }
  public var usesTemplate = true

  public init() {}

  /// Items of a file with `prompt`, `expected_number` and `random_idx` (name and place of the line).
  public func items(file path: String, limit: Int? = nil) throws(TaskFileError) -> [TaskItem] {
    var items: [TaskItem] = []
    for (sample, record) in try TaskFile.records(path).prefix(limit ?? .max).enumerated() {
      let number = try record.text("expected_number")
      guard !number.isEmpty, number.unicodeScalars.allSatisfy(ScalarText.isDigit) else {
        throw record.error("\"expected_number\" is not a whole number")
      }
      let names = try record.value("random_idx")
      guard case .array(let values) = names, let name = values.first?.asText else {
        throw record.error("\"random_idx\" does not begin with a line's name")
      }
      let count = record.fields["num_lines"]?.asText.flatMap(Double.init)
      items.append(
        item(
          prompt: try record.text("prompt"), name: name, number: number,
          [
            "sample": .number(Double(sample)),
            "lines": count.map(ItemValue.number) ?? .text("unknown"),
          ]))
    }
    return items
  }

  /// Items of the same form with fewer lines, or more.
  public func items(lines counts: [Int], samples: Int, seed: UInt64) -> [TaskItem] {
    counts.flatMap { count in (0..<samples).map { generated(count, sample: $0, seed: seed) } }
  }

  /// As many as there are different names.
  public static let mostLines = WordLists.adjectives.count * WordLists.nouns.count

  private func generated(_ count: Int, sample: Int, seed: UInt64) -> TaskItem {
    precondition((1...Self.mostLines).contains(count))
    var generator = SplitMix64(seed: seed, sample: sample)
    let asked = generator.below(count)
    var names: [String] = []
    var known: Set<String> = []
    var numbers: [String] = []
    while names.count < count {
      let adjective = generator.element(of: WordLists.adjectives)
      let name = "\(adjective)-\(generator.element(of: WordLists.nouns))"
      guard known.insert(name).inserted else { continue }
      names.append(name)
      numbers.append("\(1 + generator.below(50_000))")
    }
    let lines = zip(names, numbers).map { "line \($0): REGISTER_CONTENT is <\($1)>\n" }.joined()
    let name = names[asked]
    return item(
      prompt: Self.header + lines + "\nNow the record is over. Tell me what is the "
        + "<REGISTER_CONTENT> in line \(name)? I need the number. ",
      name: name, number: numbers[asked],
      [
        "sample": .number(Double(sample)), "lines": .number(Double(count)),
        "place": .number(Double(asked)), "seed": .number(Double(seed)),
      ])
  }

  private func item(
    prompt: String, name: String, number: String, _ item: [String: ItemValue]
  ) -> TaskItem {
    TaskItem(
      item: item, prompt: prompt, usesTemplate: usesTemplate,
      prefill: begins ? "line \(name): REGISTER_CONTENT is <" : "", maxTokens: maxTokens,
      expected: number
    ) { answer in
      let numbers = ScalarText.numbers(answer)
      return ["match": numbers.last == number ? 1 : 0, "first": numbers.first == number ? 1 : 0]
    }
  }

  /// LongEval's words.
  private static let header =
    "Below is a record of lines I want you to remember. Each line begins with 'line <line index>' "
    + "and contains a '<REGISTER_CONTENT>' at the end of the line as a numerical value. For each "
    + "line index, memorize its corresponding <REGISTER_CONTENT>. At the end of the record, I will "
    + "ask you to retrieve the corresponding <REGISTER_CONTENT> of a certain line index. Now the "
    + "record start:\n\n"
}
