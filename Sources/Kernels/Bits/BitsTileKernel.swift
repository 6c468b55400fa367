import CInstructions

/// Tiles of four tokens by a panel. The formats that differ only in their codes share a kernel.
enum BitsTileKernel<Kind: PackedType> {
  @inline(__always) private static var format: PackedFormat { Kind.format }
  @inline(__always) private static var vectors: Int { BitsGeometry.vectors }
  private typealias TileSums = InlineArray<8, CodeSums>

  /// - Parameters:
  ///   - tiles: of the activations.
  ///   - firstUnit: of the panel, in the row.
  ///   - offset: what codes of the panel are above what they stand for.
  ///   - products: `[tiles][4][G]`, added to.
  static func run(
    _ x: BlockRows, tiles: Range<Int>, _ panel: BitsPanel, firstUnit: Int, unitCount: Int,
    offset: Int32, areSigned: Bool, into products: UnsafeMutablePointer<Float>
  ) {
    var products = unsafe products
    for tile in tiles {
      unsafe add(x, tile, panel, firstUnit, unitCount, offset, areSigned, to: products)
      unsafe products += BlockRows.tileRows &* BitsGeometry.outputs
    }
  }

  @inline(__always)
  private static func add(
    _ x: BlockRows, _ tile: Int, _ panel: BitsPanel, _ firstUnit: Int, _ unitCount: Int,
    _ offset: Int32, _ areSigned: Bool, to products: UnsafeMutablePointer<Float>
  ) {
    let rows = BlockRows.tileRows
    let first = tile &* x.k &+ firstUnit &* PackedFormat.unitLength
    let values = unsafe UnsafeRawPointer(x.values) + rows &* first
    let sums = unsafe x.sums + rows &* (tile &* (x.k / 16) &+ 2 &* firstUnit)
    let scales =
      unsafe x.scales
      + rows &* (tile &* x.blocksPerRow &+ firstUnit &* PackedFormat.unitLength / x.blockLength)
    #if !arch(x86_64)
      if vectors == 2 {
        return unsafe PairTileKernel<Kind>.add(
          to: products, panel, values, sums, scales, unitCount: unitCount)
      }
    #endif
    var floats = eightTimes(CodeFloats())
    for index in 0..<4 &* vectors {
      unsafe floats[unchecked: index] = edge_load_factors(
        products + index &* CodeFloats.scalarCount)
    }
    if format.hasGroupFactors {
      unsafe addLong(&floats, panel, values, sums, scales, unitCount, offset, areSigned)
    } else {
      for unit in 0..<unitCount {
        unsafe addShort(
          &floats, panel, unit, values + unit &* rows &* PackedFormat.unitLength,
          sums + unit &* 2 &* rows, scales + unit &* rows, offset, areSigned)
      }
    }
    for index in 0..<4 &* vectors {
      unsafe edge_store_factors(
        floats[unchecked: index], products + index &* CodeFloats.scalarCount)
    }
  }

  @inline(__always)
  private static func addShort(
    _ floats: inout InlineArray<8, CodeFloats>, _ panel: BitsPanel, _ unit: Int,
    _ values: UnsafeRawPointer, _ sums: UnsafePointer<Int32>, _ scales: UnsafePointer<Float>,
    _ offset: Int32, _ areSigned: Bool
  ) {
    var tile = unsafe start(sums, offset, sixteens: 2)
    let codes = unsafe UnsafeRawPointer(panel.codes) + unit &* BitsPanel.unitByteCount
    unsafe multiply(&tile, codes, values, areSigned)
    unsafe multiply(&tile, codes + BitsPanel.unitByteCount / 2, values + 64, areSigned)
    let place = unit &* BitsGeometry.outputs
    let four = unsafe edge_load_f32x4(scales)
    for row in 0..<4 {
      let scale = four[row]
      for vector in 0..<vectors {
        let (index, column) = (row &* vectors &+ vector, vector &* CodeFloats.scalarCount)
        unsafe floats[unchecked: index] = edge_fma_factors(
          floats[unchecked: index], edge_sums_to_floats(tile[unchecked: index]),
          edge_scale_factors(edge_load_factors(panel.scales + (place &+ column)), scale))
        if format.hasMinimums {
          unsafe floats[unchecked: index] = edge_fma_factor(
            floats[unchecked: index], edge_load_factors(panel.minimums + (place &+ column)),
            Float(sums[row] &+ sums[row &+ 4]) * scale)
        }
      }
    }
  }

  /// One long block.
  @inline(__always)
  private static func addLong(
    _ floats: inout InlineArray<8, CodeFloats>, _ panel: BitsPanel, _ values: UnsafeRawPointer,
    _ sums: UnsafePointer<Int32>, _ scales: UnsafePointer<Float>, _ unitCount: Int,
    _ offset: Int32, _ areSigned: Bool
  ) {
    var totals = eightTimes(CodeSums())
    for group in 0..<unitCount &* format.groupsPerUnit {
      let groupSums = unsafe sums + group &* 4 &* (2 / format.groupsPerUnit)
      let runs = group &* (8 / format.groupsPerUnit)
      let codes = unsafe UnsafeRawPointer(panel.codes) + runs &* 4 &* BitsGeometry.outputs
      let values = unsafe values + runs &* 16
      var tile = unsafe start(groupSums, offset, sixteens: 2 / format.groupsPerUnit)
      unsafe multiply(&tile, codes, values, areSigned)
      if format.groupsPerUnit == 1 {
        unsafe multiply(&tile, codes + BitsPanel.unitByteCount / 2, values + 64, areSigned)
      }
      let factors = unsafe panel.groupScales + group &* BitsGeometry.outputs
      for vector in 0..<vectors {
        let factor = unsafe edge_load_sums(factors + vector &* CodeSums.scalarCount)
        for row in 0..<4 {
          let index = row &* vectors &+ vector
          unsafe totals[unchecked: index] = edge_multiply_add_sums(
            totals[unchecked: index], tile[unchecked: index], factor)
        }
      }
    }
    unsafe addProducts(&floats, totals, panel.scales, scales, sign: 1)
    if format.hasMinimums {
      unsafe addProducts(
        &floats, minimums(panel, sums, unitCount), panel.minimums, scales, sign: -1)
    }
  }

