/// A nondeterministic automaton over bytes as a list of instructions (Thompson, "Regular expression
/// search algorithm", 1968), which lie one after the other in `Words`: three words each.
struct PatternProgram {
  enum Operation: Int {
    /// A text of the pattern ends here.
    case match
    /// Goes on at both operands.
    case split
    /// Goes on at the first operand.
    case jump
    /// Takes a byte from the first operand to the second.
    case bytes
    /// Goes on if no byte has been taken.
    case start
    /// Goes on if no byte follows.
    case end
    /// While a repetition is read: goes on at the first operand or behind the repetition.
    case skip
  }

  private let base: Int
  private(set) var count = 0

  /// The first instruction is one that is never reached, so that 0 can mean none.
  init(_ words: inout Words) throws(ConstraintError) {
    base = words.used
    try emit(.jump, 1, 0, &words)
  }

  @discardableResult
  mutating func emit(
    _ operation: Operation, _ first: Int, _ second: Int, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    _ = try words.take(3)
    count += 1
    set(count - 1, operation, first, second, words)
    return count - 1
  }

  func set(_ index: Int, _ operation: Operation, _ first: Int, _ second: Int, _ words: Words) {
    words[base + 3 * index] = operation.rawValue
    words[base + 3 * index + 1] = first
    words[base + 3 * index + 2] = second
  }

  func operation(_ index: Int, _ words: Words) -> Operation {
    Operation(rawValue: words[base + 3 * index])!
  }

  func first(_ index: Int, _ words: Words) -> Int { words[base + 3 * index + 1] }
  func second(_ index: Int, _ words: Words) -> Int { words[base + 3 * index + 2] }

  /// The repetition from `index` on has been read: what is skipped goes on behind it.
  func closeSkips(from index: Int, _ words: Words) {
    for place in index..<count where operation(place, words) == .skip {
      set(place, .split, first(place, words), count, words)
    }
  }

  /// Any text, of no length too.
  mutating func emitAnything(_ words: inout Words) throws(ConstraintError) {
    let slot = try emit(.split, count + 1, 0, &words)
    var all = ScalarSet()
    _ = all.add(0, ScalarSet.scalarMax)
    try emit(all, 0, &words)
    try emit(.jump, slot, 0, &words)
    set(slot, .split, slot + 1, count, words)
  }
}

// Characters as the bytes of UTF-8.
extension PatternProgram {
  /// One of a set's characters.
  mutating func emit(
    _ set: ScalarSet, _ item: Int, _ words: inout Words
  ) throws(ConstraintError) {
    var set = set
    set.normalize()
    var ends = 0
    for index in 0..<set.count {
      try emit(set.low(index), set.high(index), &ends, &words)
    }
    // What none of the ranges took ends here.
    try emit(.bytes, 1, 0, &words)
    while ends != 0 {
      let next = first(ends, words)
      self.set(ends, .jump, count, 0, words)
      ends = next
    }
  }

  /// Splits a range at the bounds of UTF-8's lengths and of the surrogates.
  private mutating func emit(
    _ low: Int, _ high: Int, _ ends: inout Int, _ words: inout Words
  ) throws(ConstraintError) {
    let parts: InlineArray<5, (Int, Int)> = [
      (0, 0x7f), (0x80, 0x7ff), (0x800, 0xd7ff), (0xe000, 0xffff), (0x10000, 0x10ffff),
    ]
    let byteCounts: InlineArray<5, Int> = [1, 2, 3, 3, 4]
    for index in 0..<5 {
      let (start, end) = parts[index]
      if max(low, start) <= min(high, end) {
        try emitSequences(max(low, start), min(high, end), byteCounts[index], &ends, &words)
      }
    }
  }

  /// Splits a range until the bytes of its sequences are ranges that do not depend on each other.
  private mutating func emitSequences(
    _ low: Int, _ high: Int, _ byteCount: Int, _ ends: inout Int, _ words: inout Words
  ) throws(ConstraintError) {
    for shift in stride(from: 6, through: 6 * (byteCount - 1), by: 6) {
      let mask = 1 << shift - 1
      if low & ~mask == high & ~mask { continue }
      if low & mask != 0 {
        try emitSequences(low, low | mask, byteCount, &ends, &words)
        try emitSequences((low | mask) + 1, high, byteCount, &ends, &words)
        return
      }
      if high & mask != mask {
        try emitSequences(low, high & ~mask - 1, byteCount, &ends, &words)
        try emitSequences(high & ~mask, high, byteCount, &ends, &words)
        return
      }
    }
    let slot = try emit(.split, count + 1, 0, &words)
    let marks: InlineArray<5, Int> = [0, 0, 0xc0, 0xe0, 0xf0]
    for index in 0..<byteCount {
      let shift = 6 * (byteCount - 1 - index)
      let mark = index == 0 ? marks[byteCount] : 0x80
      let mask = index == 0 ? 0xff : 0x3f
      try emit(.bytes, mark | low >> shift & mask, mark | high >> shift & mask, &words)
    }
    ends = try emit(.jump, ends, 0, &words)
    set(slot, .split, slot + 1, count, words)
  }
}
