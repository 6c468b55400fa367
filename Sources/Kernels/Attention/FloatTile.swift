import CInstructions

/// A small matrix product held in registers: `rows` rows by `vectors` vectors of columns.
///
/// Every sum is taken in the order of k, so its bits do not depend on the vector's width. The tile of b
/// that follows in memory is brought nearer on the way.
package struct FloatTile<Source: TileSource, let rows: Int, let vectors: Int> {
  package typealias Format = Source.Format
  package typealias Scalar = Format.Lanes.Scalar

  private var sums = InlineArray<rows, InlineArray<vectors, Format.Lanes>>(
    repeating: InlineArray(repeating: Format.Lanes()))

  package static var columns: Int { vectors * Format.Lanes.scalarCount }

  /// aᵀ · b for a[k][rows], b[k][columns].
  /// - Parameters: strides are counts of elements between rows. A vector of factors is read from each row
  ///   of `a`, which may be more than `rows`.
  @inline(__always)
  package init(
    transposed a: UnsafePointer<Scalar>, stride aStride: Int, _ b: UnsafePointer<Source.Element>,
    stride bStride: Int, k: Int
  ) {
    var (aRow, bRow) = unsafe (a, b)
    var left = k
    #if !arch(x86_64)
      let bStride = edge_in_register(bStride)
      let lastOfA = unsafe a + (k &- k % 4) &* aStride
      left = k % 4
      while unsafe aRow != lastOfA {
        unsafe addStep(&aRow, aStride, &bRow, bStride)
        unsafe addStep(&aRow, aStride, &bRow, bStride)
        unsafe addStep(&aRow, aStride, &bRow, bStride)
        unsafe addStep(&aRow, aStride, &bRow, bStride)
      }
    #endif
    while left > 0 {
      unsafe Source.prefetch(bRow + k &* bStride)
      unsafe addStep(&aRow, aStride, &bRow, bStride)
      left &-= 1
    }
  }

  /// a · b for a[rows][k], b[k][columns].
  /// - Parameters: strides are counts of elements between rows.
  @inline(__always)
  package init(
    _ a: UnsafePointer<Scalar>, stride aStride: Int, _ b: UnsafePointer<Source.Element>,
    stride bStride: Int, k: Int
  ) {
    var index = 0
    var bRow = unsafe b
    #if !arch(x86_64)
      let bStride = edge_in_register(bStride)
      // One load gives several steps' factors of a row, which the multiply-add takes by lane.
      while index &+ Format.Lanes.scalarCount <= k {
        let factors = InlineArray<rows, Format.Lanes> { row in
          unsafe Format.load(a + (row &* aStride &+ index))
        }
        unsafe addSteps(0, factors, &bRow, bStride)
        if Format.Lanes.scalarCount == 8 { unsafe addSteps(4, factors, &bRow, bStride) }
        index &+= Format.Lanes.scalarCount
      }
    #endif
    while index < k {
      unsafe Source.prefetch(bRow + k &* bStride)
      let lanes: InlineArray<vectors, Format.Lanes> = unsafe Source.load(&bRow, stride: bStride)
      for row in 0..<rows {
        unsafe add(row, Format.Lanes(repeating: a[row &* aStride &+ index]), lanes)
      }
      index &+= 1
    }
  }

  /// c = sums
  @inline(__always)
  package func store(_ c: UnsafeMutablePointer<Scalar>, stride: Int) {
    for row in 0..<rows {
      for vector in 0..<vectors {
        unsafe Format.store(
          sums[unchecked: row][unchecked: vector],
          c + (row &* stride &+ vector &* Format.Lanes.scalarCount))
      }
    }
  }

  /// c += sums
  @inline(__always)
  package func add(to c: UnsafeMutablePointer<Float>, stride: Int) {
    for row in 0..<rows {
      for vector in 0..<vectors {
        unsafe Format.add(
          sums[unchecked: row][unchecked: vector],
          to: c + (row &* stride &+ vector &* Format.Lanes.scalarCount))
      }
    }
  }

  /// One step of k, whose factors lie side by side.
  @inline(__always)
  private mutating func addStep(
    _ a: inout UnsafePointer<Scalar>, _ aStride: Int, _ b: inout UnsafePointer<Source.Element>,
    _ bStride: Int
  ) {
    let lanes: InlineArray<vectors, Format.Lanes> = unsafe Source.load(&b, stride: bStride)
    #if arch(x86_64)
      for row in 0..<rows { unsafe add(row, Format.Lanes(repeating: a[row]), lanes) }
    #else
      for first in stride(from: 0, to: rows, by: Format.Lanes.scalarCount) {
        let factors = unsafe Format.load(a + first)
        for row in first..<min(first &+ Format.Lanes.scalarCount, rows) {
          add(row, Format.Lanes(repeating: factors[row &- first]), lanes)
        }
      }
    #endif
    unsafe a += aStride
  }

  #if !arch(x86_64)
    /// Four steps of k, whose factors are the lanes from `lane` on.
    @inline(__always)
    private mutating func addSteps(
      _ lane: Int, _ factors: InlineArray<rows, Format.Lanes>,
      _ b: inout UnsafePointer<Source.Element>, _ stride: Int
    ) {
      unsafe addStep(lane, factors, &b, stride)
      unsafe addStep(lane &+ 1, factors, &b, stride)
      unsafe addStep(lane &+ 2, factors, &b, stride)
      unsafe addStep(lane &+ 3, factors, &b, stride)
    }

    @inline(__always)
    private mutating func addStep(
      _ lane: Int, _ factors: InlineArray<rows, Format.Lanes>,
      _ b: inout UnsafePointer<Source.Element>, _ stride: Int
    ) {
      let lanes: InlineArray<vectors, Format.Lanes> = unsafe Source.load(&b, stride: stride)
      for row in 0..<rows {
        unsafe add(row, Format.Lanes(repeating: factors[unchecked: row][lane]), lanes)
      }
    }
  #endif

  @inline(__always)
  private mutating func add(
    _ row: Int, _ factor: Format.Lanes, _ lanes: InlineArray<vectors, Format.Lanes>
  ) {
    for vector in 0..<vectors {
      unsafe sums[unchecked: row][unchecked: vector] = Format.multiplyAdd(
        sums[unchecked: row][unchecked: vector], factor, lanes[unchecked: vector])
    }
  }
}
