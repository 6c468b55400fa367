/// All decimal digits of a Double, one after the other: long division of whole numbers.
public struct ExactDigits {
  private var numerator: LargeNumber
  private var denominator: LargeNumber
  /// The power of ten of the first digit.
  public private(set) var exponent: Int

  /// - Parameter value: finite and above zero.
  @export(interface)
  public init(_ value: Double) {
    let bits = value.bitPattern
    let fraction = bits & (1 << 52 - 1)
    let biased = Int(bits >> 52 & 0x7FF)
    let power = max(biased, 1) - 1075
    numerator = LargeNumber(biased == 0 ? fraction : fraction | 1 << 52)
    denominator = LargeNumber(1)
    if power > 0 { numerator.shiftLeft(power) } else { denominator.shiftLeft(-power) }
    // Rounding may have given the shortest digits a first one that the number itself has not.
    exponent = ShortestDigits(value).exponent
    if exponent > 0 { denominator.multiply(byPowerOfTen: exponent) }
    if exponent < 0 { numerator.multiply(byPowerOfTen: -exponent) }
    if numerator.compare(denominator) < 0 {
      numerator.multiply(by: 10)
      exponent -= 1
    }
  }

  /// The next digit, from 0 to 9.
  @export(interface)
  public mutating func next() -> UInt8 {
    var digit: UInt8 = 0
    while numerator.compare(denominator) >= 0 {
      numerator.subtract(denominator)
      digit += 1
    }
    numerator.multiply(by: 10)
    return digit
  }

  /// Whether the digit before, rounded half to even, is one more.
  /// - Parameter isOdd: whether that digit is odd.
  @export(interface)
  public func roundsUp(isOdd: Bool) -> Bool {
    var half = denominator
    half.multiply(by: 5)
    let order = numerator.compare(half)
    return order > 0 || order == 0 && isOdd
  }
}
