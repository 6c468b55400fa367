import CInstructions

#if !arch(x86_64)
  /// Four tokens by a panel whose groups are two registers wide, with loads of four registers each.
  enum PairTileKernel<Kind: PackedType> {
    @inline(__always) private static var format: PackedFormat { Kind.format }
    typealias Sums = InlineArray<8, CodeSums>
    typealias Floats = InlineArray<8, CodeFloats>

    /// - Parameters:
    ///   - products: `[4][G]`
    ///   - values, sums, scales: of the tile, from the panel's first unit on.
    @inline(__always)
    static func add(
      to products: UnsafeMutablePointer<Float>, _ panel: BitsPanel, _ values: UnsafeRawPointer,
      _ sums: UnsafePointer<Int32>, _ scales: UnsafePointer<Float>, unitCount: Int
    ) {
      if format.hasGroupFactors {
        unsafe addLong(products, panel, values, sums, scales, unitCount)
      } else {
        unsafe addShort(products, panel, values, sums, scales, unitCount)
      }
    }

    @inline(__always)
    private static func load(_ products: UnsafeMutablePointer<Float>) -> Floats {
      var floats = eightTimes(CodeFloats())
      for index in 0..<8 {
        unsafe floats[unchecked: index] = edge_load_factors(products + index &* 4)
      }
      return floats
    }

    @inline(__always)
    private static func store(_ floats: Floats, _ products: UnsafeMutablePointer<Float>) {
      for index in 0..<8 {
        unsafe edge_store_factors(floats[unchecked: index], products + index &* 4)
      }
    }

    /// products += scale * sum (+ minimum * sum of activations)
    @inline(__always)
    private static func addShort(
      _ products: UnsafeMutablePointer<Float>, _ panel: BitsPanel, _ values: UnsafeRawPointer,
      _ sums: UnsafePointer<Int32>, _ scales: UnsafePointer<Float>, _ unitCount: Int
    ) {
      var floats = unsafe load(products)
      var (values, codes) = unsafe (values, UnsafeRawPointer(panel.codes))
      var (sums, scales) = unsafe (UnsafeRawPointer(sums), UnsafeRawPointer(scales))
      var factors = unsafe UnsafeRawPointer(panel.scales)
      var minimums = unsafe UnsafeRawPointer(panel.minimums)
      let end = unsafe values + unitCount &* (4 &* PackedFormat.unitLength)
      repeat {
        var tile = eightTimes(CodeSums())
        unsafe multiply(&tile, &codes, &values)
        unsafe multiply(&tile, &codes, &values)
        order(&tile)
        unsafe factors = after(tile, factors)
        let own = unsafe edge_load_factors(scales)
        unsafe scales = edge_advance(scales, 16)
        let (low, high) = unsafe (edge_load_factors(factors), edge_load_factors(factors + 16))
        unsafe factors = edge_advance(factors, 32)
        for row in 0..<4 {
          add(&floats, 2 &* row, tile, edge_scale_factors(low, own[row]))
          add(&floats, 2 &* row &+ 1, tile, edge_scale_factors(high, own[row]))
        }
        if format.hasMinimums {
          let products = unsafe edge_multiply_factors(edge_sums_to_floats(unitSums(&sums)), own)
          let (low, high) = unsafe (edge_load_factors(minimums), edge_load_factors(minimums + 16))
          unsafe minimums = edge_advance(minimums, 32)
          for row in 0..<4 {
            unsafe floats[unchecked: 2 &* row] = edge_fma_factor(
              floats[unchecked: 2 &* row], low, products[row])
            unsafe floats[unchecked: 2 &* row &+ 1] = edge_fma_factor(
              floats[unchecked: 2 &* row &+ 1], high, products[row])
          }
        }
      } while unsafe values != end
      unsafe store(floats, products)
    }

    /// One long block.
    @inline(__always)
    private static func addLong(
      _ products: UnsafeMutablePointer<Float>, _ panel: BitsPanel, _ values: UnsafeRawPointer,
      _ sums: UnsafePointer<Int32>, _ scales: UnsafePointer<Float>, _ unitCount: Int
    ) {
      var (values, codes) = unsafe (values, UnsafeRawPointer(panel.codes))
      var factors = unsafe UnsafeRawPointer(panel.groupScales)
      var totals = eightTimes(CodeSums())
      let end = unsafe values + unitCount &* (4 &* PackedFormat.unitLength)
      repeat {
        var tile = eightTimes(CodeSums())
        unsafe multiply(&tile, &codes, &values)
        if format.groupsPerUnit == 1 { unsafe multiply(&tile, &codes, &values) }
        order(&tile)
        unsafe factors = after(tile, factors)
        let (low, high) = unsafe (edge_load_sums(factors), edge_load_sums(factors + 16))
        unsafe factors = edge_advance(factors, 32)
        for row in 0..<4 {
          unsafe totals[unchecked: 2 &* row] = edge_multiply_add_sums(
            totals[unchecked: 2 &* row], tile[unchecked: 2 &* row], low)
          unsafe totals[unchecked: 2 &* row &+ 1] = edge_multiply_add_sums(
            totals[unchecked: 2 &* row &+ 1], tile[unchecked: 2 &* row &+ 1], high)
        }
      } while unsafe values != end
      let own = unsafe edge_load_factors(scales)
      var floats = unsafe load(products)
      unsafe addProducts(&floats, totals, panel.scales, own)
      if format.hasMinimums {
        unsafe addProducts(
          &floats, minimums(panel, sums), panel.minimums, edge_scale_factors(own, -1))
      }
      unsafe store(floats, products)
    }

    /// Sums over groups of groupMinimum * sum of activations.
    @inline(__always)
    private static func minimums(_ panel: BitsPanel, _ sums: UnsafePointer<Int32>) -> Sums {
      var sums = unsafe UnsafeRawPointer(sums)
      return unsafe TileRun<FourRows>.minimums(panel.groupMinimums, &sums)
    }

    @inline(__always)
    private static func addProducts(
      _ floats: inout Floats, _ totals: Sums, _ factors: UnsafePointer<Float>,
      _ scales: CodeFloats
    ) {
      let (low, high) = unsafe (edge_load_factors(factors), edge_load_factors(factors + 4))
      for row in 0..<4 {
        add(&floats, 2 &* row, totals, edge_scale_factors(low, scales[row]))
        add(&floats, 2 &* row &+ 1, totals, edge_scale_factors(high, scales[row]))
      }
    }

    @inline(__always)
    private static func add(
      _ floats: inout Floats, _ index: Int, _ sums: Sums, _ factors: CodeFloats
    ) {
      unsafe floats[unchecked: index] = edge_fma_factors(
        floats[unchecked: index], edge_sums_to_floats(sums[unchecked: index]), factors)
    }

    /// Sixteen values of K of four tokens by eight outputs.
    @inline(__always)
    private static func multiply(
      _ tile: inout Sums, _ codes: inout UnsafeRawPointer, _ values: inout UnsafeRawPointer
    ) {
      let runs = unsafe loadFour(&values)
      let early = unsafe loadFour(&codes)
      if edge_built_with_i8mm() {
        multiply(&tile, early, runs.first, runs.second)
        unsafe codes = after(tile, codes)
        unsafe multiply(&tile, loadFour(&codes), runs.third, runs.fourth)
        unsafe codes = after(tile, codes)
        unsafe values = after(tile, values)
        return
      }
      multiply(&tile, early.first, early.second, runs.first)
      multiply(&tile, early.third, early.fourth, runs.second)
      unsafe codes = after(tile, codes)
      let late = unsafe loadFour(&codes)
      multiply(&tile, late.first, late.second, runs.third)
      multiply(&tile, late.third, late.fourth, runs.fourth)
      unsafe codes = after(tile, codes)
      unsafe values = after(tile, values)
    }

    /// The same address, read from when the tile's sums are complete: else the compiler runs out of
    /// registers.
    @inline(__always)
    @unsafe private static func after(
      _ tile: Sums, _ place: UnsafeRawPointer
    ) -> UnsafeRawPointer {
      unsafe edge_after_tile(
        place, tile[unchecked: 0], tile[unchecked: 1], tile[unchecked: 2], tile[unchecked: 3],
        tile[unchecked: 4], tile[unchecked: 5], tile[unchecked: 6], tile[unchecked: 7])
    }

    /// Eight values of K of two pairs of tokens by four pairs of outputs: each sum has those of a pair of
    /// tokens and a pair of outputs.
    @inline(__always)
    private static func multiply(
      _ tile: inout Sums, _ outputs: edge_i8x16x4, _ early: edge_i8x16, _ late: edge_i8x16
    ) {
      multiply(&tile, 0, outputs, early)
      multiply(&tile, 4, outputs, late)
    }

    @inline(__always)
    private static func multiply(
      _ tile: inout Sums, _ first: Int, _ outputs: edge_i8x16x4, _ tokens: edge_i8x16
    ) {
      unsafe tile[unchecked: first] = edge_smmla(tile[unchecked: first], tokens, outputs.first)
      unsafe tile[unchecked: first &+ 1] = edge_smmla(
        tile[unchecked: first &+ 1], tokens, outputs.second)
      unsafe tile[unchecked: first &+ 2] = edge_smmla(
        tile[unchecked: first &+ 2], tokens, outputs.third)
      unsafe tile[unchecked: first &+ 3] = edge_smmla(
        tile[unchecked: first &+ 3], tokens, outputs.fourth)
    }

    /// Sums of pairs become those of each token's low four outputs and high four.
    @inline(__always)
    private static func order(_ tile: inout Sums) {
      if !edge_built_with_i8mm() { return }
      let pairs = tile
      for pair in 0..<2 {
        for half in 0..<2 {
          let left = unsafe pairs[unchecked: 4 &* pair &+ 2 &* half]
          let right = unsafe pairs[unchecked: 4 &* pair &+ 2 &* half &+ 1]
          unsafe tile[unchecked: 4 &* pair &+ half] = edge_low_halves(left, right)
          unsafe tile[unchecked: 4 &* pair &+ 2 &+ half] = edge_high_halves(left, right)
        }
      }
    }

    /// A run of four tokens, the lanes of `runs`, by eight outputs.
    @inline(__always)
    private static func multiply(
      _ tile: inout Sums, _ low: edge_i8x16, _ high: edge_i8x16, _ runs: edge_i8x16
    ) {
      unsafe TileRun<FourRows>.add(
        to: &tile, unsafeBitCast(low, to: edge_codes.self),
        unsafeBitCast(high, to: edge_codes.self), runs)
    }
  }
#endif
