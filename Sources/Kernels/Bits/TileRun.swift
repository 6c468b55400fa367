import CInstructions

#if !arch(x86_64)
  /// Products of two or four tokens by eight outputs, four values at a time.
  enum TileRun<Count: RowCount> {
    /// Of the low four outputs and the high ones of each row.
    typealias Sums = InlineArray<8, CodeSums>

    /// - Parameters:
    ///   - low, high: four values of each of four outputs.
    ///   - runs: four values of each token.
    @inline(__always)
    static func add(
      to sums: inout Sums, _ low: edge_codes, _ high: edge_codes, _ runs: edge_i8x16
    ) {
      unsafe sums[unchecked: 0] = edge_dot_codes(sums[unchecked: 0], low, runs, 0, true)
      unsafe sums[unchecked: 1] = edge_dot_codes(sums[unchecked: 1], high, runs, 0, true)
      unsafe sums[unchecked: 2] = edge_dot_codes(sums[unchecked: 2], low, runs, 1, true)
      unsafe sums[unchecked: 3] = edge_dot_codes(sums[unchecked: 3], high, runs, 1, true)
      if Count.rows == 2 { return }
      unsafe sums[unchecked: 4] = edge_dot_codes(sums[unchecked: 4], low, runs, 2, true)
      unsafe sums[unchecked: 5] = edge_dot_codes(sums[unchecked: 5], high, runs, 2, true)
      unsafe sums[unchecked: 6] = edge_dot_codes(sums[unchecked: 6], low, runs, 3, true)
      unsafe sums[unchecked: 7] = edge_dot_codes(sums[unchecked: 7], high, runs, 3, true)
    }

    /// Sums over the eight groups of a long block of groupMinimum * sum of activations, for minimums of which four lie
    /// together (`PackedFormat.hasFactorRuns`): of what is above the sums' lowest bytes, and of these.
    /// - Parameters:
    ///   - factors: the block's minimums.
    ///   - place: of the tile's sums of 16 activations each; moved to the block's end.
    @inline(__always)
    static func minimums(
      _ factors: UnsafeRawPointer, _ place: inout UnsafeRawPointer
    ) -> Sums {
      let factors = unsafe edge_load_i8x16x4(factors)
      let (first, second) = unsafe (codes(factors.first), codes(factors.second))
      let (third, fourth) = unsafe (codes(factors.third), codes(factors.fourth))
      let (early, late) = unsafe (SumParts(&place), SumParts(&place))
      var sums = eightTimes(CodeSums())
      add(to: &sums, first, second, early.high)
      add(to: &sums, third, fourth, late.high)
      for index in 0..<2 &* Count.rows {
        unsafe sums[unchecked: index] = edge_lifted_sums(sums[unchecked: index], 8)
      }
      add(to: &sums, first, second, early.low)
      add(to: &sums, third, fourth, late.low)
      return sums
    }

    @inline(__always)
    @unsafe private static func codes(_ bytes: edge_i8x16) -> edge_codes {
      unsafe unsafeBitCast(bytes, to: edge_codes.self)
    }
  }

  /// The sums of four units of four tokens, as products of four bytes take them: the lowest bytes of each token's, and
  /// what is above them.
  private struct SumParts {
    let low: edge_i8x16
    let high: edge_i8x16

    /// - Parameter place: of sums of 16 activations each, `[unit][2][4]`; moved to their end.
    @inline(__always)
    init(_ place: inout UnsafeRawPointer) {
      let (first, second) = unsafe (unitSums(&place), unitSums(&place))
      let (third, fourth) = unsafe (unitSums(&place), unitSums(&place))
      low = edge_lowest_bytes(first, second, third, fourth)
      high = edge_lowest_bytes(
        edge_above_lowest_bytes(first), edge_above_lowest_bytes(second),
        edge_above_lowest_bytes(third), edge_above_lowest_bytes(fourth))
    }
  }

  /// A unit's sums of four tokens.
  @inline(__always)
  func unitSums(_ place: inout UnsafeRawPointer) -> CodeSums {
    let sums = unsafe edge_add_sums(edge_load_sums(place), edge_load_sums(place + 16))
    unsafe place = edge_advance(place, 32)
    return sums
  }
#endif
