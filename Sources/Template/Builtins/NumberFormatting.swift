import Text

/// The first decimal digits of a number, in bytes of the heap.
private struct DecimalDigits {
  var start = 0
  var count = 0
  /// The power of ten of the first digit.
  var exponent = 0
}

// Numbers as Python's formats write them.
extension Interpreter {
  /// A number as a format asks for it, in the format's width.
  mutating func formatted(number value: Value, _ style: FormatStyle) throws(TemplateError) -> Value
  {
    if style.precision ?? 0 > FormatStyle.precisionMax {
      throw failure(.unsupported, "a precision above 400")
    }
    switch style.letter | 0x20 {
    case UInt8(ascii: "d"), UInt8(ascii: "i"), UInt8(ascii: "u"):
      return try formatted(whole: try whole(value), radix: 10, style)
    case UInt8(ascii: "x"): return try formatted(whole: value, radix: 16, style)
    case UInt8(ascii: "o"): return try formatted(whole: value, radix: 8, style)
    case UInt8(ascii: "b"): return try formatted(whole: value, radix: 2, style)
    default: break
    }
    let number = value.number
    var digits: Value
    if !number.isFinite {
      digits = try notFinite(number, style)
    } else {
      switch style.letter | 0x20 {
      case UInt8(ascii: "e"): digits = try scientific(number.magnitude, style)
      case UInt8(ascii: "f"):
        digits = try fixed(number.magnitude, style.precision ?? 6, style)
      case UInt8(ascii: "g"), UInt8(ascii: "n"): digits = try general(number.magnitude, style)
      case UInt8(ascii: "%") | 0x20:
        digits = try fixed(number.magnitude * 100, style.precision ?? 6, style)
      default: digits = try general(number.magnitude, style, keepsPoint: true)
      }
    }
    if style.letter == UInt8(ascii: "%") { digits = try joined(digits, try text(of: style.letter)) }
    let isNegative = number.sign == .minus && !number.isNaN
    return try signed(digits, isNegative: isNegative, prefix: emptyText, style)
  }

  private mutating func notFinite(
    _ value: Double, _ style: FormatStyle
  ) throws(TemplateError) -> Value {
    let isUpper = style.letter != 0 && style.letter & 0x20 == 0 && style.letter != UInt8(ascii: "%")
    let start = beginText()
    if value.isNaN { write(isUpper ? "NAN" : "nan") } else { write(isUpper ? "INF" : "inf") }
    return try endText(start)
  }

  private mutating func text(of byte: UInt8) throws(TemplateError) -> Value {
    let start = beginText()
    write(byte: byte)
    return try endText(start)
  }

  /// The whole part of a number.
  func whole(_ value: Value) throws(TemplateError) -> Value {
    if value.isInteger { return Value(value.integer) }
    if value.kind != .float || !value.double.isFinite { throw failure(.type, "a number") }
    return Value(try truncated(value.double))
  }

  /// - Parameter value: finite.
  func truncated(_ value: Double) throws(TemplateError) -> Int {
    if value.magnitude >= 9.2e18 {
      throw failure(.unsupported, "a whole number of more than 63 bits")
    }
    return Int(value)
  }

  // MARK: Whole numbers

  private mutating func formatted(
    whole value: Value, radix: UInt, _ style: FormatStyle
  ) throws(TemplateError) -> Value {
    if !value.isInteger { throw failure(.type, "a whole number") }
    let isUpper = style.letter == UInt8(ascii: "X")
    var start = beginText()
    if style.isAlternate && radix != 10 {
      write(byte: UInt8(ascii: "0"))
      write(byte: style.letter)
    }
    let prefix = try endText(start)
    start = beginText()
    write(
      value.integer.magnitude, radix: radix, isUpper: isUpper, least: style.precision ?? 1,
      grouping: style.grouping)
    return try signed(
      try endText(start), isNegative: value.integer < 0, prefix: prefix, style)
  }

  private mutating func write(
    _ magnitude: UInt, radix: UInt, isUpper: Bool, least: Int, grouping: UInt8
  ) {
    var (count, rest) = (1, magnitude / radix)
    while rest > 0 {
      count += 1
      rest /= radix
    }
    let groupCount = radix == 10 ? 3 : 4
    var index = max(count, least)
    while index > 0 {
      index -= 1
      var quotient = magnitude
      var place = 0
      while place < index && quotient > 0 {
        quotient /= radix
        place += 1
      }
      let digit: UInt8 = hexadecimalDigit(UInt8(quotient % radix))
      write(byte: isUpper && digit >= UInt8(ascii: "a") ? digit - 32 : digit)
      if grouping != 0 && index > 0 && index % groupCount == 0 { write(byte: grouping) }
    }
  }

  // MARK: Numbers with a point

  /// Digits of a number that is finite and not negative, rounded half to even.
  /// - Parameter count: nil for as many as stand before the point and at `decimals` places behind it.
  private mutating func digits(
    of value: Double, count: Int?, decimals: Int
  ) throws(TemplateError) -> DecimalDigits {
    if value == 0 { return DecimalDigits() }
    var exact = ExactDigits(value)
    let wanted = count ?? exact.exponent + 1 + decimals
    if wanted < 0 { return DecimalDigits() }
    // The byte before the digits is for a carry.
    let start = try takeBytes(wanted + 1)
    memory.setByte(start, 0)
    for index in 0..<wanted { memory.setByte(start + 1 + index, exact.next()) }
    let isOdd = wanted > 0 && memory.byte(start + wanted) & 1 == 1
    if exact.roundsUp(isOdd: isOdd) {
      var place = start + wanted
      while place > start && memory.byte(place) == 9 {
        memory.setByte(place, 0)
        place -= 1
      }
      memory.setByte(place, memory.byte(place) + 1)
      if place == start {
        return DecimalDigits(start: start, count: wanted + 1, exponent: exact.exponent + 1)
      }
    }
    return DecimalDigits(start: start + 1, count: wanted, exponent: exact.exponent)
  }

