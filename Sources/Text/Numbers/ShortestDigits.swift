/// The shortest decimal digits that a Double is read back from (G. L. Steele and J. L. White, "How to
/// print floating-point numbers accurately", 1990; the free-format algorithm with whole numbers).
struct ShortestDigits {
  private(set) var digits = InlineArray<20, UInt8>(repeating: 0)
  private(set) var count = 0
  /// The power of ten of the first digit.
  private(set) var exponent = 0

  /// - Parameter value: finite and above zero.
  @export(interface)
  init(_ value: Double) {
    let bits = value.bitPattern
    let fraction = bits & (1 << 52 - 1)
    let biased = Int(bits >> 52 & 0x7FF)
    let significand = biased == 0 ? fraction : fraction | 1 << 52
    let power = max(biased, 1) - 1075
    let isBoundary = fraction == 0 && biased > 1
    let isEven = significand & 1 == 0

    var numerator = LargeNumber(significand)
    var denominator = LargeNumber(1)
    var low = LargeNumber(1)
    numerator.shiftLeft(1 + max(power, 0) + (isBoundary ? 1 : 0))
    denominator.shiftLeft(1 + max(-power, 0) + (isBoundary ? 1 : 0))
    low.shiftLeft(max(power, 0))
    var high = low
    if isBoundary { high.shiftLeft(1) }

    exponent = Self.estimate(significand, power)
    if exponent > 0 { denominator.multiply(byPowerOfTen: exponent) }
    if exponent < 0 {
      numerator.multiply(byPowerOfTen: -exponent)
      low.multiply(byPowerOfTen: -exponent)
      high.multiply(byPowerOfTen: -exponent)
    }
    // The estimate is at most one too small.
    if numerator.isTooLarge(plus: high, for: denominator, isEven: isEven, times: 10) {
      exponent += 1
      denominator.multiply(by: 10)
    }
    generate(&numerator, denominator, &low, &high, isEven: isEven)
  }

  /// The power of ten of the first digit, or one less.
  private static func estimate(_ significand: UInt64, _ power: Int) -> Int {
    let bit = 63 - significand.leadingZeroBitCount + power
    let estimate = Double(bit) * 0.30102999566398114
    return Int((estimate - 1e-10).rounded(.down))
  }

  private mutating func generate(
    _ numerator: inout LargeNumber, _ denominator: LargeNumber, _ low: inout LargeNumber,
    _ high: inout LargeNumber, isEven: Bool
  ) {
    while true {
      var digit: UInt8 = 0
      while numerator.compare(denominator) >= 0 {
        numerator.subtract(denominator)
        digit += 1
      }
      let below = numerator.compare(low)
      let isLow = isEven ? below <= 0 : below < 0
      var sum = numerator
      sum.add(high)
      let above = sum.compare(denominator)
      let isHigh = isEven ? above >= 0 : above > 0
      if isLow || isHigh {
        var twice = numerator
        twice.shiftLeft(1)
        let half = twice.compare(denominator)
        if isHigh && (!isLow || half > 0 || half == 0 && digit & 1 == 1) { digit += 1 }
        append(digit)
        return
      }
      append(digit)
      if count == 18 { return }
      numerator.multiply(by: 10)
      low.multiply(by: 10)
      high.multiply(by: 10)
    }
  }

  private mutating func append(_ digit: UInt8) {
    digits[count] = digit
    count += 1
  }
}

extension ByteSink where Self: ~Copyable {
  /// A Double as Python's `repr` writes it.
  public mutating func write(python value: Double) {
    if value.isNaN { return write("nan") }
    if value.sign == .minus { write(byte: UInt8(ascii: "-")) }
    if value.isInfinite { return write("inf") }
    if value == 0 { return write("0.0") }
    let shortest = ShortestDigits(value.magnitude)
    let exponent = shortest.exponent
    if exponent < -4 || exponent >= 16 {
      write(digits: shortest, pointAfter: 1, isPointKept: false)
      write(exponent < 0 ? "e-" : "e+")
      write(UInt64(exponent.magnitude), digitCount: 2)
    } else if exponent < 0 {
      write("0.")
      for _ in 0..<(-exponent - 1) { write(byte: UInt8(ascii: "0")) }
      write(digits: shortest, pointAfter: 0, isPointKept: false)
    } else {
      write(digits: shortest, pointAfter: exponent + 1, isPointKept: true)
    }
  }

  /// - Parameter pointAfter: digits before the point; 0 if it has been written.
  private mutating func write(digits: ShortestDigits, pointAfter: Int, isPointKept: Bool) {
    for index in 0..<max(digits.count, pointAfter) {
      if index == pointAfter && pointAfter > 0 { write(byte: UInt8(ascii: ".")) }
      write(byte: UInt8(ascii: "0") + (index < digits.count ? digits.digits[index] : 0))
    }
    if isPointKept && digits.count <= pointAfter { write(".0") }
  }
}
