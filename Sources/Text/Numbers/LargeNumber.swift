/// A whole number of up to 2,304 bits: what the digits of any Double need.
struct LargeNumber {
  private static let wordCount = 72
  private var words = InlineArray<72, UInt32>(repeating: 0)
  private var count = 0

  init(_ value: UInt64) {
    words[0] = UInt32(truncatingIfNeeded: value)
    words[1] = UInt32(truncatingIfNeeded: value >> 32)
    count = words[1] != 0 ? 2 : words[0] != 0 ? 1 : 0
  }

  mutating func multiply(by factor: UInt32) {
    var carry: UInt64 = 0
    for index in 0..<count {
      let product = UInt64(words[index]) * UInt64(factor) + carry
      words[index] = UInt32(truncatingIfNeeded: product)
      carry = product >> 32
    }
    if carry != 0 {
      words[count] = UInt32(carry)
      count += 1
    }
  }

  mutating func multiply(byPowerOfTen exponent: Int) {
    for _ in 0..<exponent { multiply(by: 10) }
  }

  mutating func shiftLeft(_ bits: Int) {
    if count == 0 { return }
    let (whole, rest) = (bits / 32, UInt32(bits % 32))
    if whole > 0 {
      for index in (0..<count).reversed() { words[index + whole] = words[index] }
      for index in 0..<whole { words[index] = 0 }
      count += whole
    }
    if rest == 0 { return }
    var carry: UInt32 = 0
    for index in whole..<count {
      let word = words[index]
      words[index] = word << rest | carry
      carry = word >> (32 - rest)
    }
    if carry != 0 {
      words[count] = carry
      count += 1
    }
  }

  mutating func add(_ other: LargeNumber) {
    var carry: UInt64 = 0
    for index in 0..<max(count, other.count) {
      let sum = UInt64(words[index]) + UInt64(other.words[index]) + carry
      words[index] = UInt32(truncatingIfNeeded: sum)
      carry = sum >> 32
    }
    count = max(count, other.count)
    if carry != 0 {
      words[count] = UInt32(carry)
      count += 1
    }
  }

  /// `other` is at most this number.
  mutating func subtract(_ other: LargeNumber) {
    var borrow: Int64 = 0
    for index in 0..<count {
      let difference = Int64(words[index]) - Int64(other.words[index]) - borrow
      words[index] = UInt32(truncatingIfNeeded: difference)
      borrow = difference < 0 ? 1 : 0
    }
    while count > 0 && words[count - 1] == 0 { count -= 1 }
  }

  /// Negative, zero or positive.
  func compare(_ other: LargeNumber) -> Int {
    if count != other.count { return count - other.count }
    for index in (0..<count).reversed() where words[index] != other.words[index] {
      return words[index] < other.words[index] ? -1 : 1
    }
    return 0
  }

  /// Whether the number and `margin` reach `times` the limit.
  func isTooLarge(
    plus margin: LargeNumber, for limit: LargeNumber, isEven: Bool, times: UInt32
  ) -> Bool {
    var sum = self
    sum.add(margin)
    var bound = limit
    bound.multiply(by: times)
    let order = sum.compare(bound)
    return isEven ? order >= 0 : order > 0
  }
}
