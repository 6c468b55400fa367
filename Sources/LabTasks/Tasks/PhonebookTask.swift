import LabResults

/// Phonebook lookup (paper Table 17; after Jelassi et al., "Repeat after me", 2024): a list of names
/// and numbers, of which one number is asked.
public struct PhonebookTask: Sendable {
  /// Entries of a book, for each length.
  public var entries = [25, 50, 100]
  /// Books of each length; the paper has five.
  public var samples = 5
  public var seed: UInt64 = 0
  /// Whether the answer is begun for the model.
  public var begins = true
  public var maxTokens = 24
  public var usesTemplate = true

  public init() {}

  /// As many as there are different names.
  public static let mostEntries = WordLists.firstNames.count * WordLists.familyNames.count

  /// In order of entries and samples; the asked entry may lie anywhere in the book.
  public func items() -> [TaskItem] {
    entries.flatMap { count in (0..<samples).map { item(count, $0) } }
  }

  private func item(_ count: Int, _ sample: Int) -> TaskItem {
    precondition((1...Self.mostEntries).contains(count))
    var generator = SplitMix64(seed: seed, sample: sample)
    let asked = generator.below(count)
    let entries = generator.entries(
      count, of: WordLists.firstNames, WordLists.familyNames, separator: " "
    ) {
      let area = 200 + $0.below(800)
      let exchange = 200 + $0.below(800)
      return "\(area)-\(exchange)-\(1_000 + $0.below(9_000))"
    }
    let book = entries.map { "\($0.name): \($0.number)" }.joined(separator: "\n")
    let (name, number) = entries[asked]
    return TaskItem(
      item: [
        "entries": .number(Double(count)), "sample": .number(Double(sample)),
        "place": .number(Double(asked)), "seed": .number(Double(seed)),
      ],
      prompt: "Here is a phone book.\n\n\(book)\n\nWhat is the phone number of \(name)?",
      usesTemplate: usesTemplate,
      prefill: begins ? "The phone number of \(name) is" : "", maxTokens: maxTokens,
      expected: begins ? " " + number : number
    ) { ["match": ScalarText.containsAnswer($0, number) ? 1 : 0] }
  }
}
