import CInstructions

/// Attention of some query rows over the slots of one KV head, by tiles of slots with an online
/// softmax: no matrix of scores is kept.
///
/// The query heads that share a KV head are packed into the rows: row r is query head r % group of
/// token r / group. Slots before the block are visible to every row; of the block's own slots, row
/// r sees those up to its token.
public struct Attention {
  /// Query rows that one share of work takes at most: a multiple of 8, small enough that rows,
  /// scores and outputs stay in the second-level cache.
  public static let chunkRows = 96

  let cache: CacheRows
  let scratch: AttentionScratch
  /// Slots filled before this block, and in all.
  let slotsBefore: Int
  let slotCount: Int
  let group: Int

  public init(
    cache: CacheRows, scratch: AttentionScratch, slotsBefore: Int, slotCount: Int, group: Int
  ) {
    self.cache = cache
    self.scratch = scratch
    self.slotsBefore = slotsBefore
    self.slotCount = slotCount
    self.group = group
  }

  /// The rows `firstRow ..< firstRow + rowCount` of the block, whose queries stand in
  /// `scratch.queries`, multiplied by log2(e) / sqrt(headDim). The outcome is in `scratch.outputs`.
  /// - Parameters:
  ///   - anchor: `headDim` values, or nil: a further row whose plain products with all slots' keys
  ///     go to `dots` (`slotCount` values). Only rows that include the block's last one see all
  ///     slots.
  public func run(
    firstRow: Int, rowCount: Int, anchor: UnsafePointer<Float>?, dots: UnsafeMutablePointer<Float>
  ) {
    scratch.begin(rowCount: rowCount)
    let visible = anchor == nil ? visibleSlots(firstRow + rowCount - 1) : slotCount
    for tile in stride(from: 0, to: visible, by: CacheRows.tileSlots) {
      cache.loadKeys(tile: tile, into: scratch.keys)
      cache.loadValues(tile: tile, into: scratch.values, stride: scratch.rowStride)
      if let anchor { multiply(anchor, dots + tile, count: min(slotCount - tile, 64)) }
      var row = 0
      while row < rowCount {
        let isNarrow = rowCount - row <= 4
        let height = isNarrow ? 4 : 8
        let last = min(row + height, rowCount) - 1
        let columns = min(visibleSlots(firstRow + last) - tile, CacheRows.tileSlots)
        if columns > 0 {
          score(row, isNarrow: isNarrow)
          for index in row...last {
            weigh(index, columns: min(visibleSlots(firstRow + index) - tile, CacheRows.tileSlots))
          }
          accumulate(row, columns: columns, isNarrow: isNarrow)
        }
        row += height
      }
    }
    finish(rowCount: rowCount)
  }

  @inline(__always)
  private func visibleSlots(_ row: Int) -> Int { slotsBefore + row / group + 1 }

  /// weights[row…][64] = queries[row…] · keys
  @inline(__always)
  private func score(_ row: Int, isNarrow: Bool) {
    let queries = UnsafePointer(scratch.queries + row * scratch.rowStride)
    let target = scratch.weights + row * CacheRows.tileSlots
    for column in stride(from: 0, to: CacheRows.tileSlots, by: FloatTile.columns) {
      let keys = UnsafePointer(scratch.keys + column)
      if isNarrow {
        FloatTile.multiplyFour(
          queries, stride: scratch.rowStride, keys, stride: CacheRows.tileSlots, k: cache.headDim,
          into: target + column, stride: CacheRows.tileSlots, accumulates: false)
      } else {
        FloatTile.multiplyEight(
          queries, stride: scratch.rowStride, keys, stride: CacheRows.tileSlots, k: cache.headDim,
          into: target + column, stride: CacheRows.tileSlots, accumulates: false)
      }
    }
  }

  /// One row's step of the online softmax: scores become weights relative to the row's largest
  /// score so far, and what was summed before is scaled to it.
  @inline(__always)
  private func weigh(_ row: Int, columns: Int) {
    let weights = scratch.weights + row * CacheRows.tileSlots
    for column in max(columns, 0)..<CacheRows.tileSlots {
      weights[column] = AttentionScratch.hidden
    }
    if columns <= 0 {
      for column in 0..<CacheRows.tileSlots { weights[column] = 0 }
      return
    }
    var greatest = weights.lanes(0)
    for column in stride(from: 16, to: CacheRows.tileSlots, by: 16) {
      greatest = edge_max_f32x16(greatest, weights.lanes(column))
    }
    let tileMaximum = largest(greatest)
    if tileMaximum > scratch.maxima[row] { raiseMaximum(row, to: tileMaximum) }
    let maximum = NativeFloats(repeating: scratch.maxima[row])
    // Sixteen partial sums whatever the vector, so that all builds give the same bits.
    var sum = SIMD16<Float>()
    for column in stride(from: 0, to: CacheRows.tileSlots, by: 16) {
      for part in stride(from: column, to: column + 16, by: NativeFloats.scalarCount) {
        exp2(NativeFloats.load(weights + part) - maximum).store(weights + part)
      }
      sum += weights.lanes(column)
    }
    scratch.sums[row] += total(sum)
  }

