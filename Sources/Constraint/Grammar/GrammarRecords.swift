/// An element of a rule's alternatives: three words. A rule is the elements of its alternatives, one
/// after the other.
enum GrammarElement {
  static let kind = 0
  static let first = 1
  static let second = 2
  static let count = 3

  enum Kind: Int {
    /// The rule ends.
    case end
    /// An alternative ends, and another one begins.
    case alternative
    /// The first word is the record of the rule.
    case rule
    /// The ranges of characters: where they lie, two words each, and how many they are.
    case characters
    /// A JSON value; the first word is its node.
    case value
  }
}

enum RuleRecord {
  static let next = 0
  static let name = 1
  static let nameCount = 2
  /// The first element; 0 before the rule has been read.
  static let elements = 3
  /// Bytes of its shortest text.
  static let shortest = 4
  /// While left recursion is looked for.
  static let mark = 5
  /// The byte of the grammar's text that names it first.
  static let place = 6
  static let count = 7
}
