import CInstructions

/// `Attention` with products in one format.
@safe struct AttentionPass<Format: TileFormat> {
  typealias Scalar = Format.Lanes.Scalar

  let problem: Attention
  var cache: CacheRows { problem.cache }
  var scratch: AttentionScratch { problem.scratch }
  /// `[chunkRows / 16][headDim][16]`
  private let queries: UnsafeMutablePointer<Scalar>
  /// `[chunkRows][tileSlots]`: scores, and then weights in their places.
  private let scores: UnsafeMutablePointer<Scalar>
  private let sums: SoftmaxSums

  /// - Parameter sums: where the slots are summed over; nil for those of all segments.
  @inline(__always)
  init(_ problem: Attention, sums: SoftmaxSums? = nil) {
    self.problem = problem
    self.sums = sums ?? problem.scratch.total
    unsafe queries = problem.scratch.queries.assumingMemoryBound(to: Scalar.self)
    unsafe scores = problem.scratch.weights.assumingMemoryBound(to: Scalar.self)
  }

  /// The first number of a query; the next ones follow at 16.
  @inline(__always)
  private func query(_ row: Int) -> UnsafeMutablePointer<Scalar> {
    unsafe queries + (row / 16 * 16 * cache.headDim + row % 16)
  }

  @inline(__always)
  func scores(ofRow row: Int) -> UnsafeMutablePointer<Scalar> {
    unsafe scores + row * CacheRows.tileSlots
  }

  func setQuery(
    _ row: Int, _ source: UnsafePointer<Float>, _ rotary: RotaryTable, _ token: Int,
    _ factor: Float
  ) {
    // Keys are read only when the queries are there.
    let rotated = unsafe scratch.keys
    unsafe rotary.rotate(source, token: token, factor: factor, into: rotated)
    var column = unsafe ColumnStore(query(row), stride: 16)
    var index = 0
    while index &+ 8 <= cache.headDim {
      unsafe Format.put(edge_load_f32x4(rotated + index), &column)
      unsafe Format.put(edge_load_f32x4(rotated + index + 4), &column)
      index &+= 8
    }
    while index &+ 4 <= cache.headDim {
      unsafe Format.put(edge_load_f32x4(rotated + index), &column)
      index &+= 4
    }
    while index < cache.headDim {
      unsafe column.put(Format.rounded(rotated[index]))
      index &+= 1
    }
  }

  /// All segments.
  func run(_ firstRow: Int, _ rowCount: Int, _ extraRow: ExtraRow?) {
    runSegment(0, firstRow, rowCount, extraRow)
    let visible = visibleSlots(firstRow + rowCount - 1)
    for segment in 1..<max(AttentionGeometry.segmentCount(slots: visible), 1) {
      let part = AttentionPass(problem, sums: scratch.segment)
      part.runSegment(segment, firstRow, rowCount, extraRow)
      sums.add(scratch.segment, rowCount: rowCount)
    }
    scratch.finish(rowCount: rowCount, firstRow: firstRow, problem.sinks)
  }

  func runSegment(_ segment: Int, _ firstRow: Int, _ rowCount: Int, _ extraRow: ExtraRow?) {
    sums.begin(rowCount: rowCount)
    let start = segment * AttentionGeometry.segmentSlots
    let visible = visibleSlots(firstRow + rowCount - 1)
    let end = min(start + AttentionGeometry.segmentSlots, visible)
    for tile in stride(from: start, to: end, by: CacheRows.tileSlots) {
      if let extraRow {
        unsafe cache.multiply(
          extraRow.values, tile: tile, slotCount: problem.slotCount, into: extraRow.products + tile)
      }
      visit(tile, 0..<rowCount, firstRow, SoftmaxStep<Format>())
    }
  }

  /// Scores of one tile of slots for some rows of the scratch, for `step` to take.
  @inline(__always)
  func visit<Step: TileStep>(_ tile: Int, _ rows: Range<Int>, _ firstRow: Int, _ step: Step)
  where Step.Format == Format {
    if Format.widensCache && rows.count > TileHeight.four {
      attend(tile, widened(tile, values: Step.usesValues), rows, firstRow, step)
    } else {
      let operands = unsafe TileOperands<Format.CacheSource>(
        keys: cache.keyTile(tile), values: cache.valueRows(tile), valueStride: cache.valueStride)
      attend(tile, operands, rows, firstRow, step)
    }
  }

  /// A copy of the tile in the format.
  @inline(__always)
  private func widened(_ tile: Int, values: Bool) -> TileOperands<StoredLanes<Format>> {
    unsafe cache.loadKeys(tile: tile, into: scratch.keys)
    if values {
      unsafe cache.loadValues(tile: tile, into: scratch.values, stride: scratch.rowStride)
    }
    return unsafe TileOperands(
      keys: UnsafeRawPointer(scratch.keys).assumingMemoryBound(to: Scalar.self),
      values: UnsafeRawPointer(scratch.values).assumingMemoryBound(to: Scalar.self),
      valueStride: scratch.rowStride)
  }

