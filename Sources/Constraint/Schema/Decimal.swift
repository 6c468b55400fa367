import Text

/// A number as JSON writes it, exactly: `significand` times ten to the power of `exponent`. The
/// significand of a number other than 0 does not end with a 0; that of 0 has the exponent 0.
struct Decimal {
  static let exponentBias = 1 << 20
  /// Numbers with more digits cannot be compared.
  private static let digitCountMax = 19
  private(set) var significand: UInt64
  private(set) var exponent: Int
  private(set) var isNegative: Bool

  init(significand: UInt64, exponent: Int, isNegative: Bool) {
    self.significand = significand
    self.exponent = exponent
    self.isNegative = isNegative && significand > 0
    if significand == 0 {
      self.exponent = 0
      return
    }
    while self.significand % 10 == 0 {
      self.significand /= 10
      self.exponent += 1
    }
  }

  /// Nil if not all digits are known.
  init?(_ number: JSONNumber) {
    guard let parts = number.decimal else { return nil }
    self.init(
      significand: parts.significand, exponent: parts.exponent, isNegative: parts.isNegative)
    if digitCount > Self.digitCountMax || exponent.magnitude > 100_000 { return nil }
  }

  var isZero: Bool { significand == 0 }
  var digitCount: Int { Self.digitCount(significand) }
  var negated: Decimal {
    Decimal(significand: significand, exponent: exponent, isNegative: !isNegative)
  }
  var magnitude: Decimal {
    Decimal(significand: significand, exponent: exponent, isNegative: false)
  }
  var isInteger: Bool { exponent >= 0 }

  /// The whole number if it is one below 2^32.
  var count: Int? {
    if isNegative || exponent < 0 || exponent > 9 || significand > UInt64(UInt32.max) { return nil }
    var value = Int(significand)
    for _ in 0..<exponent { value *= 10 }
    return value < 1 << 32 ? value : nil
  }

  static func digitCount(_ value: UInt64) -> Int {
    var (count, rest) = (1, value / 10)
    while rest > 0 {
      count += 1
      rest /= 10
    }
    return count
  }

  static func isLess(_ first: Decimal, _ second: Decimal) -> Bool { compare(first, second) < 0 }

  /// Negative, 0 or positive.
  static func compare(_ first: Decimal, _ second: Decimal) -> Int {
    if first.isNegative != second.isNegative { return first.isNegative ? -1 : 1 }
    let order = compareMagnitudes(first, second)
    return first.isNegative ? -order : order
  }

  private static func compareMagnitudes(_ first: Decimal, _ second: Decimal) -> Int {
    if first.isZero || second.isZero { return (first.isZero ? 0 : 1) - (second.isZero ? 0 : 1) }
    // The place of the point behind the first digit's place.
    let (place, other) = (first.digitCount + first.exponent, second.digitCount + second.exponent)
    if place != other { return place - other }
    let (left, right) = (first.aligned, second.aligned)
    return left < right ? -1 : left > right ? 1 : 0
  }

  /// The significand with nineteen digits.
  private var aligned: UInt64 {
    var value = significand
    for _ in digitCount..<Self.digitCountMax { value *= 10 }
    return value
  }

  /// The nearest whole number, up if `isUp`, of a number that is not negative.
  /// - Parameter excludes: whether a whole number itself is passed over.
  /// - Returns: nil if there is none that is not negative.
  func wholeMagnitude(isUp: Bool, excludes: Bool) -> Decimal? {
    var whole = significand
    var hasRest = false
    if exponent < 0 {
      for _ in 0..<min(-exponent, 20) {
        hasRest = hasRest || whole % 10 != 0
        whole /= 10
      }
    } else {
      // Numbers that are too large to be counted keep being themselves.
      if !excludes || exponent + digitCount > 18 { return self }
      for _ in 0..<exponent { whole *= 10 }
    }
    if isUp {
      if hasRest || excludes { whole += 1 }
    } else if excludes && !hasRest {
      if whole == 0 { return nil }
      whole -= 1
    }
    return Decimal(significand: whole, exponent: 0, isNegative: false)
  }
}
