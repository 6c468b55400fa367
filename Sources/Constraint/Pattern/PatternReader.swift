import Text

/// Where a pattern's text lies: in the memory, or in the program.
struct PatternSource {
  private let words: Words?
  private let text: WordsText
  private let literal: StaticString

  init(_ words: Words, _ text: WordsText) {
    self.words = words
    self.text = text
    literal = ""
  }

  init(_ literal: StaticString) {
    words = nil
    text = WordsText(start: 0, count: literal.utf8CodeUnitCount)
    self.literal = literal
  }

  var count: Int { text.count }

  subscript(index: Int) -> UInt8 {
    if let words { return words.byte(text.start + index) }
    precondition(index < literal.utf8CodeUnitCount)
    return unsafe literal.utf8Start[index]
  }
}

/// Reads a regular expression, a regular part of ECMA-262's patterns, into a `PatternProgram`.
///
/// Of ECMA-262 there are: alternatives, groups (captures mean nothing), `? * + {m} {m,} {m,n}` (lazy
/// ones match the same texts), classes, the escapes `\d \w \s \D \W \S \t \n \r \f \v \0 \cX \xHH \uHHHH
/// \u{H}`, the dot, `^` and `$`. Lookaround, back references, `\b` and `\p` are refused.
struct PatternReader {
  private static let groupDepthMax = 32
  private let source: PatternSource
  private var offset = 0
  private var groupDepth = 0
  private var program: PatternProgram
  /// The item that errors name.
  private let item: Int

  init(_ source: PatternSource, _ program: PatternProgram, item: Int) {
    self.source = source
    self.program = program
    self.item = item
  }

  /// Reads the whole pattern, which is searched for in a text: it may have other text around it.
  mutating func read(_ words: inout Words) throws(ConstraintError) -> PatternProgram {
    try program.emitAnything(&words)
    try readAlternatives(&words)
    if offset < source.count { throw ConstraintError(.pattern, item) }
    try program.emitAnything(&words)
    try program.emit(.match, 0, 0, &words)
    return program
  }

  private var isAtEnd: Bool { offset >= source.count }

  private func isNext(_ byte: UInt8) -> Bool { !isAtEnd && source[offset] == byte }

  private mutating func take(_ byte: UInt8) -> Bool {
    if !isNext(byte) { return false }
    offset += 1
    return true
  }

  private mutating func readAlternatives(_ words: inout Words) throws(ConstraintError) {
    // The jumps at the ends of the alternatives are chained by their operands until the end is known.
    var ends = 0
    while true {
      let slot = try program.emit(.jump, program.count + 1, 0, &words)
      while !isAtEnd && !isNext(UInt8(ascii: "|")) && !isNext(UInt8(ascii: ")")) {
        try readTerm(&words)
      }
      if !take(UInt8(ascii: "|")) { break }
      ends = try program.emit(.jump, ends, 0, &words)
      program.set(slot, .split, slot + 1, program.count, words)
    }
    while ends != 0 {
      let next = program.first(ends, words)
      program.set(ends, .jump, program.count, 0, words)
      ends = next
    }
  }

  private mutating func readTerm(_ words: inout Words) throws(ConstraintError) {
    if take(UInt8(ascii: "^")) {
      try program.emit(.start, 0, 0, &words)
      return
    }
    if take(UInt8(ascii: "$")) {
      try program.emit(.end, 0, 0, &words)
      return
    }
    let start = offset
    let slot = try program.emit(.jump, program.count + 1, 0, &words)
    try readAtom(&words)
    let end = offset
    guard let (least, most) = try readQuantifier() else { return }
    let rest = offset
    try repeatAtom(slot, start, least, most, &words)
    precondition(offset == end || offset == rest)
    offset = rest
  }

