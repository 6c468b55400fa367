/// A character of a grammar's element while its bytes are read. `pending` bytes are missing, and
/// `scalar` is what was read.
enum Characters {
  static func step(_ thread: inout Thread, _ byte: UInt8, _ words: Words) -> StringState.Step {
    if thread.pending > 0 {
      if byte & 0xc0 != 0x80 { return .refused }
      thread.scalar = thread.scalar << 6 | UInt32(byte & 0x3f)
      thread.pending -= 1
    } else {
      switch byte {
      case 0..<0x80: (thread.scalar, thread.pending) = (UInt32(byte), 0)
      case 0xc2..<0xe0: (thread.scalar, thread.pending) = (UInt32(byte & 0x1f), 1)
      case 0xe0..<0xf0: (thread.scalar, thread.pending) = (UInt32(byte & 0x0f), 2)
      case 0xf0..<0xf5: (thread.scalar, thread.pending) = (UInt32(byte & 0x07), 3)
      default: return .refused
      }
      thread.count = UInt32(thread.pending)
    }
    let shift = UInt32(6 * Int(thread.pending))
    var low = Int(thread.scalar << shift)
    var high = low | (1 << Int(shift) - 1)
    // No overlong forms and nothing past the last character.
    low = max(low, least(Int(thread.count)))
    high = min(high, ScalarSet.scalarMax)
    if !overlaps(Int(thread.place), low, high, words) { return .refused }
    if thread.pending > 0 { return .goesOn }
    (thread.scalar, thread.count) = (0, 0)
    return .end
  }

  /// The least value that is written with so many continuations.
  private static func least(_ continuationCount: Int) -> Int {
    switch continuationCount {
    case 0: 0
    case 1: 0x80
    case 2: 0x800
    default: 0x10000
    }
  }

  /// Whether an element has a character in a range.
  private static func overlaps(_ element: Int, _ low: Int, _ high: Int, _ words: Words) -> Bool {
    let ranges = words[element + GrammarElement.first]
    for index in 0..<words[element + GrammarElement.second] {
      // No text has surrogates.
      for part in 0..<2 {
        let start = max(max(words[ranges + 2 * index], low), part == 0 ? 0 : 0xe000)
        let last = min(words[ranges + 2 * index + 1], high)
        let end = min(last, part == 0 ? 0xd7ff : ScalarSet.scalarMax)
        if start <= end { return true }
      }
    }
    return false
  }

  /// Bytes of the shortest character; `NodeRecord.none` if there is none.
  static func shortest(_ element: Int, _ words: Words) -> Int {
    if words[element + GrammarElement.second] == 0 { return NodeRecord.none }
    let scalar = words[words[element + GrammarElement.first]]
    return scalar < 0x80 ? 1 : scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4
  }

  static func distance(_ thread: Thread, _ words: Words) -> Int {
    thread.pending > 0 ? Int(thread.pending) : shortest(Int(thread.place), words)
  }
}
