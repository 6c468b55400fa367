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
    var low = InlineArray<8, NativeFloats>(repeating: NativeFloats())
    var high = low
    if accumulates {
      for row in 0..<8 {
        low[unchecked: row] = .load(c + row * cStride)
        high[unchecked: row] = .load(c + row * cStride + NativeFloats.scalarCount)
      }
    }
    var bRow = b
    for index in 0..<k {
      let bLow = NativeFloats.load(bRow)
      let bHigh = NativeFloats.load(bRow + NativeFloats.scalarCount)
      for row in 0..<8 {
        let x = NativeFloats(repeating: a[row &* aStride &+ index])
        low[unchecked: row].addProduct(x, bLow)
        high[unchecked: row].addProduct(x, bHigh)
      }
      bRow += bStride
    }
    for row in 0..<8 {
      low[unchecked: row].store(c + row * cStride)
      high[unchecked: row].store(c + row * cStride + NativeFloats.scalarCount)
    }
  }

  /// As `multiplyEight`, for four rows.
  @inline(__always)
  package static func multiplyFour(
    _ a: UnsafePointer<Float>, stride aStride: Int, _ b: UnsafePointer<Float>, stride bStride: Int,
    k: Int, into c: UnsafeMutablePointer<Float>, stride cStride: Int, accumulates: Bool
  ) {
    var low = InlineArray<4, NativeFloats>(repeating: NativeFloats())
    var high = low
    if accumulates {
      for row in 0..<4 {
        low[unchecked: row] = .load(c + row * cStride)
        high[unchecked: row] = .load(c + row * cStride + NativeFloats.scalarCount)
      }
    }
    var bRow = b
    for index in 0..<k {
      let bLow = NativeFloats.load(bRow)
      let bHigh = NativeFloats.load(bRow + NativeFloats.scalarCount)
      for row in 0..<4 {
        let x = NativeFloats(repeating: a[row &* aStride &+ index])
        low[unchecked: row].addProduct(x, bLow)
        high[unchecked: row].addProduct(x, bHigh)
      }
      bRow += bStride
    }
    for row in 0..<4 {
      low[unchecked: row].store(c + row * cStride)
      high[unchecked: row].store(c + row * cStride + NativeFloats.scalarCount)
    }
  }
}
