import LabResults

/// Needle in a haystack (Kamradt, 2023; paper section 4.1): a sentence hidden at a depth of a text
/// that has nothing to do with it, asked for at the end.
///
/// In needle, question, answer and beginning, `{key}` and `{value}` are a city and a number of five
/// digits, chosen anew for each sample. Samples also differ in where the haystack begins; the
/// same sample has the same key, value and beginning at every depth and length.
///
/// With more than one needle, one is asked for, and the others are the same sentence with other cities
/// and numbers at random depths (RULER's "multi-key" form, Hsieh et al., 2024).
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
  /// Needles of a text, `needleCountMax` at most.
  public var needleCount = 1
  public var seed: UInt64 = 0
  public var maxTokens = 24
  public var usesTemplate = true

  public static let needleCountMax = WordLists.cities.count

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
    let asked = Fact(generator.element(of: WordLists.cities), &generator)
    let start = generator.below(1 << 32)
    let others = otherNeedles(than: asked.key, &generator)
    let question = asked.filled(question)
    func prompt(_ hay: String) -> String {
      "\(introduction)\n\n\(hay)\n\n\(question)"
    }
    guard
      let hay = try haystack.hiding(
        [Haystack.Needle(asked.filled(needle), depth: depth / 100)] + others, start: start,
        length: length, tokens: { try tokens(prompt($0)) })
    else {
      throw TaskFileError("a needle does not fit in \(length) tokens")
    }
    let answer = asked.filled(answer)
    let prefill = asked.filled(prefill)
    var item: [String: ItemValue] = [
      "length": .number(Double(length)), "depth": .number(depth),
      "sample": .number(Double(sample)), "seed": .number(Double(seed)),
    ]
    if needleCount > 1 { item["needles"] = .number(Double(needleCount)) }
    return TaskItem(
      item: item,
      prompt: prompt(hay), usesTemplate: usesTemplate, prefill: prefill, maxTokens: maxTokens,
      expected: prefill.isEmpty ? answer : " " + answer
    ) { ["match": ScalarText.containsAnswer($0, answer) ? 1 : 0] }
  }

  /// A city and its number.
  private struct Fact {
    let key: String
    let value: String

    init(_ key: String, _ generator: inout SplitMix64) {
      self.key = key
      value = "\(10_000 + generator.below(90_000))"
    }

    func filled(_ text: String) -> String {
      text.split(separator: "{key}", omittingEmptySubsequences: false).joined(separator: key)
        .split(separator: "{value}", omittingEmptySubsequences: false).joined(separator: value)
    }
  }

  /// The needles that are not asked for, each of a city of its own.
  private func otherNeedles(
    than asked: String, _ generator: inout SplitMix64
  ) -> [Haystack.Needle] {
    var cities = WordLists.cities.filter { $0 != asked }
    return (1..<max(needleCount, 1)).map { _ in
      let city = cities.remove(at: generator.below(cities.count))
      let fact = Fact(city, &generator)
      return Haystack.Needle(
        fact.filled(needle), depth: Double(generator.below(1_001)) / 1_000)
    }
  }
}
