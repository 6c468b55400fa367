// Rules of grammars.
extension Machine {
  /// Rules entered within each other before a character.
  private static let entryDepthMax = 400

  /// Goes on with each alternative of a rule.
  mutating func enter(
    _ rule: Int, parent: Int, depth: UInt8, _ first: Int, _ entries: Int
  ) {
    var element = words[rule + RuleRecord.elements]
    var isBorder = true
    while true {
      // An alternative that has no text, or none for which the stack has room, is not begun.
      if isBorder && restDistance(element) < NodeRecord.none
        && Int(depth) + GrammarElement.depth(from: element, words) <= Int(Self.depthMax)
      {
        arrive(element, parent: parent, depth: depth, first, entries)
      }
      if words[element] == GrammarElement.Kind.end.rawValue { return }
      isBorder = words[element] == GrammarElement.Kind.alternative.rawValue
      element += GrammarElement.count
    }
  }

  /// Goes on at an element, up to the next characters or values.
  mutating func arrive(
    _ element: Int, parent: Int, depth: UInt8, _ first: Int, _ entries: Int
  ) {
    if entries > Self.entryDepthMax { return }
    switch GrammarElement.Kind(rawValue: words[element])! {
    case .characters:
      add(Thread(.grammar, place: element, parent: parent, depth: depth), first)
    case .end, .alternative:
      if parent == 0 {
        add(Thread(.end), first)
      } else {
        let frame = frames[parent]
        arrive(Int(frame.place), parent: Int(frame.parent), depth: frame.depth, first, entries + 1)
      }
    case .rule, .value, .raw:
      let next = element + GrammarElement.count
      let isValue = words[element] != GrammarElement.Kind.rule.rawValue
      let isLast = GrammarElement.isBorder(next, words)
      var (below, inner) = (parent, depth)
      if isValue || !isLast {
        let frame = Thread(.grammar, place: next, parent: parent, depth: depth)
        guard let index = push(frame) else { return }
        (below, inner) = (index, depth + 1)
      }
      let target = words[element + GrammarElement.first]
      if words[element] == GrammarElement.Kind.raw.rawValue {
        var thread = RawText.begin(element, words)
        (thread.parent, thread.depth) = (UInt32(below), inner)
        add(thread, first)
      } else if isValue {
        add(Thread(.value, place: target, parent: below, depth: inner), first)
      } else {
        enter(target, parent: below, depth: inner, first, entries + 1)
      }
    }
  }

  mutating func stepGrammar(_ given: Thread, _ byte: UInt8, _ first: Int) {
    var thread = given
    switch Characters.step(&thread, byte, words) {
    case .refused: break
    case .goesOn: add(thread, first)
    case .end:
      arrive(
        Int(thread.place) + GrammarElement.count, parent: Int(thread.parent),
        depth: thread.depth, first, 0)
    }
  }
}
