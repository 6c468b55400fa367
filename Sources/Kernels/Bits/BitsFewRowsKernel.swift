import CInstructions

#if arch(x86_64)
  /// Two to eight tokens by a group of outputs: weights are read once and unpacked in registers, as for one
  /// token (`BitsRowKernel`), and each register of codes passes by all tokens.
  enum BitsFewRowsKernel<Kind: PackedType, Count: RowCount> {
    @inline(__always) private static var format: PackedFormat { Kind.format }
    @inline(__always) private static var layout: PackedLayout { PackedLayout(Kind.format) }
    private typealias RowSums = InlineArray<8, CodeSums>
    private typealias RowFloats = InlineArray<16, CodeFloats>

    /// Registers of outputs whose products are held: of eight rows those of one fit.
    @inline(__always) private static var vectorsAtOnce: Int {
      Count.rows == 8 ? 1 : BitsGeometry.vectors
    }

    /// - Parameters:
    ///   - x: tokens in one tile, or two for eight rows.
    ///   - group: packed blocks of a group.
    ///   - products: `[rows][G]`
    @inline(never)
    static func run(
      _ x: BlockRows, _ group: UnsafeRawPointer, into products: UnsafeMutablePointer<Float>
    ) {
      for first in stride(from: 0, to: BitsGeometry.vectors, by: vectorsAtOnce) {
        unsafe run(x, group, first..<first &+ vectorsAtOnce, into: products)
      }
    }

    /// Some registers of outputs.
    @inline(__always)
    private static func run(
      _ x: BlockRows, _ group: UnsafeRawPointer, _ vectors: Range<Int>,
      into products: UnsafeMutablePointer<Float>
    ) {
      // [vector][row]
      var floats = sixteenTimes(CodeFloats())
      var activations = TileActivations(x)
      var block = unsafe group
      for _ in 0..<x.blocksPerRow {
        for index in 0..<vectorsAtOnce {
          let vector = vectors.lowerBound &+ index
          if format.hasGroupFactors {
            unsafe addLong(&floats, index &* 8, block, vector, activations)
          } else {
            unsafe addShort(&floats, index &* 8, block, vector, activations)
          }
        }
        activations.advanceBlock(units: format.unitsPerBlock)
        unsafe block += layout.blockByteCount
      }
      for index in 0..<vectorsAtOnce {
        let column = (vectors.lowerBound &+ index) &* CodeFloats.scalarCount
        for row in 0..<Count.rows {
          unsafe edge_store_factors(
            floats[unchecked: index &* 8 &+ row],
            products + (row &* BitsGeometry.outputs &+ column))
        }
      }
    }

    /// products += scale * sum (+ minimum * sum of activations)
    @inline(__always)
    private static func addShort(
      _ floats: inout RowFloats, _ first: Int, _ block: UnsafeRawPointer, _ vector: Int,
      _ x: TileActivations
    ) {
      var total = start(x, halves: 0..<2)
      unsafe multiply(&total, block + layout.units, vector, x)
      let place = vector &* 2 &* CodeFloats.scalarCount
      unsafe add(total, edge_load_half_factors(block + place), sign: 1, x, to: &floats, first)
      if !format.hasMinimums { return }
      let minimums = unsafe edge_load_half_factors(block + (layout.minimums + place))
      for row in 0..<Count.rows {
        unsafe floats[unchecked: first &+ row] = edge_fma_factor(
          floats[unchecked: first &+ row], minimums,
          Float(x.sum(row, halves: 0..<2)) * x.scale(row))
      }
    }

    /// products += scale * sum over groups of groupScale * sum (- minimum * sum over groups of
    /// groupMinimum * sum of activations)
    @inline(__always)
    private static func addLong(
      _ floats: inout RowFloats, _ first: Int, _ block: UnsafeRawPointer, _ vector: Int,
      _ activations: TileActivations
    ) {
      var x = activations
      var totals = eightTimes(CodeSums())
      var minimums = totals
      for unit in 0..<format.unitsPerBlock {
        if vector == 0 { unsafe BitsRowKernel<Kind>.prefetch(block, unit) }
        let codes = unsafe block + (layout.units + unit &* layout.unitByteCount)
        let place =
          unit &* format.groupsPerUnit &* BitsGeometry.outputs + vector &* CodeSums.scalarCount
        let factors = unsafe block + (layout.groupScales + place)
        if format.groupsPerUnit == 1 {
          var sums = start(x, halves: 0..<2)
          unsafe multiply(&sums, codes, vector, x)
          unsafe add(sums, edge_load_signed_factors(factors), to: &totals)
        } else {
          var (low, high) = (start(x, halves: 0..<1), start(x, halves: 1..<2))
          unsafe multiply(&low, &high, codes, vector, x)
          unsafe add(low, edge_load_signed_factors(factors), to: &totals)
          unsafe add(
            high, edge_load_signed_factors(factors + BitsGeometry.outputs), to: &totals)
        }
        if format.hasMinimums {
          let factor = unsafe edge_load_unsigned_factors(block + (layout.groupMinimums + place))
          for row in 0..<Count.rows {
            unsafe minimums[unchecked: row] = edge_multiply_add_sums(
              minimums[unchecked: row], factor, edge_repeat_sum(x.sum(row, halves: 0..<2)))
          }
        }
        x.advanceUnit()
      }
      let place = vector &* 2 &* CodeFloats.scalarCount
      unsafe add(totals, edge_load_half_factors(block + place), sign: 1, x, to: &floats, first)
      if format.hasMinimums {
        unsafe add(
          minimums, edge_load_half_factors(block + (layout.minimums + place)), sign: -1, x,
          to: &floats, first)
      }
    }

    /// Sums by a group's factor, added to those of the block.
    @inline(__always)
    private static func add(_ sums: RowSums, _ factor: CodeSums, to totals: inout RowSums) {
      for row in 0..<Count.rows {
        unsafe totals[unchecked: row] = edge_multiply_add_sums(
          totals[unchecked: row], sums[unchecked: row], factor)
      }
    }

    /// A block's sums by both scales.
    @inline(__always)
    private static func add(
      _ sums: RowSums, _ factors: CodeFloats, sign: Float, _ x: TileActivations,
      to floats: inout RowFloats, _ first: Int
    ) {
      for row in 0..<Count.rows {
        unsafe floats[unchecked: first &+ row] = edge_fma_factors(
          floats[unchecked: first &+ row], edge_sums_to_floats(sums[unchecked: row]),
          edge_scale_factors(factors, sign * x.scale(row)))
      }
    }

    /// Where sums of products start, so that the codes' offset is taken from each.
    @inline(__always)
    private static func start(_ x: TileActivations, halves: Range<Int>) -> RowSums {
      var sums = eightTimes(CodeSums())
      if format.kernelOffset == 0 { return sums }
      for row in 0..<Count.rows {
        unsafe sums[unchecked: row] = edge_repeat_sum(
          0 &- format.kernelOffset &* x.sum(row, halves: halves))
      }
      return sums
    }

    /// A unit by its activations, one sum for both halves.
    @inline(__always)
    private static func multiply(
      _ sums: inout RowSums, _ unit: UnsafeRawPointer, _ vector: Int, _ x: TileActivations
    ) {
      let codes = unsafe UnitCodes<Kind>(unit, vector: vector)
      let (zero, one, two, three) = (codes.pair(0), codes.pair(1), codes.pair(2), codes.pair(3))
      for row in 0..<Count.rows {
        let first = dots(
          unsafe sums[unchecked: row], zero.low, one.low, two.low, three.low, x, row, 0)
        unsafe sums[unchecked: row] = dots(
          first, zero.high, one.high, two.high, three.high, x, row, 4)
      }
    }

    /// A unit by its activations, a sum for each half, which is a group.
    @inline(__always)
    private static func multiply(
      _ low: inout RowSums, _ high: inout RowSums, _ unit: UnsafeRawPointer, _ vector: Int,
      _ x: TileActivations
    ) {
      let codes = unsafe UnitCodes<Kind>(unit, vector: vector)
      let (zero, one, two, three) = (codes.pair(0), codes.pair(1), codes.pair(2), codes.pair(3))
      for row in 0..<Count.rows {
        unsafe low[unchecked: row] = dots(
          low[unchecked: row], zero.low, one.low, two.low, three.low, x, row, 0)
        unsafe high[unchecked: row] = dots(
          high[unchecked: row], zero.high, one.high, two.high, three.high, x, row, 4)
      }
    }

    /// Four runs of a row.
    @inline(__always)
    private static func dots(
      _ sum: CodeSums, _ zero: edge_codes, _ one: edge_codes, _ two: edge_codes,
      _ three: edge_codes, _ x: TileActivations, _ row: Int, _ run: Int
    ) -> CodeSums {
      let runs = unsafe x.runs(row, run)
      var sum = unsafe edge_dot_codes(sum, zero, runs, 0, format.isSigned)
      sum = unsafe edge_dot_codes(sum, one, runs, 4, format.isSigned)
      sum = unsafe edge_dot_codes(sum, two, runs, 8, format.isSigned)
      return unsafe edge_dot_codes(sum, three, runs, 12, format.isSigned)
    }
  }

  /// The activations of one tile or two, from a unit on.
  @safe private struct TileActivations {
    private var values: UnsafeRawPointer
    private var sums: UnsafePointer<Int32>
    private var scales: UnsafePointer<Float>
    private let k: Int
    private let blocksPerRow: Int

    @inline(__always)
    init(_ x: BlockRows) {
      unsafe values = UnsafeRawPointer(x.values)
      unsafe sums = UnsafePointer(x.sums)
      unsafe scales = UnsafePointer(x.scales)
      k = x.k
      blocksPerRow = x.blocksPerRow
    }

    @inline(__always)
    mutating func advanceUnit() {
      unsafe values += BlockRows.tileRows &* PackedFormat.unitLength
      unsafe sums += 2 &* BlockRows.tileRows
    }

    @inline(__always)
    mutating func advanceBlock(units: Int) {
      for _ in 0..<units { advanceUnit() }
      unsafe scales += BlockRows.tileRows
    }

    /// The unit's values of a row from a run on, with three other rows' runs between two of them.
    @inline(__always)
    func runs(_ row: Int, _ run: Int) -> edge_runs {
      unsafe edge_load_runs(
        values + (row / 4 &* 4 &* k &+ 16 &* run &+ 4 &* (row % 4)))
    }

    /// Of the values of one half of the unit or both.
    @inline(__always)
    func sum(_ row: Int, halves: Range<Int>) -> Int32 {
      let own = unsafe sums + (row / 4 &* (k / 4) &+ row % 4)
      var sum: Int32 = 0
      for half in halves { unsafe sum &+= own[4 &* half] }
      return sum
    }

    @inline(__always)
    func scale(_ row: Int) -> Float {
      unsafe scales[row / 4 &* 4 &* blocksPerRow &+ row % 4]
    }
  }
#endif
