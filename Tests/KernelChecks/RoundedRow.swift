import Kernels

/// What a row is rounded to, by definition: y = H x, step = max|y| / 127, integers y / step.
struct RoundedRow {
  let k: Int
  let block: Int
  /// `[k]`: the row, and its transform.
  let plain: UnsafeMutablePointer<Double>
  let transformed: UnsafeMutablePointer<Double>
  private(set) var magnitude = 0.0
  /// The largest error of a Float32 transform's value.
  private(set) var transformError = 0.0

  init(_ context: inout CheckContext, k: Int) {
    self.k = k
    block = Hadamard.block(for: k)
    plain = context.take(Double.self, k)
    transformed = context.take(Double.self, k)
  }

  var step: Double { magnitude / 127 }

  /// To be called when `plain` is filled.
  /// - Parameter inputError: relative error of each value that the transform starts from.
  mutating func transform(inputError: Double = 0) {
    Reference.hadamard(plain, count: k, block: block, into: transformed)
    magnitude = Reference.largestMagnitude(transformed, count: k)
    let stages = Double(block.trailingZeroBitCount)
    transformError = 0
    for start in stride(from: 0, to: k, by: block) {
      var sum = 0.0
      for index in start..<start + block { sum += plain[index].magnitude }
      transformError = max(transformError, (stages * roundoff + inputError) * sum)
    }
  }

  /// The error of y / step in Float32, in units of the step: y and max|y| are off by
  /// `transformError` each, and 127 / max|y| and the product round once each.
  var quotientError: Double {
    magnitude == 0 ? 0 : 1.01 * 127 * (2 * transformError / magnitude + 2 * roundoff)
  }

  /// Relative error of the step in Float32: the largest value's, and `roundings` roundings.
  func stepError(roundings: Double) -> Double {
    magnitude == 0 ? 0 : 1.01 * (transformError / magnitude + roundings * roundoff)
  }

  /// An integer is right where it is a nearest one, up to `quotientError`.
  func expectInteger(_ found: Int, _ index: Int, _ context: inout CheckContext) {
    let exact = magnitude == 0 ? 0 : transformed[index] / step
    context.expectClose(
      Double(found), exact, within: magnitude == 0 ? 0 : 0.5 + quotientError,
      "nearest integer of y / step", at: index)
    context.expect(found.magnitude <= 127, "integers within ±127", at: index)
  }
}

/// Kinds of rows that rounding meets.
enum RowKind: Int {
  case even
  /// One value a thousand times the others.
  case outlier
  /// One value that is not zero.
  case spike
  /// All values equal: the transform is a spike in each block.
  case constant
  /// Values of very different size.
  case cubed
  case small
  case large

  static let count = 7

  func value(_ index: Int, of count: Int, _ random: inout RandomSource) -> Float {
    let x = random.float()
    switch self {
    case .even: return x
    case .outlier: return index == count / 3 ? 1000 : x
    case .spike: return index == count / 2 ? -2.5 : 0
    case .constant: return 0.37
    case .cubed: return x * x * x
    case .small: return x * 1e-30
    case .large: return x * 1e30
    }
  }
}
