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
    if block < registerBlock { return unsafe transformShort(row, count: count, block: block) }
    var distance = registerBlock
    while distance * 8 <= block {
      unsafe combineEight(row, count: count, distance: distance)
      distance *= 8
    }
    if distance * 4 <= block {
      unsafe combineFour(row, count: count, distance: distance)
    } else if distance * 2 <= block {
      unsafe combineTwo(row, count: count, distance: distance)
    }
    return unsafe transformInRegisters(row, count: count)
  }

  /// Values whose last stages are taken together.
  private static var registerBlock: Int { 64 }

  /// One stage: values that lie `distance` apart become their sum and their difference.
  @inline(__always)
  private static func combineTwo(_ row: UnsafeMutablePointer<Float>, count: Int, distance: Int) {
    var place = unsafe row
    while unsafe place < row + count {
      let end = unsafe place + distance
      while unsafe place < end {
        let (a, b) = unsafe (NativeFloats.load(place), NativeFloats.load(place + distance))
        unsafe edge_native_add(a, b).store(place)
        unsafe edge_native_subtract(a, b).store(place + distance)
        unsafe place += NativeFloats.scalarCount
      }
      unsafe place += distance
    }
  }

  /// Two stages in one walk over the row.
  @inline(__always)
  private static func combineFour(_ row: UnsafeMutablePointer<Float>, count: Int, distance: Int) {
    var place = unsafe row
    while unsafe place < row + count {
      let end = unsafe place + distance
      while unsafe place < end {
        var values = unsafe FourVectors(place, distance: distance)
        values.transform()
        unsafe values.store(place, distance: distance)
        unsafe place += NativeFloats.scalarCount
      }
      unsafe place += 3 &* distance
    }
  }

  /// Three stages.
  @inline(__always)
  private static func combineEight(
    _ row: UnsafeMutablePointer<Float>, count: Int, distance: Int
  ) {
    var place = unsafe row
    while unsafe place < row + count {
      let end = unsafe place + distance
      while unsafe place < end {
        var low = unsafe FourVectors(place, distance: distance)
        var high = unsafe FourVectors(place + 4 &* distance, distance: distance)
        low.transform()
        high.transform()
        FourVectors.combine(&low, &high)
        unsafe low.store(place, distance: distance)
        unsafe high.store(place + 4 &* distance, distance: distance)
        unsafe place += NativeFloats.scalarCount
      }
      unsafe place += 7 &* distance
    }
  }

  /// The stages of distance 1, 2, … 32, and the largest magnitude of the outcome.
  @inline(__always)
  private static func transformInRegisters(
    _ row: UnsafeMutablePointer<Float>, count: Int
  ) -> Float {
    var magnitude = NativeFloats()
    var place = unsafe row
    while unsafe place < row + count {
      switch NativeFloats.scalarCount {
      case 16: unsafe transformOne(place, &magnitude)
      case 8: unsafe transformTwo(place, &magnitude)
      default: unsafe transformFour(place, &magnitude)
      }
      unsafe place += registerBlock
    }
    return Kernels.largest(magnitude)
  }

  /// 64 values in 4 vectors.
  @inline(__always)
  private static func transformOne(
    _ place: UnsafeMutablePointer<Float>, _ magnitude: inout NativeFloats
  ) {
    let values = unsafe FourVectors(transformingRow: place)
    unsafe values.storeRow(place, &magnitude)
  }

  /// 64 values in 8 vectors.
  @inline(__always)
  private static func transformTwo(
    _ place: UnsafeMutablePointer<Float>, _ magnitude: inout NativeFloats
  ) {
    let step = FourVectors.lanes
    var low = unsafe FourVectors(transformingRow: place)
    var high = unsafe FourVectors(transformingRow: place + step)
    FourVectors.combine(&low, &high)
    unsafe low.storeRow(place, &magnitude)
    unsafe high.storeRow(place + step, &magnitude)
  }

  /// 64 values in 16 vectors.
  @inline(__always)
  private static func transformFour(
    _ place: UnsafeMutablePointer<Float>, _ magnitude: inout NativeFloats
  ) {
    let step = FourVectors.lanes
    var first = unsafe FourVectors(transformingRow: place)
    var second = unsafe FourVectors(transformingRow: place + step)
    var third = unsafe FourVectors(transformingRow: place + 2 &* step)
    var fourth = unsafe FourVectors(transformingRow: place + 3 &* step)
    FourVectors.combine(&first, &second)
    FourVectors.combine(&third, &fourth)
    FourVectors.combine(&first, &third)
    FourVectors.combine(&second, &fourth)
    unsafe first.storeRow(place, &magnitude)
    unsafe second.storeRow(place + step, &magnitude)
    unsafe third.storeRow(place + 2 &* step, &magnitude)
    unsafe fourth.storeRow(place + 3 &* step, &magnitude)
  }

  /// Blocks shorter than a register row, of rows whose length has no larger power of two.
  private static func transformShort(
    _ row: UnsafeMutablePointer<Float>, count: Int, block: Int
  ) -> Float {
    var magnitude: Float = 0
    var distance = 1
    while distance < block {
      for index in 0..<count where index & distance == 0 {
        let (a, b) = unsafe (row[index], row[index + distance])
        unsafe row[index] = a + b
        unsafe row[index + distance] = a - b
      }
      distance *= 2
    }
    for index in 0..<count { magnitude = unsafe max(magnitude, row[index].magnitude) }
    return magnitude
  }
}

