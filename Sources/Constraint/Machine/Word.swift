/// `null`, `true` or `false` while it is read. `place` of the thread is its type.
enum Word {
  private static func text(_ thread: Thread) -> StaticString {
    switch Int(thread.place) {
    case TypeMask.null: "null"
    case TypeMask.true: "true"
    default: "false"
    }
  }

  /// The byte that must come.
  static func next(_ thread: Thread) -> UInt8 {
    unsafe text(thread).utf8Start[Int(thread.offset)]
  }

  static func takes(_ thread: inout Thread, _ byte: UInt8) -> Bool {
    if byte != next(thread) { return false }
    thread.offset += 1
    return true
  }

  static func isWhole(_ thread: Thread) -> Bool { distance(thread) == 0 }

  static func distance(_ thread: Thread) -> Int {
    text(thread).utf8CodeUnitCount - Int(thread.offset)
  }
}

/// The elements of lists.
enum ArrayState {
  /// The node of an element.
  static func node(_ record: Int, _ index: Int, _ words: Words) -> Int {
    index < words[record + ArrayRecord.prefixCount]
      ? words[words[record + ArrayRecord.prefix] + index] : words[record + ArrayRecord.rest]
  }

  /// Bytes of the elements that are needed at least after those that have come, with commas, and of the
  /// bracket.
  static func distance(_ thread: Thread, _ words: Words) -> Int {
    let record = Int(thread.place)
    let (count, least) = (Int(thread.count), words[record + ArrayRecord.least])
    let prefixCount = words[record + ArrayRecord.prefixCount]
    var sum = 1
    if count >= least { return sum }
    for index in count..<max(count, min(least, prefixCount)) {
      sum += 1 + words[node(record, index, words) + NodeRecord.shortest]
    }
    let rest = least - max(count, prefixCount)
    if rest > 0 {
      sum += rest * (1 + words[words[record + ArrayRecord.rest] + NodeRecord.shortest])
    }
    return thread.kind == .arrayStart ? sum - 1 : sum
  }
}
