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
    /// A text without quotation marks: its string record, or 0, and where the mark at its end lies: two
    /// words, its place and its count of bytes.
    case raw
  }
}

extension GrammarElement {
  /// Whether an alternative ends there.
  static func isBorder(_ element: Int, _ words: Words) -> Bool {
    words[element] == Kind.end.rawValue || words[element] == Kind.alternative.rawValue
  }

  /// Frames that the flattest text from an element to the end of its alternative needs on the stack. What
  /// comes last takes the frame of the rule around it.
  static func depth(from start: Int, _ words: Words) -> Int {
    var (element, depth) = (start, 0)
    while !isBorder(element, words) {
      let next = element + count
      if words[element] == Kind.value.rawValue || words[element] == Kind.raw.rawValue {
        depth = max(depth, 1)
      } else if words[element] == Kind.rule.rawValue {
        let inner = words[words[element + first] + RuleRecord.depth]
        depth = max(depth, inner + (isBorder(next, words) ? 0 : 1))
      }
      element = next
    }
    return min(depth, NodeRecord.none)
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
  /// Frames that its flattest text needs on the stack.
  static let depth = 7
  static let count = 8
}
