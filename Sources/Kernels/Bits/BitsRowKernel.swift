import CInstructions

/// One token by groups of outputs: weights are read once, unpacked in registers.
enum BitsRowKernel<Kind: PackedType> {
  @inline(__always) private static var format: PackedFormat { Kind.format }
  @inline(__always) private static var layout: PackedLayout { PackedLayout(Kind.format) }

  /// - Parameters:
  ///   - x: one token.
  ///   - weights: packed blocks of groups, `groupByteCount` bytes each.
  ///   - out: `[groups][G]`, the products.
  @inline(never)
  static func run(
    _ x: BlockRows, _ weights: UnsafeRawPointer, groupByteCount: Int, groupCount: Int,
    into out: UnsafeMutablePointer<Float>
  ) {
    var (weights, out) = unsafe (weights, out)
    for _ in 0..<groupCount {
      let end = unsafe weights + groupByteCount
      unsafe runGroup(x, weights, end, into: out)
      unsafe weights = end
      unsafe out += BitsGeometry.outputs
    }
  }

  @inline(__always)
  private static func runGroup(
    _ x: BlockRows, _ weights: UnsafeRawPointer, _ end: UnsafeRawPointer,
    into out: UnsafeMutablePointer<Float>
  ) {
    var products = twice(CodeFloats())
    var block = unsafe weights
    var values = unsafe UnsafeRawPointer(x.values)
    var (sums, scales) = unsafe (x.sums, x.scales)
    while unsafe block < end {
      if format.hasGroupFactors {
        unsafe addLong(&products, block, values, sums, scales[0])
      } else {
        unsafe addShort(&products, block, values, sums, scales[0])
      }
      unsafe block += layout.blockByteCount
      unsafe values += format.blockLength
      unsafe sums += format.blockLength / 16
      unsafe scales += 1
    }
    for vector in 0..<BitsGeometry.vectors {
      unsafe edge_store_factors(
        edge_scale_factors(products[unchecked: vector], format.sumUnit),
        out + vector &* CodeFloats.scalarCount)
    }
  }

  /// products += scale * sum (+ minimum * sum of activations)
  @inline(__always)
  private static func addShort(
    _ products: inout GroupFloats, _ block: UnsafeRawPointer, _ values: UnsafeRawPointer,
    _ sums: UnsafePointer<Int32>, _ scale: Float
  ) {
    let needsSum = format.kernelOffset != 0 || format.hasMinimums
    let activations = unsafe needsSum ? sums[0] &+ sums[1] : 0
    var total = start(activations)
    unsafe multiply(&total, block + layout.units, values)
    let sum = Float(activations) * scale
    for vector in 0..<BitsGeometry.vectors {
      let place = vector &* 2 &* CodeFloats.scalarCount
      unsafe products[unchecked: vector] = edge_fma_factors(
        products[unchecked: vector], edge_sums_to_floats(total[unchecked: vector]),
        edge_scale_factors(edge_load_half_factors(block + place), scale))
      if format.hasMinimums {
        unsafe products[unchecked: vector] = edge_fma_factor(
          products[unchecked: vector], edge_load_half_factors(block + (layout.minimums + place)),
          sum)
      }
    }
  }

  /// products += scale * sum over groups of groupScale * sum (- minimum * sum over groups of
  /// groupMinimum * sum of activations)
  @inline(__always)
  private static func addLong(
    _ products: inout GroupFloats, _ block: UnsafeRawPointer, _ values: UnsafeRawPointer,
    _ sums: UnsafePointer<Int32>, _ scale: Float
  ) {
    var total = twice(CodeSums())
    var minimums = total
    for unit in 0..<format.unitsPerBlock {
      unsafe prefetch(block, unit)
      let sum = unsafe sums + 2 &* unit
      let codes = unsafe block + (layout.units + unit &* layout.unitByteCount)
      let values = unsafe values + unit &* PackedFormat.unitLength
      var low = unsafe start(format.groupsPerUnit == 1 ? sum[0] &+ sum[1] : sum[0])
      var high = unsafe start(sum[1])
      if format.groupsPerUnit == 1 {
        unsafe multiply(&low, codes, values)
      } else {
        unsafe multiply(&low, &high, codes, values)
      }
      for vector in 0..<BitsGeometry.vectors {
        let place =
          unit &* format.groupsPerUnit &* BitsGeometry.outputs + vector &* CodeSums.scalarCount
        let factors = unsafe block + (layout.groupScales + place)
        unsafe total[unchecked: vector] = scaled(
          total[unchecked: vector], low[unchecked: vector], high[unchecked: vector], factors)
        if format.hasMinimums {
          unsafe minimums[unchecked: vector] = edge_multiply_add_sums(
            minimums[unchecked: vector],
            edge_load_unsigned_factors(block + (layout.groupMinimums + place)),
            edge_repeat_sum(sum[0] &+ sum[1]))
        }
      }
    }
    for vector in 0..<BitsGeometry.vectors {
      let place = vector &* 2 &* CodeFloats.scalarCount
      unsafe products[unchecked: vector] = edge_fma_factors(
        products[unchecked: vector], edge_sums_to_floats(total[unchecked: vector]),
        edge_scale_factors(edge_load_half_factors(block + place), scale))
      if format.hasMinimums {
        unsafe products[unchecked: vector] = edge_fma_factors(
          products[unchecked: vector], edge_sums_to_floats(minimums[unchecked: vector]),
          edge_scale_factors(edge_load_half_factors(block + (layout.minimums + place)), -scale))
      }
    }
  }

