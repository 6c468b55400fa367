/// Joins the schemas of one branch: what all of them ask of a value of each type.
extension SchemaCompiler {
  mutating func addBranch(
    _ expansion: Expansion, _ node: Int, _ words: inout Words
  ) throws(ConstraintError) {
    var types = try self.types(expansion.set, words)
    if types == 0 { return }
    let choiceCount = expansion.choiceCount
    let start = words.used
    let branch = try words.take(BranchRecord.choices + 2 * choiceCount)
    words[branch + BranchRecord.choiceCount] = choiceCount
    for index in 0..<choiceCount {
      words[branch + BranchRecord.choices + 2 * index] = expansion.choiceLists[index]
      words[branch + BranchRecord.choices + 2 * index + 1] = expansion.choiceIndices[index]
    }
    if types & TypeMask.number != 0 {
      if let record = try NumberMaker.make(expansion.set, &words) {
        words[branch + BranchRecord.number] = record
      } else {
        types &= ~TypeMask.number
      }
    }
    if types & TypeMask.string != 0 {
      if let record = try StringMaker.make(expansion.set, &words) {
        words[branch + BranchRecord.string] = record
      } else {
        types &= ~TypeMask.string
      }
    }
    if types == 0 {
      words.shrink(to: start)
      return
    }
    words[branch + BranchRecord.types] = types
    words[node + NodeRecord.branchCount] += 1
    if words[node + NodeRecord.branchCount] > Self.branchCountMax {
      throw ConstraintError(.manyBranches, place(of: node, words))
    }
    words[branch + BranchRecord.next] = words[node + NodeRecord.firstBranch]
    words[node + NodeRecord.firstBranch] = branch
    if types & TypeMask.object != 0 {
      words[branch + BranchRecord.object] = try object(expansion.set, &words)
    }
    if types & TypeMask.array != 0 {
      words[branch + BranchRecord.array] = try array(expansion.set, &words)
    }
  }

  private func place(of node: Int, _ words: Words) -> Int {
    words[node + NodeRecord.referenceCount] == 0
      ? document : words[node + NodeRecord.references] & SchemaReference.itemMask
  }

  private func types(_ set: ReferenceSet, _ words: Words) throws(ConstraintError) -> Int {
    var types = TypeMask.all
    for index in 0..<set.count {
      let reference = set[index]
      let item = reference & SchemaReference.itemMask
      if reference & SchemaReference.stringsFlag != 0 {
        types &= TypeMask.string
      } else if reference & SchemaReference.constFlag != 0 {
        types &= Self.type(of: words.kind(item))
      } else if words.member(item, "type") != 0 {
        types &= try Self.typeMask(words.member(item, "type"), words).types
      }
    }
    return types
  }

  private static func type(of kind: ItemKind) -> Int {
    switch kind {
    case .null: TypeMask.null
    case .false: TypeMask.false
    case .true: TypeMask.true
    case .number: TypeMask.number
    case .string: TypeMask.string
    case .array: TypeMask.array
    case .object: TypeMask.object
    }
  }

  /// The types that a `type` names, and whether it names integers and no other numbers.
  static func typeMask(
    _ member: Int, _ words: Words
  ) throws(ConstraintError) -> (types: Int, isInteger: Bool) {
    var (types, hasNumber) = (0, false)
    let isList = words.kind(member) == .array
    var item = isList ? words.firstChild(member) : member
    while item != 0 {
      if words.kind(item) != .string { throw ConstraintError(.badKeyword, member) }
      let name = words.text(item)
      if words.matches(name, "integer") {
        types |= TypeMask.number
      } else if words.matches(name, "number") {
        types |= TypeMask.number
        hasNumber = true
      } else {
        types |= try plainType(name, words, member)
      }
      item = isList ? words.next(item) : 0
    }
    return (types, types & TypeMask.number != 0 && !hasNumber)
  }

  private static func plainType(
    _ name: WordsText, _ words: Words, _ member: Int
  ) throws(ConstraintError) -> Int {
    if words.matches(name, "string") { return TypeMask.string }
    if words.matches(name, "object") { return TypeMask.object }
    if words.matches(name, "array") { return TypeMask.array }
    if words.matches(name, "boolean") { return TypeMask.true | TypeMask.false }
    if words.matches(name, "null") { return TypeMask.null }
    throw ConstraintError(.badKeyword, member)
  }
}

