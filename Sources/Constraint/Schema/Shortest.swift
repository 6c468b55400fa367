/// The shortest values of nodes in bytes, which also say which nodes have none: the least fixed point
/// of the sums over the parts of a value.
struct Shortest {
  private let words: Words

  init(_ words: Words) { self.words = words }

  func measure(from firstNode: Int) {
    var isChanged = true
    while isChanged {
      isChanged = false
      var node = firstNode
      while node != 0 {
        let shortest = self.shortest(node)
        if shortest < words[node + NodeRecord.shortest] {
          words[node + NodeRecord.shortest] = shortest
          isChanged = true
        }
        node = words[node + NodeRecord.next]
      }
    }
    var node = firstNode
    while node != 0 {
      var branch = words[node + NodeRecord.firstBranch]
      while branch != 0 {
        prune(branch)
        branch = words[branch + BranchRecord.next]
      }
      node = words[node + NodeRecord.next]
    }
  }

  /// Takes away the types of which a branch has no value.
  private func prune(_ branch: Int) {
    let types = words[branch + BranchRecord.types]
    if types & TypeMask.array != 0,
      shortest(ofArray: words[branch + BranchRecord.array]) == NodeRecord.none
    {
      words[branch + BranchRecord.types] &= ~TypeMask.array
    }
    if types & TypeMask.object != 0,
      shortest(ofObject: words[branch + BranchRecord.object]) == NodeRecord.none
    {
      words[branch + BranchRecord.types] &= ~TypeMask.object
    }
  }

  private func shortest(_ node: Int) -> Int {
    var result = NodeRecord.none
    var branch = words[node + NodeRecord.firstBranch]
    while branch != 0 {
      result = min(result, self.shortest(ofBranch: branch))
      branch = words[branch + BranchRecord.next]
    }
    return result
  }

  private func shortest(ofBranch branch: Int) -> Int {
    let types = words[branch + BranchRecord.types]
    var result = NodeRecord.none
    if types & (TypeMask.null | TypeMask.true) != 0 { result = 4 }
    if types & TypeMask.false != 0 { result = min(result, 5) }
    if types & TypeMask.number != 0 {
      result = min(result, NumberState.shortest(words[branch + BranchRecord.number], words))
    }
    if types & TypeMask.string != 0 {
      result = min(result, Self.shortest(ofString: words[branch + BranchRecord.string], words))
    }
    if types & TypeMask.array != 0 {
      result = min(result, shortest(ofArray: words[branch + BranchRecord.array]))
    }
    if types & TypeMask.object != 0 {
      result = min(result, shortest(ofObject: words[branch + BranchRecord.object]))
    }
    return result
  }

  private static func shortest(ofString record: Int, _ words: Words) -> Int {
    if record == 0 { return 2 }
    if words[record + StringRecord.hasTexts] == 0 {
      let base = words[record + StringRecord.automaton]
      let least = base == 0 ? 0 : Automaton(base).byteDistance(0, words)
      return 2 + max(least, words[record + StringRecord.least])
    }
    var result = NodeRecord.none
    for index in 0..<words[record + StringRecord.textCount] {
      let text = StringMaker.text(words[record + StringRecord.texts] + 2 * index, words)
      result = min(result, 2 + words.writtenByteCount(text))
    }
    return result
  }

  private func shortest(ofArray record: Int) -> Int {
    let count = words[record + ArrayRecord.least]
    if count > words[record + ArrayRecord.most] { return NodeRecord.none }
    let prefixCount = words[record + ArrayRecord.prefixCount]
    var sum = 2 + max(count - 1, 0)
    for index in 0..<min(count, prefixCount) {
      sum += words[words[words[record + ArrayRecord.prefix] + index] + NodeRecord.shortest]
    }
    if count > prefixCount {
      let rest = words[words[record + ArrayRecord.rest] + NodeRecord.shortest]
      sum += (count - prefixCount) * rest
    }
    return min(sum, NodeRecord.none)
  }

  private func shortest(ofObject record: Int) -> Int {
    let (count, properties) = (
      words[record + ObjectRecord.propertyCount], words[record + ObjectRecord.properties]
    )
    var (sum, required) = (2, 0)
    for index in 0..<count {
      let property = properties + index * PropertyRecord.count
      if words[property + PropertyRecord.isRequired] == 0 { continue }
      sum += words[property + PropertyRecord.writtenCount]
      sum += words[words[property + PropertyRecord.node] + NodeRecord.shortest]
      required += 1
    }
    let least = words[record + ObjectRecord.least]
    if required > words[record + ObjectRecord.most] || least > words[record + ObjectRecord.most] {
      return NodeRecord.none
    }
    if required < least { sum += missing(least - required, record) }
    return min(sum + max(max(required, least) - 1, 0), NodeRecord.none)
  }

  /// Bytes of further properties, as many as are asked for.
  private func missing(_ count: Int, _ record: Int) -> Int {
    let additional = words[words[record + ObjectRecord.additional] + NodeRecord.shortest]
    // A name of five bytes, for there must be so many different ones.
    if additional < NodeRecord.none { return count * (8 + additional) }
    let properties = words[record + ObjectRecord.properties]
    var (sum, found) = (0, 0)
    for index in 0..<words[record + ObjectRecord.propertyCount] where found < count {
      let property = properties + index * PropertyRecord.count
      let value = words[words[property + PropertyRecord.node] + NodeRecord.shortest]
      if words[property + PropertyRecord.isRequired] != 0 || value == NodeRecord.none { continue }
      sum += words[property + PropertyRecord.writtenCount] + value
      found += 1
    }
    return found < count ? NodeRecord.none : sum
  }
}
