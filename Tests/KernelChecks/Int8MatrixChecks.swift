import Kernels

/// Packing of weight rows: the integers, scales and starts, and the way back.
enum Int8MatrixChecks {
  /// Rows of all kinds. All are written before the first is read, so that a row that overwrote
  /// another is noticed.
  static func rows(_ context: inout CheckContext) {
    let lengths: InlineArray<12, Int> = [12, 15, 16, 17, 40, 64, 172, 576, 1024, 1536, 1538, 2048]
    for choice in lengths.indices {
      context.begin("K", lengths[choice])
      let fixture = PackedRows(&context, k: lengths[choice])
      for output in fixture.writingOrder { fixture.set(output, &context) }
      for output in 0..<PackedRows.count { fixture.compare(output, &context) }
      fixture.comparePadding(&context)
    }
  }

  /// Rows of odd length are not transformed. With 127 as the largest value the step is 1, and
  /// halves are ties: they go to the even neighbour.
  static func ties(_ context: inout CheckContext) {
    context.begin("K", 255)
    let fixture = PackedRows(&context, k: 255)
    let work = context.take(Float.self, fixture.kPadded)
    for index in 0..<fixture.kPadded { work[index] = index < 254 ? Float(index) - 126.5 : 0 }
    work[254] = 127
    context.expect(fixture.matrix.setRow(0, from: work), "a finite row is taken")
    for index in 0..<254 {
      // The even one of index - 127 and index - 126.
      let even = index & 1 == 0 ? index - 126 : index - 127
      context.expectEqual(fixture.stored(0, index), even, "ties go to even", at: index)
    }
    context.expectEqual(fixture.stored(0, 254), 127, "the largest value")
  }

  /// A zero row stays zero. In rows below 2^-120, where 127 / magnitude is past Float32, integers
  /// and starts still belong together, and the row comes back no larger than it was.
  static func zeroAndTiny(_ context: inout CheckContext) {
    let sizes: InlineArray<4, Float> = [0, .leastNonzeroMagnitude, 0x1p-130, 1e-37]
    for choice in sizes.indices {
      for k in 15...16 {
        context.begin("K", k, "size", choice)
        let fixture = PackedRows(&context, k: k)
        let work = context.take(Float.self, fixture.kPadded)
        for index in 0..<fixture.kPadded {
          work[index] = index % 5 == 0 && index < k ? sizes[choice] : 0
        }
        context.expect(fixture.matrix.setRow(1, from: work), "a finite row is taken")
        fixture.expectStart(1, &context)
        fixture.matrix.row(1, into: work)
        for index in 0..<16 {
          // No value of the transform is above the sum of the four.
          let bound = 4 * Double(sizes[choice])
          context.expectClose(Double(work[index]), 0, within: bound, "tiny rows", at: index)
        }
      }
    }
  }

  /// NaN and infinity anywhere, and finite values whose transform is not finite.
  static func notFinite(_ context: inout CheckContext) {
    let lengths: InlineArray<4, Int> = [15, 40, 64, 1536]
    let values: InlineArray<3, Float> = [.nan, .infinity, -.infinity]
    for choice in lengths.indices {
      let k = lengths[choice]
      context.begin("K", k)
      let fixture = PackedRows(&context, k: k)
      let work = context.take(Float.self, fixture.kPadded)
      for kind in values.indices {
        for place in 0..<4 {
          fixture.fill(work, with: 1)
          work[place * (k - 1) / 3] = values[kind]
          context.expect(!fixture.matrix.setRow(0, from: work), "one is refused", at: kind)
        }
        fixture.fill(work, with: values[kind])
        context.expect(!fixture.matrix.setRow(0, from: work), "all are refused", at: kind)
      }
      if k % 2 == 0 {
        fixture.fill(work, with: .greatestFiniteMagnitude)
        context.expect(!fixture.matrix.setRow(0, from: work), "overflow is refused")
      }
    }
  }
}

/// A matrix with one row of each kind.
private struct PackedRows {
  static let count = RowKind.count

  let matrix: Int8Matrix
  let kPadded: Int
  private let rows: UnsafeMutablePointer<Float>
  private let work: UnsafeMutablePointer<Float>
  private let reference: RoundedRow

