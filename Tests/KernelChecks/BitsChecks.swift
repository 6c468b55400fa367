import Kernels

/// Products of packed codes against their definition: the same bits, everywhere.
enum BitsChecks {
  private static let l2ByteCount = 1 << 18

  /// One token, as in decoding; ragged outputs, matrices at odd addresses.
  static func rowProducts(_ context: inout CheckContext) {
    let outputCounts: InlineArray<3, Int> = [1, 33, 70]
    for kind in 0..<BitsKind.count {
      for choice in outputCounts.indices {
        compare(
          .all(kind), outputs: outputCounts[choice], blocks: choice + 1, tokens: 1,
          offset: choice * 4, &context)
      }
    }
  }

  /// Several tokens: few, whole and ragged tiles, several batches, panels of fewer units than they hold.
  static func tileProducts(_ context: inout CheckContext) {
    let tokenCounts: InlineArray<8, Int> = [2, 3, 4, 5, 8, 9, 21, 150]
    for kind in 0..<BitsKind.count {
      for choice in tokenCounts.indices {
        let blocks = BitsKind.all(kind).blockLength == 32 ? 7 + choice * 2 : 1 + choice % 2
        compare(
          .all(kind), outputs: choice == 7 ? 40 : 33, blocks: blocks, tokens: tokenCounts[choice],
          offset: choice * 4, &context)
      }
    }
  }

  /// The largest codes, scales and activations: no sum leaves Int32.
  static func extremes(_ context: inout CheckContext) {
    for kind in 0..<BitsKind.count {
      for tokens in 1...2 {
        compare(.all(kind), outputs: 5, blocks: 2, tokens: tokens, isExtreme: true, &context)
      }
    }
  }

  private static func compare(
    _ kind: BitsKind, outputs: Int, blocks: Int, tokens: Int, offset: Int = 0,
    isExtreme: Bool = false, _ context: inout CheckContext
  ) {
    context.begin("type", kind.rawValue, "outputs", outputs, "blocks", blocks, "tokens", tokens)
    let k = blocks * kind.blockLength
    let fixture = BitsFixture(
      &context, kind, outputs: outputs, k: k, offset: offset, isExtreme: isExtreme)
    let x = BitsActivations(
      &context, form: fixture.matrix.format.form, tokens: tokens, k: k,
      blockLength: kind.blockLength, isExtreme: isExtreme)
    let stride = MatrixFormat.outputCapacity(outputs) + 3
    let out = context.take(Float.self, tokens * stride)
    Matmul.store(
      x.rows, fixture.matrix, groups: 0..<fixture.matrix.groupCount,
      into: ProductOutput(out, stride: stride), l2ByteCount: l2ByteCount)
    for token in 0..<tokens {
      for output in 0..<outputs {
        let expected = fixture.product(
          output, x.integers + token * k, x.scales + token * blocks)
        context.expect(
          out[token * stride + output].bitPattern == expected.bitPattern, "the definition's bits",
          at: token * outputs + output)
      }
    }
    compareSteps(fixture, x, products: out, stride, &context)
  }

  /// Adding, and gating, from the products.
  private static func compareSteps(
    _ fixture: BitsFixture, _ x: BitsActivations, products: UnsafePointer<Float>, _ stride: Int,
    _ context: inout CheckContext
  ) {
    let (tokens, groups) = (x.tokens, 0..<fixture.matrix.groupCount)
    let out = context.take(Float.self, tokens * stride)
    for index in 0..<tokens * stride { out[index] = Float(index % 7) }
    Matmul.add(
      x.rows, fixture.matrix, groups: groups, to: ProductOutput(out, stride: stride),
      l2ByteCount: l2ByteCount)
    for token in 0..<tokens {
      for output in 0..<fixture.outputs {
        let index = token * stride + output
        context.expect(
          out[index] == Float(index % 7) + products[index], "a sum", at: index)
      }
    }
    Matmul.gated(
      x.rows, gate: fixture.matrix, up: fixture.matrix, groups: groups,
      into: ProductOutput(out, stride: stride), l2ByteCount: l2ByteCount)
    for token in 0..<tokens {
      for output in 0..<fixture.outputs {
        let product = Double(products[token * stride + output])
        let silu = Reference.silu(product)
        context.expectClose(
          Double(out[token * stride + output]), silu * product,
          within: product.magnitude * ElementwiseChecks.siluError(product)
            + (silu * product).magnitude * roundoff, "a gated product",
          at: output)
      }
    }
  }

  /// Rows read back, as token embeddings are.
  static func decodedRows(_ context: inout CheckContext) {
    for kind in 0..<BitsKind.count {
      let kind = BitsKind.all(kind)
      context.begin("type", kind.rawValue)
      let fixture = BitsFixture(&context, kind, outputs: 37, k: 2 * kind.blockLength)
      let row = context.take(Float.self, fixture.k)
      for output in 0..<fixture.outputs {
        fixture.matrix.row(output, into: row)
        for index in 0..<fixture.k {
          context.expect(
            row[index].bitPattern == fixture.weight(output, index).bitPattern,
            "the type's own number", at: index)
        }
      }
    }
  }

