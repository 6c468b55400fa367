import CInstructions

/// Up to `unitsPerPanel` units of a group of outputs, unpacked once for all tokens that pass by: codes
/// `[unit][run][vector][four K values of each output]`, or with NEON's int8 matrix multiply
/// `[unit][two runs][pair of outputs][eight K values of each]`, and factors in the numbers that kernels
/// multiply by. It lies on the stack and stays in the first-level cache.
@safe struct BitsPanel {
  /// `[units][8 runs][G][4]`
  let codes: UnsafeMutableRawPointer
  /// Of each short block, or of the one long block: `[blocks][G]`.
  let scales: UnsafeMutablePointer<Float>
  let minimums: UnsafeMutablePointer<Float>
  /// `[groups][G]`
  let groupScales: UnsafeMutablePointer<Int32>
  /// The same; on x86-64 two groups in a number, `[groups / 2][G]`; those of which four lie together
  /// (`PackedFormat.hasFactorRuns`) as the packed block has them.
  let groupMinimums: UnsafeMutablePointer<Int32>

  static var unitByteCount: Int { PackedFormat.unitLength * BitsGeometry.outputs }
  static var byteCount: Int {
    let units = BitsGeometry.unitsPerPanel
    return units * unitByteCount + BitsGeometry.outputs * 4 * (units + units + 2 * units + units)
  }

  /// - Parameter memory: `byteCount` bytes, aligned to a register.
  init(memory: UnsafeMutableRawPointer) {
    let units = BitsGeometry.unitsPerPanel
    let factors = unsafe memory + units * Self.unitByteCount
    let step = 4 * units * BitsGeometry.outputs
    unsafe codes = memory
    unsafe scales = factors.assumingMemoryBound(to: Float.self)
    unsafe minimums = (factors + step).assumingMemoryBound(to: Float.self)
    unsafe groupScales = (factors + 2 * step).assumingMemoryBound(to: Int32.self)
    unsafe groupMinimums = (factors + 4 * step).assumingMemoryBound(to: Int32.self)
  }

  /// - Parameters:
  ///   - blocks: packed blocks of one group, one after the other.
  ///   - count: of blocks: `unitsPerPanel` units at most.
  func unpack(_ blocks: UnsafeRawPointer, count: Int, _ kind: BitsKind) {
    switch kind {
    case .q4_0: unsafe unpack(blocks, count, Q4.self)
    case .q4_1: unsafe unpack(blocks, count, Q4Minimum.self)
    case .q5_0: unsafe unpack(blocks, count, Q5.self)
    case .q5_1: unsafe unpack(blocks, count, Q5Minimum.self)
    case .iq4_nl: unsafe unpack(blocks, count, SpreadLevels.self)
    case .q4_k: unsafe unpack(blocks, count, LongQ4.self)
    case .q5_k: unsafe unpack(blocks, count, LongQ5.self)
    case .q6_k: unsafe unpack(blocks, count, LongQ6.self)
    case .iq4_xs: unsafe unpack(blocks, count, LongLevels.self)
    case .q8_0: unsafe unpack(blocks, count, ByteCodes.self)
    case .mxfp4: unsafe unpack(blocks, count, Float4.self)
    }
  }

  private func unpack<Kind: PackedType>(
    _ blocks: UnsafeRawPointer, _ count: Int, _ kind: Kind.Type
  ) {
    let (format, layout) = (Kind.format, PackedLayout(Kind.format))
    var block = unsafe blocks
    var target = unsafe codes
    for index in 0..<count {
      unsafe unpackFactors(block, index &* BitsGeometry.outputs, kind)
      var unit = unsafe block + layout.units
      for _ in 0..<format.unitsPerBlock {
        if format.hasPairedOutputs {
          unsafe unpackPairs(unit, to: target, kind)
        } else if format.hasSpreadCodes {
          unsafe unpackSpread(unit, to: target, kind)
        } else {
          unsafe unpackUnit(unit, to: target, kind)
        }
        #if !arch(x86_64)
          if edge_built_with_i8mm() { unsafe joinRuns(target) }
        #endif
        unsafe unit += layout.unitByteCount
        unsafe target += Self.unitByteCount
      }
      unsafe block += layout.blockByteCount
    }
  }

  /// - Parameter first: where the block's scales lie.
  @inline(__always)
  private func unpackFactors<Kind: PackedType>(
    _ block: UnsafeRawPointer, _ first: Int, _ kind: Kind.Type
  ) {
    let (format, layout) = (Kind.format, PackedLayout(Kind.format))
    let lanes = CodeFloats.scalarCount
    for vector in 0..<BitsGeometry.vectors {
      let column = vector &* lanes
      unsafe edge_store_factors(
        edge_scale_factors(edge_load_half_factors(block + 2 &* column), format.sumUnit),
        scales + (first &+ column))
      if format.hasMinimums {
        unsafe edge_store_factors(
          edge_load_half_factors(block + (layout.minimums &+ 2 &* column)),
          minimums + (first &+ column))
      }
    }
    if !format.hasGroupFactors { return }
    if format.hasFactorRuns {
      unsafe unpackRuns(block + layout.groupScales, groupScales, kind)
      unsafe UnsafeMutableRawPointer(groupMinimums).copyMemory(
        from: block + layout.groupMinimums, byteCount: layout.groupFactorByteCount)
      return
    }
    for vector in 0..<format.groupsPerBlock &* BitsGeometry.vectors {
      let place = vector &* lanes
      unsafe edge_store_sums(
        edge_load_signed_factors(block + (layout.groupScales &+ place)), groupScales + place)
    }
    if format.hasMinimums { unsafe unpackMinimums(block + layout.groupMinimums, kind) }
  }

