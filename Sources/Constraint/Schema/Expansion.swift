/// Names of schemas in a set: an item of the document, perhaps with a flag.
enum SchemaReference {
  /// The value itself is meant: what is valid is equal to it.
  static let constFlag = 1 << 30
  /// One of the strings of the list is meant.
  static let stringsFlag = 1 << 31
  static let itemMask = constFlag - 1
  /// Of lists of alternatives.
  static let oneOfFlag = 1 << 30
  static let enumFlag = 1 << 31
}

/// Schemas without an order, each once.
struct ReferenceSet {
  static let countMax = 48
  private var references = InlineArray<48, Int>(repeating: 0)
  private(set) var count = 0

  subscript(index: Int) -> Int { references[index] }

  func contains(_ reference: Int) -> Bool {
    for index in 0..<count where references[index] == reference { return true }
    return false
  }

  mutating func add(_ reference: Int, _ item: Int) throws(ConstraintError) {
    if contains(reference) { return }
    if count == Self.countMax { throw ConstraintError(.manySchemas, item) }
    references[count] = reference
    count += 1
  }

  mutating func sort() {
    for index in 1..<max(count, 1) {
      let value = references[index]
      var place = index
      while place > 0 && references[place - 1] > value {
        references[place] = references[place - 1]
        place -= 1
      }
      references[place] = value
    }
  }
}

/// A set of schemas while it is made plain: references are followed, `allOf` is joined, and of each list
/// of alternatives one is chosen.
struct Expansion {
  static let alternativesCountMax = 24
  var set = ReferenceSet()
  /// Schemas whose keywords have been looked at.
  var scannedCount = 0
  /// Lists of alternatives; `chosenCount` of them have been chosen from.
  var alternatives = InlineArray<24, Int>(repeating: 0)
  var alternativesCount = 0
  var chosenCount = 0
  /// Lists of `oneOf` and which of their alternatives was chosen.
  var choiceLists = InlineArray<24, Int>(repeating: 0)
  var choiceIndices = InlineArray<24, Int>(repeating: 0)
  var choiceCount = 0

  mutating func addAlternatives(_ list: Int, _ item: Int) throws(ConstraintError) {
    for index in 0..<alternativesCount where alternatives[index] == list { return }
    if alternativesCount == Self.alternativesCountMax { throw ConstraintError(.manySchemas, item) }
    alternatives[alternativesCount] = list
    alternativesCount += 1
  }

  mutating func addChoice(_ list: Int, _ index: Int) {
    choiceLists[choiceCount] = list
    choiceIndices[choiceCount] = index
    choiceCount += 1
  }
}
