/// A deterministic automaton over the bytes of a text, in `Words`: the class of each byte, then for each
/// state its distances, its loops and the state after each class of bytes.
struct Automaton {
  /// The state that no text leads out of.
  static let dead = Int(UInt32.max)
  static let stateCountMax = 2048
  private static let headCount = 2
  fileprivate static let factCount = 3
  let base: Int

  init(_ base: Int) { self.base = base }

  func stateCount(_ words: Words) -> Int { words[base] }
  func classCount(_ words: Words) -> Int { words[base + 1] }

  @inline(__always)
  func next(_ state: Int, _ byte: UInt8, _ words: Words) -> Int {
    let column = Int(words.byte((base + Self.headCount) * 4 + Int(byte)))
    return words[stateBase(state, words) + Self.factCount + column]
  }

  /// Whether a byte leads out of a state.
  func hasNext(_ state: Int, _ words: Words) -> Bool {
    let row = stateBase(state, words) + Self.factCount
    for column in 0..<classCount(words) where words[row + column] != Self.dead { return true }
    return false
  }

  /// Bytes of a JSON string that the state needs to the end of a text; 0 if one may end here.
  func byteDistance(_ state: Int, _ words: Words) -> Int { words[stateBase(state, words)] }

  /// The same in characters.
  func characterDistance(_ state: Int, _ words: Words) -> Int { words[stateBase(state, words) + 1] }

  /// See `StateLoops`.
  func loops(_ state: Int, _ words: Words) -> ByteKinds {
    ByteKinds(rawValue: UInt8(truncatingIfNeeded: words[stateBase(state, words) + 2]))
  }

  /// Reads the loops of all states.
  fileprivate func findLoops(_ words: Words) {
    for state in 0..<stateCount(words) {
      words[stateBase(state, words) + 2] = Int(loops(of: state, readFrom: words).rawValue)
    }
  }

  /// The largest of the states' distances, but for those that no text leads out of.
  func farthest(_ words: Words) -> Int {
    var result = 0
    for state in 0..<stateCount(words) where byteDistance(state, words) != Self.dead {
      result = max(result, byteDistance(state, words))
    }
    return result
  }

  func accepts(_ state: Int, _ words: Words) -> Bool { byteDistance(state, words) == 0 }

  @inline(__always)
  private func stateBase(_ state: Int, _ words: Words) -> Int {
    base + Self.headCount + 64 + state * (Self.factCount + words[base + 1])
  }

  /// A table: for each state the most characters that can follow up to the end of a text, or `least`
  /// if it is so many or more.
  func longest(_ least: Int, _ words: inout Words) throws(ConstraintError) -> Int {
    let table = try words.take(stateCount(words))
    var changed = true
    while changed {
      changed = false
      for state in stride(from: stateCount(words) - 1, through: 0, by: -1) {
        for byte in 0..<256 {
          let next = self.next(state, UInt8(byte), words)
          if next == Self.dead { continue }
          let length = min(words[table + next] + (byte & 0xc0 == 0x80 ? 0 : 1), least)
          if length > words[table + state] {
            words[table + state] = length
            changed = true
          }
        }
      }
    }
    return table
  }
}

/// Makes an automaton of the texts that all of several patterns take (Rabin, Scott, "Finite automata and
/// their decision problems", 1959: its states are sets of the patterns' instructions).
struct AutomatonBuilder {
  private static let patternCountMax = 4
  private let start: Int
  private var programs: InlineArray<4, PatternProgram>
  private var programCount = 0
  private let item: Int
  /// One word for each instruction of all programs: marks of the set that is being made, and a list.
  private var marks = 0
  private var list = 0
  private var listCount = 0
  private var instructionCount = 0
  /// The states, each a record: next, count of the set, the set, the transitions.
  private var firstState = 0
  private var lastState = 0
  private var stateCount = 0
  private var classMap = InlineArray<256, UInt8>(repeating: 0)
  private var classCount = 0

  init(_ words: inout Words, item: Int) throws(ConstraintError) {
    start = words.used
    self.item = item
    programs = InlineArray(repeating: try PatternProgram(&words))
  }

  mutating func add(
    _ source: PatternSource, _ item: Int, _ words: inout Words
  ) throws(ConstraintError) {
    if programCount == Self.patternCountMax { throw ConstraintError(.largePattern, item) }
    var reader = PatternReader(source, try PatternProgram(&words), item: item)
    programs[programCount] = try reader.read(&words)
    programCount += 1
  }

