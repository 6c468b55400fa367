import CInstructions

#if !arch(x86_64)
  /// One token by groups of eight outputs, two groups at a time, whose codes are bytes, lie in pairs in a byte
  /// (`hasPairedOutputs`) or share bytes with other codes' bits (`hasSpreadCodes`).
  ///
  /// With a byte b = 16 high + low, and one half taken from it, the sums of b by activations and of that
  /// half give those of both outputs: two products for each 32 codes and one instruction that takes a
  /// half, where each half by itself would take one more. The sums of the outputs of high halves are 16
  /// times what they stand for, and so are their products until they are stored.
  enum PairedRowKernel<Kind: PackedType> {
    /// - Parameters:
    ///   - x: one token.
    ///   - weights: packed blocks of groups, `groupByteCount` bytes each.
    ///   - out: `[groups][G]`, the products.
    static func run(
      _ x: BlockRows, _ weights: UnsafeRawPointer, groupByteCount: Int, groupCount: Int,
      into out: UnsafeMutablePointer<Float>
    ) {
      var (weights, out) = unsafe (weights, out)
      for _ in 0..<groupCount / 2 {
        var first = unsafe PairedGroup<Kind>(weights)
        var second = unsafe PairedGroup<Kind>(weights + groupByteCount)
        var activations = PairedActivations(x, Kind.format)
        repeat {
          if Kind.format.hasGroupFactors {
            addLong(&first, &second, &activations)
          } else {
            let unit = activations.nextShort()
            first.addShort(unit)
            second.follow(first)
            second.addShort(unit)
          }
        } while !activations.isAtEnd
        unsafe first.store(out)
        unsafe second.store(out + BitsGeometry.outputs)
        unsafe weights += 2 &* groupByteCount
        unsafe out += 2 &* BitsGeometry.outputs
      }
      if groupCount % 2 != 0 {
        var group = unsafe PairedGroup<Kind>(weights)
        var activations = PairedActivations(x, Kind.format)
        repeat {
          if Kind.format.hasGroupFactors {
            addLong(&group, &activations)
          } else {
            group.addShort(activations.nextShort())
          }
        } while !activations.isAtEnd
        unsafe group.store(out)
      }
    }

    /// A long block of two groups.
    @inline(__always)
    private static func addLong(
      _ first: inout PairedGroup<Kind>, _ second: inout PairedGroup<Kind>,
      _ activations: inout PairedActivations
    ) {
      let scale = activations.nextScale()
      var firstSums = first.startLong()
      var secondSums = second.startLong()
      for _ in 0..<Kind.format.unitsPerBlock {
        let unit = activations.nextUnit(scale: scale)
        first.addUnit(unit, &firstSums)
        second.follow(firstSums)
        second.addUnit(unit, &secondSums)
      }
      first.endLong(firstSums, scale: scale)
      second.endLong(secondSums, scale: scale)
    }

    /// A long block of one group.
    @inline(__always)
    private static func addLong(
      _ group: inout PairedGroup<Kind>, _ activations: inout PairedActivations
    ) {
      let scale = activations.nextScale()
      var sums = group.startLong()
      for _ in 0..<Kind.format.unitsPerBlock {
        group.addUnit(activations.nextUnit(scale: scale), &sums)
      }
      group.endLong(sums, scale: scale)
    }
  }

  /// A unit of a token's activations.
  private struct PairedUnit {
    let first: edge_runs
    let second: edge_runs
    let sum: CodeSums
    /// What the sums of bytes have in addition to those of codes.
    let start: CodeSums
    let scale: Float
  }

  /// A token's activations, from its first unit on.
  @safe private struct PairedActivations {
    private var values: UnsafeRawPointer
    private var sums: UnsafePointer<Int32>
    private var scales: UnsafePointer<Float>
    private let end: UnsafeRawPointer
    /// What a unit's sum is multiplied by to be where sums of bytes start, if codes have an offset.
    private let startFactor: CodeSums
    private let hasOffset: Bool

    @inline(__always)
    init(_ x: BlockRows, _ format: PackedFormat) {
      hasOffset = format.offset != 0
      startFactor = edge_repeat_factor(0 &- format.offset)
      unsafe values = UnsafeRawPointer(x.values)
      unsafe sums = UnsafePointer(x.sums)
      unsafe scales = UnsafePointer(x.scales)
      unsafe end = values + x.k
    }

    @inline(__always) var isAtEnd: Bool { unsafe values == end }

    @inline(__always)
    mutating func nextScale() -> Float {
      let scale = unsafe scales[0]
      unsafe scales += 1
      return scale
    }

    /// A unit with the scale of its short block.
    @inline(__always)
    mutating func nextShort() -> PairedUnit {
      let scale = nextScale()
      return nextUnit(scale: scale)
    }

    @inline(__always)
    mutating func nextUnit(scale: Float) -> PairedUnit {
      let sum = unsafe edge_repeat_sum_of_two(sums)
      let unit = unsafe PairedUnit(
        first: edge_load_runs(values), second: edge_load_runs(values + 16), sum: sum,
        start: hasOffset
          ? edge_multiply_sums(sum, startFactor) : edge_multiply_sums(sum, edge_repeat_sum(128)),
        scale: scale)
      unsafe values += PackedFormat.unitLength
      unsafe sums += 2
      return unit
    }
  }

  /// Integer sums of a long block.
  @safe private struct PairedSums {
    var totals: edge_code_sum_pair
    var minimums: edge_code_sum_pair
    /// Of the next unit.
    var groupScales: UnsafeRawPointer
  }

  /// A group's blocks, from where they are to be read on, and its products.
  @safe private struct PairedGroup<Kind: PackedType> {
    private var place: UnsafeRawPointer
    private var low = CodeFloats()
    private var high = CodeFloats()

    private var format: PackedFormat { @inline(__always) get { Kind.format } }
    private var layout: PackedLayout { @inline(__always) get { PackedLayout(Kind.format) } }

    @inline(__always)
    init(_ weights: UnsafeRawPointer) { unsafe place = weights }

    @inline(__always)
    func store(_ out: UnsafeMutablePointer<Float>) {
      unsafe edge_store_factors(scaled(low, format.lowSumUnit), out)
      unsafe edge_store_factors(scaled(high, format.highSumUnit), out + 4)
    }

    @inline(__always)
    private func scaled(_ products: CodeFloats, _ unit: Float) -> CodeFloats {
      unit == 1 ? products : edge_scale_factors(products, unit)
    }

    /// Has its next blocks read when those of another group have been multiplied.
    @inline(__always)
    mutating func follow(_ other: PairedGroup) { unsafe place = edge_after(place, other.low) }

    @inline(__always)
    mutating func follow(_ sums: PairedSums) {
      unsafe place = edge_after_sums(place, sums.totals.low)
    }

    /// products += scale * sum (+ minimum * sum of activations)
    @inline(__always)
    mutating func addShort(_ unit: PairedUnit) {
      let factors = unsafe edge_load_half_factor_pair(place)
      var minimums = factors
      if format.hasMinimums { unsafe minimums = edge_load_half_factor_pair(place + 16) }
      unsafe place = edge_advance(place, layout.units)
      let sums = multiply(unit)
      low = edge_fma_factors(
        low, edge_sums_to_floats(sums.low), edge_scale_factors(factors.low, unit.scale))
      high = edge_fma_factors(
        high, edge_sums_to_floats(sums.high), edge_scale_factors(factors.high, unit.scale))
      if format.hasMinimums {
        let sum = edge_scale_factors(edge_sums_to_floats(unit.sum), unit.scale)
        low = edge_fma_factors(low, minimums.low, scaled(sum, 1 / format.lowSumUnit))
        high = edge_fma_factors(high, minimums.high, scaled(sum, 1 / format.highSumUnit))
      }
    }

    @inline(__always)
    mutating func startLong() -> PairedSums {
      let sums = unsafe PairedSums(
        totals: edge_code_sum_pair(), minimums: edge_code_sum_pair(),
        groupScales: place + layout.groupScales)
      unsafe place = edge_advance(place, layout.units)
      return sums
    }

    /// Sums over groups of groupScale * sum, and of groupMinimum * sum of activations.
    @inline(__always)
    mutating func addUnit(_ unit: PairedUnit, _ sums: inout PairedSums) {
      if format.groupsPerUnit == 2 {
        addHalf(unit.first, &sums)
        return addHalf(unit.second, &sums)
      }
      add(multiply(unit), to: &sums)
      if format.hasMinimums {
        unsafe sums.minimums = edge_add_unsigned_factors(
          sums.minimums, sums.groupScales + (layout.groupMinimums - layout.groupScales), unit.sum)
      }
      unsafe sums.groupScales = edge_advance(sums.groupScales, layout.outputs)
    }

    /// Half a unit that is a group.
    @inline(__always)
    private mutating func addHalf(_ runs: edge_runs, _ sums: inout PairedSums) {
      var own = edge_code_sum_pair()
      multiplySpread(&own, runs)
      add(own, to: &sums)
      unsafe sums.groupScales = edge_advance(sums.groupScales, layout.outputs)
    }

    /// A group's sums by its factors.
    @inline(__always)
    private func add(_ own: edge_code_sum_pair, to sums: inout PairedSums) {
      let factors = unsafe edge_load_signed_factor_pair(sums.groupScales)
      sums.totals.low = edge_multiply_add_sums(sums.totals.low, own.low, factors.low)
      sums.totals.high = edge_multiply_add_sums(sums.totals.high, own.high, factors.high)
    }

    /// products += scale * totals - minimum * minimums
    @inline(__always)
    mutating func endLong(_ sums: PairedSums, scale: Float) {
      let block = unsafe place - layout.blockByteCount
      let factors = unsafe edge_load_half_factor_pair(block)
      low = edge_fma_factors(
        low, edge_sums_to_floats(sums.totals.low), edge_scale_factors(factors.low, scale))
      high = edge_fma_factors(
        high, edge_sums_to_floats(sums.totals.high), edge_scale_factors(factors.high, scale))
      if !format.hasMinimums { return }
      let minimums = unsafe edge_load_half_factor_pair(block + layout.minimums)
      low = edge_fma_factors(
        low, edge_sums_to_floats(sums.minimums.low),
        edge_scale_factors(minimums.low, -1 / format.lowSumUnit * scale))
      high = edge_fma_factors(
        high, edge_sums_to_floats(sums.minimums.high),
        edge_scale_factors(minimums.high, -1 / format.highSumUnit * scale))
    }

    /// A unit's sums, in the numbers of `lowSumUnit` and `highSumUnit`.
    @inline(__always)
    private mutating func multiply(_ unit: PairedUnit) -> edge_code_sum_pair {
      if format.hasPairedOutputs { return multiplyPairs(unit) }
      if !format.hasSpreadCodes { return multiplyBytes(unit) }
      var sums = edge_code_sum_pair()
      if format.offset == 0 { sums = edge_code_sum_pair(low: unit.start, high: unit.start) }
      multiplySpread(&sums, unit.first)
      multiplySpread(&sums, unit.second)
      return sums
    }

    /// Four runs of spread codes.
    @inline(__always)
    private mutating func multiplySpread(_ sums: inout edge_code_sum_pair, _ runs: edge_runs) {
      let codes = unsafe SpreadCodes<Kind>(&place)
      sums.low = unsafe edge_dot_codes(sums.low, codes[0], runs, 0, true)
      sums.high = unsafe edge_dot_codes(sums.high, codes[1], runs, 0, true)
      sums.low = unsafe edge_dot_codes(sums.low, codes[2], runs, 1, true)
      sums.high = unsafe edge_dot_codes(sums.high, codes[3], runs, 1, true)
      sums.low = unsafe edge_dot_codes(sums.low, codes[4], runs, 2, true)
      sums.high = unsafe edge_dot_codes(sums.high, codes[5], runs, 2, true)
      sums.low = unsafe edge_dot_codes(sums.low, codes[6], runs, 3, true)
      sums.high = unsafe edge_dot_codes(sums.high, codes[7], runs, 3, true)
    }

    @inline(__always)
    private mutating func multiplyBytes(_ unit: PairedUnit) -> edge_code_sum_pair {
      var sums = edge_code_sum_pair()
      multiplyRuns(&sums, unit.first)
      multiplyRuns(&sums, unit.second)
      return sums
    }

    /// Four runs of bytes.
    @inline(__always)
    private mutating func multiplyRuns(_ sums: inout edge_code_sum_pair, _ runs: edge_runs) {
      let early = unsafe edge_load_i8x16x4(place)
      unsafe place = edge_advance(place, 64)
      let late = unsafe edge_load_i8x16x4(place)
      unsafe place = edge_advance(place, 64)
      sums.low = unsafe edge_dot_codes(sums.low, codes(early.first, false), runs, 0, true)
      sums.high = unsafe edge_dot_codes(sums.high, codes(early.second, false), runs, 0, true)
      sums.low = unsafe edge_dot_codes(sums.low, codes(early.third, false), runs, 1, true)
      sums.high = unsafe edge_dot_codes(sums.high, codes(early.fourth, false), runs, 1, true)
      sums.low = unsafe edge_dot_codes(sums.low, codes(late.first, false), runs, 2, true)
      sums.high = unsafe edge_dot_codes(sums.high, codes(late.second, false), runs, 2, true)
      sums.low = unsafe edge_dot_codes(sums.low, codes(late.third, false), runs, 3, true)
      sums.high = unsafe edge_dot_codes(sums.high, codes(late.fourth, false), runs, 3, true)
    }

    @inline(__always)
    private mutating func multiplyPairs(_ unit: PairedUnit) -> edge_code_sum_pair {
      let early = unsafe edge_load_i8x16x4(place)
      unsafe place = edge_advance(place, 64)
      let late = unsafe edge_load_i8x16x4(place)
      unsafe place = edge_advance(place, 64)
      let half = sum(unit, early, late, from: CodeSums(), ofHalves: true)
      let other = sum(
        unit, early, late, from: edge_subtract_sums(unit.start, half), ofHalves: false)
      return format.offset != 0
        ? edge_code_sum_pair(low: other, high: half)
        : edge_code_sum_pair(low: half, high: other)
    }

    @inline(__always)
    private func sum(
      _ unit: PairedUnit, _ early: edge_i8x16x4, _ late: edge_i8x16x4, from start: CodeSums,
      ofHalves: Bool
    ) -> CodeSums {
      var sum = start
      sum = unsafe edge_dot_codes(sum, codes(early.first, ofHalves), unit.first, 0, true)
      sum = unsafe edge_dot_codes(sum, codes(early.second, ofHalves), unit.first, 1, true)
      sum = unsafe edge_dot_codes(sum, codes(early.third, ofHalves), unit.first, 2, true)
      sum = unsafe edge_dot_codes(sum, codes(early.fourth, ofHalves), unit.first, 3, true)
      sum = unsafe edge_dot_codes(sum, codes(late.first, ofHalves), unit.second, 0, true)
      sum = unsafe edge_dot_codes(sum, codes(late.second, ofHalves), unit.second, 1, true)
      sum = unsafe edge_dot_codes(sum, codes(late.third, ofHalves), unit.second, 2, true)
      return unsafe edge_dot_codes(sum, codes(late.fourth, ofHalves), unit.second, 3, true)
    }

    /// A byte's bits, or 16 times the signed code in its high half, or the code in its low half.
    @inline(__always)
    private func codes(_ bytes: edge_i8x16, _ ofHalves: Bool) -> edge_codes {
      let codes = unsafe unsafeBitCast(bytes, to: edge_codes.self)
      if !ofHalves { return codes }
      return format.offset != 0 ? edge_high_signed_codes(codes) : edge_low_codes(codes)
    }
  }
#endif