  /// The atom has been read once, behind `slot`.
  private mutating func repeatAtom(
    _ slot: Int, _ start: Int, _ least: Int, _ most: Int?, _ words: inout Words
  ) throws(ConstraintError) {
    if most == 0 {
      program.set(slot, .jump, program.count, 0, words)
      return
    }
    var last = slot
    for _ in 1..<max(least, 1) {
      last = try program.emit(.jump, program.count + 1, 0, &words)
      offset = start
      try readAtom(&words)
    }
    guard let most else {
      if least == 0 {
        let back = try program.emit(.jump, slot, 0, &words)
        program.set(slot, .split, slot + 1, back + 1, words)
      } else {
        let back = try program.emit(.split, last + 1, program.count + 1, &words)
        precondition(back + 1 == program.count)
      }
      return
    }
    if least == 0 { program.set(slot, .skip, slot + 1, 0, words) }
    for _ in max(least, 1)..<max(most, 1) {
      try program.emit(.skip, program.count + 1, 0, &words)
      offset = start
      try readAtom(&words)
    }
    program.closeSkips(from: slot, words)
  }

  /// - Returns: the least and the most repetitions; no most if there is no limit.
  private mutating func readQuantifier() throws(ConstraintError) -> (Int, Int?)? {
    var result: (Int, Int?)?
    if take(UInt8(ascii: "*")) {
      result = (0, nil)
    } else if take(UInt8(ascii: "+")) {
      result = (1, nil)
    } else if take(UInt8(ascii: "?")) {
      result = (0, 1)
    } else if isNext(UInt8(ascii: "{")) {
      result = try readCounts()
    }
    if result != nil { _ = take(UInt8(ascii: "?")) }
    return result
  }

  private mutating func readCounts() throws(ConstraintError) -> (Int, Int?) {
    offset += 1
    guard let least = readNumber() else { throw ConstraintError(.pattern, item) }
    var most: Int? = least
    if take(UInt8(ascii: ",")) { most = readNumber() }
    if !take(UInt8(ascii: "}")) || (most ?? least) < least { throw ConstraintError(.pattern, item) }
    if max(least, most ?? 0) > 2000 { throw ConstraintError(.largePattern, item) }
    return (least, most)
  }

  private mutating func readNumber() -> Int? {
    var value: Int?
    while !isAtEnd, let digit = decimalDigit(source[offset]) {
      value = min((value ?? 0) * 10 + digit, 100_000)
      offset += 1
    }
    return value
  }
}