  /// Of groups of a long block.
  @inline(__always)
  private func unpackMinimums<Kind: PackedType>(
    _ source: UnsafeRawPointer, _ kind: Kind.Type
  ) {
    let (outputs, lanes) = (BitsGeometry.outputs, CodeSums.scalarCount)
    #if arch(x86_64)
      for pair in 0..<Kind.format.groupsPerBlock / 2 {
        for column in stride(from: 0, to: outputs, by: lanes) {
          let first = unsafe source + (2 &* pair &* outputs &+ column)
          unsafe edge_store_sums(
            edge_pair_factors(
              edge_load_unsigned_factors(first), edge_load_unsigned_factors(first + outputs)),
            groupMinimums + (pair &* outputs &+ column))
        }
      }
    #else
      for place in stride(from: 0, to: Kind.format.groupsPerBlock &* outputs, by: lanes) {
        unsafe edge_store_sums(
          edge_load_unsigned_factors(source + place), groupMinimums + place)
      }
    #endif
  }

  /// Factors of four groups at a time, which lie together for each output.
  @inline(__always)
  private func unpackRuns<Kind: PackedType>(
    _ factors: UnsafeRawPointer, _ target: UnsafeMutablePointer<Int32>, _ kind: Kind.Type
  ) {
    let layout = PackedLayout(Kind.format)
    for first in stride(from: 0, to: Kind.format.groupsPerBlock, by: PackedLayout.factorRun) {
      for column in stride(from: 0, to: layout.outputs, by: CodeSums.scalarCount) {
        var runs = unsafe edge_load_codes(factors + layout.factor(first, column: column))
        for group in first..<first &+ PackedLayout.factorRun {
          unsafe edge_store_sums(
            edge_first_factors(runs), target + (group &* layout.outputs &+ column))
          runs = edge_next_factors(runs)
        }
      }
    }
  }

  @inline(__always)
  private func unpackUnit<Kind: PackedType>(
    _ unit: UnsafeRawPointer, to target: UnsafeMutableRawPointer, _ kind: Kind.Type
  ) {
    let runStride = 4 * BitsGeometry.outputs
    for vector in 0..<BitsGeometry.vectors {
      let codes = unsafe UnitCodes<Kind>(unit, vector: vector)
      let target = unsafe target + vector &* BitsGeometry.vectorByteCount
      for run in 0..<4 {
        var (low, high) = codes.pair(run)
        if edge_codes_are_signed() && Kind.format.kernelOffset != 0 {
          low = edge_subtract_codes(low, Int(Kind.format.offset))
          high = edge_subtract_codes(high, Int(Kind.format.offset))
        }
        unsafe edge_store_codes(low, target + run &* runStride)
        unsafe edge_store_codes(high, target + (run &+ 4) &* runStride)
      }
    }
  }

  /// Codes that lie in pairs, less their offset.
  @inline(__always)
  private func unpackPairs<Kind: PackedType>(
    _ unit: UnsafeRawPointer, to target: UnsafeMutableRawPointer, _ kind: Kind.Type
  ) {
    let (bytes, offset) = (BitsGeometry.vectorByteCount, Int(Kind.format.offset))
    for run in 0..<8 {
      let pairs = unsafe edge_load_codes(unit + run &* bytes)
      let low = edge_subtract_codes(edge_low_codes(pairs), offset)
      let high = edge_change_codes(edge_high_codes(pairs), 8)
      unsafe edge_store_codes(low, target + run &* 2 &* bytes)
      unsafe edge_store_codes(
        edge_subtract_codes(high, offset), target + (run &* 2 &+ 1) &* bytes)
    }
  }

  /// Spread codes, less their offset.
  @inline(__always)
  private func unpackSpread<Kind: PackedType>(
    _ unit: UnsafeRawPointer, to target: UnsafeMutableRawPointer, _ kind: Kind.Type
  ) {
    #if !arch(x86_64)
      let format = Kind.format
      var place = unsafe unit
      for half in 0..<2 {
        let target = unsafe target + half &* (Self.unitByteCount / 2)
        let codes = unsafe SpreadCodes<Kind>(&place)
        for index in 0..<8 {
          let signed = edge_spread_numbers(codes[index], 8 &- format.codeBits)
          unsafe edge_store_codes(
            edge_subtract_codes(signed, Int(format.offset) &- format.spreadMiddle),
            target + index &* BitsGeometry.vectorByteCount)
        }
      }
    #endif
  }

  #if !arch(x86_64)
    /// Pairs of runs become eight K values of an output after the other.
    @inline(__always)
    private func joinRuns(_ unit: UnsafeMutableRawPointer) {
      for place in stride(from: 0, to: Self.unitByteCount, by: 64) {
        let codes = unsafe unit + place
        let (low, high) = unsafe (edge_load_codes(codes), edge_load_codes(codes + 16))
        let (nextLow, nextHigh) = unsafe (
          edge_load_codes(codes + 32), edge_load_codes(codes + 48)
        )
        unsafe edge_store_codes(edge_join_low_runs(low, nextLow), codes)
        unsafe edge_store_codes(edge_join_high_runs(low, nextLow), codes + 16)
        unsafe edge_store_codes(edge_join_low_runs(high, nextHigh), codes + 32)
        unsafe edge_store_codes(edge_join_high_runs(high, nextHigh), codes + 48)
      }
    }
  #endif
}
