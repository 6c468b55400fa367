import LabResults

/// Needle in a haystack (Kamradt, 2023; paper section 4.1): a sentence hidden at a depth of a text
/// that has nothing to do with it, asked for at the end.
///
/// In needle, question, answer and beginning, `{key}` and `{value}` are a city and a number of five
/// digits, chosen anew for each sample. Samples also differ in where the haystack begins; the
/// same sample has the same key, value and beginning at every depth and length.
public struct NeedleTask: Sendable {
  public var needle = "The special magic number for {key} is {value}."
  public var question = "What is the special magic number for {key} mentioned in the text above?"
  public var answer = "{value}"
  /// How the answer begins; empty for a free answer.
  public var prefill = "The special magic number for {key} mentioned in the text above is"
  /// What the prompt begins with.
  public var introduction =
    "A special magic number is hidden in the following text. Memorize it, I will ask you about it "
    + "afterwards."
  /// Tokens of the prompt, without those of the chat template.
  public var lengths = [1_024]
  /// In percent of the haystack's tokens.
  public var depths: [Double] = [0, 25, 50, 75, 100]
  public var samples = 1
  public var seed: UInt64 = 0
  public var maxTokens = 24
  public var usesTemplate = true

  public init() {}

  /// In order of lengths, depths, samples.
  public func items(
    _ haystack: Haystack, tokens: (String) throws -> Int
  ) throws -> [TaskItem] {
    var items: [TaskItem] = []
    for length in lengths {
      for depth in depths {
        for sample in 0..<samples {
          items.append(try item(haystack, length, depth, sample, tokens))
        }
      }
    }
    return items
  }

  private func item(
    _ haystack: Haystack, _ length: Int, _ depth: Double, _ sample: Int,
    _ tokens: (String) throws -> Int
  ) throws -> TaskItem {
    var generator = SplitMix64(seed: seed, sample: sample)
    let key = generator.element(of: WordLists.cities)
    let value = "\(10_000 + generator.below(90_000))"
    let start = generator.below(1 << 32)
    func filled(_ text: String) -> String {
      text.split(separator: "{key}", omittingEmptySubsequences: false).joined(separator: key)
        .split(separator: "{value}", omittingEmptySubsequences: false).joined(separator: value)
    }
    let question = filled(question)
    func prompt(_ hay: String) -> String {
      "\(introduction)\n\n\(hay)\n\n\(question)"
    }
    guard
      let hay = try haystack.hiding(
        filled(needle), start: start, length: length, depth: depth / 100,
        tokens: { try tokens(prompt($0)) })
    else {
      throw TaskFileError("a needle does not fit in \(length) tokens")
    }
    let answer = filled(answer)
    let prefill = filled(prefill)
    return TaskItem(
      item: [
        "length": .number(Double(length)), "depth": .number(depth),
        "sample": .number(Double(sample)), "seed": .number(Double(seed)),
      ],
      prompt: prompt(hay), usesTemplate: usesTemplate, prefill: prefill, maxTokens: maxTokens,
      expected: prefill.isEmpty ? answer : " " + answer
    ) { ["match": ScalarText.containsAnswer($0, answer) ? 1 : 0] }
  }
}