  /// Brings a unit's part of the next block nearer: processors for x86-64 do not by themselves, as a long
  /// block is read in two places.
  @inline(__always)
  static func prefetch(_ block: UnsafeRawPointer, _ unit: Int) {
    #if arch(x86_64)
      let part = layout.blockByteCount / format.unitsPerBlock
      let next = unsafe block + (layout.blockByteCount + unit &* part)
      for offset in stride(from: 0, to: part, by: 64) { unsafe edge_prefetch(next + offset) }
    #endif
  }

  /// A unit's sums by its groups' factors, added to those of the block.
  @inline(__always)
  private static func scaled(
    _ total: CodeSums, _ low: CodeSums, _ high: CodeSums, _ factors: UnsafeRawPointer
  ) -> CodeSums {
    let first = unsafe edge_load_signed_factors(factors)
    if format.groupsPerUnit == 1 {
      return edge_multiply_add_sums(total, low, first)
    }
    let second = unsafe edge_load_signed_factors(factors + BitsGeometry.outputs)
    return edge_multiply_add_sums(edge_multiply_add_sums(total, low, first), high, second)
  }

  /// Where sums of products start, so that the codes' offset is taken from each.
  @inline(__always)
  private static func start(_ sum: Int32) -> GroupSums {
    format.kernelOffset == 0
      ? twice(CodeSums())
      : twice(edge_repeat_sum(0 &- format.kernelOffset &* sum))
  }

  /// A unit by its activations, one sum for both halves.
  @inline(__always)
  private static func multiply(
    _ sums: inout GroupSums, _ unit: UnsafeRawPointer, _ values: UnsafeRawPointer
  ) {
    let (first, second) = unsafe (edge_load_runs(values), edge_load_runs(values + 16))
    for vector in 0..<BitsGeometry.vectors {
      let codes = unsafe UnitCodes<Kind>(unit, vector: vector)
      let (zero, one, two, three) = (codes.pair(0), codes.pair(1), codes.pair(2), codes.pair(3))
      var sum = unsafe sums[unchecked: vector]
      sum = unsafe edge_dot_codes(sum, zero.low, first, 0, format.isSigned)
      sum = unsafe edge_dot_codes(sum, zero.high, second, 0, format.isSigned)
      sum = unsafe edge_dot_codes(sum, one.low, first, 1, format.isSigned)
      sum = unsafe edge_dot_codes(sum, one.high, second, 1, format.isSigned)
      sum = unsafe edge_dot_codes(sum, two.low, first, 2, format.isSigned)
      sum = unsafe edge_dot_codes(sum, two.high, second, 2, format.isSigned)
      sum = unsafe edge_dot_codes(sum, three.low, first, 3, format.isSigned)
      unsafe sums[unchecked: vector] = edge_dot_codes(sum, three.high, second, 3, format.isSigned)
    }
  }

  /// A unit by its activations, a sum for each half, which is a group.
  @inline(__always)
  private static func multiply(
    _ low: inout GroupSums, _ high: inout GroupSums, _ unit: UnsafeRawPointer,
    _ values: UnsafeRawPointer
  ) {
    let (first, second) = unsafe (edge_load_runs(values), edge_load_runs(values + 16))
    for vector in 0..<BitsGeometry.vectors {
      let codes = unsafe UnitCodes<Kind>(unit, vector: vector)
      let (zero, one, two, three) = (codes.pair(0), codes.pair(1), codes.pair(2), codes.pair(3))
      var lowSum = unsafe low[unchecked: vector]
      lowSum = unsafe edge_dot_codes(lowSum, zero.low, first, 0, format.isSigned)
      lowSum = unsafe edge_dot_codes(lowSum, one.low, first, 1, format.isSigned)
      lowSum = unsafe edge_dot_codes(lowSum, two.low, first, 2, format.isSigned)
      unsafe low[unchecked: vector] = edge_dot_codes(lowSum, three.low, first, 3, format.isSigned)
      var highSum = unsafe high[unchecked: vector]
      highSum = unsafe edge_dot_codes(highSum, zero.high, second, 0, format.isSigned)
      highSum = unsafe edge_dot_codes(highSum, one.high, second, 1, format.isSigned)
      highSum = unsafe edge_dot_codes(highSum, two.high, second, 2, format.isSigned)
      unsafe high[unchecked: vector] = edge_dot_codes(
        highSum, three.high, second, 3, format.isSigned)
    }
  }
}