// Objects.
extension SchemaCompiler {
  private mutating func object(
    _ set: ReferenceSet, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    var names = PropertyNames()
    for index in 0..<set.count { try collect(set[index], &names, words) }
    names.sort(words)
    try checkNeeded(set, names, words)
    let record = try words.take(ObjectRecord.count)
    let properties = try words.take(names.count * PropertyRecord.count)
    words[record + ObjectRecord.propertyCount] = names.count
    words[record + ObjectRecord.properties] = properties
    words[record + ObjectRecord.least] = Counts.least(set, "minProperties", words)
    words[record + ObjectRecord.most] = Counts.most(set, "maxProperties", words)
    for index in 0..<names.count {
      let property = properties + index * PropertyRecord.count
      let name = names[index]
      words[property + PropertyRecord.name] = name.start
      words[property + PropertyRecord.nameCount] = name.count
      words[property + PropertyRecord.writtenCount] = words.writtenByteCount(name) + 3
      words[property + PropertyRecord.order] = names.order(index)
      words[property + PropertyRecord.isRequired] = names.isRequired(index) ? 1 : 0
      words[property + PropertyRecord.node] = try node(
        try parts(set, of: name, words), words: &words)
    }
    words[record + ObjectRecord.additional] = try node(
      try additionalParts(set, words), words: &words)
    return record
  }

  /// Refuses a count of properties for whose names there would be no room.
  private func checkNeeded(
    _ set: ReferenceSet, _ names: PropertyNames, _ words: Words
  ) throws(ConstraintError) {
    for index in 0..<set.count {
      let least = Counts.count(set[index], "minProperties", words) ?? 0
      if least > names.count + UsedNames.neededCountMax {
        throw ConstraintError(.manyNames, words.member(set[index], "minProperties"))
      }
    }
  }

  /// Adds the names that a schema speaks of.
  private func collect(
    _ reference: Int, _ names: inout PropertyNames, _ words: Words
  ) throws(ConstraintError) {
    let item = reference & SchemaReference.itemMask
    if reference & SchemaReference.constFlag != 0 {
      var child = words.firstChild(item)
      while child != 0 {
        try names.add(words.name(child), isRequired: true, item, words)
        child = words.next(child)
      }
      return
    }
    var child = words.firstChild(words.member(item, "properties"))
    while child != 0 {
      try names.add(words.name(child), isRequired: false, item, words)
      child = words.next(child)
    }
    child = words.firstChild(words.member(item, "required"))
    while child != 0 {
      if words.kind(child) != .string {
        throw ConstraintError(.badKeyword, words.member(item, "required"))
      }
      try names.add(words.text(child), isRequired: true, item, words)
      child = words.next(child)
    }
  }

  /// The schemas of a property: of each schema the one under its name, or else that of additional ones.
  private func parts(
    _ set: ReferenceSet, of name: WordsText, _ words: Words
  ) throws(ConstraintError) -> ReferenceSet {
    var parts = ReferenceSet()
    for index in 0..<set.count {
      let item = set[index] & SchemaReference.itemMask
      if set[index] & SchemaReference.constFlag != 0 {
        let member = words.member(item, name)
        // Another object has a name that this one has not.
        try parts.add(
          member == 0 ? Self.nothing : member | SchemaReference.constFlag, item)
        continue
      }
      let properties = words.member(item, "properties")
      var part = properties == 0 ? 0 : words.member(properties, name)
      if part == 0 { part = words.member(item, "additionalProperties") }
      if part != 0 { try parts.add(part, item) }
    }
    return parts
  }

  private func additionalParts(
    _ set: ReferenceSet, _ words: Words
  ) throws(ConstraintError) -> ReferenceSet {
    var parts = ReferenceSet()
    for index in 0..<set.count {
      let item = set[index] & SchemaReference.itemMask
      if set[index] & SchemaReference.constFlag != 0 {
        try parts.add(Self.nothing, item)
      } else {
        let part = words.member(item, "additionalProperties")
        if part != 0 { try parts.add(part, item) }
      }
    }
    return parts
  }

  /// A list of no strings: no value is valid. It is the document's first word, which is no item.
  static var nothing: Int { SchemaReference.stringsFlag }
}

