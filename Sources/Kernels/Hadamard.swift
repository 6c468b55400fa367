import CInstructions

/// The Walsh-Hadamard transform of every `block` consecutive values of a row, without the factor
/// 1/sqrt(block). Applied to weight rows and activation rows alike it leaves their products
/// unchanged, up to `block`, and spreads outliers over the block.
///
/// The order of the additions is the same whatever the vector: the stages of distance 64 and more,
/// rising, then those of distance 1, 2, … 32.
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
    if block < registerBlock { return transformShort(row, count: count, block: block) }
    var distance = registerBlock
    while distance * 8 <= block {
      combine(row, count: count, distance: distance, Ways<8>.self)
      distance *= 8
    }
    if distance * 4 <= block {
      combine(row, count: count, distance: distance, Ways<4>.self)
    } else if distance * 2 <= block {
      combine(row, count: count, distance: distance, Ways<2>.self)
    }
    switch NativeFloats.scalarCount {
    case 16: return transformInRegisters(row, count: count, Ways<4>.self)
    case 8: return transformInRegisters(row, count: count, Ways<8>.self)
    default: return transformInRegisters(row, count: count, Ways<16>.self)
    }
  }

  /// Values whose last stages are taken together.
  private static var registerBlock: Int { 64 }

  /// The stages of distance 1, 2, … 32. `ways` vectors hold `registerBlock` values.
  @inline(__always)
  private static func transformInRegisters<let ways: Int>(
    _ row: UnsafeMutablePointer<Float>, count: Int, _ kind: Ways<ways>.Type
  ) -> Float {
    var magnitude = NativeFloats()
    for offset in stride(from: 0, to: count, by: registerBlock) {
      var values = Ways<ways>(row + offset, distance: NativeFloats.scalarCount)
      values.transformLanes()
      values.transform()
      values.store(row + offset, distance: NativeFloats.scalarCount)
      magnitude = values.largestMagnitude(magnitude)
    }
    return largestLane(magnitude)
  }

  /// The stages of distance `distance`, … `distance * ways / 2`, in one walk over the row.
  @inline(__always)
  private static func combine<let ways: Int>(
    _ row: UnsafeMutablePointer<Float>, count: Int, distance: Int, _ kind: Ways<ways>.Type
  ) {
    for start in stride(from: 0, to: count, by: ways * distance) {
      for offset in stride(from: start, to: start + distance, by: NativeFloats.scalarCount) {
        var values = Ways<ways>(row + offset, distance: distance)
        values.transform()
        values.store(row + offset, distance: distance)
      }
    }
  }

  /// Blocks shorter than a register row, of rows whose length has no larger power of two.
  private static func transformShort(
    _ row: UnsafeMutablePointer<Float>, count: Int, block: Int
  ) -> Float {
    var magnitude: Float = 0
    var distance = 1
    while distance < block {
      for index in 0..<count where index & distance == 0 {
        let (a, b) = (row[index], row[index + distance])
        row[index] = a + b
        row[index + distance] = a - b
      }
      distance *= 2
    }
    for index in 0..<count { magnitude = max(magnitude, row[index].magnitude) }
    return magnitude
  }
}

/// Vectors that lie `distance` values apart.
private struct Ways<let count: Int> {
  private var vectors: InlineArray<count, NativeFloats>

  @inline(__always)
  init(_ row: UnsafeMutablePointer<Float>, distance: Int) {
    vectors = InlineArray { index in NativeFloats.load(row + index &* distance) }
  }

  @inline(__always)
  func store(_ row: UnsafeMutablePointer<Float>, distance: Int) {
    for index in 0..<count { vectors[unchecked: index].store(row + index &* distance) }
  }

  @inline(__always)
  mutating func transform() {
    combine(1)
    if count > 2 { combine(2) }
    if count > 4 { combine(4) }
    if count > 8 { combine(8) }
  }

  /// Vectors `distance` places apart become their sum and their difference.
  @inline(__always)
  private mutating func combine(_ distance: Int) {
    for index in 0..<count where index & distance == 0 {
      let (a, b) = (vectors[unchecked: index], vectors[unchecked: index &+ distance])
      vectors[unchecked: index] = a + b
      vectors[unchecked: index &+ distance] = a - b
    }
  }

  @inline(__always)
  mutating func transformLanes() {
    for index in 0..<count {
      vectors[unchecked: index] = transformedLanes(vectors[unchecked: index])
    }
  }

  @inline(__always)
  func largestMagnitude(_ before: NativeFloats) -> NativeFloats {
    var magnitude = before
    for index in 0..<count { magnitude = maximum(magnitude, magnitudes(vectors[unchecked: index])) }
    return magnitude
  }
}

// The stages within a vector: lane i becomes lane i + its partner, or partner - lane i.

@inline(__always)
private func transformedLanes(_ vector: SIMD16<Float>) -> SIMD16<Float> {
  var v = vector
  v = edge_swap_by_1(v).addingProduct(
    v, SIMD16(1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1))
  v = edge_swap_by_2(v).addingProduct(
    v, SIMD16(1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1))
  v = edge_swap_by_4(v).addingProduct(
    v, SIMD16(1, 1, 1, 1, -1, -1, -1, -1, 1, 1, 1, 1, -1, -1, -1, -1))
  return edge_swap_by_8(v).addingProduct(
    v, SIMD16(1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1, -1))
}

@inline(__always)
private func transformedLanes(_ vector: SIMD4<Float>) -> SIMD4<Float> {
  let v = edge_f32x4_swap_by_1(vector).addingProduct(vector, SIMD4(1, -1, 1, -1))
  return edge_f32x4_swap_by_2(v).addingProduct(v, SIMD4(1, 1, -1, -1))
}

@inline(__always)
private func transformedLanes(_ vector: SIMD8<Float>) -> SIMD8<Float> {
  let v = SIMD8(
    lowHalf: transformedLanes(vector.lowHalf), highHalf: transformedLanes(vector.highHalf))
  return SIMD8(lowHalf: v.lowHalf + v.highHalf, highHalf: v.lowHalf - v.highHalf)
}