  /// - Returns: nil if no text is taken by all patterns.
  mutating func finish(_ words: inout Words) throws(ConstraintError) -> Automaton? {
    for index in 0..<programCount { instructionCount += programs[index].count }
    marks = try words.take(instructionCount)
    list = try words.take(instructionCount)
    makeClasses(words)
    listCount = 0
    var offset = 0
    for index in 0..<programCount {
      visit(index, offset, 0, isAtStart: true, followsEnds: false, words)
      offset += programs[index].count
    }
    _ = try addState(&words)
    var state = firstState
    while state != 0 {
      try addTransitions(state, &words)
      state = words[state]
    }
    return try makeTable(&words)
  }

  private func makeBoundary(_ ends: inout InlineArray<257, Bool>, _ words: Words) {
    for index in 0..<programCount {
      for place in 0..<programs[index].count
      where programs[index].operation(place, words) == .bytes {
        let (low, high) = (
          programs[index].first(place, words), programs[index].second(place, words)
        )
        ends[low] = true
        ends[high + 1] = true
      }
    }
  }

  private mutating func makeClasses(_ words: Words) {
    var begins = InlineArray<257, Bool>(repeating: false)
    makeBoundary(&begins, words)
    var column = 0
    for byte in 0..<256 {
      if byte > 0 && begins[byte] { column += 1 }
      classMap[byte] = UInt8(column)
    }
    classCount = column + 1
  }

  /// Adds an instruction, and those that are reached without a byte, to the list.
  private mutating func visit(
    _ program: Int, _ offset: Int, _ index: Int, isAtStart: Bool, followsEnds: Bool, _ words: Words
  ) {
    var index = index
    while true {
      if words[marks + offset + index] != 0 { return }
      words[marks + offset + index] = 1
      words[list + listCount] = offset + index
      listCount += 1
      switch programs[program].operation(index, words) {
      case .match, .bytes: return
      case .jump, .skip: index = programs[program].first(index, words)
      case .start:
        if !isAtStart { return }
        index += 1
      case .end:
        if !followsEnds { return }
        index += 1
      case .split:
        visit(
          program, offset, programs[program].first(index, words), isAtStart: isAtStart,
          followsEnds: followsEnds, words)
        index = programs[program].second(index, words)
      }
    }
  }

  private mutating func clearList(_ words: Words) {
    for index in 0..<listCount { words[marks + words[list + index]] = 0 }
    listCount = 0
  }

  /// The state whose set is the list, made now if there is none yet. The list is empty afterwards.
  private mutating func addState(_ words: inout Words) throws(ConstraintError) -> Int {
    sortList(words)
    var state = firstState
    while state != 0 {
      if isList(state, words) {
        clearList(words)
        return state
      }
      state = words[state]
    }
    if stateCount == Automaton.stateCountMax { throw ConstraintError(.largePattern, item) }
    let record = try words.take(4 + listCount + classCount)
    for index in 0..<listCount { words[record + 4 + index] = words[list + index] }
    words[record + 1] = listCount
    words[record + 2] = stateCount
    if lastState == 0 { firstState = record } else { words[lastState] = record }
    lastState = record
    stateCount += 1
    clearList(words)
    words[record + 3] = accepts(record, words) ? 1 : 0
    return record
  }

  private func isList(_ state: Int, _ words: Words) -> Bool {
    if words[state + 1] != listCount { return false }
    for index in 0..<listCount where words[state + 4 + index] != words[list + index] {
      return false
    }
    return true
  }

  /// Only instructions that take a byte, that match, or that ask for an end tell sets apart; the others
  /// are dropped.
  private mutating func sortList(_ words: Words) {
    var kept = 0
    for index in 0..<listCount {
      let place = words[list + index]
      let (program, offset) = owner(place)
      switch programs[program].operation(place - offset, words) {
      case .match, .bytes, .end:
        words[list + kept] = place
        kept += 1
      default: words[marks + place] = 0
      }
    }
    listCount = kept
    for index in 1..<max(kept, 1) {
      let value = words[list + index]
      var place = index
      while place > 0 && words[list + place - 1] > value {
        words[list + place] = words[list + place - 1]
        place -= 1
      }
      words[list + place] = value
    }
  }

  /// The program that an instruction is of, and where that program's instructions begin.
  private func owner(_ place: Int) -> (Int, Int) {
    var offset = 0
    for index in 0..<programCount {
      if place < offset + programs[index].count { return (index, offset) }
      offset += programs[index].count
    }
    preconditionFailure("no such instruction")
  }

