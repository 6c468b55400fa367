import CInstructions

/// int8 activations of up to `capacity` tokens without the Hadamard transform, one scale for each
/// block of 32 or 256 values, and the sums of 16 values each, which offsets and minimums need.
///
/// Of several tokens, in tiles of `tileRows`: values `[tile][K / run][tileRows][run]`, scales
/// `[tile][K / block][tileRows]`, sums `[tile][K / 16][tileRows]`. Of one token: plain rows; if codes are paired,
/// with its sums as `PairedRowKernel` takes them (`PairedSums`). Tokens past the last one in a tile hold whatever
/// was there before: their products are not used.
@safe public struct BlockRows: BitwiseCopyable {
  let values: UnsafeMutablePointer<Int8>
  let scales: UnsafeMutablePointer<Float>
  let sums: UnsafeMutablePointer<Int32>
  let k: Int
  let tokenCount: Int
  let blockLength: Int

  static var tileRows: Int { 4 }
  private static var sumLength: Int { 16 }
  /// Values of a token that lie side by side in a tile: as many as an instruction takes.
  @inline(__always)
  private static var run: Int { edge_built_with_i8mm() ? 8 : 4 }

  /// - Parameter memory: `byteCount` bytes, aligned to a cache line.
  init(memory: UnsafeMutableRawPointer, k: Int, tokenCount: Int, blockLength: Int) {
    let rows = Self.rowCount(tokenCount)
    unsafe values = memory.assumingMemoryBound(to: Int8.self)
    let sums = unsafe memory + roundUp(rows * k, to: 64)
    unsafe self.sums = sums.assumingMemoryBound(to: Int32.self)
    let scales = unsafe sums + roundUp(rows * (k / Self.sumLength) * 4, to: 64)
    unsafe self.scales = scales.assumingMemoryBound(to: Float.self)
    self.k = k
    self.tokenCount = tokenCount
    self.blockLength = blockLength
  }

  /// A single token is stored as one row.
  private static func rowCount(_ tokens: Int) -> Int {
    tokens == 1 ? 1 : roundUp(tokens, to: tileRows)
  }

  static func byteCount(tokens: Int, k: Int, blockLength: Int) -> Int {
    let rows = rowCount(tokens)
    return roundUp(rows * k, to: 64) + roundUp(rows * (k / sumLength) * 4, to: 64)
      + roundUp(rows * ((k + blockLength - 1) / blockLength) * 4, to: 64)
  }

  var tileCount: Int { (tokenCount + Self.tileRows - 1) / Self.tileRows }
  var blocksPerRow: Int { k / blockLength }
  private var isLong: Bool { blockLength > PackedFormat.unitLength }

  /// Rounds one token's row, a block at a time.
  /// - Parameters:
  ///   - row: `k` values.
  ///   - factor: multiplies the row: a norm that was left out of it.
  /// - Returns: 0, or NaN if a value is not finite.
  @export(interface)
  func setToken(_ token: Int, from row: UnsafePointer<Float>, factor: Float) -> Float {
    let rows = tokenCount == 1 ? 1 : Self.tileRows
    let (tile, inTile) = (token / rows, token % rows)
    var scales = unsafe scales + (tile * blocksPerRow * rows + inTile)
    var sums = unsafe sums + (tile * (k / Self.sumLength) * rows + inTile)
    let run = tokenCount == 1 ? Self.sumLength : Self.run
    var writer = unsafe RunWriter(
      values + (tile * k * rows + run * inTile), run: run, runStride: run * rows)
    var (source, zeros) = unsafe (row, SIMD16<Float>())
    for _ in 0..<blocksPerRow {
      let magnitude = unsafe largestMagnitude(source, &zeros)
      unsafe scales[0] = magnitude * factor / 127
      unsafe scales += rows
      let inverse = Rounding.inverseStep(magnitude)
      let end = unsafe source + blockLength
      repeat {
        for offset in 0..<2 {
          let lanes = unsafe source.lanes(Self.sumLength &* offset)
          let rounded = Rounding.nearest(lanes, scale: inverse, bias: 0)
          unsafe sums[0] = (rounded &- Rounding.zero).wrappedSum()
          unsafe sums += rows
          writer.write(rounded)
        }
        unsafe source += PackedFormat.unitLength
      } while unsafe source != end
    }
    if tokenCount == 1 && edge_codes_are_paired() {
      unsafe PairedSums.arrange(self.sums, unitCount: k / PackedFormat.unitLength, isLong: isLong)
    }
    return total(zeros)
  }

  /// The largest magnitude of a block.
  /// - Parameter zeros: become NaN if a value is not finite.
  @inline(__always)
  private func largestMagnitude(
    _ block: UnsafePointer<Float>, _ zeros: inout SIMD16<Float>
  ) -> Float {
    var (source, greatest) = unsafe (block, SIMD16<Float>())
    let end = unsafe block + blockLength
    repeat {
      let (early, late) = unsafe (source.lanes(0), source.lanes(16))
      zeros = edge_fma_f32x16(edge_fma_f32x16(zeros, early, SIMD16()), late, SIMD16())
      greatest = edge_max_f32x16(greatest, edge_abs_f32x16(early))
      greatest = edge_max_f32x16(greatest, edge_abs_f32x16(late))
      unsafe source += PackedFormat.unitLength
    } while unsafe source != end
    return largest(greatest)
  }
}
