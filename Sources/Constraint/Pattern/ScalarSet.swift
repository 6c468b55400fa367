/// A set of Unicode scalar values as ranges, while a class of characters is read.
struct ScalarSet {
  static let rangeCountMax = 128
  static let scalarMax = 0x10ffff
  private var lows = InlineArray<128, Int>(repeating: 0)
  private var highs = InlineArray<128, Int>(repeating: 0)
  private(set) var count = 0

  func low(_ index: Int) -> Int { lows[index] }
  func high(_ index: Int) -> Int { highs[index] }

  /// - Returns: false if there is no room for a further range.
  mutating func add(_ low: Int, _ high: Int) -> Bool {
    if count == Self.rangeCountMax { return false }
    lows[count] = low
    highs[count] = high
    count += 1
    return true
  }

  /// - Returns: false if there is no room.
  mutating func add(_ other: ScalarSet) -> Bool {
    for index in 0..<other.count where !add(other.lows[index], other.highs[index]) { return false }
    return true
  }

  /// Sorts the ranges, joins those that touch, and leaves out the surrogates, which no text has.
  mutating func normalize() {
    for index in 1..<max(count, 1) {
      var place = index
      while place > 0 && lows[place - 1] > lows[place] {
        (lows[place - 1], lows[place]) = (lows[place], lows[place - 1])
        (highs[place - 1], highs[place]) = (highs[place], highs[place - 1])
        place -= 1
      }
    }
    var kept = 0
    for index in 0..<count {
      if kept > 0 && lows[index] <= highs[kept - 1] + 1 {
        highs[kept - 1] = max(highs[kept - 1], highs[index])
      } else {
        lows[kept] = lows[index]
        highs[kept] = highs[index]
        kept += 1
      }
    }
    count = kept
  }

  /// All that is not in the set, which must be normalized.
  /// - Returns: nil if there is no room.
  func complement() -> ScalarSet? {
    var result = ScalarSet()
    var start = 0
    for index in 0..<count {
      if lows[index] > start && !result.add(start, lows[index] - 1) { return nil }
      start = highs[index] + 1
    }
    if start <= Self.scalarMax && !result.add(start, Self.scalarMax) { return nil }
    return result
  }

  /// A class of ECMAScript's by its letter: `d`, `w`, `s` or one of the capitals; nil for others.
  init?(letter: UInt8) {
    switch letter | 0x20 {
    case UInt8(ascii: "d"): _ = add(0x30, 0x39)
    case UInt8(ascii: "w"):
      _ = add(0x30, 0x39)
      _ = add(0x41, 0x5a)
      _ = add(0x5f, 0x5f)
      _ = add(0x61, 0x7a)
    case UInt8(ascii: "s"):
      // ECMA-262, WhiteSpace and LineTerminator.
      _ = add(0x09, 0x0d)
      _ = add(0x20, 0x20)
      _ = add(0xa0, 0xa0)
      _ = add(0x1680, 0x1680)
      _ = add(0x2000, 0x200a)
      _ = add(0x2028, 0x2029)
      _ = add(0x202f, 0x202f)
      _ = add(0x205f, 0x205f)
      _ = add(0x3000, 0x3000)
      _ = add(0xfeff, 0xfeff)
    default: return nil
    }
    if letter & 0x20 == 0, let other = complement() { self = other }
  }

  init() {}

  /// What a dot stands for: all but line ends.
  static var dot: ScalarSet {
    var ends = ScalarSet()
    _ = ends.add(0x0a, 0x0a)
    _ = ends.add(0x0d, 0x0d)
    _ = ends.add(0x2028, 0x2029)
    return ends.complement()!
  }
}
