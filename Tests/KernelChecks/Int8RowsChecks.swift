import Kernels

/// Rounding of activations to int8, one scale a token.
enum Int8RowsChecks {
  private static let epsilon: Float = 1e-5

  static func rows(_ context: inout CheckContext) { run(isNormalized: false, &context) }

  static func normalized(_ context: inout CheckContext) { run(isNormalized: true, &context) }

  private static func run(isNormalized: Bool, _ context: inout CheckContext) {
    let tokenCounts: InlineArray<5, Int> = [1, 2, 8, 9, 17]
    let lengths: InlineArray<8, Int> = [12, 15, 16, 40, 172, 576, 1536, 2048]
    for choice in lengths.indices {
      for count in tokenCounts.indices {
        let (k, tokens) = (lengths[choice], tokenCounts[count])
        // The definition costs K * block: long rows only alone, and in a tile and a part of one.
        if k > 200 && tokens != 1 && tokens != 9 { continue }
        context.begin("K", k, "tokens", tokens)
        let fixture = TokenRows(&context, k: k, tokens: tokens)
        fixture.fill(&context.random, kindCount: isNormalized ? 5 : RowKind.count)
        // All tokens are written before the first is read; the last one first.
        for token in stride(from: tokens - 1, through: 0, by: -1) {
          isNormalized
            ? fixture.setNormalized(token, epsilon: epsilon) : fixture.set(token)
        }
        for token in 0..<tokens {
          isNormalized
            ? fixture.compareNormalized(token, epsilon: epsilon, &context)
            : fixture.compare(token, &context)
        }
        fixture.expectRestUntouched(&context)
      }
    }
  }

  /// A zero row becomes zeros with scale 0; rows below 2^-120 stay finite.
  static func zeroAndTiny(_ context: inout CheckContext) {
    let sizes: InlineArray<4, Float> = [0, .leastNonzeroMagnitude, 0x1p-130, 1e-37]
    for choice in sizes.indices {
      for tokens in 1...2 {
        context.begin("size", choice, "tokens", tokens)
        let fixture = TokenRows(&context, k: 64, tokens: tokens)
        for token in 0..<tokens {
          fixture.fill(token, with: sizes[choice])
          fixture.set(token)
          let scale = Double(fixture.scales[token])
          context.expect(scale >= 0 && scale.isFinite, "a scale", at: token)
          for index in 0..<64 {
            // The transform of equal values: their sum, then zeros.
            let exact = index == 0 ? 64 * Double(sizes[choice]) : 0
            context.expectClose(
              Double(fixture.stored(token, index)) * scale * 1, exact,
              within: 64 * Double(sizes[choice]), "tiny rows", at: index)
          }
        }
      }
    }
  }
}

/// Rows of some tokens, and the memory they are rounded into.
private struct TokenRows {
  /// What `set` multiplies rows by.
  private static let factor: Float = 0.625

  let activations: Int8Rows
  let values: UnsafeMutablePointer<Int8>
  let scales: UnsafeMutablePointer<Float>
  private let rows: UnsafeMutablePointer<Float>
  private let weight: UnsafeMutablePointer<Float>
  private let work: UnsafeMutablePointer<Float>
  private let reference: RoundedRow
  private let tokens: Int
  private let k: Int
  private let kPadded: Int

  init(_ context: inout CheckContext, k: Int, tokens: Int) {
    (self.k, self.tokens) = (k, tokens)
    kPadded = roundUp(k, to: Int8Geometry.kStep)
    values = context.take(Int8.self, Int8Rows.valueCount(tokens: tokens, k: k))
    scales = context.take(Float.self, tokens)
    activations = Int8Rows(values: values, scales: scales, k: k, tokenCount: tokens)
    rows = context.take(Float.self, tokens * kPadded)
    weight = context.take(Float.self, kPadded)
    work = context.take(Float.self, kPadded)
    reference = RoundedRow(&context, k: k)
  }

  func fill(_ random: inout RandomSource, kindCount: Int) {
    for token in 0..<tokens {
      let kind = RowKind(rawValue: token % kindCount)!
      for index in 0..<kPadded {
        rows[token * kPadded + index] = index < k ? kind.value(index, of: k, &random) : 0
      }
    }
    for index in 0..<kPadded { weight[index] = index < k ? 1.5 + random.float() : 0 }
  }

  func fill(_ token: Int, with value: Float) {
    (rows + token * kPadded).update(repeating: value, count: kPadded)
  }

  func set(_ token: Int) {
    work.update(from: rows + token * kPadded, count: kPadded)
    activations.setToken(token, from: work, factor: Self.factor)
  }

  func setNormalized(_ token: Int, epsilon: Float) {
    activations.setNormalizedToken(
      token, from: rows + token * kPadded, weight: weight, epsilon: epsilon, scratch: work)
  }

  func stored(_ token: Int, _ index: Int) -> Int {
    Int(
      Layout.activation(
        values, token: token, index: index, kPadded: kPadded, tokenCount: tokens))
  }

  private func compareIntegers(
    _ token: Int, _ reference: RoundedRow, _ context: inout CheckContext
  ) {
    for index in 0..<k { reference.expectInteger(stored(token, index), index, &context) }
    for index in k..<kPadded {
      context.expectEqual(stored(token, index), 0, "zero from K on", at: index)
    }
  }

  func compare(_ token: Int, _ context: inout CheckContext) {
    var reference = self.reference
    for index in 0..<k { reference.plain[index] = Double(rows[token * kPadded + index]) }
    reference.transform()
    compareIntegers(token, reference, &context)
    // The product with the factor and the division by 127 round once each.
    let scale = reference.step * Double(Self.factor)
    context.expectClose(
      Double(scales[token]), scale, within: scale * reference.stepError(roundings: 2),
      "scale", at: token)
  }

  /// x / sqrt(mean(x^2) + epsilon) * weight by definition. The factor 1 / sqrt(…) changes no
  /// integer. Its relative error is half that of the sum of squares, at most K / 16 + 4 roundings
  /// of positive numbers, and four more roundings (mean, + epsilon, root, quotient).
  func compareNormalized(_ token: Int, epsilon: Float, _ context: inout CheckContext) {
    var reference = self.reference
    var squares = 0.0
    for index in 0..<k {
      let x = Double(rows[token * kPadded + index])
      squares += x * x
      reference.plain[index] = x * Double(weight[index])
    }
    reference.transform(inputError: roundoff)
    compareIntegers(token, reference, &context)
    let factor = 1 / Reference.squareRoot(squares / Double(k) + Double(epsilon))
    let scale = reference.step * factor
    let factorError = (Double(kPadded / 16 + 4) / 2 + 4) * roundoff
    context.expectClose(
      Double(scales[token]), scale,
      within: scale * (reference.stepError(roundings: 2) + 1.01 * factorError), "scale", at: token)
  }

  /// Places in the last tile that belong to no token.
  func expectRestUntouched(_ context: inout CheckContext) {
    let rows = Int8Geometry.tileRows
    if tokens == 1 {
      for index in kPadded..<rows * kPadded {
        context.expectEqual(Int(values[index]), -1, "no write past the row", at: index)
      }
      return
    }
    for token in tokens..<roundUp(tokens, to: rows) {
      for index in 0..<kPadded {
        let place = Layout.activationPlace(
          token: token, index: index, kPadded: kPadded, tokenCount: tokens)
        context.expectEqual(Int(values[place]), -1, "other tokens' places", at: index)
      }
    }
  }
}
