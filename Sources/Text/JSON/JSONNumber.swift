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
  @export(interface)
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
  @export(interface)
  public var integer: Int? {
    if part != .zero && part != .digits || isCut { return nil }
    if significand <= UInt64(Int.max) { return isNegative ? -Int(significand) : Int(significand) }
    return isNegative && significand == UInt64(Int.max) + 1 ? Int.min : nil
  }

  /// The number as a significand times a power of ten; nil if it has more digits than are kept.
  @export(interface)
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

  /// Right to the last bit with up to 15 digits and a power of ten of at most 22 (W. D. Clinger,
  /// "How to read floating point numbers accurately", 1990); otherwise to some bits.
  @export(interface)
  public var double: Double {
    let exponent = scale + (isExponentNegative ? -writtenExponent : writtenExponent)
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
    return isNegative ? -value : value
  }
}
