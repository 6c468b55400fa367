import Kernels

/// Small Float32 products. Operands are whole numbers whose sums stay below 2^24, so that every
/// order of additions, fused or not, gives the same values.
enum FloatTileChecks {
  static func products(_ context: inout CheckContext) {
    let lengths: InlineArray<8, Int> = [0, 1, 2, 7, 16, 63, 64, 128]
    for choice in lengths.indices {
      for rows in 1...2 {
        for accumulates in 0...1 {
          context.begin(
            "k", lengths[choice], "rows", rows * 4, "accumulates", accumulates)
          compare(
            k: lengths[choice], rows: rows * 4, accumulates: accumulates == 1, &context)
        }
      }
    }
  }

  private static func compare(
    k: Int, rows: Int, accumulates: Bool, _ context: inout CheckContext
  ) {
    let columns = FloatTile.columns
    let (aStride, bStride, cStride) = (k + 3, columns + 5, columns + 7)
    let a = whole(&context, rows * aStride)
    let b = whole(&context, max(k, 1) * bStride)
    let c = whole(&context, rows * cStride)
    let before = context.take(Float.self, rows * cStride)
    before.update(from: c, count: rows * cStride)
    if rows == 8 {
      FloatTile.multiplyEight(
        a, stride: aStride, b, stride: bStride, k: k, into: c, stride: cStride,
        accumulates: accumulates)
    } else {
      FloatTile.multiplyFour(
        a, stride: aStride, b, stride: bStride, k: k, into: c, stride: cStride,
        accumulates: accumulates)
    }
    for row in 0..<rows {
      for column in 0..<cStride {
        let place = row * cStride + column
        if column >= columns {
          context.expect(c[place] == before[place], "no write past the tile", at: place)
          continue
        }
        var sum = accumulates ? Double(before[place]) : 0
        for index in 0..<k {
          sum += Double(a[row * aStride + index]) * Double(b[index * bStride + column])
        }
        context.expect(Double(c[place]) == sum, "product", at: place)
      }
    }
  }

  private static func whole(
    _ context: inout CheckContext, _ count: Int
  ) -> UnsafeMutablePointer<Float> {
    let values = context.take(Float.self, count)
    for index in 0..<count { values[index] = Float(context.random.integer(-200...200)) }
    return values
  }
}