private struct FourVectors {
  private var a: NativeFloats
  private var b: NativeFloats
  private var c: NativeFloats
  private var d: NativeFloats

  static var lanes: Int { 4 * NativeFloats.scalarCount }

  /// Vectors that lie `distance` values apart.
  @inline(__always)
  init(_ row: UnsafeMutablePointer<Float>, distance: Int) {
    a = unsafe .load(row)
    b = unsafe .load(row + distance)
    c = unsafe .load(row + 2 &* distance)
    d = unsafe .load(row + 3 &* distance)
  }

  /// Consecutive values, after the stages that stay within them.
  @inline(__always)
  init(transformingRow row: UnsafeMutablePointer<Float>) {
    unsafe self.init(row, distance: NativeFloats.scalarCount)
    a = transformedLanes(a)
    b = transformedLanes(b)
    c = transformedLanes(c)
    d = transformedLanes(d)
    transform()
  }

  @inline(__always)
  func store(_ row: UnsafeMutablePointer<Float>, distance: Int) {
    unsafe a.store(row)
    unsafe b.store(row + distance)
    unsafe c.store(row + 2 &* distance)
    unsafe d.store(row + 3 &* distance)
  }

  @inline(__always)
  func storeRow(_ row: UnsafeMutablePointer<Float>, _ magnitude: inout NativeFloats) {
    unsafe store(row, distance: NativeFloats.scalarCount)
    magnitude = maximum(magnitude, magnitudes(a))
    magnitude = maximum(magnitude, magnitudes(b))
    magnitude = maximum(magnitude, magnitudes(c))
    magnitude = maximum(magnitude, magnitudes(d))
  }

  /// The stages of one and of two vectors' distance.
  @inline(__always)
  mutating func transform() {
    Self.combine(&a, &b)
    Self.combine(&c, &d)
    Self.combine(&a, &c)
    Self.combine(&b, &d)
  }

  @inline(__always)
  static func combine(_ low: inout FourVectors, _ high: inout FourVectors) {
    combine(&low.a, &high.a)
    combine(&low.b, &high.b)
    combine(&low.c, &high.c)
    combine(&low.d, &high.d)
  }

  /// Two vectors become their sum and their difference.
  @inline(__always)
  private static func combine(_ low: inout NativeFloats, _ high: inout NativeFloats) {
    (low, high) = (edge_native_add(low, high), edge_native_subtract(low, high))
  }
}

// The stages within a vector: lane i becomes lane i + its partner, or partner - lane i.

@inline(__always)
private func transformedLanes(_ vector: SIMD16<Float>) -> SIMD16<Float> {
  var v = vector
  v = edge_fma_f32x16(
    edge_swap_by_1(v), v, SIMD16(1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1))
  v = edge_fma_f32x16(
    edge_swap_by_2(v), v, SIMD16(1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1))
  v = edge_fma_f32x16(
    edge_swap_by_4(v), v, SIMD16(1, 1, 1, 1, -1, -1, -1, -1, 1, 1, 1, 1, -1, -1, -1, -1))
  return edge_fma_f32x16(
    edge_swap_by_8(v), v, SIMD16(1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1, -1))
}

@inline(__always)
private func transformedLanes(_ vector: SIMD8<Float>) -> SIMD8<Float> {
  var v = vector
  v = edge_fma_f32x8(edge_f32x8_swap_by_1(v), v, SIMD8(1, -1, 1, -1, 1, -1, 1, -1))
  v = edge_fma_f32x8(edge_f32x8_swap_by_2(v), v, SIMD8(1, 1, -1, -1, 1, 1, -1, -1))
  return edge_fma_f32x8(edge_f32x8_swap_by_4(v), v, SIMD8(1, 1, 1, 1, -1, -1, -1, -1))
}

#if !arch(x86_64)
  @inline(__always)
  private func transformedLanes(_ vector: SIMD4<Float>) -> SIMD4<Float> {
    let v = edge_fma_f32x4(edge_f32x4_swap_by_1(vector), vector, SIMD4(1, -1, 1, -1))
    return edge_fma_f32x4(edge_f32x4_swap_by_2(v), v, SIMD4(1, 1, -1, -1))
  }
#endif
