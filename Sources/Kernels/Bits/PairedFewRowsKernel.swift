import CInstructions

#if !arch(x86_64)
  /// Up to four tokens, which are a tile, by a group of eight outputs: codes are unpacked in registers, as for
  /// one token (`PairedRowKernel`), and each register passes by all tokens.
  enum PairedFewRowsKernel<Kind: PackedType, Count: RowCount> {
    @inline(__always) private static var format: PackedFormat { Kind.format }
    @inline(__always) private static var layout: PackedLayout { PackedLayout(Kind.format) }
    /// Of the low four outputs and the high ones of each row.
    typealias Sums = InlineArray<8, CodeSums>
    typealias Floats = InlineArray<8, CodeFloats>

    /// - Parameters:
    ///   - group: packed blocks of a group.
    ///   - products: `[4][G]`, of which the tile's rows are written.
    @inline(never)
    static func run(
      _ x: BlockRows, tile: Int, _ group: UnsafeRawPointer,
      into products: UnsafeMutablePointer<Float>
    ) {
      var floats = eightTimes(CodeFloats())
      var place = unsafe group
      var activations = TileUnits(x, tile)
      for _ in 0..<x.blocksPerRow {
        if format.hasGroupFactors {
          unsafe addLong(&floats, &place, &activations)
        } else {
          unsafe addShort(&floats, &place, &activations)
        }
      }
      for row in 0..<Count.rows {
        let out = unsafe products + row &* BitsGeometry.outputs
        unsafe edge_store_factors(
          edge_scale_factors(floats[unchecked: 2 &* row], format.lowSumUnit), out)
        unsafe edge_store_factors(
          edge_scale_factors(floats[unchecked: 2 &* row &+ 1], format.highSumUnit), out + 4)
      }
    }

    /// products += scale * sum (+ minimum * sum of activations)
    @inline(__always)
    private static func addShort(
      _ floats: inout Floats, _ place: inout UnsafeRawPointer, _ activations: inout TileUnits
    ) {
      let block = unsafe place
      unsafe place = edge_advance(place, layout.units)
      let sums = activations.nextSums()
      let tile = unsafe multiply(sums, &place, &activations)
      let own = activations.nextScales()
      unsafe add(tile, edge_load_half_factor_pair(block), own, to: &floats)
      if !format.hasMinimums { return }
      let minimums = unsafe edge_load_half_factor_pair(block + layout.minimums)
      let products = edge_multiply_factors(edge_sums_to_floats(sums), own)
      for row in 0..<Count.rows {
        let (low, high) = (2 &* row, 2 &* row &+ 1)
        unsafe floats[unchecked: low] = edge_fma_factor(
          floats[unchecked: low], minimums.low, products[row] * (1 / format.lowSumUnit))
        unsafe floats[unchecked: high] = edge_fma_factor(
          floats[unchecked: high], minimums.high, products[row] * (1 / format.highSumUnit))
      }
    }

    /// products += scale * sum over groups of groupScale * sum (- minimum * sum over groups of
    /// groupMinimum * sum of activations)
    @inline(__always)
    private static func addLong(
      _ floats: inout Floats, _ place: inout UnsafeRawPointer, _ activations: inout TileUnits
    ) {
      let block = unsafe place
      unsafe place = edge_advance(place, layout.units)
      var factors = unsafe block + layout.groupScales
      var totals = eightTimes(CodeSums())
      var later = activations
      if format.hasFactorRuns {
        for _ in 0..<format.groupsPerBlock / PackedLayout.factorRun {
          unsafe addRun(&totals, &factors, &place, &later)
        }
      } else {
        for _ in 0..<format.groupsPerBlock {
          var tile = eightTimes(CodeSums())
          unsafe multiply(&tile, &place, &later)
          unsafe add(tile, &factors, to: &totals)
        }
      }
      let own = later.nextScales()
      unsafe add(totals, edge_load_half_factor_pair(block), own, to: &floats)
      if format.hasMinimums {
        unsafe add(
          activations.minimums(block + layout.groupMinimums, Count.self),
          edge_load_half_factor_pair(block + layout.minimums),
          edge_scale_factors(own, -1), isScaled: false, to: &floats)
      } else {
        activations.skipSums(units: format.unitsPerBlock)
      }
      activations.follow(later)
    }

    /// Four units that are groups, whose factors lie together.
    @inline(__always)
    private static func addRun(
      _ totals: inout Sums, _ factors: inout UnsafeRawPointer, _ place: inout UnsafeRawPointer,
      _ activations: inout TileUnits
    ) {
      let runs = unsafe edge_load_i8x16x2(factors)
      unsafe factors += layout.factorRunsByteCount
      var (low, high) = (codes(runs.first), codes(runs.second))
      for _ in 0..<PackedLayout.factorRun {
        let tile = unsafe multiply(activations.nextSums(), &place, &activations)
        add(
          tile, edge_code_sum_pair(low: edge_first_factors(low), high: edge_first_factors(high)),
          to: &totals)
        (low, high) = (edge_next_factors(low), edge_next_factors(high))
      }
    }

    /// A group's sums by its factors.
    @inline(__always)
    private static func add(
      _ tile: Sums, _ factors: inout UnsafeRawPointer, to totals: inout Sums
    ) {
      unsafe factors = after(tile, factors)
      let pair = unsafe edge_load_signed_factor_pair(factors)
      unsafe factors = edge_advance(factors, BitsGeometry.outputs)
      add(tile, pair, to: &totals)
    }

    @inline(__always)
    private static func add(_ tile: Sums, _ pair: edge_code_sum_pair, to totals: inout Sums) {
      for row in 0..<Count.rows {
        let (low, high) = (2 &* row, 2 &* row &+ 1)
        unsafe totals[unchecked: low] = edge_multiply_add_sums(
          totals[unchecked: low], tile[unchecked: low], pair.low)
        unsafe totals[unchecked: high] = edge_multiply_add_sums(
          totals[unchecked: high], tile[unchecked: high], pair.high)
      }
    }

    /// A block's sums by both scales.
    /// - Parameter isScaled: whether sums are in the numbers of `lowSumUnit` and `highSumUnit`.
    @inline(__always)
    private static func add(
      _ sums: Sums, _ factors: edge_code_float_pair, _ scales: CodeFloats, isScaled: Bool = true,
      to floats: inout Floats
    ) {
      let lowFactor = isScaled ? 1 : 1 / format.lowSumUnit
      let highFactor = isScaled ? 1 : 1 / format.highSumUnit
      for row in 0..<Count.rows {
        let (low, high) = (2 &* row, 2 &* row &+ 1)
        unsafe floats[unchecked: low] = edge_fma_factors(
          floats[unchecked: low], edge_sums_to_floats(sums[unchecked: low]),
          edge_scale_factors(factors.low, scales[row] * lowFactor))
        unsafe floats[unchecked: high] = edge_fma_factors(
          floats[unchecked: high], edge_sums_to_floats(sums[unchecked: high]),
          edge_scale_factors(factors.high, scales[row] * highFactor))
      }
    }

    /// A unit by its activations, whose sums are given.
    @inline(__always)
    private static func multiply(
      _ sums: CodeSums, _ place: inout UnsafeRawPointer, _ activations: inout TileUnits
    ) -> Sums {
      var tile = start(sums)
      unsafe multiply(&tile, &place, &activations)
      unsafe multiply(&tile, &place, &activations)
      return tile
    }

    /// What is taken from sums of codes as they are multiplied.
    @inline(__always)
    private static func start(_ sums: CodeSums) -> Sums {
      var tile = eightTimes(CodeSums())
      let isWithoutOffset = format.offset == 0 && format.codeBits != 8
      let high: Int32 = isWithoutOffset ? 128 : 0
      let low = format.hasPairedOutputs ? 0 &- format.offset : high
      if low == 0 && high == 0 { return tile }
      let (lowStart, highStart) = (
        edge_multiply_sums(sums, edge_repeat_sum(low)),
        edge_multiply_sums(sums, edge_repeat_sum(high))
      )
      for row in 0..<Count.rows {
        if low != 0 { unsafe tile[unchecked: 2 &* row] = edge_repeat_sum(lowStart[row]) }
        if high != 0 { unsafe tile[unchecked: 2 &* row &+ 1] = edge_repeat_sum(highStart[row]) }
      }
      return tile
    }

    /// Half a unit.
    @inline(__always)
    private static func multiply(
      _ tile: inout Sums, _ place: inout UnsafeRawPointer, _ activations: inout TileUnits
    ) {
      let runs = activations.nextRuns()
      if format.hasSpreadCodes {
        let codes = unsafe SpreadCodes<Kind>(&place)
        TileRun<Count>.add(to: &tile, codes[0], codes[1], runs.first)
        TileRun<Count>.add(to: &tile, codes[2], codes[3], runs.second)
        TileRun<Count>.add(to: &tile, codes[4], codes[5], runs.third)
        TileRun<Count>.add(to: &tile, codes[6], codes[7], runs.fourth)
      } else {
        let early = unsafe loadFour(&place)
        if format.hasPairedOutputs {
          multiplyPairs(&tile, early.first, runs.first)
          multiplyPairs(&tile, early.second, runs.second)
          multiplyPairs(&tile, early.third, runs.third)
          multiplyPairs(&tile, early.fourth, runs.fourth)
        } else {
          TileRun<Count>.add(to: &tile, codes(early.first), codes(early.second), runs.first)
          TileRun<Count>.add(to: &tile, codes(early.third), codes(early.fourth), runs.second)
          let late = unsafe loadFour(&place)
          TileRun<Count>.add(to: &tile, codes(late.first), codes(late.second), runs.third)
          TileRun<Count>.add(to: &tile, codes(late.third), codes(late.fourth), runs.fourth)
        }
      }
      unsafe place = after(tile, place)
      activations.read(after: tile, rows: Count.rows)
    }

    @inline(__always)
    private static func codes(_ bytes: edge_i8x16) -> edge_codes {
      unsafe unsafeBitCast(bytes, to: edge_codes.self)
    }

    /// A run of codes in pairs: those in high halves as 16 times what they stand for, less 8.
    @inline(__always)
    private static func multiplyPairs(_ tile: inout Sums, _ pairs: edge_i8x16, _ runs: edge_i8x16) {
      let pairs = codes(pairs)
      TileRun<Count>.add(to: &tile, edge_low_codes(pairs), edge_high_signed_codes(pairs), runs)
    }

    /// The same address, read from when the tile's sums are complete.
    @inline(__always)
    @unsafe private static func after(
      _ tile: Sums, _ place: UnsafeRawPointer
    ) -> UnsafeRawPointer {
      unsafe placeAfter(tile, place, rows: Count.rows)
    }
  }

  @inline(__always)
  @unsafe private func placeAfter(
    _ tile: InlineArray<8, CodeSums>, _ place: UnsafeRawPointer, rows: Int
  ) -> UnsafeRawPointer {
    if rows == 2 {
      return unsafe edge_after_sums(
        edge_after_sums(place, tile[unchecked: 1]), tile[unchecked: 3])
    }
    return unsafe edge_after_tile(
      place, tile[unchecked: 0], tile[unchecked: 1], tile[unchecked: 2], tile[unchecked: 3],
      tile[unchecked: 4], tile[unchecked: 5], tile[unchecked: 6], tile[unchecked: 7])
  }

  /// A tile's activations, from a unit on.
  @safe private struct TileUnits {
    private var values: UnsafeRawPointer
    private var sums: UnsafeRawPointer
    private var scales: UnsafeRawPointer

    @inline(__always)
    init(_ x: BlockRows, _ tile: Int) {
      let rows = BlockRows.tileRows
      unsafe values = UnsafeRawPointer(x.values + tile &* rows &* x.k)
      unsafe sums = UnsafeRawPointer(x.sums + tile &* rows &* (x.k / 16))
      unsafe scales = UnsafeRawPointer(x.scales + tile &* rows &* x.blocksPerRow)
    }

    /// Four runs of four tokens.
    @inline(__always)
    mutating func nextRuns() -> edge_i8x16x4 {
      unsafe loadFour(&values)
    }

    /// A unit's sums of four tokens.
    @inline(__always)
    mutating func nextSums() -> CodeSums {
      unsafe unitSums(&sums)
    }

    /// Sums over groups of groupMinimum * sum of activations of a long block, whose sums are behind it then.
    @inline(__always)
    mutating func minimums<Count: RowCount>(
      _ factors: UnsafeRawPointer, _ count: Count.Type
    ) -> InlineArray<8, CodeSums> {
      unsafe TileRun<Count>.minimums(factors, &sums)
    }

    @inline(__always)
    mutating func skipSums(units: Int) { unsafe sums += 32 &* units }

    @inline(__always)
    mutating func nextScales() -> CodeFloats {
      let own = unsafe edge_load_factors(scales)
      unsafe scales = edge_advance(scales, 16)
      return own
    }

    /// Values and scales are read on from where the other ends.
    @inline(__always)
    mutating func follow(_ other: TileUnits) {
      unsafe values = other.values
      unsafe scales = other.scales
    }

    @inline(__always)
    mutating func read(after tile: InlineArray<8, CodeSums>, rows: Int) {
      unsafe values = placeAfter(tile, values, rows: rows)
    }
  }
#endif
