import Platform

/// How many of the latest tokens are kept: `--recent`.
public enum Recent: Sendable, Equatable {
  case count(Int)
  /// Of the cache budget; above 0 and below 1.
  case fraction(Double)

  /// Digits after the point: up to here the digits and the power of ten are exact as Double, so
  /// that their quotient is the Double nearest to the decimal fraction.
  public static let decimalCountMax = 15

  /// Reads a count such as 64, or a fraction such as 0.2.
  public init(argument text: Span<UInt8>) throws(ProfileError) {
    if let fraction = Self.parseFraction(text) {
      self = .fraction(fraction)
    } else {
      self = .count(try Retention.parseCount(.recent, text))
    }
  }

  /// The value of `0.` and digits that are not all zero; nil for anything else.
  private static func parseFraction(_ text: Span<UInt8>) -> Double? {
    let decimalCount = text.count - 2
    if decimalCount < 1 || decimalCount > decimalCountMax { return nil }
    if text[0] != UInt8(ascii: "0") || text[1] != UInt8(ascii: ".") { return nil }
    var (digits, scale) = (0, 1)
    for index in 2..<text.count {
      guard let digit = decimalDigit(text[index]) else { return nil }
      digits = digits * 10 + digit
      scale *= 10
    }
    return digits == 0 ? nil : Double(digits) / Double(scale)
  }

  /// The count of tokens: `int(recent * N)` for a fraction (`evict` of the reference program).
  @export(interface)
  public func count(of cacheBudget: Int) -> Int {
    switch self {
    case .count(let count): count
    case .fraction(let fraction): Int(fraction * Double(cacheBudget))
    }
  }
}

/// The tokens that no policy evicts.
public struct Retention: Sendable, Equatable {
  /// Tokens at the start of the text: those of positions 0..<sinks.
  public let sinks: Int
  /// Tokens of the latest positions.
  public let recent: Int

  /// `sinks` must have passed `parseCount`.
  @export(interface)
  public init(sinks: Int, recent: Recent, cacheBudget: Int) throws(ProfileError) {
    self.sinks = sinks
    self.recent = recent.count(of: cacheBudget)
    if self.sinks + self.recent > cacheBudget {
      throw .retentionOverBudget(
        sinks: self.sinks, recent: self.recent, cacheBudget: cacheBudget)
    }
  }

  /// A count of tokens, 0 to `ProfileLimits.cacheBudgetMax`.
  @export(interface)
  public static func parseCount(
    _ option: ProfileOption, _ text: Span<UInt8>
  ) throws(ProfileError) -> Int {
    if let count = parseInteger(text), count >= 0, count <= ProfileLimits.cacheBudgetMax {
      return count
    }
    throw .invalidRetention(option, value: Excerpt(text))
  }
}
