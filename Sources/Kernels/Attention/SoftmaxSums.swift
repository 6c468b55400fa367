import CInstructions

/// What an online softmax has summed up for some rows over some slots: the largest score, and relative to
/// it the sum of the weights and of the weighted values.
@safe public struct SoftmaxSums: BitwiseCopyable {
  /// `[rows][rowStride]`
  let outputs: UnsafeMutablePointer<Float>
  /// `[rows][16]`: partial sums of the weights.
  let weights: UnsafeMutablePointer<Float>
  /// `[rows]`: the largest scores so far.
  let maxima: UnsafeMutablePointer<Float>
  /// headDim, padded to whole tiles.
  let rowStride: Int

  /// - Parameter memory: `count(rows:headDim:)` Float32, aligned to 64 bytes.
  @export(interface)
  public init(memory: UnsafeMutablePointer<Float>, rows: Int, headDim: Int) {
    let rows = Self.roomyRowCount(rows)
    rowStride = Self.rowStride(headDim)
    unsafe outputs = memory
    unsafe weights = outputs + rows * rowStride
    unsafe maxima = weights + rows * 16
  }

  @export(interface)
  public static func count(rows: Int, headDim: Int) -> Int {
    roundUp(roomyRowCount(rows) * (rowStride(headDim) + 17), to: 16)
  }

  /// With the rows that a tile of products has beyond them.
  static func roomyRowCount(_ rows: Int) -> Int { rows <= 8 ? 8 : roundUp(rows, to: 16) }
  static func rowStride(_ headDim: Int) -> Int { roundUp(headDim, to: 32) }

  @inline(__always)
  func begin(rowCount: Int) {
    let rows = Self.roomyRowCount(rowCount)
    for row in 0..<rows {
      unsafe maxima[row] = AttentionScratch.hidden
      unsafe weights.store(SIMD16(), row * 16)
    }
    var index = 0
    while index < rows * rowStride {
      unsafe outputs.store(SIMD16(), index)
      unsafe outputs.store(SIMD16(), index &+ 16)
      index &+= 32
    }
  }

  /// Scales what a row has summed to a new largest score.
  @inline(__always)
  func raiseMaximum(_ row: Int, to maximum: Float) {
    let difference = unsafe maxima[row] - maximum
    unsafe maxima[row] = maximum
    // Nothing was summed up so far.
    if unsafe weights[row * 16] == 0 { return }
    let factor = SIMD16(repeating: exp2(NativeFloats(repeating: difference))[0])
    unsafe scale(weights + row * 16, count: 16, by: factor)
    unsafe scale(outputs + row * rowStride, count: rowStride, by: factor)
  }

  /// Adds what was summed over slots that follow. Sums that weigh less than 2^-126 of the other ones are
  /// left out: those over slots that a row does not see, for one.
  func add(_ next: SoftmaxSums, rowCount: Int) {
    for row in 0..<rowCount {
      let difference = unsafe next.maxima[row] - maxima[row]
      if difference > 0 {
        if difference < 126 {
          unsafe raiseMaximum(row, to: next.maxima[row])
        } else {
          clear(row, next)
        }
        add(row, of: next, factor: NativeFloats(repeating: 1))
      } else if difference > -126 {
        add(row, of: next, factor: exp2(NativeFloats(repeating: difference)))
      }
    }
  }

  private func clear(_ row: Int, _ next: SoftmaxSums) {
    unsafe maxima[row] = next.maxima[row]
    unsafe (weights + row * 16).update(repeating: 0, count: 16)
    unsafe (outputs + row * rowStride).update(repeating: 0, count: rowStride)
  }

  @inline(__always)
  private func add(_ row: Int, of next: SoftmaxSums, factor: NativeFloats) {
    unsafe addProducts(next.weights + row * 16, factor, to: weights + row * 16, count: 16)
    unsafe addProducts(
      next.outputs + row * rowStride, factor, to: outputs + row * rowStride, count: rowStride)
  }

  func copy(from other: SoftmaxSums, rowCount: Int) {
    unsafe outputs.update(from: other.outputs, count: rowCount * rowStride)
    unsafe weights.update(from: other.weights, count: rowCount * 16)
    unsafe maxima.update(from: other.maxima, count: rowCount)
  }

  /// - Parameter count: a multiple of 16.
  @inline(__always)
  func scale(_ values: UnsafeMutablePointer<Float>, count: Int, by factor: SIMD16<Float>) {
    var index = 0
    while index < count {
      unsafe values.store(UnsafePointer(values).lanes(index) * factor, index)
      index &+= 16
    }
  }

  @inline(__always)
  private func addProducts(
    _ source: UnsafePointer<Float>, _ factor: NativeFloats, to target: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    for index in stride(from: 0, to: count, by: NativeFloats.scalarCount) {
      unsafe NativeFloats.load(target + index).addingProduct(.load(source + index), factor)
        .store(target + index)
    }
  }
}
