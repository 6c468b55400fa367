import Kernels

/// The elementary functions in Double against values computed with 60 decimal digits.
enum ElementaryChecks {
  /// What `Elementary` promises: relative for log and exp, absolute for sine and cosine.
  private static let relativeError = 1e-15
  private static let angleError = 1e-15

  static func table(_ context: inout CheckContext) {
    logarithms(&context)
    exponentials(&context)
    angles(&context)
  }

  private static func logarithms(_ context: inout CheckContext) {
    let x: InlineArray<18, Double> = [
      1e-300, 1e-10, 0.1, 0.5, 0.7071067811865475, 0.7071067811865476, 0.999, 1, 1.0000001,
      1.414213562373095, 1.4142135623730951, 2, 2.718281828459045, 10, 10_000, 1e6, 49_152, 1e300,
    ]
    let y: InlineArray<18, Double> = [
      -690.7755278982137, -23.025850929940457, -2.3025850929940455, -0.6931471805599453,
      -0.34657359027997275, -0.3465735902799726, -0.0010005003335835344, 0, 9.999999505838704e-08,
      0.3465735902799726, 0.3465735902799727, 0.6931471805599453, 1, 2.302585092994046,
      9.210340371976184, 13.815510557964274, 10.802672816507345, 690.7755278982137,
    ]
    for index in x.indices {
      context.expectClose(
        Elementary.log(x[index]), y[index], within: relativeError * y[index].magnitude, "log",
        at: index)
    }
  }

  private static func exponentials(_ context: inout CheckContext) {
    let x: InlineArray<15, Double> = [
      -690, -87.3, -20, -1, -0.34657359027997264, -1e-9, 0, 1e-9, 0.3465735902799727, 0.5, 1, 5,
      13.815510557964274, 87.3, 690,
    ]
    let y: InlineArray<15, Double> = [
      2.171738281389827e-300, 1.2192470959520051e-38, 2.061153622438558e-09, 0.36787944117144233,
      0.7071067811865476, 0.999999999, 1, 1.000000001, 1.4142135623730951, 1.6487212707001282,
      2.718281828459045, 148.4131591025766, 999999.9999999995, 8.201782914391e+37,
      4.60460640478299e+299,
    ]
    for index in x.indices {
      context.expectClose(
        Elementary.exp(x[index]), y[index], within: relativeError * y[index].magnitude, "exp",
        at: index)
    }
  }

  private static func angles(_ context: inout CheckContext) {
    let x: InlineArray<22, Double> = [
      0, 1e-9, 0.1, 0.7853981633974483, 0.7853981633974484, 1, 1.5707963267948966, 2, 3,
      3.141592653589793, 4, 5.5, 6.283185307179586, 100, -1, -100.25, 8191, 131_071, 999_983, 1e6,
      12_345_678.9, 5e8,
    ]
    let sines: InlineArray<22, Double> = [
      0, 1e-09, 0.09983341664682815, 0.7071067811865475, 0.7071067811865476, 0.8414709848078965,
      1, 0.9092974268256817, 0.1411200080598672, 1.2246467991473532e-16, -0.7568024953079282,
      -0.7055403255703919, -2.4492935982947064e-16, -0.5063656411097588, -0.8414709848078965,
      0.2772828564548513, -0.7630067893524556, -0.5752416837547893, 0.996896526277026,
      -0.34999350217129294, -0.8973068124812599, -0.28470407323754404,
    ]
    let cosines: InlineArray<22, Double> = [
      1, 1, 0.9950041652780258, 0.7071067811865476, 0.7071067811865475, 0.5403023058681398,
      6.123233995736766e-17, -0.4161468365471424, -0.9899924966004454, -1, -0.6536436208636119,
      0.70866977429126, 1, 0.8623188722876839, 0.5403023058681398, 0.9607883312760612,
      -0.6463904697642574, -0.8179834993879491, 0.07872303282266793, 0.9367521275331447,
      0.44140739037166243, -0.9586154550610746,
    ]
    for index in x.indices {
      let (sine, cosine) = Elementary.sineAndCosine(x[index])
      context.expectClose(sine, sines[index], within: angleError, "sine", at: index)
      context.expectClose(cosine, cosines[index], within: angleError, "cosine", at: index)
    }
  }
}
