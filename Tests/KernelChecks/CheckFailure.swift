import Platform

/// A number that tells which case of a check was at work.
public struct CaseLabel {
  public let name: StaticString
  public let value: Int
}

/// The first comparison of a check that did not hold.
public struct CheckFailure {
  /// What was compared.
  public let reason: StaticString
  /// Which element of it.
  public let index: Int
  public let found: Double
  public let expected: Double
  public let tolerance: Double
  public let labels: InlineArray<4, CaseLabel>
  public let labelCount: Int

  public func write(to out: inout TextOutput) {
    out.write(reason)
    for label in 0..<labelCount {
      out.write(label == 0 ? " (" : ", ")
      out.write(labels[label].name)
      out.write(" ")
      out.write(labels[label].value)
    }
    out.write(labelCount == 0 ? " at " : ") at ")
    out.write(index)
    out.write(": found ")
    out.write(scientific: found)
    out.write(", expected ")
    out.write(scientific: expected)
    out.write(" within ")
    out.write(scientific: tolerance)
  }
}

extension TextOutput {
  /// Ten digits and a power of ten; whole numbers below 2^53 as they are.
  public mutating func write(scientific value: Double) {
    if value.magnitude < 0x1p53 && value == value.rounded() {
      write(Int(value))
      return
    }
    guard value.isFinite else {
      write(value, decimals: 0)
      return
    }
    var mantissa = value
    var exponent = 0
    while mantissa.magnitude >= 10 {
      mantissa /= 10
      exponent += 1
    }
    while mantissa.magnitude < 1 {
      mantissa *= 10
      exponent -= 1
    }
    write(mantissa, decimals: 9)
    write("e")
    write(exponent)
  }
}