  /// Sums over groups of groupMinimum * sum of activations, on x86-64 two groups at a time.
  @inline(__always)
  private static func minimums(
    _ panel: BitsPanel, _ sums: UnsafePointer<Int32>, _ unitCount: Int
  ) -> TileSums {
    var totals = eightTimes(CodeSums())
    #if arch(x86_64)
      for pair in 0..<unitCount / 2 {
        let sums = unsafe sums + pair &* 16
        for row in 0..<4 {
          let both = unsafe edge_repeat_sum(
            edge_pair(sums[row] &+ sums[row &+ 4], sums[row &+ 8] &+ sums[row &+ 12]))
          for vector in 0..<vectors {
            let index = row &* vectors &+ vector
            unsafe totals[unchecked: index] = edge_add_pair_products(
              totals[unchecked: index], minimums(panel, pair, vector), both)
          }
        }
      }
    #else
      for unit in 0..<unitCount {
        let sums = unsafe sums + unit &* 8
        for vector in 0..<vectors {
          let factors = minimums(panel, unit, vector)
          for row in 0..<4 {
            let index = row &* vectors &+ vector
            unsafe totals[unchecked: index] = edge_multiply_add_sums(
              totals[unchecked: index], factors, edge_repeat_sum(sums[row] &+ sums[row &+ 4]))
          }
        }
      }
    #endif
    return totals
  }

  /// Of a group, or of a pair of groups.
  @inline(__always)
  private static func minimums(_ panel: BitsPanel, _ index: Int, _ vector: Int) -> CodeSums {
    let place = index &* BitsGeometry.outputs &+ vector &* CodeSums.scalarCount
    return unsafe edge_load_sums(panel.groupMinimums + place)
  }

  @inline(__always)
  private static func addProducts(
    _ floats: inout InlineArray<8, CodeFloats>, _ totals: TileSums,
    _ factors: UnsafePointer<Float>, _ scales: UnsafePointer<Float>, sign: Float
  ) {
    for row in 0..<4 {
      for vector in 0..<vectors {
        let index = row &* vectors &+ vector
        unsafe floats[unchecked: index] = edge_fma_factors(
          floats[unchecked: index], edge_sums_to_floats(totals[unchecked: index]),
          edge_scale_factors(
            edge_load_factors(factors + vector &* CodeFloats.scalarCount), sign * scales[row]))
      }
    }
  }

  /// Where sums start: what the offset of codes adds is taken from them.
  /// - Parameter sixteens: 1 or 2, the sums of activations that belong to them.
  @inline(__always)
  private static func start(
    _ sums: UnsafePointer<Int32>, _ offset: Int32, sixteens: Int
  ) -> TileSums {
    var tile = eightTimes(CodeSums())
    if format.hasMinimums || edge_codes_are_signed() { return tile }
    for row in 0..<4 {
      let sum = unsafe sixteens == 1 ? sums[row] : sums[row] &+ sums[row &+ 4]
      for vector in 0..<vectors {
        unsafe tile[unchecked: row &* vectors &+ vector] = edge_repeat_sum(0 &- offset &* sum)
      }
    }
    return tile
  }

  /// Four runs of four tokens.
  @inline(__always)
  private static func multiply(
    _ tile: inout TileSums, _ codes: UnsafeRawPointer, _ values: UnsafeRawPointer,
    _ areSigned: Bool
  ) {
    for run in 0..<4 {
      let runs = unsafe edge_load_runs(values + run &* 16)
      for vector in 0..<vectors {
        let weights = unsafe edge_load_codes(
          codes
            + (run &* 4 &* BitsGeometry.outputs &+ vector &* BitsGeometry.vectorByteCount))
        unsafe multiply(&tile, vector, weights, runs, areSigned)
      }
    }
  }

  /// A run of four tokens by a register of weights.
  @inline(__always)
  @unsafe private static func multiply(
    _ tile: inout TileSums, _ vector: Int, _ weights: edge_codes, _ runs: edge_runs,
    _ areSigned: Bool
  ) {
    unsafe multiply(&tile, vector, weights, runs, 0, areSigned)
    unsafe multiply(&tile, vector, weights, runs, 1, areSigned)
    unsafe multiply(&tile, vector, weights, runs, 2, areSigned)
    unsafe multiply(&tile, vector, weights, runs, 3, areSigned)
  }

  @inline(__always)
  @unsafe private static func multiply(
    _ tile: inout TileSums, _ vector: Int, _ weights: edge_codes, _ runs: edge_runs, _ row: Int,
    _ areSigned: Bool
  ) {
    let index = row &* vectors &+ vector
    unsafe tile[unchecked: index] = edge_dot_codes(
      tile[unchecked: index], weights, runs, row, areSigned)
  }
}
