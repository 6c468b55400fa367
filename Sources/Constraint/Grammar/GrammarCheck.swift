/// What must hold of a grammar's rules before they are followed.
struct GrammarCheck {
  private static let depthMax = 200
  private let words: Words
  private let firstRule: Int

  init(_ words: Words, firstRule: Int) {
    self.words = words
    self.firstRule = firstRule
  }

  /// Measures all rules and refuses those that begin with themselves.
  func check(root: Int) throws(ConstraintError) {
    var isChanged = true
    while isChanged {
      isChanged = false
      var rule = firstRule
      while rule != 0 {
        let measured = (shortest(rule), depth(rule))
        if measured.0 < words[rule + RuleRecord.shortest]
          || measured.1 < words[rule + RuleRecord.depth]
        {
          words[rule + RuleRecord.shortest] = measured.0
          words[rule + RuleRecord.depth] = measured.1
          isChanged = true
        }
        rule = words[rule + RuleRecord.next]
      }
    }
    if words[root + RuleRecord.shortest] == NodeRecord.none { throw ConstraintError(.empty, 0) }
    var rule = firstRule
    while rule != 0 {
      try visit(rule, 0)
      rule = words[rule + RuleRecord.next]
    }
  }

  private func shortest(_ rule: Int) -> Int {
    var (result, sum) = (NodeRecord.none, 0)
    var element = words[rule + RuleRecord.elements]
    while true {
      switch GrammarElement.Kind(rawValue: words[element])! {
      case .end: return min(result, sum)
      case .alternative: (result, sum) = (min(result, sum), 0)
      case .characters: sum += Characters.shortest(element, words)
      case .rule: sum += words[words[element + GrammarElement.first] + RuleRecord.shortest]
      case .value: sum += words[words[element + GrammarElement.first] + NodeRecord.shortest]
      case .raw: sum += RawText.distance(RawText.begin(element, words), words)
      }
      sum = min(sum, NodeRecord.none)
      element += GrammarElement.count
    }
  }

  private func depth(_ rule: Int) -> Int {
    var result = NodeRecord.none
    var element = words[rule + RuleRecord.elements]
    while true {
      result = min(result, GrammarElement.depth(from: element, words))
      while !GrammarElement.isBorder(element, words) { element += GrammarElement.count }
      if words[element] == GrammarElement.Kind.end.rawValue { return result }
      element += GrammarElement.count
    }
  }

  /// Follows all rules that a rule can begin with. Marks: 1 for those that are being followed, 2 for
  /// those that have been.
  private func visit(_ rule: Int, _ depth: Int) throws(ConstraintError) {
    if words[rule + RuleRecord.mark] == 2 { return }
    if words[rule + RuleRecord.mark] == 1 {
      throw ConstraintError(.leftRecursion, words[rule + RuleRecord.place])
    }
    if depth > Self.depthMax { throw ConstraintError(.deepGroups, words[rule + RuleRecord.place]) }
    words[rule + RuleRecord.mark] = 1
    var element = words[rule + RuleRecord.elements]
    var isAtStart = true
    while words[element] != GrammarElement.Kind.end.rawValue {
      switch GrammarElement.Kind(rawValue: words[element])! {
      case .alternative: isAtStart = true
      case .rule where isAtStart:
        let inner = words[element + GrammarElement.first]
        try visit(inner, depth + 1)
        isAtStart = words[inner + RuleRecord.shortest] == 0
      case .rule, .end: break
      case .characters, .value, .raw: isAtStart = false
      }
      element += GrammarElement.count
    }
    words[rule + RuleRecord.mark] = 2
  }
}
