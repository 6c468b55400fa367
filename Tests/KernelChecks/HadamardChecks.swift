import Kernels

/// The fast transform against its definition.
enum HadamardChecks {
  /// Row lengths whose largest power of two is each block from 1 to 2048.
  private static let lengths: InlineArray<20, Int> = [
    15, 17, 14, 12, 172, 40, 16, 48, 32, 96, 64, 576, 128, 384, 256, 512, 1536, 1024, 2048, 6144,
  ]

  /// Whole numbers whose sums stay below 2^24: no step rounds, so all is equal bit for bit.
  static func exact(_ context: inout CheckContext) {
    let lengths = Self.lengths
    for choice in lengths.indices {
      let row = TransformedRow(&context, count: lengths[choice])
      row.fill(magnitude: 4095, isWhole: true, &context.random)
      let largest = row.transform()
      row.compare(&context, tolerance: 0)
      row.expectMagnitude(largest, &context)
      // |x| <= 3, so that block^2 |x| stays below 2^24 too.
      row.fill(magnitude: 3, isWhole: true, &context.random)
      _ = row.transform()
      _ = row.transform()
      for index in 0..<row.padded {
        let expected = index < row.count ? row.plain[index] * Double(row.block) : 0
        context.expect(Double(row.values[index]) == expected, "twice is block x", at: index)
      }
    }
  }

  /// Real numbers, one far larger than the rest: each stage rounds once.
  static func real(_ context: inout CheckContext) {
    let lengths = Self.lengths
    for choice in lengths.indices {
      let row = TransformedRow(&context, count: lengths[choice])
      row.fill(magnitude: 1, isWhole: false, &context.random)
      row.setOutlier(context.random.index(below: row.count), 1000)
      let largest = row.transform()
      row.compare(&context, tolerance: 1.001)
      row.expectMagnitude(largest, &context)
    }
  }
}

/// A row, its Float32 copy that is transformed, and the transform by definition.
private struct TransformedRow {
  let count: Int
  let padded: Int
  let block: Int
  let plain: UnsafeMutablePointer<Double>
  let values: UnsafeMutablePointer<Float>
  private let expected: UnsafeMutablePointer<Double>

  init(_ context: inout CheckContext, count: Int) {
    self.count = count
    block = Hadamard.block(for: count)
    padded = roundUp(count, to: 16)
    context.begin("count", count, "block", block)
    context.expect(count % block == 0 && count / block % 2 == 1, "the block is the largest")
    context.expect(block & (block - 1) == 0, "the block is a power of two")
    plain = context.take(Double.self, count)
    values = context.take(Float.self, padded)
    expected = context.take(Double.self, count)
  }

  func fill(magnitude: Float, isWhole: Bool, _ random: inout RandomSource) {
    for index in 0..<padded {
      let value = random.float() * magnitude
      values[index] = index >= count ? 0 : isWhole ? value.rounded() : value
      if index < count { plain[index] = Double(values[index]) }
    }
  }

  func setOutlier(_ index: Int, _ value: Float) {
    values[index] = value
    plain[index] = Double(value)
  }

  func transform() -> Float { Hadamard.transform(values, count: padded, block: block) }

  /// - Parameter tolerance: a factor of the derived bound.
  func compare(_ context: inout CheckContext, tolerance: Double) {
    Reference.hadamard(plain, count: count, block: block, into: expected)
    for index in 0..<count {
      context.expectClose(
        Double(values[index]), expected[index],
        within: tolerance * Reference.hadamardError(plain, block: block, index: index),
        "definition", at: index)
    }
    for index in count..<padded {
      context.expect(values[index] == 0, "values past the row stay zero", at: index)
    }
  }

  func expectMagnitude(_ found: Float, _ context: inout CheckContext) {
    var largest: Float = 0
    for index in 0..<padded { largest = max(largest, values[index].magnitude) }
    context.expect(found == largest, "the returned magnitude is the row's largest")
  }
}
