// How many bytes a text needs at least to be whole; an answer of few tokens is led to its end by it.
extension Machine {
  /// The least bytes after a set. At least one byte can come that makes it less, unless it is 0.
  func distance(_ level: Level) -> Int {
    var result = NodeRecord.none
    for index in level.start..<level.start + level.count {
      result = min(result, distance(threads[index]))
    }
    return result
  }

  /// Of what the first thread of a set lies in.
  func outerDistance(_ level: Level) -> Int {
    let thread = threads[level.start]
    return distance(thread) - innerDistance(thread)
  }

  private func distance(_ thread: Thread) -> Int {
    min(innerDistance(thread) + frameDistances(thread), NodeRecord.none)
  }

  /// Of all that a thread lies in.
  func frameDistances(_ thread: Thread) -> Int {
    var sum = 0
    var parent = Int(thread.parent)
    while parent != 0 && sum < NodeRecord.none {
      sum += frameDistance(frames[parent])
      parent = Int(frames[parent].parent)
    }
    return min(sum, NodeRecord.none)
  }

  private func innerDistance(_ thread: Thread) -> Int {
    switch thread.kind {
    case .end, .closed: return 0
    case .value: return words[Int(thread.place) + NodeRecord.shortest]
    case .string: return Content.distance(thread, words)
    case .raw: return RawText.distance(thread, words)
    case .number: return NumberState.distance(thread, words)
    case .word: return Word.distance(thread)
    case .arrayStart, .arrayNext: return ArrayState.distance(thread, words)
    case .objectName: return NameState.distance(thread, words)
    case .objectColon:
      return 1 + words[Int(thread.state) + NodeRecord.shortest] + objectDistance(thread)
    case .objectStart, .objectNext, .objectComma: return objectDistance(thread)
    case .grammar:
      return Characters.distance(thread, words)
        + restDistance(Int(thread.place) + GrammarElement.count)
    }
  }

  private func frameDistance(_ frame: Thread) -> Int {
    switch frame.kind {
    case .grammar: restDistance(Int(frame.place))
    case .arrayNext: ArrayState.distance(frame, words)
    default: objectDistance(frame)
    }
  }

  private func objectDistance(_ thread: Thread) -> Int {
    let missing = ObjectState.missing(thread, words)
    switch thread.kind {
    case .objectStart: return missing.byteCount + max(missing.count - 1, 0) + 1
    case .objectComma:
      if missing.count == 0 { return ObjectState.cheapest(thread, words) + 1 }
      return missing.byteCount + missing.count
    default: return missing.byteCount + missing.count + 1
    }
  }

  /// From an element to the end of its alternative.
  func restDistance(_ start: Int) -> Int {
    var element = start
    var sum = 0
    while true {
      switch GrammarElement.Kind(rawValue: words[element])! {
      case .end, .alternative: return sum
      case .characters: sum += Characters.shortest(element, words)
      case .rule: sum += words[words[element + GrammarElement.first] + RuleRecord.shortest]
      case .value: sum += words[words[element + GrammarElement.first] + NodeRecord.shortest]
      case .raw: sum += RawText.distance(RawText.begin(element, words), words)
      }
      element += GrammarElement.count
    }
  }
}