  @inline(__always)
  func visibleSlots(_ row: Int) -> Int {
    problem.slotsBefore + row / problem.group + 1
  }

  /// All rows over one tile of slots, by groups of rows whose products fit the registers.
  @inline(__always)
  private func attend<Source: TileSource, Step: TileStep>(
    _ tile: Int, _ operands: TileOperands<Source>, _ all: Range<Int>, _ firstRow: Int, _ step: Step
  ) where Source.Format == Format, Step.Format == Format {
    var row = all.lowerBound
    while row < all.upperBound {
      // Queries of sixteen rows lie together.
      let end = min(all.upperBound, roundUp(row + 1, to: 16))
      let height = TileHeight.height(for: end - row)
      let last = min(row + height, end) - 1
      let columns = min(visibleSlots(firstRow + last) - tile, CacheRows.tileSlots)
      if columns > 0 {
        let rows = TileRows(
          first: row, count: last - row + 1, columns: columns, blockRow: firstRow + row)
        attend(rows, tile, height, operands, step)
      }
      row = last + 1
    }
  }

  @inline(__always)
  private func attend<Source: TileSource, Step: TileStep>(
    _ rows: TileRows, _ tile: Int, _ height: Int, _ operands: TileOperands<Source>, _ step: Step
  ) where Source.Format == Format, Step.Format == Format {
    if height == TileHeight.sixteen {
      attend(rows, tile, operands, FloatTile<Source, 16, 1>.self, step)
    } else if Format.lanes == 32 {
      attend(rows, tile, operands, FloatTile<Source, 8, 1>.self, step)
    } else if height == TileHeight.eight {
      attend(rows, tile, operands, FloatTile<Source, 8, 2>.self, step)
    } else if NativeFloats.scalarCount == 4 {
      attendFew(rows, tile, operands, step)
    } else if rows.count == 3 {
      attend(rows, tile, operands, FloatTile<Source, 3, 2>.self, step)
    } else {
      attend(rows, tile, operands, FloatTile<Source, 4, 2>.self, step)
    }
  }

  /// NEON's registers hold four vectors for each of a few rows.
  @inline(__always)
  private func attendFew<Source: TileSource, Step: TileStep>(
    _ rows: TileRows, _ tile: Int, _ operands: TileOperands<Source>, _ step: Step
  ) where Source.Format == Format, Step.Format == Format {
    if rows.count == 3 {
      attend(rows, tile, operands, FloatTile<Source, 3, 4>.self, step)
    } else {
      attend(rows, tile, operands, FloatTile<Source, 4, 4>.self, step)
    }
  }

  private func attend<Source: TileSource, Step: TileStep, let height: Int, let vectors: Int>(
    _ rows: TileRows, _ tile: Int, _ operands: TileOperands<Source>,
    _ kind: FloatTile<Source, height, vectors>.Type, _ step: Step
  ) where Source.Format == Format, Step.Format == Format {
    score(rows, operands, kind)
    if visibleSlots(rows.blockRow) - tile < CacheRows.tileSlots { hide(rows, tile: tile) }
    if let window = problem.window { hide(rows, tile: tile, before: window) }
    step.take(rows, tile, operands, kind, self)
  }

  /// weights[rows][columns] = queries[rows] · keys
  @inline(__always)
  private func score<Source: TileSource, let height: Int, let vectors: Int>(
    _ rows: TileRows, _ operands: TileOperands<Source>,
    _ kind: FloatTile<Source, height, vectors>.Type
  ) where Source.Format == Format {
    for column in stride(from: 0, to: rows.columns, by: kind.columns) {
      let tile = unsafe kind.init(
        transposed: query(rows.first), stride: 16, operands.keys + column,
        stride: CacheRows.tileSlots, k: cache.headDim)
      unsafe tile.store(scores(ofRow: rows.first) + column, stride: CacheRows.tileSlots)
    }
  }

  /// Slots that a row may not see get a score whose weight is nothing.
  private func hide(_ rows: TileRows, tile: Int) {
    for row in 0..<rows.count {
      let visible = min(max(visibleSlots(rows.blockRow + row) - tile, 0), CacheRows.tileSlots)
      let scores = unsafe scores(ofRow: rows.first + row)
      for column in visible..<CacheRows.tileSlots {
        unsafe scores[column] = Scalar(AttentionScratch.hidden)
      }
    }
  }

  /// A row may see no slot of a tile. Until it has seen one, hidden slots have the largest score, and what
  /// they add is scaled to nothing with the first that it sees.
  private func hide(_ rows: TileRows, tile: Int, before window: AttentionWindow) {
    let positions = unsafe window.positions + tile
    for row in 0..<rows.count {
      let start = UInt32(
        truncatingIfNeeded: window.start(ofToken: (rows.blockRow + row) / problem.group))
      let scores = unsafe scores(ofRow: rows.first + row)
      for column in 0..<CacheRows.tileSlots where unsafe positions[column] < start {
        unsafe scores[column] = Format.beyondWindow
      }
    }
  }

