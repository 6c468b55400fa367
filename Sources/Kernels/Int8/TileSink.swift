import CInstructions

/// Scales the sums of tiles to Float32 and combines them with the output.
@safe struct TileSink<Operation: Combination>: SumSink {
  /// From the first token on.
  private let activationScales: UnsafePointer<Float>
  private let weightScales: UnsafePointer<Float>
  /// The first token's row, the first group's first column.
  private let out: UnsafeMutablePointer<Float>
  private let stride: Int
  /// Counted from the first token.
  private let tokenCount: Int

  /// - Parameters:
  ///   - firstGroup, firstToken: of those that the kernel is given. It counts from them.
  @inline(__always)
  init(
    _ x: Int8Rows, _ w: Int8Matrix, _ out: ProductOutput, firstGroup: Int, firstToken: Int
  ) {
    let column = firstGroup * Int8Geometry.groupOutputs
    unsafe activationScales = UnsafePointer(x.scales + firstToken)
    unsafe weightScales = UnsafePointer(w.scales + column)
    unsafe self.out = out.values + (firstToken * out.stride + column)
    stride = out.stride
    tokenCount = x.tokenCount - firstToken
  }

  @inline(__always)
  func put<let count: Int>(
    _ sums: InlineArray<count, SumVector>, rows: Int, firstRow: Int, group: Int
  ) {
    let column = group &* Int8Geometry.groupOutputs
    let tile = unsafe OutputTile<Operation>(
      weightScales + column, out + (firstRow &* stride &+ column), stride: stride)
    let scales = unsafe activationScales + firstRow
    let rowCount = min(rows, tokenCount &- firstRow)
    if rows != Int8Geometry.tileRows || rowCount < rows {
      unsafe putSome(sums, rowCount, scales, tile)
      return
    }
    // Scales are read before anything is written: the compiler cannot know that the output lies
    // elsewhere.
    let low = unsafe Self.fourScales(scales)
    let high = unsafe rows > 4 ? Self.fourScales(scales + 4) : low
    tile.put(sums, 0, low[0])
    tile.put(sums, 1, low[1])
    tile.put(sums, 2, low[2])
    tile.put(sums, 3, low[3])
    if rows == 4 { return }
    tile.put(sums, 4, high[0])
    tile.put(sums, 5, high[1])
    tile.put(sums, 6, high[2])
    tile.put(sums, 7, high[3])
  }

  @inline(__always)
  func putRow(_ sums: InlineArray<8, SumVector>, group: Int) {
    let column = group &* Int8Geometry.groupOutputs
    let (scales, target) = unsafe (weightScales + column, out + column)
    let scale = unsafe activationScales[0]
    unsafe Self.put(sums, 0, scale, scales, target)
    unsafe Self.put(sums, 1, scale, scales, target)
    unsafe Self.put(sums, 2, scale, scales, target)
    unsafe Self.put(sums, 3, scale, scales, target)
    unsafe Self.put(sums, 4, scale, scales, target)
    unsafe Self.put(sums, 5, scale, scales, target)
    unsafe Self.put(sums, 6, scale, scales, target)
    unsafe Self.put(sums, 7, scale, scales, target)
  }

  /// One vector of a row's outputs.
  @inline(__always)
  private static func put(
    _ sums: InlineArray<8, SumVector>, _ vector: Int, _ scale: Float,
    _ scales: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>
  ) {
    for lane in Swift.stride(from: 0, to: SumVector.scalarCount, by: NativeInts.scalarCount) {
      let column = vector &* SumVector.scalarCount &+ lane
      unsafe OutputTile<Operation>.put(
        edge_native_part(sums[unchecked: vector], lane), scale, .load(scales + column),
        target + column)
    }
  }

  @inline(__always)
  private static func fourScales(_ scales: UnsafePointer<Float>) -> edge_f32x4 {
    unsafe edge_load_f32x4(scales)
  }

  /// Fewer rows than a tile has.
  @inline(__always)
  private func putSome<let count: Int>(
    _ sums: InlineArray<count, SumVector>, _ rowCount: Int, _ scales: UnsafePointer<Float>,
    _ tile: OutputTile<Operation>
  ) {
    let room = count / (Int8Geometry.groupOutputs / SumVector.scalarCount)
    unsafe tile.put(sums, 0, scales[0])
    if room > 1 && rowCount > 1 { unsafe tile.put(sums, 1, scales[1]) }
    if room > 2 && rowCount > 2 { unsafe tile.put(sums, 2, scales[2]) }
    if room > 3 && rowCount > 3 { unsafe tile.put(sums, 3, scales[3]) }
    if room <= 4 { return }
    if rowCount > 4 { unsafe tile.put(sums, 4, scales[4]) }
    if rowCount > 5 { unsafe tile.put(sums, 5, scales[5]) }
    if rowCount > 6 { unsafe tile.put(sums, 6, scales[6]) }
    if rowCount > 7 { unsafe tile.put(sums, 7, scales[7]) }
  }
}

/// Where a tile's rows go.
@safe private struct OutputTile<Operation: Combination> {
  private let target: UnsafeMutablePointer<Float>
  private let stride: Int
  /// The scales of a group's outputs: one or two vectors.
  private let lowScales: NativeFloats
  private let highScales: NativeFloats

  @inline(__always)
  init(_ scales: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, stride: Int) {
    unsafe self.target = target
    self.stride = stride
    lowScales = unsafe .load(scales)
    highScales =
      unsafe Int8Geometry.groupOutputs > NativeFloats.scalarCount
      ? .load(scales + NativeFloats.scalarCount) : lowScales
  }

  /// - Parameter scale: the token's.
  @inline(__always)
  func put<let count: Int>(_ sums: InlineArray<count, SumVector>, _ row: Int, _ scale: Float) {
    let vectors = Int8Geometry.groupOutputs / SumVector.scalarCount
    let out = unsafe target + row &* stride
    for vector in 0..<vectors {
      let rowSums = unsafe sums[unchecked: row &* vectors &+ vector]
      for lane in Swift.stride(from: 0, to: SumVector.scalarCount, by: NativeInts.scalarCount) {
        let column = vector &* SumVector.scalarCount &+ lane
        unsafe Self.put(
          edge_native_part(rowSums, lane), scale,
          column < NativeFloats.scalarCount ? lowScales : highScales, out + column)
      }
    }
  }

  /// One vector of sums, scaled by the token's scale and those of its outputs.
  @inline(__always)
  static func put(
    _ sums: NativeInts, _ scale: Float, _ scales: NativeFloats,
    _ target: UnsafeMutablePointer<Float>
  ) {
    let product = floats(sums) * NativeFloats(repeating: scale) * scales
    let old = unsafe NativeFloats.load(target)
    unsafe Operation.combine(old, product).store(target)
  }
}
