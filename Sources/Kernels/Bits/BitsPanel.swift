import CInstructions

/// Up to `unitsPerPanel` units of a group of outputs, unpacked once for all tokens that pass by: codes
/// `[unit][run][vector][four K values of each output]`, and factors in the numbers that kernels
/// multiply by. It lies on the stack and stays in the first-level cache.
@safe struct BitsPanel {
  /// `[units][8 runs][G][4]`
  let codes: UnsafeMutableRawPointer
  /// Of each short block, or of the one long block: `[blocks][G]`.
  let scales: UnsafeMutablePointer<Float>
  let minimums: UnsafeMutablePointer<Float>
  /// `[groups][G]`
  let groupScales: UnsafeMutablePointer<Int32>
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
  func unpack(_ blocks: UnsafeRawPointer, count: Int, _ format: PackedFormat) {
    let layout = PackedLayout(format)
    for index in 0..<count {
      let block = unsafe blocks + index * layout.blockByteCount
      unsafe unpackFactors(block, index, layout)
      for unit in 0..<format.unitsPerBlock {
        unsafe unpackUnit(
          block + (layout.units + unit * layout.unitByteCount),
          to: codes + (index * format.unitsPerBlock + unit) * Self.unitByteCount, format)
      }
    }
  }

  private func unpackFactors(_ block: UnsafeRawPointer, _ index: Int, _ layout: PackedLayout) {
    let (format, outputs, lanes) = (layout.format, layout.outputs, CodeFloats.scalarCount)
    for column in stride(from: 0, to: outputs, by: lanes) {
      let place = index * outputs + column
      unsafe edge_store_factors(
        edge_scale_factors(edge_load_half_factors(block + 2 * column), format.sumUnit),
        scales + place)
      if format.hasMinimums {
        unsafe edge_store_factors(
          edge_load_half_factors(block + (layout.minimums + 2 * column)), minimums + place)
      }
    }
    if !format.hasGroupFactors { return }
    for place in stride(from: 0, to: format.groupsPerBlock * outputs, by: lanes) {
      unsafe edge_store_sums(
        edge_load_signed_factors(block + (layout.groupScales + place)), groupScales + place)
      if format.hasMinimums {
        unsafe edge_store_sums(
          edge_load_unsigned_factors(block + (layout.groupMinimums + place)),
          groupMinimums + place)
      }
    }
  }

  private func unpackUnit(
    _ unit: UnsafeRawPointer, to target: UnsafeMutableRawPointer, _ format: PackedFormat
  ) {
    if format.hasLevels { return unsafe unpackUnit(unit, to: target, Levels.self) }
    switch format.codeBits {
    case 5:
      if format.hasMinimums {
        unsafe unpackUnit(unit, to: target, Q5Minimum.self)
      } else {
        unsafe unpackUnit(unit, to: target, Q5.self)
      }
    case 6: unsafe unpackUnit(unit, to: target, LongQ6.self)
    case 8: unsafe unpackUnit(unit, to: target, ByteCodes.self)
    default:
      if format.hasSignedNibbles {
        unsafe unpackUnit(unit, to: target, Q4.self)
      } else {
        unsafe unpackUnit(unit, to: target, Q4Minimum.self)
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
}