  init(_ context: inout CheckContext, k: Int) {
    kPadded = roundUp(k, to: Int8Geometry.kStep)
    let padded = Int8Matrix.paddedOutputCount(Self.count)
    let weights = context.take(Int8.self, Int8Matrix.weightCount(outputs: Self.count, k: k))
    weights.update(repeating: 0, count: padded * kPadded)
    matrix = Int8Matrix(
      weights: weights, scales: context.take(Float.self, padded),
      starts: context.take(Int32.self, padded), outputCount: Self.count, k: k)
    rows = context.take(Float.self, Self.count * kPadded)
    work = context.take(Float.self, kPadded)
    reference = RoundedRow(&context, k: k)
  }

  /// Neither ascending nor descending.
  var writingOrder: StrideThrough<Int> { stride(from: Self.count - 1, through: 0, by: -1) }

  func fill(_ row: UnsafeMutablePointer<Float>, with value: Float) {
    for index in 0..<kPadded { row[index] = index < matrix.k ? value : 0 }
  }

  func set(_ output: Int, _ context: inout CheckContext) {
    let row = rows + output * kPadded
    let kind = RowKind(rawValue: output)!
    fill(row, with: 0)
    for index in 0..<matrix.k {
      row[index] = kind.value(index, of: matrix.k, &context.random)
    }
    work.update(from: row, count: kPadded)
    context.expect(matrix.setRow(output, from: work), "a finite row is taken", at: output)
  }

  func stored(_ output: Int, _ index: Int) -> Int {
    Int(Layout.weight(matrix.weights, output: output, index: index, kPadded: kPadded))
  }

  func compare(_ output: Int, _ context: inout CheckContext) {
    var reference = self.reference
    for index in 0..<matrix.k { reference.plain[index] = Double(rows[output * kPadded + index]) }
    reference.transform()
    for index in 0..<matrix.k {
      reference.expectInteger(stored(output, index), index, &context)
    }
    for index in matrix.k..<kPadded {
      context.expectEqual(stored(output, index), 0, "zero from K on", at: index)
    }
    // 127 * block is exact, and the division rounds once.
    let scale = reference.step / Double(reference.block)
    context.expectClose(
      Double(matrix.scales[output]), scale, within: scale * reference.stepError(roundings: 1),
      "scale", at: output)
    expectStart(output, &context)
    compareWayBack(output, reference, &context)
  }

  func expectStart(_ output: Int, _ context: inout CheckContext) {
    var sum = 0
    for index in 0..<kPadded { sum += stored(output, index) }
    context.expectEqual(
      Int(matrix.starts[output]), Int8Geometry.activationBias != 0 ? -128 * sum : 0,
      "where the output's sum starts", at: output)
  }

  /// The way back is H / block, which shortens an error vector by sqrt(block): errors of at most
  /// (1/2 + quotientError) steps each, and the step's own error times |y|, come back with a length
  /// over each block of no more than one of them. The Float32 transform adds its own error, for
  /// each of the block's values: log2(block) roundings of values that sum to at most max|y|.
  private func compareWayBack(
    _ output: Int, _ reference: RoundedRow, _ context: inout CheckContext
  ) {
    matrix.row(output, into: work)
    let (block, magnitude) = (reference.block, reference.magnitude)
    let one =
      (0.5 + reference.quotientError) * reference.step
      + reference.stepError(roundings: 2) * magnitude
    let stages = Double(block.trailingZeroBitCount)
    let bound = one + Reference.squareRoot(Double(block)) * stages * roundoff * magnitude
    for start in stride(from: 0, to: matrix.k, by: block) {
      var squares = 0.0
      for index in start..<start + block {
        let error = Double(work[index]) - reference.plain[index]
        squares += error * error
      }
      context.expectClose(
        Reference.squareRoot(squares), 0, within: 1.001 * bound, "length of the error", at: start)
    }
    for index in matrix.k..<kPadded {
      context.expect(work[index] == 0, "zero from K on", at: index)
    }
  }

  /// Rows past the last output were not touched.
  func comparePadding(_ context: inout CheckContext) {
    for output in Self.count..<Int8Matrix.paddedOutputCount(Self.count) {
      for index in 0..<kPadded {
        context.expectEqual(stored(output, index), 0, "rows past the last", at: index)
      }
    }
  }
}