  /// Whether a text of each pattern may end in a state.
  private mutating func accepts(_ state: Int, _ words: Words) -> Bool {
    var found = 0
    for index in 0..<words[state + 1] {
      let (program, offset) = owner(words[state + 4 + index])
      let place = words[state + 4 + index] - offset
      switch programs[program].operation(place, words) {
      case .end:
        // The start may be the end as well: only then do its marks stand here.
        visit(
          program, offset, place, isAtStart: state == firstState, followsEnds: true, words)
      case .match: found |= 1 << program
      default: break
      }
    }
    for index in 0..<listCount {
      let (program, offset) = owner(words[list + index])
      if programs[program].operation(words[list + index] - offset, words) == .match {
        found |= 1 << program
      }
    }
    clearList(words)
    return found == 1 << programCount - 1
  }

  private mutating func addTransitions(
    _ state: Int, _ words: inout Words
  ) throws(ConstraintError) {
    let count = words[state + 1]
    var column = -1
    for byte in 0..<256 where Int(classMap[byte]) != column {
      column = Int(classMap[byte])
      for index in 0..<count {
        let (program, offset) = owner(words[state + 4 + index])
        let place = words[state + 4 + index] - offset
        if programs[program].operation(place, words) != .bytes { continue }
        let (low, high) = (
          programs[program].first(place, words), programs[program].second(place, words)
        )
        if byte >= low && byte <= high {
          visit(program, offset, place + 1, isAtStart: false, followsEnds: false, words)
        }
      }
      let next = listCount == 0 ? 0 : try addState(&words)
      words[state + 4 + count + column] = next
    }
  }
}

// The table.
extension AutomatonBuilder {
  /// Writes the automaton in the place of all that it was made from.
  private func makeTable(_ words: inout Words) throws(ConstraintError) -> Automaton? {
    let stateWords = Automaton.factCount + classCount
    let table = try words.take(2 + 64 + stateCount * stateWords)
    words[table] = stateCount
    words[table + 1] = classCount
    for byte in 0..<256 {
      words[table + 2 + byte >> 2] |= Int(classMap[byte]) << ((byte & 3) << 3)
    }
    let states = table + 66
    var state = firstState
    var place = states
    while state != 0 {
      let isAccepting = words[state + 3] != 0
      words[place] = isAccepting ? 0 : Automaton.dead
      words[place + 1] = words[place]
      for column in 0..<classCount {
        let next = words[state + 4 + words[state + 1] + column]
        words[place + Automaton.factCount + column] = next == 0 ? Automaton.dead : words[next + 2]
      }
      place += stateWords
      state = words[state]
    }
    measure(states, stateWords, words)
    if words[states] == Automaton.dead {
      words.shrink(to: start)
      return nil
    }
    cutDeadEnds(states, stateWords, words)
    let count = words.used - table
    for index in 0..<count { words[start + index] = words[table + index] }
    words.shrink(to: start + count)
    let automaton = Automaton(start)
    automaton.findLoops(words)
    return automaton
  }

  /// The distances from each state to the nearest one that accepts. Only a byte that is not a
  /// continuation of UTF-8 counts as a character.
  private func measure(_ states: Int, _ stateWords: Int, _ words: Words) {
    var changed = true
    while changed {
      changed = false
      // Most states lead to later ones.
      for state in stride(from: stateCount - 1, through: 0, by: -1) {
        let place = states + state * stateWords
        var column = -1
        for byte in 0..<256 where Int(classMap[byte]) != column {
          column = Int(classMap[byte])
          let next = words[place + Automaton.factCount + column]
          if next == Automaton.dead { continue }
          let other = states + next * stateWords
          if words[other] == Automaton.dead { continue }
          let characters = words[other + 1] + (byte & 0xc0 == 0x80 ? 0 : 1)
          let bytes = words[other] + Self.writtenByteCount(byte)
          if bytes < words[place] || characters < words[place + 1] {
            words[place] = min(words[place], bytes)
            words[place + 1] = min(words[place + 1], characters)
            changed = true
          }
        }
      }
    }
  }

  /// Bytes of a byte of a text in a JSON string.
  private static func writtenByteCount(_ byte: Int) -> Int {
    switch byte {
    case 0x22, 0x5c, 0x08, 0x09, 0x0a, 0x0c, 0x0d: 2
    case 0..<0x20: 6
    default: 1
    }
  }

  /// States from which no text ends are dead.
  private func cutDeadEnds(_ states: Int, _ stateWords: Int, _ words: Words) {
    for state in 0..<stateCount {
      for column in 0..<classCount {
        let place = states + state * stateWords + Automaton.factCount + column
        let next = words[place]
        if next != Automaton.dead && words[states + next * stateWords] == Automaton.dead {
          words[place] = Automaton.dead
        }
      }
    }
  }
}
