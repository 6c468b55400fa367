import Kernels

/// exp2 and silu against Double.
enum ElementwiseChecks {
  private static let ln2 = 0.693_147_180_559_945_309
  /// What exp2 promises, relative.
  static let exp2Error = 3e-7
  static let halfExp2Error = 5.5e-4

  /// The whole range in small steps, at random, and at whole numbers, where it is exact.
  static func powersOfTwo(_ context: inout CheckContext) {
    let stepCount = 200_000
    for step in 0...stepCount {
      let even = -126 + 253 * Float(step) / Float(stepCount)
      let random = Float(context.random.double() * 126.5 + 0.5)
      compareExp2(min(even, 127), &context)
      compareExp2(min(max(random, -126), 127), &context)
    }
    for n in -126...127 {
      let expected = Float(sign: .plus, exponent: n, significand: 1)
      context.expect(value(exp2, Float(n)) == expected, "whole numbers are exact", at: n)
    }
    let low: InlineArray<6, Float> = [
      Float(-126).nextDown, -127, -150, -1e10, -1e30, -.infinity,
    ]
    for choice in low.indices {
      context.expect(value(exp2, low[choice]) == 0x1p-126, "2^-126 below -126", at: choice)
    }
    compareLanes(&context)
  }

  /// `add`, `addProducts` and `roundProducts` against one element after the other, for whole vectors and rests.
  static func sumsAndRounding(_ context: inout CheckContext) {
    let counts: InlineArray<6, Int> = [1, 15, 16, 33, 64, 80]
    for choice in counts.indices {
      let count = counts[choice]
      context.begin("count", count)
      let values = context.take(Float.self, count)
      let sums = context.take(Float.self, count)
      for index in 0..<count {
        values[index] = context.random.float()
        sums[index] = context.random.float()
      }
      // Half of a whole number: of two as near ones the even one.
      values[0] = 0.5 / 256
      let factor: Float = 256
      let expected = context.take(Float.self, count)
      for index in 0..<count { expected[index] = sums[index] + values[index] }
      add(values, to: sums, count: count)
      for index in 0..<count {
        context.expect(sums[index] == expected[index], "sum", at: index)
        expected[index] = sums[index] + values[index] * 3
      }
      addProducts(values, factor: 3, to: sums, count: count)
      for index in 0..<count {
        context.expect(sums[index] == expected[index], "sum of products", at: index)
        expected[index] = (values[index] * factor).rounded(.toNearestOrEven)
      }
      roundProducts(values, by: factor, count: count)
      for index in 0..<count {
        context.expect(values[index] == expected[index], "rounded product", at: index)
      }
    }
  }

  private static func compareExp2(_ x: Float, _ context: inout CheckContext) {
    let expected = Elementary.exp(Double(x) * ln2)
    context.expectClose(
      Double(value(exp2, x)) / expected, 1, within: exp2Error, "2^x / exact", at: Int(x))
  }

  /// Each lane by itself: a lane below the range does not disturb its neighbours.
  private static func compareLanes(_ context: inout CheckContext) {
    var x = NativeFloats()
    for lane in 0..<NativeFloats.scalarCount { x[lane] = lane % 3 == 1 ? -1000 : Float(lane) - 7 }
    let y = exp2(x)
    for lane in 0..<NativeFloats.scalarCount {
      let exponent = lane - 7
      let expected = Float(
        sign: .plus, exponent: lane % 3 == 1 ? -126 : exponent, significand: 1)
      context.expect(y[lane] == expected, "lanes", at: lane)
    }
  }

  /// Every Float16 from -126 to 0, in the first and the last lane; those below; whole numbers, which are
  /// exact.
  static func halfPowersOfTwo(_ context: inout CheckContext) {
    let last = Int(Float16(-126).bitPattern)
    for pattern in Int(Float16(-0.0).bitPattern)...last {
      let x = Float16(bitPattern: UInt16(pattern))
      let (low, high) = halfValues(x)
      let expected = Elementary.exp(Double(x) * ln2)
      context.expectClose(
        Double(low) / expected, 1, within: halfExp2Error, "2^x / exact", at: pattern)
      context.expect(low == high, "lanes", at: pattern)
      if x == x.rounded() {
        context.expect(
          low == Float(sign: .plus, exponent: Int(x), significand: 1),
          "whole numbers are exact", at: pattern)
      }
    }
    let below: InlineArray<4, Float16> = [Float16(-126).nextDown, -150, -60000, -.infinity]
    for choice in below.indices {
      context.expect(halfValues(below[choice]).low == 0x1p-126, "2^-126 below -126", at: choice)
    }
  }

  /// A value in the first lane, and in the last one; those between are other ones.
  private static func halfValues(_ x: Float16) -> (low: Float, high: Float) {
    var lanes = NativeHalves(repeating: -3)
    lanes[0] = x
    lanes[NativeHalves.scalarCount - 1] = x
    let (low, high) = exp2(lanes)
    return (low[0], high[NativeFloats.scalarCount - 1])
  }

  /// One value through a vector function.
  private static func value(_ function: (NativeFloats) -> NativeFloats, _ x: Float) -> Float {
    function(NativeFloats(repeating: x))[0]
  }

  /// The error of silu(x) = x / (1 + 2^t), t = -x log2(e). t is off by two roundings, which changes
  /// 2^t by the factor 2^(2 t u); 2^t, the sum and the quotient are off by `exp2Error` and one
  /// rounding each. What is wrong with 2^t counts in full at most. Below -87 the result is bounded
  /// by silu(-87), 1.5e-36.
  static func siluError(_ x: Double) -> Double {
    let relative = 2 * x.magnitude * roundoff + exp2Error + 2 * roundoff
    return 1.01 * Reference.silu(x).magnitude * relative + 1.5e-36
  }

  /// Near zero, over the range where the sigmoid is neither 0 nor 1, and far outside.
  static func siluValues(_ context: inout CheckContext) {
    for step in 0...100_000 {
      compareSilu(Float(step - 50_000) * 2.3e-3, &context)
      compareSilu(context.random.float() * 8, &context)
    }
    let far: InlineArray<16, Float> = [
      0, 0x1p-130, -0x1p-130, 1e-20, 87, 88, 89, 127, 1e10, 3e38, -87, -88, -127, -1e10, -1e30,
      -3e38,
    ]
    for choice in far.indices { compareSilu(far[choice], &context) }
    context.expect(value(silu, .infinity) == .infinity, "infinity")
    context.expectClose(Double(value(silu, -.infinity)), 0, within: 1.5e-36, "-infinity")
  }

  private static func compareSilu(_ x: Float, _ context: inout CheckContext) {
    context.expectClose(
      Double(value(silu, x)), Reference.silu(Double(x)), within: siluError(Double(x)), "silu",
      at: x.magnitude < 1e9 ? Int(x) : Int.max)
  }
}