  private mutating func write(digit power: Int, of digits: DecimalDigits) {
    let index = digits.exponent - power
    let digit = index >= 0 && index < digits.count ? memory.byte(digits.start + index) : 0
    write(byte: UInt8(ascii: "0") + digit)
  }

  /// - Parameter decimals: digits behind the point.
  private mutating func write(
    _ digits: DecimalDigits, decimals: Int, _ style: FormatStyle
  ) {
    var power = max(digits.exponent, 0)
    while power >= -decimals {
      write(digit: power, of: digits)
      if power > 0 && power % 3 == 0 && style.grouping != 0 { write(byte: style.grouping) }
      if power == 0 && (decimals > 0 || style.isAlternate) { write(".") }
      power -= 1
    }
  }

  private mutating func writeScientific(
    _ digits: DecimalDigits, decimals: Int, _ style: FormatStyle
  ) {
    write(digit: digits.exponent, of: digits)
    if decimals > 0 || style.isAlternate { write(".") }
    for place in 0..<decimals { write(digit: digits.exponent - 1 - place, of: digits) }
    write(
      byte: style.letter == 0 || style.letter & 0x20 != 0 ? UInt8(ascii: "e") : UInt8(ascii: "E"))
    write(digits.exponent < 0 ? "-" : "+")
    write(UInt64(digits.exponent.magnitude), digitCount: 2)
  }

  /// A number that is finite and not negative with a fixed count of decimals.
  mutating func fixed(
    _ value: Double, _ decimals: Int, _ style: FormatStyle
  ) throws(TemplateError) -> Value {
    if !value.isFinite { return try notFinite(value, style) }
    let digits = try digits(of: value, count: nil, decimals: decimals)
    let start = beginText()
    write(digits, decimals: decimals, style)
    return try endText(start)
  }

  private mutating func scientific(
    _ value: Double, _ style: FormatStyle
  ) throws(TemplateError) -> Value {
    let decimals = style.precision ?? 6
    let digits = try digits(of: value, count: decimals + 1, decimals: 0)
    let start = beginText()
    writeScientific(digits, decimals: decimals, style)
    return try endText(start)
  }

  /// What `g` gives; or, with a digit behind the point, what a precision without a letter gives.
  private mutating func general(
    _ value: Double, _ style: FormatStyle, keepsPoint: Bool = false
  ) throws(TemplateError) -> Value {
    if keepsPoint && style.precision == nil {
      let start = beginText()
      write(python: value)
      return try endText(start)
    }
    let count = max(style.precision ?? 6, 1)
    let digits = try digits(of: value, count: count, decimals: 0)
    var kept = count
    if !style.isAlternate {
      while kept > 1
        && (kept > digits.count || memory.byte(digits.start + kept - 1) == 0)
      {
        kept -= 1
      }
    }
    let limit = keepsPoint ? count - 1 : count
    let start = beginText()
    if digits.exponent < -4 || digits.exponent >= max(limit, keepsPoint ? 1 : 0) {
      writeScientific(digits, decimals: kept - 1, style)
    } else {
      let decimals = max(kept - 1 - digits.exponent, keepsPoint ? 1 : 0)
      write(digits, decimals: decimals, style)
    }
    return try endText(start)
  }

  // MARK: Sign and width

  private mutating func signed(
    _ digits: Value, isNegative: Bool, prefix: Value, _ style: FormatStyle
  ) throws(TemplateError) -> Value {
    let sign = isNegative ? UInt8(ascii: "-") : style.sign
    let lead = sign == 0 ? prefix : try joined(try text(of: sign), prefix)
    let all = try joined(lead, digits)
    if style.grouping != 0 && style.isZeroFilled && (style.width ?? 0) > all.length {
      throw failure(.unsupported, "a format with groups of digits that is filled with zeros")
    }
    var fitting = style
    if style.isZeroFilled && style.alignment == nil { fitting.alignment = .afterSign }
    return try fitted(all, fitting, lead: lead.length, usual: .right)
  }

  /// A text in the width that a format asks for.
  /// - Parameter lead: bytes that stand before what fills it after the sign.
  mutating func fitted(
    _ text: Value, _ style: FormatStyle, lead: Int, usual: FormatStyle.Alignment
  ) throws(TemplateError) -> Value {
    let count = try characterCount(of: text)
    guard let width = style.width, width > count else { return text }
    let missing = width - count
    var padding = try spaces(missing)
    if !style.fill.isEmpty {
      padding = try repeated(
        .text(at: style.fill.lowerBound, count: style.fill.count), missing)
    } else if style.isZeroFilled {
      for index in 0..<missing { memory.setByte(padding.offset + index, UInt8(ascii: "0")) }
    }
    switch style.alignment ?? usual {
    case .left: return try joined(text, padding)
    case .right: return try joined(padding, text)
    case .center:
      let left = try slice(text: padding, 0, missing / 2, 1)
      let right = try slice(text: padding, missing / 2, nil, 1)
      return try joined(try joined(left, text), right)
    case .afterSign:
      let bytes = try flat(text)
      return try joined(
        try joined(try cut(text, 0..<lead), padding), try cut(text, lead..<bytes.count))
    }
  }
}
