/// Elementary functions in Double for tables that are made once, in Swift so that every build gives
/// the same bits.
public enum Elementary {
  private static let ln2High = 0.693_147_180_369_123_816
  private static let ln2Low = 1.908_214_929_270_587_7e-10

  /// Natural logarithm of a positive, normal number. Relative error below 1e-15.
  @export(interface)
  public static func log(_ x: Double) -> Double {
    // x = m * 2^e with m in [sqrt(1/2), sqrt(2)); ln m = 2 atanh((m - 1) / (m + 1)).
    var mantissa = x.significand
    var exponent = Double(x.exponent)
    if mantissa > 1.414_213_562_373_095 {
      mantissa /= 2
      exponent += 1
    }
    let s = (mantissa - 1) / (mantissa + 1)
    let square = s * s
    var sum = 0.0
    var k = 23.0
    while k >= 1 {
      sum = sum * square + 1 / k
      k -= 2
    }
    return exponent * ln2High + (2 * s * sum + exponent * ln2Low)
  }

  /// e to the power of x. Relative error below 1e-15 for |x| below 700; beyond, 0 or infinity.
  @export(interface)
  public static func exp(_ x: Double) -> Double {
    if !(x > -700 && x < 700) { return x < 0 ? 0 : x + .infinity }
    let n = (x * 1.442_695_040_888_963_4).rounded()
    let f = (x - n * ln2High) - n * ln2Low
    var sum = 1.0
    var k = 16.0
    while k >= 1 {
      sum = 1 + sum * f / k
      k -= 1
    }
    return Double(sign: .plus, exponent: Int(n), significand: sum)
  }

  /// 1 / (1 + e^(-x))
  @export(interface)
  public static func sigmoid(_ x: Float) -> Float { Float(1 / (1 + exp(-Double(x)))) }

  /// Sine and cosine of an angle in radians, |x| below 1e9. Absolute error below 1e-15: the argument
  /// is reduced by pi/2 in three parts, of which n times the first and the second are exact. The
  /// error grows with larger angles; those from 2^52 on, infinite or NaN, give NaN.
  @export(interface)
  public static func sineAndCosine(_ x: Double) -> (sine: Double, cosine: Double) {
    if !(x.magnitude < 0x1p52) { return (.nan, .nan) }
    let n = (x * 0.636_619_772_367_581_3).rounded()
    let r =
      ((x - n * 1.570_796_251_296_997) - n * 7.549_789_415_861_596e-8)
      - n * 5.390_302_858_158_119e-15
    let square = r * r
    var s = 1.0
    var c = 1.0
    var k = 8.0
    while k >= 1 {
      s = 1 - s * square / (2 * k * (2 * k + 1))
      c = 1 - c * square / ((2 * k - 1) * 2 * k)
      k -= 1
    }
    s *= r
    switch Int(n) & 3 {
    case 0: return (s, c)
    case 1: return (c, -s)
    case 2: return (-s, -c)
    default: return (-c, s)
    }
  }
}
