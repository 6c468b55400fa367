import Kernels

/// Whole products: token counts around the tile of 8, ragged outputs, K that needs padding.
enum Int8ProductChecks {
  private static let tokenCounts = 1...17
  /// A cache that all activations of these checks fit in.
  private static let unblocked = 1 << 30

  /// What a product is combined with.
  private enum Combination {
    case store
    case add
    case gated
  }

  static func store(_ context: inout CheckContext) { run(.store, &context) }
  static func add(_ context: inout CheckContext) { run(.add, &context) }
  static func gated(_ context: inout CheckContext) { run(.gated, &context) }

  private static func run(_ combination: Combination, _ context: inout CheckContext) {
    let outputCounts: InlineArray<4, Int> = [1, 7, 33, 100]
    let lengths: InlineArray<5, Int> = [12, 40, 64, 172, 576]
    for tokens in tokenCounts {
      for choice in outputCounts.indices {
        let (outputs, k) = (outputCounts[choice], lengths[(tokens + choice) % 5])
        context.begin("tokens", tokens, "outputs", outputs, "K", k)
        let x = ActivationFixture(&context, tokens: tokens, k: k)
        let w = MatrixFixture(&context, outputs: outputs, k: k)
        let out = OutputFixture(&context, tokens: tokens, outputs: outputs)
        switch combination {
        case .store: compareStore(x, w, out, &context)
        case .add: compareAdd(x, w, out, &context)
        case .gated: compareGated(x, w, out, &context)
        }
        out.expectRestUntouched(&context)
      }
    }
  }

  /// A product of the stored integers by definition, before any rounding.
  private static func product(
    _ x: ActivationFixture, _ w: MatrixFixture, _ token: Int, _ output: Int
  ) -> Double {
    var sum = 0
    for index in 0..<w.matrix.kPadded { sum += x.value(token, index) * w.weight(output, index) }
    return Double(sum) * Double(x.scales[token]) * Double(w.matrix.scales[output])
  }

  /// Three roundings: the Int32 sum to Float32, and a product with each of the two scales.
  private static let productError = 3.001 * roundoff

  private static func compareStore(
    _ x: ActivationFixture, _ w: MatrixFixture, _ out: OutputFixture, _ context: inout CheckContext
  ) {
    Int8Product.store(
      x.activations, w.matrix, groups: 0..<w.matrix.groupCount, into: out.output,
      l2ByteCount: unblocked)
    for token in 0..<out.tokens {
      for output in 0..<out.outputs {
        let expected = product(x, w, token, output)
        context.expectClose(
          out.found(token, output), expected, within: productError * expected.magnitude,
          "x·W", at: token * out.outputs + output)
      }
    }
  }

  /// As for `store`, and the addition rounds once. Each group is a call of its own.
  private static func compareAdd(
    _ x: ActivationFixture, _ w: MatrixFixture, _ out: OutputFixture, _ context: inout CheckContext
  ) {
    for group in 0..<w.matrix.groupCount {
      Int8Product.add(
        x.activations, w.matrix, groups: group..<group + 1, to: out.output, l2ByteCount: unblocked)
    }
    for token in 0..<out.tokens {
      for output in 0..<out.outputs {
        let term = product(x, w, token, output)
        let expected = out.old(token, output) + term
        let tolerance = productError * term.magnitude + 1.001 * roundoff * expected.magnitude
        context.expectClose(
          out.found(token, output), expected, within: tolerance, "y + x·W",
          at: token * out.outputs + output)
      }
    }
  }

  /// silu(g) u: g and u each carry three roundings. silu(g (1 + e)) differs from silu(g) by at most
  /// |g e| times the largest slope of silu, 1.1; silu itself adds `ElementwiseChecks.siluError`;
  /// the product rounds once.
  private static func compareGated(
    _ x: ActivationFixture, _ gate: MatrixFixture, _ out: OutputFixture,
    _ context: inout CheckContext
  ) {
    let up = MatrixFixture(&context, outputs: out.outputs, k: gate.matrix.k)
    let count = gate.matrix.groupCount
    Int8Product.gated(
      x.activations, gate: gate.matrix, up: up.matrix, groups: 0..<count / 2, into: out.output,
      l2ByteCount: unblocked)
    Int8Product.gated(
      x.activations, gate: gate.matrix, up: up.matrix, groups: count / 2..<count, into: out.output,
      l2ByteCount: unblocked)
    for token in 0..<out.tokens {
      for output in 0..<out.outputs {
        let g = product(x, gate, token, output)
        let u = product(x, up, token, output)
        let unit = Reference.silu(g)
        let unitError =
          1.1 * productError * g.magnitude + ElementwiseChecks.siluError(g)
        let tolerance =
          1.001 * (unitError * u.magnitude + (productError + roundoff) * (unit * u).magnitude)
        context.expectClose(
          out.found(token, output), unit * u, within: tolerance, "silu(x·gate) (x·up)",
          at: token * out.outputs + output)
      }
    }
  }