// Atoms.
extension PatternReader {
  private mutating func readAtom(_ words: inout Words) throws(ConstraintError) {
    let byte = source[offset]
    switch byte {
    case UInt8(ascii: "("): try readGroup(&words)
    case UInt8(ascii: "["): try program.emit(try readClass(), item, &words)
    case UInt8(ascii: "."):
      offset += 1
      try program.emit(ScalarSet.dot, item, &words)
    case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "{"):
      throw ConstraintError(.pattern, item)
    default:
      try program.emit(try readCharacter(isInClass: false), item, &words)
    }
  }

  private mutating func readGroup(_ words: inout Words) throws(ConstraintError) {
    offset += 1
    if take(UInt8(ascii: "?")) {
      if take(UInt8(ascii: "<")) {
        if isNext(UInt8(ascii: "=")) || isNext(UInt8(ascii: "!")) {
          throw ConstraintError(.unsupportedPattern, item)
        }
        while !isAtEnd && source[offset] != UInt8(ascii: ">") { offset += 1 }
        offset += 1
      } else if !take(UInt8(ascii: ":")) {
        throw ConstraintError(.unsupportedPattern, item)
      }
    }
    groupDepth += 1
    if groupDepth > Self.groupDepthMax { throw ConstraintError(.largePattern, item) }
    try readAlternatives(&words)
    groupDepth -= 1
    if !take(UInt8(ascii: ")")) { throw ConstraintError(.pattern, item) }
  }

  private mutating func readClass() throws(ConstraintError) -> ScalarSet {
    offset += 1
    let isNegated = take(UInt8(ascii: "^"))
    var set = ScalarSet()
    while !isNext(UInt8(ascii: "]")) {
      if isAtEnd { throw ConstraintError(.pattern, item) }
      var part = try readCharacter(isInClass: true)
      if isSingle(part), isNext(UInt8(ascii: "-")), offset + 1 < source.count,
        source[offset + 1] != UInt8(ascii: "]")
      {
        offset += 1
        let last = try readCharacter(isInClass: true)
        let low = part.low(0)
        guard isSingle(last), last.low(0) >= low else { throw ConstraintError(.pattern, item) }
        part = ScalarSet()
        _ = part.add(low, last.low(0))
      }
      if !set.add(part) { throw ConstraintError(.largePattern, item) }
    }
    offset += 1
    set.normalize()
    if !isNegated { return set }
    guard let other = set.complement() else { throw ConstraintError(.largePattern, item) }
    return other
  }

  private func isSingle(_ set: ScalarSet) -> Bool { set.count == 1 && set.low(0) == set.high(0) }

  /// A character, an escape or an escaped class.
  private mutating func readCharacter(isInClass: Bool) throws(ConstraintError) -> ScalarSet {
    var set = ScalarSet()
    if !isNext(UInt8(ascii: "\\")) {
      let scalar = try readScalar()
      _ = set.add(scalar, scalar)
      return set
    }
    offset += 1
    if isAtEnd { throw ConstraintError(.pattern, item) }
    let letter = source[offset]
    if let set = ScalarSet(letter: letter) {
      offset += 1
      return set
    }
    let scalar = try readEscape(letter, isInClass: isInClass)
    _ = set.add(scalar, scalar)
    return set
  }

  /// The scalar value of the UTF-8 that comes next; a document is UTF-8 throughout.
  private mutating func readScalar() throws(ConstraintError) -> Int {
    if isAtEnd { throw ConstraintError(.pattern, item) }
    let byte = Int(source[offset])
    offset += 1
    let count = byte < 0x80 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3
    var scalar = count == 0 ? byte : byte & (0x3f >> count)
    for _ in 0..<count {
      if isAtEnd { throw ConstraintError(.pattern, item) }
      scalar = scalar << 6 | Int(source[offset] & 0x3f)
      offset += 1
    }
    return scalar
  }

  private mutating func readEscape(
    _ letter: UInt8, isInClass: Bool
  ) throws(ConstraintError) -> Int {
    switch letter {
    case UInt8(ascii: "b") where isInClass: return takeEscape(0x08)
    case UInt8(ascii: "t"): return takeEscape(0x09)
    case UInt8(ascii: "n"): return takeEscape(0x0a)
    case UInt8(ascii: "v"): return takeEscape(0x0b)
    case UInt8(ascii: "f"): return takeEscape(0x0c)
    case UInt8(ascii: "r"): return takeEscape(0x0d)
    case UInt8(ascii: "0"): return takeEscape(0x00)
    case UInt8(ascii: "x"):
      offset += 1
      return try readHexadecimal(digits: 2)
    case UInt8(ascii: "u"):
      offset += 1
      return try readUnicodeEscape()
    case UInt8(ascii: "c"):
      offset += 1
      return try readScalar() & 0x1f
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "1")...UInt8(ascii: "9"):
      throw ConstraintError(.unsupportedPattern, item)
    default: return try readScalar()
    }
  }

  private mutating func takeEscape(_ scalar: Int) -> Int {
    offset += 1
    return scalar
  }

  private mutating func readUnicodeEscape() throws(ConstraintError) -> Int {
    if take(UInt8(ascii: "{")) {
      var value = 0
      while !isAtEnd, let digit = hexadecimalDigit(source[offset]) as UInt32? {
        value = min(value << 4 | Int(digit), 1 << 24)
        offset += 1
      }
      if !take(UInt8(ascii: "}")) || value > ScalarSet.scalarMax {
        throw ConstraintError(.pattern, item)
      }
      return value
    }
    let unit = try readHexadecimal(digits: 4)
    if unit & 0xfc00 != 0xd800 { return unit }
    guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
      throw ConstraintError(.unsupportedPattern, item)
    }
    let second = try readHexadecimal(digits: 4)
    if second & 0xfc00 != 0xdc00 { throw ConstraintError(.unsupportedPattern, item) }
    return 0x10000 + (unit & 0x3ff) << 10 + second & 0x3ff
  }

  private mutating func readHexadecimal(digits: Int) throws(ConstraintError) -> Int {
    var value = 0
    for _ in 0..<digits {
      guard !isAtEnd, let digit: UInt32 = hexadecimalDigit(source[offset]) else {
        throw ConstraintError(.pattern, item)
      }
      value = value << 4 | Int(digit)
      offset += 1
    }
    return value
  }
}