  /// The rows' step of the online softmax: scores become weights relative to the row's largest
  /// score so far, and what was summed before is scaled to it.
  @inline(__always)
  func weigh(_ rows: TileRows) {
    for row in rows.first..<rows.first + rows.count {
      let scores = unsafe UnsafePointer(scores(ofRow: row))
      var greatest = unsafe Format.load(scores)
      for column in stride(from: Format.lanes, to: CacheRows.tileSlots, by: Format.lanes) {
        greatest = unsafe Format.maximum(greatest, Format.load(scores + column))
      }
      let maximum = Format.largest(greatest)
      if unsafe maximum > sums.maxima[row] { sums.raiseMaximum(row, to: maximum) }
    }
    for row in rows.first..<rows.first + rows.count { exponentiate(row) }
  }

  @inline(__always)
  private func exponentiate(_ row: Int) {
    var total = unsafe SixteenFloats.load(sums.weights + row * 16)
    unsafe Format.powersOfTwo(
      scores(ofRow: row), above: sums.maxima[row], count: CacheRows.tileSlots, &total)
    unsafe total.store(sums.weights + row * 16)
  }

  /// Slots that a row may not see weigh nothing at all, so that its sums do not depend on how many of them
  /// the rows beside it have brought into the tile.
  @inline(__always)
  func clearHidden(_ rows: TileRows, _ tile: Int) {
    let end = roundUp(rows.columns, to: 8)
    if visibleSlots(rows.blockRow) - tile >= end { return }
    for row in 0..<rows.count {
      let visible = max(visibleSlots(rows.blockRow + row) - tile, 0)
      let weights = unsafe scores(ofRow: rows.first + row)
      for column in min(visible, end)..<end { unsafe weights[column] = 0 }
    }
  }

  /// outputs[rows] += weights[rows] · values. Slots up to a whole step of the kernel are taken in;
  /// those past the visible ones weigh nothing: see `clearHidden`.
  @inline(__always)
  func accumulate<Source: TileSource, let height: Int, let vectors: Int>(
    _ rows: TileRows, _ operands: TileOperands<Source>,
    _ kind: FloatTile<Source, height, vectors>.Type
  ) where Source.Format == Format {
    for column in stride(from: 0, to: cache.headDim, by: kind.columns) {
      let tile = unsafe kind.init(
        scores(ofRow: rows.first), stride: CacheRows.tileSlots, operands.values + column,
        stride: operands.valueStride, k: roundUp(rows.columns, to: 8))
      unsafe tile.add(
        to: sums.outputs + (rows.first * sums.rowStride + column), stride: sums.rowStride)
    }
  }
}

/// What becomes of a tile's scores.
protocol TileStep {
  associatedtype Format: TileFormat
  static var usesValues: Bool { get }

  /// - Parameters:
  ///   - rows: whose scores lie in the pass's `scores`.
  ///   - tile: the first slot.
  func take<Source: TileSource, let height: Int, let vectors: Int>(
    _ rows: TileRows, _ tile: Int, _ operands: TileOperands<Source>,
    _ kind: FloatTile<Source, height, vectors>.Type, _ pass: AttentionPass<Format>)
  where Source.Format == Format
}

/// The online softmax and the sums of values.
struct SoftmaxStep<Format: TileFormat>: TileStep {
  static var usesValues: Bool { true }

  @inline(__always)
  func take<Source: TileSource, let height: Int, let vectors: Int>(
    _ rows: TileRows, _ tile: Int, _ operands: TileOperands<Source>,
    _ kind: FloatTile<Source, height, vectors>.Type, _ pass: AttentionPass<Format>
  ) where Source.Format == Format {
    pass.weigh(rows)
    pass.clearHidden(rows, tile)
    pass.accumulate(rows, operands, kind)
  }
}

/// Rows of a tile of products.
struct TileRows {
  /// In the scratch.
  let first: Int
  /// Rows with numbers of their own; a tile may have more.
  let count: Int
  /// Slots that any of the rows sees.
  let columns: Int
  /// The first row's place in the block.
  let blockRow: Int
}

/// How many rows a tile of products has.
enum TileHeight {
  static var four: Int { 4 }
  static var eight: Int { 8 }
  static var sixteen: Int { 16 }

  /// The height for the next of `rowCount` rows. With 32 registers of 512 bits, sixteen rows by one
  /// vector let each factor be read by the multiply-add itself; NEON's thirty-two of 128 bits hold
  /// eight rows by two vectors; AVX2's sixteen hold four by two.
  @inline(__always)
  static func height(for rowCount: Int) -> Int {
    if rowCount <= four || NativeFloats.scalarCount == 8 { return four }
    if rowCount <= eight || NativeFloats.scalarCount == 4 { return eight }
    return sixteen
  }
}

/// A tile of keys, `[headDim][tileSlots]`, and of values, `[tileSlots][valueStride]`.
@safe struct TileOperands<Source: TileSource> {
  let keys: UnsafePointer<Source.Element>
  let values: UnsafePointer<Source.Element>
  let valueStride: Int
}
