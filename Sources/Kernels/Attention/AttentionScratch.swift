import CInstructions

/// The number of query rows that one share of attention takes.
public enum AttentionGeometry {
  /// A multiple of 16, small enough that rows, scores and outputs stay in the second-level cache.
  public static let chunkRows = 96
}

/// One thread's memory for attention. Arrays of a format's numbers have room for Float32.
public struct AttentionScratch: BitwiseCopyable {
  /// The score of a slot that a row may not see: its weight is 0, or 2^-126.
  static let hidden: Float = -1e30

  /// `[chunkRows][rowStride]`, numbers of the format
  let queries: UnsafeMutableRawPointer
  /// `[chunkRows][rowStride]`
  public let outputs: UnsafeMutablePointer<Float>
  /// `[chunkRows][tileSlots]`, numbers of the format
  let weights: UnsafeMutableRawPointer
  /// `[headDim][tileSlots]`
  let keys: UnsafeMutablePointer<Float>
  /// `[tileSlots][rowStride]`
  let values: UnsafeMutablePointer<Float>
  /// `[chunkRows][16]`: partial sums of the weights.
  let sums: UnsafeMutablePointer<Float>
  /// `[chunkRows]`: the largest scores so far.
  let maxima: UnsafeMutablePointer<Float>
  /// `[chunkRows]`: 1 / the sum of a row's weights, once the row is finished.
  let inverses: UnsafeMutablePointer<Float>
  /// headDim, padded to whole tiles.
  public let rowStride: Int

  /// - Parameter memory: `count(headDim:)` Float32, aligned to 64 bytes.
  @export(interface)
  public init(memory: UnsafeMutablePointer<Float>, headDim: Int) {
    let rows = AttentionGeometry.chunkRows
    rowStride = Self.rowStride(headDim)
    queries = UnsafeMutableRawPointer(memory)
    outputs = memory + rows * rowStride
    weights = UnsafeMutableRawPointer(outputs + rows * rowStride)
    keys = outputs + rows * (rowStride + CacheRows.tileSlots)
    values = keys + headDim * CacheRows.tileSlots
    sums = values + CacheRows.tileSlots * rowStride
    maxima = sums + rows * 16
    inverses = maxima + rows
  }

  public static func count(headDim: Int) -> Int {
    let stride = rowStride(headDim)
    return AttentionGeometry.chunkRows * (2 * stride + CacheRows.tileSlots + 16 + 2)
      + CacheRows.tileSlots * (headDim + stride)
  }

  private static func rowStride(_ headDim: Int) -> Int { roundUp(headDim, to: 32) }

  @inline(__always)
  func begin(rowCount: Int) {
    let rows = roundUp(rowCount, to: 16)
    for row in 0..<rows {
      maxima[row] = Self.hidden
      sums.store(SIMD16(), row * 16)
    }
    for index in stride(from: 0, to: rows * rowStride, by: 16) { outputs.store(SIMD16(), index) }
  }

  /// Scales what a row has summed to a new largest score.
  @inline(__always)
  func raiseMaximum(_ row: Int, to maximum: Float) {
    let factor = exp2(NativeFloats(repeating: maxima[row] - maximum))
    maxima[row] = maximum
    scale(sums + row * 16, count: 16, by: factor)
    scale(outputs + row * rowStride, count: rowStride, by: factor)
  }

  @inline(__always)
  func finish(rowCount: Int) {
    for row in 0..<rowCount {
      inverses[row] = 1 / total(sums.lanes(row * 16))
      scale(
        outputs + row * rowStride, count: rowStride, by: NativeFloats(repeating: inverses[row]))
    }
  }

  /// A finite number times 0 is 0; no other number is.
  func hasFiniteOutputs(rowCount: Int, headDim: Int) -> Bool {
    var sum = NativeFloats()
    var rest: Float = 0
    let wholeCount = headDim - headDim % NativeFloats.scalarCount
    for row in 0..<rowCount {
      let output = outputs + row * rowStride
      for index in stride(from: 0, to: wholeCount, by: NativeFloats.scalarCount) {
        sum = sum.addingProduct(.load(output + index), NativeFloats())
      }
      for index in wholeCount..<headDim { rest += output[index] * 0 }
    }
    return sum == NativeFloats() && rest == 0
  }

  @inline(__always)
  private func scale(_ values: UnsafeMutablePointer<Float>, count: Int, by factor: NativeFloats) {
    for index in stride(from: 0, to: count, by: NativeFloats.scalarCount) {
      (NativeFloats.load(values + index) * factor).store(values + index)
    }
  }
}
