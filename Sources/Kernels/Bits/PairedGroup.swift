import CInstructions

#if !arch(x86_64)
  /// A long block's sums over groups of groupScale * sum.
  @safe struct PairedTotals {
    var sums = edge_code_sum_pair()
    private(set) var block: UnsafeRawPointer
    /// Of the next group, if each group's lie by themselves.
    var groupScales: UnsafeRawPointer
    /// Those of four groups, if they lie together (`PackedFormat.hasFactorRuns`).
    var low = edge_codes()
    var high = edge_codes()

    /// Has the block's factors read when another group's units have been multiplied.
    @inline(__always)
    mutating func follow(_ other: PairedTotals) { unsafe block = other.sums.after(block) }

    /// Has them read when another group's products are complete.
    @inline(__always)
    mutating func follow<Kind: PackedType>(_ other: PairedGroup<Kind>) {
      unsafe block = other.after(block)
    }
  }

  extension edge_code_sum_pair {
    /// The same address, read from when the sums are complete.
    @inline(__always)
    @unsafe func after(_ place: UnsafeRawPointer) -> UnsafeRawPointer {
      unsafe edge_after_sums(edge_after_sums(place, low), high)
    }
  }

  /// Where the factors of the first three of four groups lie (`edge_factor_places`); those of the fourth are at the top.
  struct FactorPlaces {
    private let first = edge_factor_places(0)
    private let second = edge_factor_places(1)
    private let third = edge_factor_places(2)

    @inline(__always)
    func factors(_ runs: edge_codes, _ index: Int) -> CodeSums {
      switch index % PackedLayout.factorRun {
      case 0: edge_factors_at(runs, first)
      case 1: edge_factors_at(runs, second)
      case 2: edge_factors_at(runs, third)
      default: edge_last_factors(runs)
      }
    }
  }

  /// A group's blocks, from where they are to be read on, and its products.
  @safe struct PairedGroup<Kind: PackedType> {
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
    mutating func follow(_ other: PairedGroup) { unsafe place = other.after(place) }

    /// The same address, read from when the products are complete.
    @inline(__always)
    @unsafe func after(_ place: UnsafeRawPointer) -> UnsafeRawPointer {
      unsafe edge_after(edge_after(place, low), high)
    }

    @inline(__always)
    mutating func follow(_ totals: PairedTotals) {
      unsafe place = totals.sums.after(place)
    }

    /// products += scale * sum (+ minimum * sum of activations)
    @inline(__always)
    mutating func addShort(_ unit: PairedUnit, _ sum: CodeSums, scale: Float) {
      let factors = unsafe edge_load_half_factor_pair(place)
      var minimums = factors
      if format.hasMinimums { unsafe minimums = edge_load_half_factor_pair(place + 16) }
      unsafe place = edge_advance(place, layout.units)
      let sums = multiply(unit)
      low = edge_fma_factors(
        low, edge_sums_to_floats(sums.low), edge_scale_factors(factors.low, scale))
      high = edge_fma_factors(
        high, edge_sums_to_floats(sums.high), edge_scale_factors(factors.high, scale))
      if format.hasMinimums {
        let sum = edge_scale_factors(edge_sums_to_floats(sum), scale)
        low = edge_fma_factors(low, minimums.low, scaled(sum, 1 / format.lowSumUnit))
        high = edge_fma_factors(high, minimums.high, scaled(sum, 1 / format.highSumUnit))
      }
    }

    @inline(__always)
    mutating func startLong() -> PairedTotals {
      let totals = unsafe PairedTotals(block: place, groupScales: place + layout.groupScales)
      unsafe place = edge_advance(place, layout.units)
      return totals
    }

    /// A unit of one group or two, whose scales are read with it.
    @inline(__always)
    mutating func addUnit(_ unit: PairedUnit, _ totals: inout PairedTotals) {
      if format.groupsPerUnit == 2 {
        addHalf(unit.first, &totals)
        addHalf(unit.second, &totals)
      } else {
        add(multiply(unit), to: &totals)
      }
    }

    /// Half a unit that is a group.
    @inline(__always)
    private mutating func addHalf(_ runs: edge_runs, _ totals: inout PairedTotals) {
      var own = edge_code_sum_pair()
      multiplySpread(&own, runs)
      add(own, to: &totals)
    }

    /// A group's sums by its factors.
    @inline(__always)
    private func add(_ own: edge_code_sum_pair, to totals: inout PairedTotals) {
      let factors = unsafe edge_load_signed_factor_pair(totals.groupScales)
      unsafe totals.groupScales = edge_advance(totals.groupScales, layout.outputs)
      add(own, by: factors.low, factors.high, to: &totals)
    }

    @inline(__always)
    private func add(
      _ own: edge_code_sum_pair, by low: CodeSums, _ high: CodeSums, to totals: inout PairedTotals
    ) {
      totals.sums.low = edge_multiply_add_sums(totals.sums.low, own.low, low)
      totals.sums.high = edge_multiply_add_sums(totals.sums.high, own.high, high)
    }

    /// The scales of four groups, which lie together.
    /// - Parameter index: of the four, in the block.
    @inline(__always)
    func loadFactors(_ index: Int, _ totals: inout PairedTotals) {
      let place = layout.groupScales &+ index &* layout.factorRunsByteCount
      unsafe totals.low = edge_load_codes(totals.block + place)
      unsafe totals.high = edge_load_codes(totals.block + (place &+ 16))
    }

    /// A unit that is a group.
    /// - Parameter index: of the group, in the block.
    @inline(__always)
    mutating func addUnit(
      _ unit: PairedUnit, _ index: Int, _ places: FactorPlaces, _ totals: inout PairedTotals
    ) {
      let own = multiply(unit)
      let (low, high) = (places.factors(totals.low, index), places.factors(totals.high, index))
      if index > 0 { return add(own, by: low, high, to: &totals) }
      totals.sums.low = edge_multiply_sums(own.low, low)
      totals.sums.high = edge_multiply_sums(own.high, high)
    }

    /// products += scale * totals - minimum * minimums
    @inline(__always)
    mutating func endLong(_ totals: PairedTotals, _ parts: edge_runs, scale: Float) {
      let block = unsafe totals.block
      let factors = unsafe edge_load_half_factor_pair(block)
      low = edge_fma_factors(
        low, edge_sums_to_floats(totals.sums.low), edge_scale_factors(factors.low, scale))
      high = edge_fma_factors(
        high, edge_sums_to_floats(totals.sums.high), edge_scale_factors(factors.high, scale))
      if !format.hasMinimums { return }
      let sums = unsafe minimumSums(block + layout.groupMinimums, parts)
      let minimums = unsafe edge_load_half_factor_pair(block + layout.minimums)
      low = edge_fma_factors(
        low, edge_sums_to_floats(sums.low),
        edge_scale_factors(minimums.low, -1 / format.lowSumUnit * scale))
      high = edge_fma_factors(
        high, edge_sums_to_floats(sums.high),
        edge_scale_factors(minimums.high, -1 / format.highSumUnit * scale))
    }

    /// Sums over groups of groupMinimum * sum of activations: of what is above the sums' lowest bytes, and of these.
    @inline(__always)
    private func minimumSums(_ factors: UnsafeRawPointer, _ parts: edge_runs) -> edge_code_sum_pair
    {
      let runs = unsafe edge_load_i8x16x4(factors)
      return edge_code_sum_pair(
        low: minimumSum(runs.first, runs.third, parts),
        high: minimumSum(runs.second, runs.fourth, parts))
    }

    @inline(__always)
    private func minimumSum(
      _ early: edge_i8x16, _ late: edge_i8x16, _ parts: edge_runs
    ) -> CodeSums {
      let (early, late) = unsafe (
        unsafeBitCast(early, to: edge_codes.self), unsafeBitCast(late, to: edge_codes.self)
      )
      var sum = unsafe edge_dot_codes(CodeSums(), early, parts, 2, true)
      sum = unsafe edge_lifted_sums(edge_dot_codes(sum, late, parts, 3, true), 8)
      sum = unsafe edge_dot_codes(sum, early, parts, 0, true)
      return unsafe edge_dot_codes(sum, late, parts, 1, true)
    }

    /// A unit's sums, in the numbers of `lowSumUnit` and `highSumUnit`.
    @inline(__always)
    private mutating func multiply(_ unit: PairedUnit) -> edge_code_sum_pair {
      if format.hasPairedOutputs { return multiplyPairs(unit) }
      if let levels = format.levels { return multiply(unit, levels.table) }
      if !format.hasSpreadCodes { return multiplyBytes(unit) }
      var sums = edge_code_sum_pair()
      if format.offset == 0 { sums = edge_code_sum_pair(low: unit.start, high: unit.start) }
      multiplySpread(&sums, unit.first)
      multiplySpread(&sums, unit.second)
      return sums
    }

    /// A unit of codes that stand for levels.
    @inline(__always)
    private mutating func multiply(
      _ unit: PairedUnit, _ levels: SIMD16<Int8>
    ) -> edge_code_sum_pair {
      var sums = edge_code_sum_pair()
      let early = unsafe edge_load_i8x16x4(place)
      unsafe place = edge_advance(place, 64)
      multiply(&sums.low, early.first, levels, unit, 0)
      multiply(&sums.high, early.second, levels, unit, 0)
      multiply(&sums.low, early.third, levels, unit, 1)
      multiply(&sums.high, early.fourth, levels, unit, 1)
      let late = unsafe edge_load_i8x16x4(place)
      unsafe place = edge_advance(place, 64)
      multiply(&sums.low, late.first, levels, unit, 2)
      multiply(&sums.high, late.second, levels, unit, 2)
      multiply(&sums.low, late.third, levels, unit, 3)
      multiply(&sums.high, late.fourth, levels, unit, 3)
      return sums
    }

    /// A run of both halves of a unit.
    @inline(__always)
    private func multiply(
      _ sum: inout CodeSums, _ bytes: edge_i8x16, _ levels: SIMD16<Int8>, _ unit: PairedUnit,
      _ run: Int
    ) {
      let codes = unsafe unsafeBitCast(bytes, to: edge_codes.self)
      let low = edge_levels_of_codes(levels, edge_low_codes(codes))
      let high = edge_levels_of_codes(levels, edge_high_codes(codes))
      sum = unsafe edge_dot_codes(sum, low, unit.first, run, true)
      sum = unsafe edge_dot_codes(sum, high, unit.second, run, true)
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
