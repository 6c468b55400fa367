/// Compiles schemas to nodes. A node stands for a set of schemas that hold together; it is made once
/// for each set, so that recursion ends, and its branches are the products of all alternatives in it.
/// As a set's schemas are parts of one document, there are finitely many; `Words` bounds them.
struct SchemaCompiler {
  static let branchCountMax = 256
  /// Choices of alternatives in the whole schema, those too that lead to nothing.
  private static let choiceCountMax = 20_000
  let document: Int
  private var firstNode = 0
  private var lastNode = 0
  private var choiceCount = 0

  /// - Parameter document: the root of the document.
  init(document: Int) { self.document = document }

  /// The node of one schema.
  mutating func node(
    _ schema: Int, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    var set = ReferenceSet()
    try set.add(schema, schema)
    return try node(set, words: &words)
  }

  /// The node of a set, made now if there is none. Its branches are made by `finish`.
  mutating func node(
    _ given: ReferenceSet, words: inout Words
  ) throws(ConstraintError) -> Int {
    var set = given
    set.sort()
    var node = firstNode
    while node != 0 {
      if isNode(node, of: set, words) { return node }
      node = words[node + NodeRecord.next]
    }
    node = try words.take(NodeRecord.references + set.count)
    words[node + NodeRecord.referenceCount] = set.count
    words[node + NodeRecord.shortest] = NodeRecord.none
    for index in 0..<set.count { words[node + NodeRecord.references + index] = set[index] }
    if lastNode == 0 { firstNode = node } else { words[lastNode + NodeRecord.next] = node }
    lastNode = node
    return node
  }

  private func isNode(_ node: Int, of set: ReferenceSet, _ words: Words) -> Bool {
    if words[node + NodeRecord.referenceCount] != set.count { return false }
    for index in 0..<set.count where words[node + NodeRecord.references + index] != set[index] {
      return false
    }
    return true
  }

  /// Makes the branches of all nodes, and of those that they need, and measures them.
  mutating func finish(_ words: inout Words) throws(ConstraintError) {
    var node = firstNode
    while node != 0 {
      var expansion = Expansion()
      for index in 0..<words[node + NodeRecord.referenceCount] {
        try expansion.set.add(words[node + NodeRecord.references + index], document)
      }
      try expand(&expansion, node, &words)
      node = words[node + NodeRecord.next]
    }
    Shortest(words).measure(from: firstNode)
  }

  /// Makes the branches of a node that an expansion leads to.
  private mutating func expand(
    _ expansion: inout Expansion, _ node: Int, _ words: inout Words
  ) throws(ConstraintError) {
    while expansion.scannedCount < expansion.set.count {
      let reference = expansion.set[expansion.scannedCount]
      expansion.scannedCount += 1
      if reference > SchemaReference.itemMask { continue }
      if try !scan(reference, &expansion, words) { return }
    }
    if expansion.chosenCount == expansion.alternativesCount {
      try addBranch(expansion, node, &words)
      return
    }
    let list = expansion.alternatives[expansion.chosenCount]
    expansion.chosenCount += 1
    try choose(list, expansion, node, &words)
  }

  private mutating func choose(
    _ list: Int, _ expansion: Expansion, _ node: Int, _ words: inout Words
  ) throws(ConstraintError) {
    let item = list & SchemaReference.itemMask
    choiceCount += 1
    if choiceCount > Self.choiceCountMax { throw ConstraintError(.manyBranches, item) }
    let isEnum = list & SchemaReference.enumFlag != 0
    var hasStrings = false
    var child = words.firstChild(item)
    let isExclusive = list & SchemaReference.oneOfFlag != 0 && words.next(child) != 0
    var index = 0
    while child != 0 {
      var reference = child
      if isEnum {
        reference |= SchemaReference.constFlag
        if words.kind(child) == .string {
          reference = item | SchemaReference.stringsFlag
          if hasStrings { reference = 0 }
          hasStrings = true
        }
      }
      if reference != 0 {
        var next = expansion
        try next.set.add(reference, item)
        if isExclusive {
          next.addChoice(item, index)
          words[node + NodeRecord.isExclusive] = 1
        }
        try expand(&next, node, &words)
      }
      index += 1
      child = words.next(child)
    }
  }
}

// The keywords of a schema.
extension SchemaCompiler {
  /// Looks at the keywords of one schema that lead to others, and checks all of them.
  /// - Returns: false if nothing is valid.
  private func scan(
    _ schema: Int, _ expansion: inout Expansion, _ words: Words
  ) throws(ConstraintError) -> Bool {
    switch words.kind(schema) {
    case .true: return true
    case .false: return false
    case .object: break
    default: throw ConstraintError(.notASchema, schema)
    }
    var member = words.firstChild(schema)
    while member != 0 {
      try scan(member, Keyword(words.name(member), words), &expansion, words)
      member = words.next(member)
    }
    return true
  }

  private func scan(
    _ member: Int, _ keyword: Keyword, _ expansion: inout Expansion, _ words: Words
  ) throws(ConstraintError) {
    switch keyword {
    case .reference:
      try expansion.set.add(try SchemaPointer.resolve(member, in: document, words), member)
    case .allOf:
      var part = try list(member, words)
      while part != 0 {
        try expansion.set.add(part, member)
        part = words.next(part)
      }
    case .anyOf:
      _ = try list(member, words)
      try expansion.addAlternatives(member, member)
    case .oneOf:
      _ = try list(member, words)
      try expansion.addAlternatives(member | SchemaReference.oneOfFlag, member)
    case .enum:
      if words.kind(member) != .array { throw ConstraintError(.badKeyword, member) }
      try expansion.addAlternatives(member | SchemaReference.enumFlag, member)
    case .const: try expansion.set.add(member | SchemaReference.constFlag, member)
    case .unsupported:
      if !Keyword.isNeutral(words.name(member), member, words) {
        throw ConstraintError(.unsupportedKeyword, member)
      }
    default: try check(member, keyword, words)
    }
  }

  /// The first element of a list that must have one.
  private func list(_ member: Int, _ words: Words) throws(ConstraintError) -> Int {
    if words.kind(member) != .array || words.firstChild(member) == 0 {
      throw ConstraintError(.badKeyword, member)
    }
    return words.firstChild(member)
  }

  /// Checks the values of keywords that are read when a branch is made.
  private func check(
    _ member: Int, _ keyword: Keyword, _ words: Words
  ) throws(ConstraintError) {
    let kind = words.kind(member)
    switch keyword {
    case .minLength, .maxLength, .minItems, .maxItems, .minProperties, .maxProperties:
      if kind != .number { throw ConstraintError(.badKeyword, member) }
      guard let count = words.decimal(member)?.count else {
        throw ConstraintError(.badKeyword, member)
      }
      if keyword.isLeast && count > Counts.leastMax { throw ConstraintError(.longNumber, member) }
    case .minimum, .maximum, .exclusiveMinimum, .exclusiveMaximum:
      if kind != .number { throw ConstraintError(.badKeyword, member) }
      guard let bound = words.decimal(member), bound.exponent.magnitude <= 320 else {
        throw ConstraintError(.longNumber, member)
      }
    case .pattern, .format:
      if kind != .string { throw ConstraintError(.badKeyword, member) }
    case .properties:
      if kind != .object { throw ConstraintError(.badKeyword, member) }
    case .required, .prefixItems:
      if kind != .array { throw ConstraintError(.badKeyword, member) }
    case .items, .additionalProperties:
      if kind != .object && kind != .true && kind != .false {
        throw ConstraintError(.notASchema, member)
      }
    default: break
    }
  }
}
