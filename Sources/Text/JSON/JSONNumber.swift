/// A number of JSON while its bytes arrive (RFC 8259, section 6), of any length.
public struct JSONNumber: Sendable {
  private enum Part {
    case start, sign, zero, digits, point, fraction, exponentMark, exponentSign, exponent
  }

  /// Of the power of ten, which is far outside Double's range then.
  private static let exponentMax = 100_000
  private var part = Part.start
  private var isNegative = false
  /// The first digits, nineteen at least where there are so many.
  private var significand: UInt64 = 0
  /// The power of ten that the significand is to be multiplied by, without what is written.
  private var scale = 0
  private var writtenExponent = 0
  private var isExponentNegative = false
  /// A digit did not fit in the significand.
  private var isCut = false

  public init() {}

  /// Whether the number may end here.
  public var isComplete: Bool {
    switch part {
    case .zero, .digits, .fraction, .exponent: true
    default: false
    }
  }

  /// Takes a byte if it can belong to the number.
  @export(interface)
  public mutating func take(_ byte: UInt8) -> Bool {
    if let digit = decimalDigit(byte) { return take(digit: UInt64(digit)) }
    switch (part, byte) {
    case (.start, UInt8(ascii: "-")):
      isNegative = true
      part = .sign
    case (.zero, UInt8(ascii: ".")), (.digits, UInt8(ascii: ".")): part = .point
    case (.zero, UInt8(ascii: "e")), (.zero, UInt8(ascii: "E")),
      (.digits, UInt8(ascii: "e")), (.digits, UInt8(ascii: "E")),
      (.fraction, UInt8(ascii: "e")), (.fraction, UInt8(ascii: "E")):
      part = .exponentMark
    case (.exponentMark, UInt8(ascii: "+")), (.exponentMark, UInt8(ascii: "-")):
      isExponentNegative = byte == UInt8(ascii: "-")
      part = .exponentSign
    default: return false
    }
    return true
  }

  private mutating func take(digit: UInt64) -> Bool {
    switch part {
    case .zero: return false
    case .start, .sign:
      part = digit == 0 ? .zero : .digits
      append(digit, isFraction: false)
    case .digits: append(digit, isFraction: false)
    case .point, .fraction:
      part = .fraction
      append(digit, isFraction: true)
    case .exponentMark, .exponentSign, .exponent:
      part = .exponent
      writtenExponent = min(writtenExponent * 10 + Int(digit), Self.exponentMax)
    }
    return true
  }

  private mutating func append(_ digit: UInt64, isFraction: Bool) {
    if significand > (UInt64.max - 9) / 10 {
      isCut = true
      if !isFraction { scale = min(scale + 1, Self.exponentMax) }
      return
    }
    significand = significand * 10 + digit
    if isFraction { scale = max(scale - 1, -Self.exponentMax) }
  }

  /// The number if it is written without a fraction and an exponent and Int can hold it.
  public var integer: Int? {
    if part != .zero && part != .digits || isCut { return nil }
    if significand <= UInt64(Int.max) { return isNegative ? -Int(significand) : Int(significand) }
    return isNegative && significand == UInt64(Int.max) + 1 ? Int.min : nil
  }

  /// The number as a significand times a power of ten; nil if it has more digits than are kept.
  public var decimal: (significand: UInt64, exponent: Int, isNegative: Bool)? {
    if isCut { return nil }
    let exponent = scale + (isExponentNegative ? -writtenExponent : writtenExponent)
    return (significand, exponent, isNegative)
  }

  /// The number if it is written without a fraction and an exponent, or the bound of Int that it is
  /// beyond.
  var nearestInteger: Int? {
    if part != .zero && part != .digits { return nil }
    return integer ?? (isNegative ? Int.min : Int.max)
  }

  /// The nearest Double, of the first nineteen digits at least.
  public var double: Double {
    @export(interface) get {
      let exponent = scale + (isExponentNegative ? -writtenExponent : writtenExponent)
      var value = approximation(exponent)
      // With up to 15 digits and a power of ten of at most 22 one rounding has been made (W. D. Clinger,
      // "How to read floating point numbers accurately", 1990).
      let isExact = significand < 1 << 53 && exponent.magnitude <= 22
      if !isExact && value != 0 && value.isFinite { value = nearest(to: value, exponent) }
      return isNegative ? -value : value
    }
  }

  /// The number without its sign, to some bits.
  private func approximation(_ exponent: Int) -> Double {
    var value = Double(significand)
    // Past these the result is zero or infinite for any significand.
    var rest = min(max(exponent, -400), 400)
    while rest != 0 && value != 0 {
      let step = min(rest.magnitude, 22)
      var power = 1.0
      for _ in 0..<step { power *= 10 }
      value = rest < 0 ? value / power : value * power
      rest += rest < 0 ? Int(step) : -Int(step)
    }
    return value
  }

  /// Goes from a Double that is some units off to the nearest one.
  @export(interface)
  private func nearest(to start: Double, _ exponent: Int) -> Double {
    var value = start
    for _ in 0..<64 {
      if order(ofHalfAbove: value, exponent) > 0 {
        value = value.nextUp
      } else if value > 0 && order(ofHalfAbove: value.nextDown, exponent) < 0 {
        value = value.nextDown
      } else {
        break
      }
    }
    return value
  }

  /// How the number lies to the middle between a Double and the next one: below (negative), on it and
  /// to be rounded down (negative) or up (positive), above (positive).
  private func order(ofHalfAbove value: Double, _ exponent: Int) -> Int {
    let bits = value.bitPattern
    let biased = Int(bits >> 52)
    let fraction = bits & (1 << 52 - 1)
    let middle = 2 * (biased == 0 ? fraction : fraction | 1 << 52) + 1
    let power = max(biased, 1) - 1076
    var number = LargeNumber(significand)
    var other = LargeNumber(middle)
    if exponent >= 0 {
      number.multiply(byPowerOfTen: exponent)
    } else {
      other.multiply(byPowerOfTen: -exponent)
    }
    if power >= 0 { other.shiftLeft(power) } else { number.shiftLeft(-power) }
    let order = number.compare(other)
    if order != 0 { return order }
    return fraction & 1 == 0 ? -1 : 1
  }
}