  @inline(__always)
  private func raiseMaximum(_ row: Int, to maximum: Float) {
    let factor = exp2(NativeFloats(repeating: scratch.maxima[row] - maximum))
    scratch.maxima[row] = maximum
    scratch.sums[row] *= factor[0]
    let outputs = scratch.outputs + row * scratch.rowStride
    for index in stride(from: 0, to: scratch.rowStride, by: NativeFloats.scalarCount) {
      (NativeFloats.load(outputs + index) * factor).store(outputs + index)
    }
  }

  /// outputs[row…] += weights[row…] · values
  @inline(__always)
  private func accumulate(_ row: Int, columns: Int, isNarrow: Bool) {
    let weights = UnsafePointer(scratch.weights + row * CacheRows.tileSlots)
    let outputs = scratch.outputs + row * scratch.rowStride
    for column in stride(from: 0, to: scratch.rowStride, by: FloatTile.columns) {
      let values = UnsafePointer(scratch.values + column)
      if isNarrow {
        FloatTile.multiplyFour(
          weights, stride: CacheRows.tileSlots, values, stride: scratch.rowStride, k: columns,
          into: outputs + column, stride: scratch.rowStride, accumulates: true)
      } else {
        FloatTile.multiplyEight(
          weights, stride: CacheRows.tileSlots, values, stride: scratch.rowStride, k: columns,
          into: outputs + column, stride: scratch.rowStride, accumulates: true)
      }
    }
  }

  @inline(__always)
  private func finish(rowCount: Int) {
    for row in 0..<rowCount {
      let inverse = NativeFloats(repeating: 1 / scratch.sums[row])
      let outputs = scratch.outputs + row * scratch.rowStride
      for index in stride(from: 0, to: scratch.rowStride, by: NativeFloats.scalarCount) {
        (NativeFloats.load(outputs + index) * inverse).store(outputs + index)
      }
    }
  }

  /// dots[slot] = anchor · key of the tile's slot
  @inline(__always)
  private func multiply(
    _ anchor: UnsafePointer<Float>, _ dots: UnsafeMutablePointer<Float>, count: Int
  ) {
    for column in stride(from: 0, to: count, by: 16) {
      var even = SIMD16<Float>()
      var odd = SIMD16<Float>()
      for index in stride(from: 0, to: cache.headDim, by: 2) {
        let keys = scratch.keys + index * CacheRows.tileSlots + column
        even.addProduct(SIMD16(repeating: anchor[index]), keys.lanes(0))
        odd.addProduct(SIMD16(repeating: anchor[index + 1]), keys.lanes(CacheRows.tileSlots))
      }
      dots.store(even + odd, column)
    }
  }
}

/// One thread's memory for attention.
public struct AttentionScratch: BitwiseCopyable {
  /// The score of a slot that a row may not see: its weight is 0.
  static let hidden: Float = -1e30

  /// `[chunkRows][rowStride]`
  public let queries: UnsafeMutablePointer<Float>
  /// `[chunkRows][rowStride]`
  public let outputs: UnsafeMutablePointer<Float>
  /// `[chunkRows][tileSlots]`
  let weights: UnsafeMutablePointer<Float>
  /// `[headDim][tileSlots]`
  let keys: UnsafeMutablePointer<Float>
  /// `[tileSlots][rowStride]`
  let values: UnsafeMutablePointer<Float>
  /// `[chunkRows]` each
  let maxima: UnsafeMutablePointer<Float>
  let sums: UnsafeMutablePointer<Float>
  /// headDim, padded to whole tiles.
  public let rowStride: Int

  /// - Parameter memory: `count(headDim:)` Float32, aligned to 64 bytes.
  public init(memory: UnsafeMutablePointer<Float>, headDim: Int) {
    rowStride = Self.rowStride(headDim)
    queries = memory
    outputs = queries + Attention.chunkRows * rowStride
    weights = outputs + Attention.chunkRows * rowStride
    keys = weights + Attention.chunkRows * CacheRows.tileSlots
    values = keys + headDim * CacheRows.tileSlots
    maxima = values + CacheRows.tileSlots * rowStride
    sums = maxima + Attention.chunkRows
  }

  public static func count(headDim: Int) -> Int {
    let stride = rowStride(headDim)
    return Attention.chunkRows * (2 * stride + CacheRows.tileSlots + 2)
      + CacheRows.tileSlots * (headDim + stride)
  }

  private static func rowStride(_ headDim: Int) -> Int { roundUp(headDim, to: 32) }

  @inline(__always)
  func begin(rowCount: Int) {
    for row in 0..<rowCount {
      maxima[row] = Self.hidden
      sums[row] = 0
    }
    for index in stride(from: 0, to: rowCount * rowStride, by: 16) {
      outputs.store(SIMD16(), index)
    }
  }
}
