/// Walks over tokens of plain text inside one string that has bounds or a pattern but no listed texts:
/// all that changes is the count of characters and the automaton's state. Where the state loops over what
/// a token has behind the one before it, the token's bytes are not looked at.
struct PlainWalk {
  private let words: Words
  private let record: Int
  private let automaton: Automaton?
  private let least: Int
  private let most: Int
  private let longest: Int
  private var counts = InlineArray<256, Int32>(repeating: 0)
  private var states = InlineArray<256, UInt32>(repeating: 0)
  /// Where the last character before begins.
  private var characterStarts = InlineArray<256, UInt8>(repeating: 0)
  /// The entries up to it are of the beginning of the token before.
  private var depth = 0
  /// What the token before has behind them leads back to the same state, character by character.
  private var isLooping = false
  /// What the state at a depth loops over, and the characters that it needs to a text's end.
  private var knownDepth = -1
  private var loops = ByteKinds.whole
  private var rest = 0
  /// Behind the latest token.
  private var endCount = 0
  private var endState = 0
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

  /// Whether a token can come, if its state tells that alone; nothing is known of it otherwise.
  /// - Parameters:
  ///   - kinds: of its bytes behind the characters that it has in common with the one before.
  ///   - characterCount: characters that begin in it.
  ///   - shared: bytes that it has in common with the one before.
  ///   - isInside: whether these end in a character.
  @inline(__always)
  mutating func passes(
    _ kinds: ByteKinds, characterCount: Int, shared: Int, isInside: Bool
  ) -> Bool {
    if shared > deadDepth { return false }
    if shared <= depth {
      let place = isInside ? Int(characterStarts[shared]) : shared
      if place < depth { (depth, isLooping) = (place, false) }
    }
    if knownDepth != depth { learn() }
    let count = Int(counts[0]) + characterCount
    if !kinds.isSubset(of: loops) || most != StringRecord.none && count + rest > most {
      return false
    }
    (isLooping, deadDepth, endCount, endState) = (true, .max, count, Int(states[depth]))
    return true
  }

  private mutating func learn() {
    knownDepth = depth
    guard let automaton else { return }
    loops = automaton.loops(Int(states[depth]), words)
    rest = automaton.characterDistance(Int(states[depth]), words)
  }

  /// Steps over a token.
  /// - Parameter shared: bytes that it has in common with the one before.
  /// - Returns: whether it can come.
  mutating func takes(_ bytes: Span<UInt8>, shared: Int) -> Bool {
    depth = min(depth, shared)
    if shared > deadDepth { return false }
    (deadDepth, isLooping, knownDepth) = (.max, false, -1)
    while depth < bytes.count {
      if !step(bytes[depth]) {
        deadDepth = depth
        return false
      }
      depth += 1
    }
    (endCount, endState) = (Int(counts[depth]), Int(states[depth]))
    return true
  }

  /// No distance is larger.
  var farthest: Int {
    max(max(least - Int(counts[0]), 0), automaton?.farthest(words) ?? 0) + 1
  }

  /// The least bytes up to the string's end behind the latest token, but for those of a character that
  /// it cuts.
  var distance: Int {
    let missing = max(least - endCount, 0)
    guard let automaton else { return missing + 1 }
    return max(missing, automaton.byteDistance(endState, words)) + 1
  }

  private mutating func step(_ byte: UInt8) -> Bool {
    var count = Int(counts[depth])
    let isInside = byte & 0xc0 == 0x80
    characterStarts[depth + 1] =
      isInside ? characterStarts[depth] : UInt8(truncatingIfNeeded: depth)
    if !isInside {
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