  /// Three formats side by side, and biases, against each by itself.
  static func joined(_ context: inout CheckContext) {
    context.begin("tokens", 5)
    let k = 256
    let first = BitsFixture(&context, .q4_k, outputs: 64, k: k)
    let second = BitsFixture(&context, .q5_0, outputs: 32, k: k)
    let third = BitsFixture(&context, .q6_k, outputs: 20, k: k)
    let join = MatrixJoin(first.matrix, second.matrix, third.matrix)
    let x = BitsActivations(
      &context, form: join.forms, tokens: 5, k: k, blockLength: 256, isExtreme: false)
    let stride = MatrixFormat.outputCapacity(116)
    let (found, expected) = (
      context.take(Float.self, 5 * stride), context.take(Float.self, 5 * stride)
    )
    let bias = context.take(Float.self, stride)
    for column in 0..<stride { bias[column] = column < 116 ? context.random.float() : 0 }
    for start in 0..<join.groupCount {
      Matmul.store(
        x.rows, join, groups: start..<start + 1, bias: bias,
        into: ProductOutput(found, stride: stride), l2ByteCount: l2ByteCount)
    }
    for token in 0..<5 { (expected + token * stride).update(from: bias, count: stride) }
    var column = 0
    for part in 0..<join.partCount {
      let matrix = join.part(part)
      Matmul.add(
        x.rows, matrix, groups: 0..<matrix.groupCount,
        to: ProductOutput(expected + column, stride: stride), l2ByteCount: l2ByteCount)
      column += matrix.outputCount
    }
    for token in 0..<5 {
      for output in 0..<116 {
        let index = token * stride + output
        context.expect(
          found[index].bitPattern == expected[index].bitPattern, "the parts' bits", at: index)
      }
    }
  }

  /// Scales and minimums that are no numbers are refused.
  static func notFinite(_ context: inout CheckContext) {
    let values: InlineArray<3, Float16> = [.nan, .infinity, -.infinity]
    for kind in 0..<BitsKind.count {
      let kind = BitsKind.all(kind)
      context.begin("type", kind.rawValue)
      let fixture = BitsFixture(&context, kind, outputs: 1, k: kind.blockLength)
      for index in values.indices {
        context.expect(
          !fixture.store(0, 0, scale: values[index], minimum: nil), "the scale is refused")
        context.expect(
          !fixture.store(0, 0, scale: 1, minimum: values[index]), "the minimum is refused")
      }
      context.expect(fixture.store(0, 0, scale: 0, minimum: 0), "zeros are taken")
    }
  }

  /// Activations of zero give zeros, and one that is no number is told.
  static func zeroActivations(_ context: inout CheckContext) {
    for kind in 0..<BitsKind.count {
      let kind = BitsKind.all(kind)
      context.begin("type", kind.rawValue)
      let fixture = BitsFixture(&context, kind, outputs: 3, k: kind.blockLength)
      let form = fixture.matrix.format.form
      let memory = context.take(
        UInt8.self, ActivationRows.byteCount(form, tokens: 1, k: fixture.k))
      let rows = ActivationRows(form, memory: memory, k: fixture.k, tokenCount: 1)
      let row = context.take(Float.self, fixture.k)
      row.update(repeating: 0, count: fixture.k)
      context.expect(rows.setToken(0, from: row, factor: 1) == 0, "all are numbers")
      let out = context.take(Float.self, MatrixFormat.outputCapacity(3))
      Matmul.store(
        rows, fixture.matrix, groups: 0..<1,
        into: ProductOutput(out, stride: MatrixFormat.outputCapacity(3)),
        l2ByteCount: l2ByteCount)
      for output in 0..<3 { context.expect(out[output] == 0, "no product", at: output) }
      row[17] = .nan
      context.expect(rows.setToken(0, from: row, factor: 1).isNaN, "one is no number")
    }
  }
}

/// Activations, and what they are rounded to, by its definition.
struct BitsActivations {
  let rows: ActivationRows
  let tokens: Int
  /// `[tokens][K]`
  let integers: UnsafeMutablePointer<Int32>
  /// `[tokens][K / block]`
  let scales: UnsafeMutablePointer<Float>

  init(
    _ context: inout CheckContext, form: RoundingForms, tokens: Int, k: Int, blockLength: Int,
    isExtreme: Bool
  ) {
    self.tokens = tokens
    let memory = context.take(UInt8.self, ActivationRows.byteCount(form, tokens: tokens, k: k))
    rows = ActivationRows(form, memory: memory, k: k, tokenCount: tokens)
    integers = context.take(Int32.self, tokens * k)
    scales = context.take(Float.self, tokens * (k / blockLength))
    let row = context.take(Float.self, MatrixFormat.inputCapacity(k))
    for token in 0..<tokens {
      for index in 0..<k {
        row[index] = isExtreme ? (token == 0 ? 2 : -2) : context.random.float() * 8
      }
      for block in 0..<k / blockLength {
        let own = block * blockLength..<(block + 1) * blockLength
        var magnitude: Float = 0
        for index in own { magnitude = max(magnitude, row[index].magnitude) }
        scales[token * (k / blockLength) + block] = magnitude * 0.75 / 127
        for index in own {
          // One rounding, as a fused product has it.
          let exact = Double(row[index]) * Double(127 / magnitude)
          integers[token * k + index] = Int32(exact.rounded(.toNearestOrEven))
        }
      }
      rows.setToken(token, from: row, factor: 0.75)
    }
  }
}
