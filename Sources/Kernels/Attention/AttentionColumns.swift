import CInstructions

// Attention weights summed over rows, for policies that evict by them.

extension Attention {
  /// columns[slot] = factor * sum of the weights that some rows give the slot. Follows `run` with
  /// the same rows: queries and the softmax's maxima and sums are still in the scratch.
  /// - Parameters:
  ///   - start: the first row of the block that counts; at most `firstRow + rowCount`.
  ///   - columns: `slotCount` values, and up to the next whole tile.
  @export(interface)
  public func sumWeights(
    firstRow: Int, rowCount: Int, from start: Int, factor: Float,
    into columns: UnsafeMutablePointer<Float>
  ) {
    let rows = max(start - firstRow, 0)..<rowCount
    if usesFloat16 {
      unsafe AttentionPass<HalfPrecision>(self).sumWeights(rows, firstRow, factor, columns)
    } else {
      unsafe AttentionPass<SinglePrecision>(self).sumWeights(rows, firstRow, factor, columns)
    }
  }
}

extension AttentionPass {
  func sumWeights(
    _ rows: Range<Int>, _ firstRow: Int, _ factor: Float, _ columns: UnsafeMutablePointer<Float>
  ) {
    let count = roundUp(problem.slotCount, to: CacheRows.tileSlots)
    unsafe columns.update(repeating: 0, count: count)
    let visible = visibleSlots(firstRow + rows.upperBound - 1)
    for tile in stride(from: 0, to: visible, by: CacheRows.tileSlots) {
      unsafe visit(
        tile, rows, firstRow, ColumnStep<Format>(columns: columns + tile, factor: factor))
    }
  }
}

/// Adds the softmax of the scores to the tile's columns.
@safe struct ColumnStep<Format: TileFormat>: TileStep {
  static var usesValues: Bool { false }
  /// `[tileSlots]`
  let columns: UnsafeMutablePointer<Float>
  let factor: Float

  @inline(__always)
  func take<Source: TileSource, let height: Int, let vectors: Int>(
    _ rows: TileRows, _ tile: Int, _ operands: TileOperands<Source>,
    _ kind: FloatTile<Source, height, vectors>.Type, _ pass: AttentionPass<Format>
  ) where Source.Format == Format {
    for column in stride(from: 0, to: CacheRows.tileSlots, by: 16) {
      var sums = unsafe SixteenFloats.load(columns + column)
      for row in rows.first..<rows.first &+ rows.count {
        // Which rows lie beside a row must not matter, not even in the last bit.
        if pass.visibleSlots(rows.blockRow + row - rows.first) <= tile + column { continue }
        let scores = unsafe pass.scores(ofRow: row) + column
        let maximum = unsafe NativeFloats(repeating: pass.scratch.total.maxima[row])
        let share = unsafe NativeFloats(repeating: pass.scratch.inverses[row] * factor)
        for part in 0..<SixteenFloats.partCount {
          let score = unsafe Format.loadFloats(scores + part &* NativeFloats.scalarCount)
          unsafe sums.parts[unchecked: part] += exp2(score - maximum) * share
        }
      }
      unsafe sums.store(columns + column)
    }
  }
}
