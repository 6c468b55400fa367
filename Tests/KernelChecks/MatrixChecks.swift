import Kernels

/// Matrices of a format, in memory of the size that the format names, against the format's family,
/// bit for bit.
enum MatrixChecks {
  private static let l2ByteCount = 1 << 20

  static func int8(_ context: inout CheckContext) {
    let outputCounts: InlineArray<3, Int> = [1, 33, 100]
    let lengths: InlineArray<3, Int> = [12, 172, 576]
    for choice in outputCounts.indices {
      for tokens in 1...9 {
        let (outputs, k) = (outputCounts[choice], lengths[(tokens + choice) % 3])
        context.begin("tokens", tokens, "outputs", outputs, "K", k)
        let family = MatrixFixture(&context, outputs: outputs, k: k)
        let matrix = copy(family, &context)
        compareRows(matrix, family, &context)
        compareProducts(matrix, family, tokens: tokens, &context)
      }
    }
  }

  /// The same rows, stored through the matrix.
  private static func copy(
    _ family: MatrixFixture, _ context: inout CheckContext
  ) -> WeightMatrix {
    let (outputs, k) = (family.matrix.outputCount, family.matrix.k)
    let byteCount = MatrixFormat.int8.byteCount(outputs: outputs, k: k)
    let memory = context.take(UInt8.self, byteCount)
    memory.update(repeating: 0, count: byteCount)
    let matrix = WeightMatrix(.int8, memory: memory, outputs: outputs, k: k)
    guard case .int8(let target) = matrix else { return matrix }
    context.expect(matrix.kPadded == MatrixFormat.inputCapacity(k), "one padding")
    let work = context.take(Float.self, matrix.kPadded)
    for output in 0..<outputs {
      work.update(from: family.rows + output * matrix.kPadded, count: matrix.kPadded)
      context.expect(target.setRow(output, from: work), "a finite row is taken", at: output)
    }
    return matrix
  }

  private static func compareRows(
    _ matrix: WeightMatrix, _ family: MatrixFixture, _ context: inout CheckContext
  ) {
    let (found, expected) = (
      context.take(Float.self, matrix.kPadded), context.take(Float.self, matrix.kPadded)
    )
    for output in 0..<matrix.outputCount {
      matrix.row(output, into: found)
      family.matrix.row(output, into: expected)
      expectSame(found, expected, matrix.kPadded, &context)
    }
  }

  private static func compareProducts(
    _ matrix: WeightMatrix, _ family: MatrixFixture, tokens: Int, _ context: inout CheckContext
  ) {
    let x = ActivationFixture(&context, tokens: tokens, k: matrix.k)
    let form = matrix.format.form
    let memory = context.take(
      UInt8.self, ActivationRows.byteCount(form, tokens: tokens, k: matrix.k))
    let rows = ActivationRows(form, memory: memory, k: matrix.k, tokenCount: tokens)
    let work = context.take(Float.self, matrix.kPadded)
    for token in 0..<tokens {
      work.update(from: x.rows + token * matrix.kPadded, count: matrix.kPadded)
      rows.setToken(token, from: work, factor: 1)
    }
    let groups = 0..<matrix.groupCount
    let stride = MatrixFormat.outputCapacity(matrix.outputCount)
    let found = context.take(Float.self, tokens * stride)
    let expected = context.take(Float.self, tokens * stride)
    let (out, reference) = (
      ProductOutput(found, stride: stride), ProductOutput(expected, stride: stride)
    )
    Matmul.store(rows, matrix, groups: groups, into: out, l2ByteCount: l2ByteCount)
    Int8Product.store(
      x.activations, family.matrix, groups: groups, into: reference, l2ByteCount: l2ByteCount)
    expectSame(found, expected, tokens * stride, &context)
    Matmul.gated(
      rows, gate: matrix, up: matrix, groups: groups, into: out, l2ByteCount: l2ByteCount)
    Int8Product.gated(
      x.activations, gate: family.matrix, up: family.matrix, groups: groups, into: reference,
      l2ByteCount: l2ByteCount)
    expectSame(found, expected, tokens * stride, &context)
    compareBias(matrix, rows, (family, x), (found, expected), tokens: tokens, &context)
  }

  /// out = bias + x·W, against a row of biases to which the family adds.
  private static func compareBias(
    _ matrix: WeightMatrix, _ rows: ActivationRows,
    _ family: (matrix: MatrixFixture, x: ActivationFixture),
    _ outputs: (found: UnsafeMutablePointer<Float>, expected: UnsafeMutablePointer<Float>),
    tokens: Int, _ context: inout CheckContext
  ) {
    let groups = 0..<matrix.groupCount
    let stride = MatrixFormat.outputCapacity(matrix.outputCount)
    let bias = context.take(Float.self, stride)
    for column in 0..<stride {
      bias[column] = column < matrix.outputCount ? context.random.float() : 0
    }
    for token in 0..<tokens {
      (outputs.expected + token * stride).update(from: bias, count: stride)
    }
    Matmul.store(
      rows, MatrixJoin(matrix), groups: groups, bias: bias,
      into: ProductOutput(outputs.found, stride: stride), l2ByteCount: l2ByteCount)
    Int8Product.add(
      family.x.activations, family.matrix.matrix, groups: groups,
      to: ProductOutput(outputs.expected, stride: stride), l2ByteCount: l2ByteCount)
    expectSame(outputs.found, outputs.expected, tokens * stride, &context)
  }

  private static func expectSame(
    _ found: UnsafePointer<Float>, _ expected: UnsafePointer<Float>, _ count: Int,
    _ context: inout CheckContext
  ) {
    for index in 0..<count {
      context.expect(
        found[index].bitPattern == expected[index].bitPattern, "the family's bits", at: index)
    }
  }
}
