import Kernels

/// Small products in registers. Operands are whole numbers whose sums are exact in the format, so
/// that every order of additions, fused or not, gives the same values.
enum FloatTileChecks {
  static func single(_ context: inout CheckContext) {
    shapes(StoredLanes<SinglePrecision>.self, largest: 200, &context)
  }

  /// Float16 in memory, Float32 in registers.
  static func widened(_ context: inout CheckContext) {
    shapes(WidenedHalves.self, largest: 200, &context)
  }

  /// Float16 throughout: 128 products of up to 3 * 3 are below 2^11.
  static func half(_ context: inout CheckContext) {
    shapes(StoredLanes<HalfPrecision>.self, largest: 3, &context)
  }

  private static func shapes<Source: TileSource>(
    _ source: Source.Type, largest: Int, _ context: inout CheckContext
  ) where Source.Element: BinaryFloatingPoint & BitwiseCopyable {
    let lengths: InlineArray<9, Int> = [0, 1, 2, 7, 8, 16, 63, 64, 128]
    for choice in lengths.indices {
      let k = lengths[choice]
      context.begin("k", k)
      compare(FloatTile<Source, 3, 2>.self, rows: 3, k: k, largest: largest, &context)
      compare(FloatTile<Source, 4, 2>.self, rows: 4, k: k, largest: largest, &context)
      compare(FloatTile<Source, 8, 1>.self, rows: 8, k: k, largest: largest, &context)
      compare(FloatTile<Source, 8, 2>.self, rows: 8, k: k, largest: largest, &context)
      compare(FloatTile<Source, 16, 1>.self, rows: 16, k: k, largest: largest, &context)
    }
  }

  private static func compare<Source: TileSource, let height: Int, let vectors: Int>(
    _ kind: FloatTile<Source, height, vectors>.Type, rows: Int, k: Int, largest: Int,
    _ context: inout CheckContext
  ) where Source.Element: BinaryFloatingPoint & BitwiseCopyable {
    typealias Scalar = Source.Format.Lanes.Scalar
    let columns = kind.columns
    let (aStride, bStride, cStride) = (k + 3, columns + 5, columns + 7)
    let a = whole(&context, Scalar.self, rows * aStride, largest)
    let b = whole(&context, Source.Element.self, max(k, 1) * bStride, largest)
    let stored = whole(&context, Scalar.self, rows * cStride, largest)
    let added = whole(&context, Float.self, rows * cStride, largest)
    let (storedBefore, addedBefore) = (
      context.take(Scalar.self, rows * cStride), context.take(Float.self, rows * cStride)
    )
    copy(stored, to: storedBefore, count: rows * cStride)
    copy(added, to: addedBefore, count: rows * cStride)
    // Room for a vector behind the last row.
    let turned = whole(&context, Scalar.self, (k + 1) * 40, largest)
    for row in 0..<rows {
      for index in 0..<k { turned[index * 40 + row] = a[row * aStride + index] }
    }
    let tile = kind.init(a, stride: aStride, b, stride: bStride, k: k)
    let other = context.take(Scalar.self, rows * cStride)
    kind.init(transposed: turned, stride: 40, b, stride: bStride, k: k).store(
      other, stride: cStride)
    tile.store(stored, stride: cStride)
    tile.add(to: added, stride: cStride)
    for place in 0..<rows * cStride {
      let (row, column) = (place / cStride, place % cStride)
      if column >= columns {
        context.expect(
          stored[place] == storedBefore[place] && added[place] == addedBefore[place],
          "no write past the tile", at: place)
        continue
      }
      var sum = 0.0
      for index in 0..<k {
        sum += Double(a[row * aStride + index]) * Double(b[index * bStride + column])
      }
      context.expect(Double(stored[place]) == sum, "product", at: place)
      context.expect(other[place] == stored[place], "product of the transposed", at: place)
      context.expect(
        Double(added[place]) == Double(addedBefore[place]) + sum, "sum", at: place)
    }
  }

  private static func whole<Number: BinaryFloatingPoint & BitwiseCopyable>(
    _ context: inout CheckContext, _ type: Number.Type, _ count: Int, _ largest: Int
  ) -> UnsafeMutablePointer<Number> {
    let values = context.take(type, count)
    for index in 0..<count {
      values[index] = Number(Float(context.random.integer(-largest...largest)))
    }
    return values
  }
}
