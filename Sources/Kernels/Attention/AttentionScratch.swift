import CInstructions

/// The number of query rows that one share of attention takes.
public enum AttentionGeometry {
  /// A multiple of 16, small enough that rows, scores and outputs stay in the second-level cache.
  public static let chunkRows = 96

  /// Slots that are summed over for themselves; the sums of such segments are then added up in their
  /// order, so that a token's segments may be taken by several threads. A multiple of a tile of slots.
  public static let segmentSlots = 512

  public static func segmentCount(slots: Int) -> Int { (slots + segmentSlots - 1) / segmentSlots }
}

/// One thread's memory for attention. Arrays of a format's numbers have room for Float32.
@safe public struct AttentionScratch: BitwiseCopyable {
  /// The score of a slot that a row may not see: its weight is 0, or 2^-126.
  static let hidden: Float = -1e30

  /// `[chunkRows / 16][rowStride][16]`, numbers of the format
  let queries: UnsafeMutableRawPointer
  /// Of all segments so far.
  let total: SoftmaxSums
  /// Of the one that is being summed over, if there are several: the last of the memory.
  let segment: SoftmaxSums
  /// `[chunkRows][tileSlots]`: scores, and then weights
  let weights: UnsafeMutableRawPointer
  /// `[headDim][tileSlots]`
  let keys: UnsafeMutablePointer<Float>
  /// `[tileSlots][rowStride]`
  let values: UnsafeMutablePointer<Float>
  /// `[chunkRows]`: 1 / the sum of a row's weights and its sink's, once the row is finished.
  let inverses: UnsafeMutablePointer<Float>
  /// headDim, padded to whole tiles.
  public let rowStride: Int

  /// - Parameter memory: `count(headDim:slots:)` Float32, aligned to 64 bytes.
  @export(interface)
  public init(memory: UnsafeMutablePointer<Float>, headDim: Int) {
    let rows = AttentionGeometry.chunkRows
    rowStride = SoftmaxSums.rowStride(headDim)
    unsafe queries = UnsafeMutableRawPointer(memory)
    let sums = unsafe memory + rows * rowStride
    total = unsafe SoftmaxSums(memory: sums, rows: rows, headDim: headDim)
    let scores = unsafe sums + SoftmaxSums.count(rows: rows, headDim: headDim)
    unsafe weights = UnsafeMutableRawPointer(scores)
    unsafe keys = scores + rows * CacheRows.tileSlots
    unsafe values = keys + headDim * CacheRows.tileSlots
    unsafe inverses = values + CacheRows.tileSlots * rowStride
    segment = unsafe SoftmaxSums(memory: inverses + rows, rows: rows, headDim: headDim)
  }

  /// - Parameter slots: of the largest KV head.
  public static func count(headDim: Int, slots: Int) -> Int {
    let (rows, stride) = (AttentionGeometry.chunkRows, SoftmaxSums.rowStride(headDim))
    let sums = AttentionGeometry.segmentCount(slots: slots) > 1 ? 2 : 1
    return rows * (stride + CacheRows.tileSlots + 1) + CacheRows.tileSlots * (headDim + stride)
      + sums * SoftmaxSums.count(rows: rows, headDim: headDim)
  }

  /// `[chunkRows][rowStride]`
  public var outputs: UnsafeMutablePointer<Float> { unsafe total.outputs }

  /// - Parameter firstRow: of the block.
  @inline(__always)
  func finish(rowCount: Int, firstRow: Int, _ sinks: AttentionSinks?) {
    for row in 0..<rowCount {
      var weight = unsafe Kernels.total(total.weights.lanes(row * 16))
      if let sinks {
        unsafe weight += sinks.weight(row: firstRow + row, above: total.maxima[row])
      }
      unsafe inverses[row] = 1 / weight
      unsafe total.scale(
        outputs + row * rowStride, count: rowStride, by: SIMD16(repeating: inverses[row]))
    }
  }

  func hasFiniteOutputs(rowCount: Int, headDim: Int) -> Bool {
    var check = FiniteCheck()
    for row in 0..<rowCount {
      unsafe check.add(UnsafePointer(outputs + row * rowStride), count: headDim)
    }
    return check.allFinite
  }
}