// Lists.
extension SchemaCompiler {
  private mutating func array(
    _ set: ReferenceSet, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    var prefixCount = 0
    for index in 0..<set.count {
      prefixCount = max(prefixCount, Self.prefixCount(set[index], words))
    }
    let record = try words.take(ArrayRecord.count)
    let prefix = try words.take(prefixCount)
    words[record + ArrayRecord.prefixCount] = prefixCount
    words[record + ArrayRecord.prefix] = prefix
    words[record + ArrayRecord.least] = Counts.least(set, "minItems", words)
    words[record + ArrayRecord.most] = Counts.most(set, "maxItems", words)
    for index in 0..<set.count where set[index] & SchemaReference.constFlag != 0 {
      let count = Self.prefixCount(set[index], words)
      words[record + ArrayRecord.least] = max(words[record + ArrayRecord.least], count)
      words[record + ArrayRecord.most] = min(words[record + ArrayRecord.most], count)
    }
    for place in 0...prefixCount {
      var parts = ReferenceSet()
      for index in 0..<set.count {
        let part = Self.element(set[index], place, words)
        if part != 0 { try parts.add(part, set[index] & SchemaReference.itemMask) }
      }
      let node = try node(parts, words: &words)
      if place < prefixCount {
        words[prefix + place] = node
      } else {
        words[record + ArrayRecord.rest] = node
      }
    }
    return record
  }

  private static func prefixCount(_ reference: Int, _ words: Words) -> Int {
    let item = reference & SchemaReference.itemMask
    if reference & SchemaReference.stringsFlag != 0 { return 0 }
    if reference & SchemaReference.constFlag != 0 { return words.childCount(item) }
    let prefix = words.member(item, "prefixItems")
    return prefix == 0 ? 0 : words.childCount(prefix)
  }

  /// What a schema says of an element; 0 if it says nothing.
  private static func element(_ reference: Int, _ place: Int, _ words: Words) -> Int {
    let item = reference & SchemaReference.itemMask
    if reference & SchemaReference.stringsFlag != 0 { return 0 }
    let isConst = reference & SchemaReference.constFlag != 0
    let list = isConst ? item : words.member(item, "prefixItems")
    var child = list == 0 ? 0 : words.firstChild(list)
    for _ in 0..<place where child != 0 { child = words.next(child) }
    if isConst { return child == 0 ? 0 : child | SchemaReference.constFlag }
    return child != 0 ? child : words.member(item, "items")
  }
}

/// Counts that several schemas bound.
enum Counts {
  /// So that the sums of what is needed at least stay within Int.
  static let leastMax = 1 << 20

  static func least(_ set: ReferenceSet, _ name: StaticString, _ words: Words) -> Int {
    var result = 0
    for index in 0..<set.count {
      if let count = count(set[index], name, words) { result = max(result, count) }
    }
    return result
  }

  static func most(_ set: ReferenceSet, _ name: StaticString, _ words: Words) -> Int {
    var result = StringRecord.none
    for index in 0..<set.count {
      if let count = count(set[index], name, words) { result = min(result, count) }
    }
    return result
  }

  static func count(_ reference: Int, _ name: StaticString, _ words: Words) -> Int? {
    if reference > SchemaReference.itemMask { return nil }
    let member = words.member(reference, name)
    // What is no count has been refused.
    return member == 0 ? nil : words.decimal(member)?.count
  }
}

/// The names of properties, while they are collected.
struct PropertyNames {
  static let countMax = 128
  private var starts = InlineArray<128, UInt32>(repeating: 0)
  private var counts = InlineArray<128, UInt32>(repeating: 0)
  private var required = InlineArray<128, Bool>(repeating: false)
  private var orders = InlineArray<128, UInt8>(repeating: 0)
  private(set) var count = 0

  subscript(index: Int) -> WordsText {
    WordsText(start: Int(starts[index]), count: Int(counts[index]))
  }

  /// The place at which the name was added.
  func order(_ index: Int) -> Int { Int(orders[index]) }

  func isRequired(_ index: Int) -> Bool { required[index] }

  mutating func add(
    _ name: WordsText, isRequired: Bool, _ item: Int, _ words: Words
  ) throws(ConstraintError) {
    for index in 0..<count where words.compare(self[index], name) == 0 {
      required[index] = required[index] || isRequired
      return
    }
    if count == Self.countMax { throw ConstraintError(.manyProperties, item) }
    starts[count] = UInt32(name.start)
    counts[count] = UInt32(name.count)
    required[count] = isRequired
    orders[count] = UInt8(count)
    count += 1
  }

  mutating func sort(_ words: Words) {
    for index in 1..<max(count, 1) {
      var place = index
      while place > 0 && words.compare(self[place - 1], self[place]) > 0 {
        (starts[place - 1], starts[place]) = (starts[place], starts[place - 1])
        (counts[place - 1], counts[place]) = (counts[place], counts[place - 1])
        (required[place - 1], required[place]) = (required[place], required[place - 1])
        (orders[place - 1], orders[place]) = (orders[place], orders[place - 1])
        place -= 1
      }
    }
  }
}
