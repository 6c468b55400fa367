/// Products of some rows with a matrix in Float32, in tiles that fit the registers. Each sum is taken in the
/// order of `depth`, so that its bits depend neither on the tile nor on the vector's width.
@safe struct RowProducts {
  /// Which of the products are needed.
  enum Part {
    case all
    /// Those with columns up to the row's own number, and perhaps more.
    case lowerColumns
    /// All; factors behind the one of the row's own number are 0.
    case lowerFactors
  }

  private typealias Source = StoredLanes<SinglePrecision>

  let rows: UnsafePointer<Float>
  let rowStride: Int
  /// Whether `rows` is `[depth][rows]` instead of `[rows][depth]`.
  var isTurned = false
  /// `[depth][columns]`
  let matrix: UnsafePointer<Float>
  let matrixStride: Int
  let depth: Int
  var part = Part.all
  /// Whether products are added to what is in `out`.
  var adds = false
  let out: UnsafeMutablePointer<Float>
  let outStride: Int

  /// - Parameter columnCount: a multiple of 16.
  func run(rowCount: Int, columnCount: Int) {
    let width = NativeFloats.scalarCount == 4 ? 8 : 16
    for column in stride(from: 0, to: columnCount, by: width) {
      var row = 0
      while row < rowCount {
        let height = Self.height(for: rowCount - row)
        if part != .lowerColumns || column < row + height { tile(row, column, height: height) }
        row += height
      }
    }
  }

  /// AVX2's sixteen registers hold four rows by two vectors; the others' thirty-two hold eight.
  private static func height(for count: Int) -> Int {
    if count >= 8 && NativeFloats.scalarCount != 8 { return 8 }
    return count >= 4 ? 4 : 1
  }

  private func tile(_ row: Int, _ column: Int, height: Int) {
    if NativeFloats.scalarCount == 16 {
      switch height {
      case 8: run(FloatTile<Source, 8, 1>.self, row, column, height)
      case 4: run(FloatTile<Source, 4, 1>.self, row, column, height)
      default: run(FloatTile<Source, 1, 1>.self, row, column, height)
      }
    } else {
      switch height {
      case 8: run(FloatTile<Source, 8, 2>.self, row, column, height)
      case 4: run(FloatTile<Source, 4, 2>.self, row, column, height)
      default: run(FloatTile<Source, 1, 2>.self, row, column, height)
      }
    }
  }

  @inline(__always)
  private func run<let height: Int, let vectors: Int>(
    _ kind: FloatTile<Source, height, vectors>.Type, _ row: Int, _ column: Int, _ count: Int
  ) {
    let steps = part == .lowerFactors ? row + count : depth
    let start = unsafe rows + (isTurned ? row : row * rowStride)
    let tile =
      isTurned
      ? unsafe kind.init(
        transposed: start, stride: rowStride, matrix + column, stride: matrixStride, k: steps)
      : unsafe kind.init(
        start, stride: rowStride, matrix + column, stride: matrixStride, k: steps)
    let target = unsafe out + (row * outStride + column)
    if adds {
      unsafe tile.add(to: target, stride: outStride)
    } else {
      unsafe tile.store(target, stride: outStride)
    }
  }
}
