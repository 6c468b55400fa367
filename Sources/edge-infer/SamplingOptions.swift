import Generation
import Inference
import Platform

/// The options that say how tokens are chosen.
@safe struct SamplingOptions {
  private static let seedMax = UInt64.max
  private(set) var settings = SamplingSettings()
  private var given = InlineArray<6, Bool>(repeating: false)

  /// Whether any of them is given.
  var isGiven: Bool {
    for index in 0..<6 where given[index] { return true }
    return false
  }

  var isSeedGiven: Bool { given[5] }

  /// Takes the option's value; false where `name` is another option.
  mutating func take(
    _ name: UnsafePointer<CChar>, _ reader: inout ArgumentReader, _ console: inout Console
  ) throws(Exit) -> Bool {
    guard let index = unsafe Self.index(of: name) else { return false }
    let text = unsafe try reader.value(of: name, after: given[index], &console)
    given[index] = true
    let value = unsafe DecimalNumber(text)
    switch index {
    case 0:
      settings.temperature = unsafe try Self.number(
        value, 0...SamplingSettings.temperatureMax, name, text, " is not a number from 0 to 100",
        &console)
    case 1:
      settings.topK = Int(
        unsafe try Self.whole(
          value, UInt64(Int32.max), name, text, " is not a whole number from 0 to 2147483647",
          &console))
    case 2:
      settings.topP = unsafe try Self.number(
        value, 0...1, name, text, " is not a number from 0 to 1", &console)
    case 3:
      settings.minP = unsafe try Self.number(
        value, 0...1, name, text, " is not a number from 0 to 1", &console)
    case 4:
      settings.repeatPenalty = unsafe try Self.number(
        value, SamplingSettings.repeatPenaltyMin...SamplingSettings.repeatPenaltyMax, name, text,
        " is not a number from 0.01 to 100", &console)
    default:
      settings.seed = unsafe try Self.whole(
        value, Self.seedMax, name, text, " is not a whole number from 0 to 18446744073709551615",
        &console)
    }
    return true
  }

  private static func index(of name: UnsafePointer<CChar>) -> Int? {
    if unsafe isEqual(name, "--temperature") { return 0 }
    if unsafe isEqual(name, "--top-k") { return 1 }
    if unsafe isEqual(name, "--top-p") { return 2 }
    if unsafe isEqual(name, "--min-p") { return 3 }
    if unsafe isEqual(name, "--repeat-penalty") { return 4 }
    return unsafe isEqual(name, "--seed") ? 5 : nil
  }

  private static func number(
    _ value: DecimalNumber?, _ range: ClosedRange<Double>, _ name: UnsafePointer<CChar>,
    _ text: UnsafePointer<CChar>, _ reason: StaticString, _ console: inout Console
  ) throws(Exit) -> Double {
    if let number = value?.double, range.contains(number) { return number }
    throw unsafe refuse(name, text, reason, &console)
  }

  private static func whole(
    _ value: DecimalNumber?, _ maximum: UInt64, _ name: UnsafePointer<CChar>,
    _ text: UnsafePointer<CChar>, _ reason: StaticString, _ console: inout Console
  ) throws(Exit) -> UInt64 {
    if let number = value?.whole, number <= maximum { return number }
    throw unsafe refuse(name, text, reason, &console)
  }

  private static func refuse(
    _ name: UnsafePointer<CChar>, _ text: UnsafePointer<CChar>, _ reason: StaticString,
    _ console: inout Console
  ) -> Exit {
    console.beginError()
    unsafe console.error.write(cString: name)
    console.error.write(": ")
    unsafe console.error.write(quoted: Excerpt(cString: text))
    console.error.write(reason)
    return console.end(.usage)
  }
}

/// A number of the command line: digits, perhaps a point and more digits.
struct DecimalNumber {
  /// Both parts of the quotient are exact as Doubles, so that it is the nearest Double.
  private static let fractionDigitCountMax = 15
  private static let scaledMax: UInt64 = 1 << 53
  private var digits: UInt64 = 0
  private var fractionDigitCount = 0
  private var hasPoint = false

  /// Nil where the text is no such number, or has more digits than 64 bits hold.
  init?(_ text: UnsafePointer<CChar>) {
    var digitCount = 0
    var index = 0
    while unsafe text[index] != 0 {
      let byte = unsafe UInt8(bitPattern: text[index])
      index += 1
      if byte == UInt8(ascii: ".") && !hasPoint {
        hasPoint = true
        continue
      }
      guard byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") else { return nil }
      let (shifted, isLarge) = digits.multipliedReportingOverflow(by: 10)
      let (sum, isLarger) = shifted.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
      if isLarge || isLarger { return nil }
      digits = sum
      digitCount += 1
      if hasPoint { fractionDigitCount += 1 }
    }
    if digitCount == 0 { return nil }
  }

  /// Nil for more digits than a Double holds.
  var double: Double? {
    if digits > Self.scaledMax || fractionDigitCount > Self.fractionDigitCountMax { return nil }
    var scale = 1.0
    for _ in 0..<fractionDigitCount { scale *= 10 }
    return Double(digits) / scale
  }

  var whole: UInt64? { hasPoint ? nil : digits }
}
