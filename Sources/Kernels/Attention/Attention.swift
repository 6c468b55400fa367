/// Attention of some query rows over the slots of one KV head, by tiles of slots with an online
/// softmax: no matrix of scores is kept.
///
/// The query heads that share a KV head are packed into the rows: row r is query head r % group of
/// token r / group. Slots before the block are visible to every row; of the block's own slots, row
/// r sees those up to its token. If there is a window, tokens that lie before it are hidden. Sinks join
/// the sums of weights when all slots are summed over.
///
/// Products and exponentials are taken in Float16 or Float32; maxima and the sums over tiles are
/// Float32. Each segment of `AttentionGeometry.segmentSlots` slots is summed over for itself.
public struct Attention {
  let cache: CacheRows
  let scratch: AttentionScratch
  /// Slots filled before this block, and in all.
  let slotsBefore: Int
  let slotCount: Int
  let group: Int
  public let usesFloat16: Bool
  let window: AttentionWindow?
  let sinks: AttentionSinks?

  @export(interface)
  public init(
    cache: CacheRows, scratch: AttentionScratch, slotsBefore: Int, slotCount: Int, group: Int,
    usesFloat16: Bool, window: AttentionWindow? = nil, sinks: AttentionSinks? = nil
  ) {
    self.cache = cache
    self.scratch = scratch
    self.slotsBefore = slotsBefore
    self.slotCount = slotCount
    self.group = group
    self.usesFloat16 = usesFloat16
    self.window = window
    self.sinks = sinks
  }

  /// The same with products in Float32.
  public var inSinglePrecision: Attention {
    Attention(
      cache: cache, scratch: scratch, slotsBefore: slotsBefore, slotCount: slotCount,
      group: group, usesFloat16: false, window: window, sinks: sinks)
  }

  /// Whether the queries, the largest scores and the sums of values of `run` were in the format's
  /// range. Scores below it may be: their weights are nothing.
  ///
  /// A sum over a tile in Float16 that has passed 65,504 stays infinite, and the output that it is
  /// added to stays infinite or becomes no number: so the outputs tell.
  /// - Parameter squares: the largest squared length of a query. Keys are finite, so scores in Float32
  ///   are if this is.
  @export(interface)
  public func isInRange(squares: Float, rowCount: Int) -> Bool {
    if !usesFloat16 { return true }
    if !(squares < 65504 * 65504) { return false }
    for row in 0..<rowCount where unsafe !(scratch.total.maxima[row] < .infinity) { return false }
    // A lower one may be that of tokens before the window.
    if window != nil {
      let least = Float(HalfPrecision.beyondWindow)
      for row in 0..<rowCount where unsafe !(scratch.total.maxima[row] > least) { return false }
    }
    return scratch.hasFiniteOutputs(rowCount: rowCount, headDim: cache.headDim)
  }

  /// Sets a row's query.
  /// - Parameter source: `headDim` numbers; they are rotated to the token's position and
  ///   multiplied by `factor`, log2(e) times the scale of the products.
  public func setQuery(
    _ row: Int, from source: UnsafePointer<Float>, _ rotary: RotaryTable, token: Int,
    factor: Float
  ) {
    if usesFloat16 {
      unsafe AttentionPass<HalfPrecision>(self).setQuery(row, source, rotary, token, factor)
    } else {
      unsafe AttentionPass<SinglePrecision>(self).setQuery(row, source, rotary, token, factor)
    }
  }

  /// The rows `firstRow ..< firstRow + rowCount` of the block, whose queries are rows 0 ... of
  /// `setQuery`. The outcome is in `scratch.outputs`.
  /// - Parameters:
  ///   - extraRow: a further row whose plain products with all slots' keys are taken in Float32. Only
  ///     rows that include the block's last one see all slots.
  @export(interface)
  public func run(firstRow: Int, rowCount: Int, extraRow: ExtraRow?) {
    if usesFloat16 {
      AttentionPass<HalfPrecision>(self).run(firstRow, rowCount, extraRow)
    } else {
      AttentionPass<SinglePrecision>(self).run(firstRow, rowCount, extraRow)
    }
  }

  /// One segment of the slots that one token sees, for rows 0 ..< rowCount, its queries. Several threads may
  /// take a token's segments, each with a scratch of its own; `join` then gives what `run` does, to the bit.
  @export(interface)
  public func runSegment(
    _ segment: Int, rowCount: Int, extraRow: ExtraRow?, into sums: SoftmaxSums
  ) {
    if usesFloat16 {
      AttentionPass<HalfPrecision>(self, sums: sums).runSegment(segment, 0, rowCount, extraRow)
    } else {
      AttentionPass<SinglePrecision>(self, sums: sums).runSegment(segment, 0, rowCount, extraRow)
    }
  }

  /// What all segments of one token come to. The outcome is in `scratch.outputs`.
  /// - Parameter segments: the sums of each segment.
  @export(interface)
  public func join(_ segments: (Int) -> SoftmaxSums, rowCount: Int) {
    scratch.total.copy(from: segments(0), rowCount: rowCount)
    for segment in 1..<max(AttentionGeometry.segmentCount(slots: slotCount), 1) {
      scratch.total.add(segments(segment), rowCount: rowCount)
    }
    scratch.finish(rowCount: rowCount, firstRow: 0, sinks)
  }
}
