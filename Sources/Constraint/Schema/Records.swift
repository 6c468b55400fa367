// What a schema is compiled to: records in `Words`, each named by the index of its first word.

/// A set of schemas that a value must fulfil all at once. Its branches are its alternatives.
enum NodeRecord {
  static let next = 0
  static let referenceCount = 1
  static let branchCount = 2
  static let firstBranch = 3
  /// Bytes of the shortest value; `none` if there is no value.
  static let shortest = 4
  static let isExclusive = 5
  /// The schemas, in ascending order.
  static let references = 6
  static let none = Int(UInt32.max)
}

/// One way to fulfil a node: what is asked of a value of each type.
enum BranchRecord {
  static let next = 0
  static let types = 1
  /// These four are 0 if nothing is asked.
  static let string = 2
  static let number = 3
  static let object = 4
  static let array = 5
  /// Alternatives of `oneOf` that were chosen: the list, and which one.
  static let choiceCount = 6
  static let choices = 7
}

enum StringRecord {
  static let least = 0
  static let most = 1
  /// The texts that are allowed, in ascending order, if `hasTexts`: two words each.
  static let hasTexts = 2
  static let texts = 3
  static let textCount = 4
  /// 0 if there is no pattern.
  static let automaton = 5
  /// See `Automaton.longest`; 0 if every state has room.
  static let longest = 6
  static let count = 7
  static let none = Int(UInt32.max)
}

/// Numbers of either sign, by their magnitudes. 0 in place of a bound: there is none.
enum NumberRecord {
  static let isInteger = 0
  static let allowsPositive = 1
  static let leastPositive = 2
  static let mostPositive = 3
  static let allowsNegative = 4
  static let leastNegative = 5
  static let mostNegative = 6
  static let count = 7
}

/// A bound as the digits of its magnitude, from the first of those before the point.
enum BoundRecord {
  /// Digits before the point, one at least.
  static let wholeCount = 0
  /// All digits up to the last one that is not 0.
  static let digitCount = 1
  static let isExclusive = 2
  static let digits = 3
}

enum ObjectRecord {
  static let propertyCount = 0
  static let properties = 1
  /// The node of properties that are not named.
  static let additional = 2
  static let least = 3
  static let most = 4
  /// Whether properties come in the order of the schema.
  static let isOrdered = 5
  static let count = 6
}

/// A named property. They lie in the order of their names.
enum PropertyRecord {
  static let name = 0
  static let nameCount = 1
  static let node = 2
  static let isRequired = 3
  /// Of its name as JSON, with its quotation marks and the colon.
  static let writtenCount = 4
  /// Its place in the order of the schema.
  static let order = 5
  static let count = 6
}

enum ArrayRecord {
  static let prefixCount = 0
  /// A node each.
  static let prefix = 1
  static let rest = 2
  static let least = 3
  static let most = 4
  static let count = 5
}
