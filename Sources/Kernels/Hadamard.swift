import CInstructions

/// The Walsh-Hadamard transform of every `block` consecutive values of a row, without the factor
/// 1/sqrt(block). Applied to weight rows and activation rows alike it leaves their products
/// unchanged, up to `block`, and spreads outliers over the block.
public enum Hadamard {
  /// The block for a row of `count` values: the largest power of two that divides it.
  public static func block(for count: Int) -> Int { count & -count }

  /// - Parameters:
  ///   - row: `count` values, `count` a multiple of 16; values past the row's end are zero, and
  ///     `block` divides the row's true length.
  /// - Returns: the largest magnitude of the result.
  /// - Complexity: O(`count` log `block`)
  @inline(__always)
  public static func transform(
    _ row: UnsafeMutablePointer<Float>, count: Int, block: Int
  ) -> Float {
    var distance = 16
    while distance * 4 <= block {
      combineFour(row, count: count, distance: distance)
      distance *= 4
    }
    if distance * 2 <= block { combineTwo(row, count: count, distance: distance) }
    switch block {
    case 1: return transformLanes(row, count: count, stages: 0)
    case 2: return transformLanes(row, count: count, stages: 1)
    case 4: return transformLanes(row, count: count, stages: 2)
    case 8: return transformLanes(row, count: count, stages: 3)
    default: return transformLanes(row, count: count, stages: 4)
    }
  }

  /// One stage: values that lie `distance` apart become their sum and their difference.
  @inline(__always)
  private static func combineTwo(_ row: UnsafeMutablePointer<Float>, count: Int, distance: Int) {
    var start = 0
    while start + 2 * distance <= count {
      for offset in stride(from: start, to: start + distance, by: 16) {
        let a = row.lanes(offset)
        let b = row.lanes(offset + distance)
        row.store(a + b, offset)
        row.store(a - b, offset + distance)
      }
      start += 2 * distance
    }
  }

  /// Two stages in one walk over the row.
  @inline(__always)
  private static func combineFour(_ row: UnsafeMutablePointer<Float>, count: Int, distance: Int) {
    var start = 0
    while start + 4 * distance <= count {
      for offset in stride(from: start, to: start + distance, by: 16) {
        let a = row.lanes(offset)
        let b = row.lanes(offset + distance)
        let c = row.lanes(offset + 2 * distance)
        let d = row.lanes(offset + 3 * distance)
        let (sumLow, differenceLow) = (a + b, a - b)
        let (sumHigh, differenceHigh) = (c + d, c - d)
        row.store(sumLow + sumHigh, offset)
        row.store(differenceLow + differenceHigh, offset + distance)
        row.store(sumLow - sumHigh, offset + 2 * distance)
        row.store(differenceLow - differenceHigh, offset + 3 * distance)
      }
      start += 4 * distance
    }
  }

  /// The stages within a vector: lane i becomes lane i + its partner, or partner - lane i.
  @inline(__always)
  private static func transformLanes(
    _ row: UnsafeMutablePointer<Float>, count: Int, stages: Int
  ) -> Float {
    var magnitude = SIMD16<Float>()
    for offset in stride(from: 0, to: count, by: 16) {
      var v = row.lanes(offset)
      if stages > 0 { v = edge_swap_by_1(v).addingProduct(v, signs1) }
      if stages > 1 { v = edge_swap_by_2(v).addingProduct(v, signs2) }
      if stages > 2 { v = edge_swap_by_4(v).addingProduct(v, signs4) }
      if stages > 3 { v = edge_swap_by_8(v).addingProduct(v, signs8) }
      row.store(v, offset)
      magnitude = edge_max_f32x16(magnitude, edge_abs_f32x16(v))
    }
    return largest(magnitude)
  }

  private static var signs1: SIMD16<Float> {
    SIMD16(1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1)
  }
  private static var signs2: SIMD16<Float> {
    SIMD16(1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1)
  }
  private static var signs4: SIMD16<Float> {
    SIMD16(1, 1, 1, 1, -1, -1, -1, -1, 1, 1, 1, 1, -1, -1, -1, -1)
  }
  private static var signs8: SIMD16<Float> {
    SIMD16(1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1, -1)
  }
}
