/// Small Float32 matrix products held in registers: a few rows by two native vectors of columns.
package enum FloatTile {
  /// Columns of a tile.
  package static var columns: Int { 2 * NativeFloats.scalarCount }

  /// c[8][columns] = (accumulates ? c : 0) + a[8][k] · b[k][columns]
  /// - Parameters: strides are counts of Float32 between rows.
  @inline(__always)
  package static func multiplyEight(
    _ a: UnsafePointer<Float>, stride aStride: Int, _ b: UnsafePointer<Float>, stride bStride: Int,
    k: Int, into c: UnsafeMutablePointer<Float>, stride cStride: Int, accumulates: Bool
  ) {
    // Sixteen registers, as AVX2 has, do not hold the accumulators of eight rows.
    if NativeFloats.scalarCount == 8 {
      for row in 0..<2 {
        Sums<4>.multiply(
          a + row &* 4 &* aStride, stride: aStride, b, stride: bStride, k: k,
          into: c + row &* 4 &* cStride, stride: cStride, accumulates: accumulates)
      }
      return
    }
    Sums<8>.multiply(
      a, stride: aStride, b, stride: bStride, k: k, into: c, stride: cStride,
      accumulates: accumulates)
  }

  /// As `multiplyEight`, for four rows.
  @inline(__always)
  package static func multiplyFour(
    _ a: UnsafePointer<Float>, stride aStride: Int, _ b: UnsafePointer<Float>, stride bStride: Int,
    k: Int, into c: UnsafeMutablePointer<Float>, stride cStride: Int, accumulates: Bool
  ) {
    Sums<4>.multiply(
      a, stride: aStride, b, stride: bStride, k: k, into: c, stride: cStride,
      accumulates: accumulates)
  }

  /// The accumulators of a tile of some rows.
  private struct Sums<let rows: Int> {
    var low = InlineArray<rows, NativeFloats>(repeating: NativeFloats())
    var high = InlineArray<rows, NativeFloats>(repeating: NativeFloats())

    @inline(__always)
    static func multiply(
      _ a: UnsafePointer<Float>, stride aStride: Int, _ b: UnsafePointer<Float>,
      stride bStride: Int, k: Int, into c: UnsafeMutablePointer<Float>, stride cStride: Int,
      accumulates: Bool
    ) {
      var sums = Sums()
      if accumulates { sums.load(c, stride: cStride) }
      var bRow = b
      for index in 0..<k {
        let bLow = NativeFloats.load(bRow)
        let bHigh = NativeFloats.load(bRow + NativeFloats.scalarCount)
        for row in 0..<rows {
          let x = NativeFloats(repeating: a[row &* aStride &+ index])
          sums.low[unchecked: row].addProduct(x, bLow)
          sums.high[unchecked: row].addProduct(x, bHigh)
        }
        bRow += bStride
      }
      sums.store(c, stride: cStride)
    }

    @inline(__always)
    private mutating func load(_ c: UnsafeMutablePointer<Float>, stride: Int) {
      for row in 0..<rows {
        low[unchecked: row] = .load(c + row * stride)
        high[unchecked: row] = .load(c + row * stride + NativeFloats.scalarCount)
      }
    }

    @inline(__always)
    private func store(_ c: UnsafeMutablePointer<Float>, stride: Int) {
      for row in 0..<rows {
        low[unchecked: row].store(c + row * stride)
        high[unchecked: row].store(c + row * stride + NativeFloats.scalarCount)
      }
    }
  }
}