  /// The products stand for x·W of the true rows: with y = H x and v = H w, x·w = y·v / block, each
  /// y[i] is off by at most half of its step s = max|y| / 127, each v[i] by half of its step t, so
  /// the product is off by at most sum(|y| t + |v| s + s t / 2) / (2 block).
  static func approximatesTrueProduct(_ context: inout CheckContext) {
    let lengths: InlineArray<4, Int> = [12, 64, 172, 576]
    for choice in lengths.indices {
      for tokens in 1...2 {
        let (k, outputs) = (lengths[choice], 9)
        context.begin("tokens", tokens, "K", k)
        let x = ActivationFixture(&context, tokens: tokens, k: k)
        let w = MatrixFixture(&context, outputs: outputs, k: k)
        let out = OutputFixture(&context, tokens: tokens, outputs: outputs)
        Int8Product.store(
          x.activations, w.matrix, groups: 0..<w.matrix.groupCount, into: out.output,
          l2ByteCount: unblocked)
        for token in 0..<tokens {
          for output in 0..<outputs {
            compareTrueProduct(x, w, out, token, output, &context)
          }
        }
      }
    }
  }

  private static func compareTrueProduct(
    _ x: ActivationFixture, _ w: MatrixFixture, _ out: OutputFixture, _ token: Int, _ output: Int,
    _ context: inout CheckContext
  ) {
    let (k, kPadded) = (w.matrix.k, w.matrix.kPadded)
    let block = Hadamard.block(for: k)
    let plain = context.take(Double.self, 2 * kPadded)
    let transformed = context.take(Double.self, 2 * kPadded)
    var expected = 0.0
    for index in 0..<k {
      plain[index] = Double(x.rows[token * kPadded + index])
      plain[k + index] = Double(w.rows[output * kPadded + index])
      expected += plain[index] * plain[k + index]
    }
    Reference.hadamard(plain, count: 2 * k, block: block, into: transformed)
    let s = Reference.largestMagnitude(transformed, count: k) / 127
    let t = Reference.largestMagnitude(transformed + k, count: k) / 127
    var bound = 0.0
    for index in 0..<k {
      bound += transformed[index].magnitude * t + transformed[k + index].magnitude * s + s * t / 2
    }
    // 0.1 % for the Float32 roundings, which are far smaller than int8's.
    context.expectClose(
      out.found(token, output), expected, within: 1.001 * bound / Double(2 * block),
      "x·W of the true rows", at: output)
  }
}

// MARK: - Blocking for the cache

extension Int8ProductChecks {
  /// What products read and write.
  private struct Operands {
    let x: ActivationFixture
    let w: MatrixFixture
    let up: MatrixFixture
    let out: OutputFixture
  }

  /// Products that go over panels and tiles in parts give the bits of those that do not: three tiles, three
  /// and a token, a last chunk that is not full, and a block.
  static func blocked(_ context: inout CheckContext) {
    let rows = Int8Geometry.tileRows
    let tokenCounts: InlineArray<4, Int> = [3 * rows, 3 * rows + 1, 51, 128]
    let (k, outputs) = (576, 100)
    for choice in tokenCounts.indices {
      let tokens = tokenCounts[choice]
      context.begin("tokens", tokens)
      let operands = Operands(
        x: ActivationFixture(&context, tokens: tokens, k: k),
        w: MatrixFixture(&context, outputs: outputs, k: k),
        up: MatrixFixture(&context, outputs: outputs, k: k),
        out: OutputFixture(&context, tokens: tokens, outputs: outputs))
      compareBlocked(.store, operands, &context)
      compareBlocked(.add, operands, &context)
      compareBlocked(.gated, operands, &context)
    }
  }

  private static func compareBlocked(
    _ combination: Combination, _ operands: Operands, _ context: inout CheckContext
  ) {
    let out = operands.out
    let count = (out.tokens + 1) * out.stride
    let expected = context.take(Float.self, count)
    multiply(combination, operands, l2ByteCount: unblocked)
    expected.update(from: out.values, count: count)
    // From one panel and one tile at a time to caches that hold nearly all.
    let sizes: InlineArray<5, Int> = [1, 24 << 10, 40 << 10, 80 << 10, 130 << 10]
    for choice in sizes.indices {
      out.values.update(from: out.before, count: count)
      multiply(combination, operands, l2ByteCount: sizes[choice])
      for index in 0..<count {
        context.expectEqual(
          Int(out.values[index].bitPattern), Int(expected[index].bitPattern),
          "bits of the product in parts", at: index)
      }
    }
    out.values.update(from: out.before, count: count)
  }

  private static func multiply(
    _ combination: Combination, _ operands: Operands, l2ByteCount: Int
  ) {
    let (x, w) = (operands.x.activations, operands.w.matrix)
    let groups = 0..<w.groupCount
    switch combination {
    case .store:
      Int8Product.store(x, w, groups: groups, into: operands.out.output, l2ByteCount: l2ByteCount)
    case .add:
      Int8Product.add(x, w, groups: groups, to: operands.out.output, l2ByteCount: l2ByteCount)
    case .gated:
      Int8Product.gated(
        x, gate: w, up: operands.up.matrix, groups: groups, into: operands.out.output,
        l2ByteCount: l2ByteCount)
    }
  }
}
