/// Walks over tokens of plain text inside one string that has bounds or a pattern but no listed texts:
/// all that changes is the count of characters and the automaton's state.
struct PlainWalk {
  private let words: Words
  private let record: Int
  private let automaton: Automaton?
  private let least: Int
  private let most: Int
  private let longest: Int
  private var counts = InlineArray<256, Int32>(repeating: 0)
  private var states = InlineArray<256, UInt32>(repeating: 0)
  /// The entries up to it are of the beginning of the token before.
  private var depth = 0
  /// With the byte behind so many the latest token could not come.
  private(set) var deadDepth = Int.max

  /// - Parameter thread: between two characters of a string.
  init(_ thread: Thread, _ words: Words) {
    self.words = words
    record = Int(thread.place)
    let base = words[record + StringRecord.automaton]
    automaton = base == 0 ? nil : Automaton(base)
    least = words[record + StringRecord.least]
    most = words[record + StringRecord.most]
    longest = words[record + StringRecord.longest]
    counts[0] = Int32(truncatingIfNeeded: thread.count)
    states[0] = thread.state
  }

  /// Characters that may still come, if nothing else is asked of them; nil if something is.
  var characterCountMax: Int? {
    if automaton != nil { return nil }
    return most == StringRecord.none ? Int.max : max(most - Int(counts[0]), 0)
  }

  /// Steps over a token.
  /// - Parameter shared: bytes that it has in common with the one before.
  /// - Returns: whether it can come.
  mutating func takes(_ bytes: Span<UInt8>, shared: Int) -> Bool {
    depth = min(depth, shared)
    if shared > deadDepth { return false }
    deadDepth = .max
    while depth < bytes.count {
      if !step(bytes[depth]) {
        deadDepth = depth
        return false
      }
      depth += 1
    }
    return true
  }

  /// The least bytes up to the string's end behind the latest token, but for those of a character that
  /// it cuts.
  var distance: Int {
    let missing = max(least - Int(counts[depth]), 0)
    guard let automaton else { return missing + 1 }
    return max(missing, automaton.byteDistance(Int(states[depth]), words)) + 1
  }

  private mutating func step(_ byte: UInt8) -> Bool {
    var count = Int(counts[depth])
    if byte & 0xc0 != 0x80 {
      if count >= most { return false }
      count += 1
    }
    counts[depth + 1] = Int32(truncatingIfNeeded: count)
    guard let automaton else { return true }
    let next = automaton.next(Int(states[depth]), byte, words)
    if next == Automaton.dead { return false }
    states[depth + 1] = UInt32(truncatingIfNeeded: next)
    if most != StringRecord.none, count + automaton.characterDistance(next, words) > most {
      return false
    }
    return longest == 0 || count + words[longest + next] >= least
  }
}
