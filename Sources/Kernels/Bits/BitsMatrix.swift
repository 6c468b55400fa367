import CInstructions

/// A matrix whose weights are the file's own codes and scales, rearranged: `[outputs / G][K / block]`
/// packed blocks of G = `Int8Geometry.groupOutputs` outputs (`PackedLayout`), which kernels read in
/// straight lines. Outputs are padded with blocks of zeros.
@safe public struct BitsMatrix: BitwiseCopyable {
  public let kind: BitsKind
  let blocks: UnsafeMutableRawPointer
  public let outputCount: Int
  public let k: Int

  /// - Parameter memory: `byteCount(kind, outputs:k:)` bytes, aligned to a cache line.
  init(_ kind: BitsKind, memory: UnsafeMutableRawPointer, outputs: Int, k: Int) {
    self.kind = kind
    unsafe blocks = memory
    outputCount = outputs
    self.k = k
  }

  public var format: PackedFormat { kind.format }
  var layout: PackedLayout { PackedLayout(format) }
  public var blocksPerRow: Int { k / format.blockLength }
  public var groupCount: Int { Int8Matrix.groupCount(outputCount) }
  var groupByteCount: Int { blocksPerRow * layout.blockByteCount }

  static func byteCount(_ kind: BitsKind, outputs: Int, k: Int) -> Int {
    let format = kind.format
    return roundUp(
      Int8Matrix.groupCount(outputs) * (k / format.blockLength)
        * PackedLayout(format).blockByteCount, to: 64)
  }

  /// The packed block in which the output's block lies.
  func place(_ output: Int, _ block: Int) -> UnsafeMutableRawPointer {
    let group = output / Int8Geometry.groupOutputs
    return unsafe blocks + group * groupByteCount + block * layout.blockByteCount
  }

  func column(_ output: Int) -> Int { output % Int8Geometry.groupOutputs }
}

extension BitsMatrix {
  /// One row as the file's type defines it: `k` values, with the roundings of `dequantize`.
  @export(interface)
  func row(_ output: Int, into row: UnsafeMutablePointer<Float>) {
    let (layout, column) = (layout, column(output))
    for index in 0..<blocksPerRow {
      let block = unsafe UnsafeRawPointer(place(output, index))
      for unit in 0..<format.unitsPerBlock {
        let target = unsafe row + index * format.blockLength + unit * PackedFormat.unitLength
        let codes = unsafe UnsafeRawPointer(block + layout.units + unit * layout.unitByteCount)
        unsafe decode(codes, column, highHalf: false, factors(block, column, unit, 0), target)
        unsafe decode(
          codes, column, highHalf: true, factors(block, column, unit, format.groupsPerUnit - 1),
          target + 16)
      }
    }
  }

  /// What codes of a group are multiplied by, and what is then added.
  private func factors(
    _ block: UnsafeRawPointer, _ column: Int, _ unit: Int, _ group: Int
  ) -> (scale: Float, minimum: Float) {
    let layout = layout
    var scale = unsafe Float(block.loadUnaligned(fromByteOffset: 2 * column, as: Float16.self))
    var minimum: Float = 0
    if format.hasMinimums {
      minimum = unsafe Float(
        block.loadUnaligned(fromByteOffset: layout.minimums + 2 * column, as: Float16.self))
    }
    if format.hasGroupFactors {
      let place = layout.factor(unit * format.groupsPerUnit + group, column: column)
      unsafe scale *= Float(block.load(fromByteOffset: layout.groupScales + place, as: Int8.self))
      if format.hasMinimums {
        unsafe minimum *= -Float(
          block.load(fromByteOffset: layout.groupMinimums + place, as: UInt8.self))
      }
    }
    return (scale, minimum)
  }

  /// Sixteen weights of a unit.
  private func decode(
    _ unit: UnsafeRawPointer, _ column: Int, highHalf: Bool,
    _ factors: (scale: Float, minimum: Float), _ target: UnsafeMutablePointer<Float>
  ) {
    var codes = unsafe codes(unit, column, highHalf: highHalf)
    codes ^= SIMD16(repeating: format.codeChange)
    var values = unsafe unsafeBitCast(codes, to: SIMD16<Int8>.self)
    if let levels = format.levels { values = edge_look_up(levels.table, values) }
    let integers = edge_convert_i8_to_f32(values) - Float(format.offset)
    let product = integers * factors.scale
    unsafe UnsafeMutableRawPointer(target).storeBytes(
      of: format.hasMinimums ? product + factors.minimum : product, as: SIMD16<Float>.self)
  }

  /// Sixteen codes of a unit, as they are stored.
  private func codes(
    _ unit: UnsafeRawPointer, _ column: Int, highHalf: Bool
  ) -> SIMD16<UInt8> {
    if format.hasPairedOutputs { return unsafe pairedCodes(unit, column, highHalf: highHalf) }
    if format.hasSpreadCodes {
      return unsafe spreadCodes(unit + (highHalf ? layout.spreadHalfByteCount : 0), column)
    }
    let first =
      unsafe unit + 4 * column + (highHalf && format.codeBits == 8 ? layout.halvesByteCount : 0)
    var runs = SIMD4<UInt32>()
    for run in 0..<4 {
      runs[run] = unsafe first.loadUnaligned(
        fromByteOffset: run * 4 * Int8Geometry.groupOutputs, as: UInt32.self)
    }
    let codes = unsafe unsafeBitCast(runs, to: SIMD16<UInt8>.self)
    if format.codeBits == 8 { return codes }
    let low = highHalf ? codes &>> SIMD16(repeating: 4) : codes & SIMD16(repeating: 15)
    return unsafe format.codeBits == 4 ? low : low | highBits(unit, column, highHalf: highHalf)
  }

  private func pairedCodes(
    _ unit: UnsafeRawPointer, _ column: Int, highHalf: Bool
  ) -> SIMD16<UInt8> {
    let (half, isHigh) = (layout.outputs / 2, column >= layout.outputs / 2)
    var runs = SIMD4<UInt32>()
    for run in 0..<4 {
      let place = ((highHalf ? 4 : 0) + run) * 4 * half + 4 * (column % half)
      let word = unsafe unit.loadUnaligned(fromByteOffset: place, as: UInt32.self)
      runs[run] = isHigh ? (word &>> 4 & 0x0F0F_0F0F) ^ 0x0808_0808 : word & 0x0F0F_0F0F
    }
    return unsafe unsafeBitCast(runs, to: SIMD16<UInt8>.self)
  }

  private func spreadCodes(_ registers: UnsafeRawPointer, _ column: Int) -> SIMD16<UInt8> {
    let half = layout.outputs / 2
    var runs = SIMD4<UInt32>()
    for run in 0..<4 {
      let pieces = SpreadPlaces.pieces(
        codeBits: format.codeBits, run: run, isHigh: column >= half)
      for index in 0..<3 {
        let word = unsafe registers.loadUnaligned(
          fromByteOffset: pieces[index].register * layout.spreadRegisterByteCount
            + 4 * (column % half), as: UInt32.self)
        runs[run] |= pieces[index].codes(word)
      }
    }
    return unsafe unsafeBitCast(runs, to: SIMD16<UInt8>.self)
  }

  /// The fifth and sixth bits of sixteen codes, in their place.
  private func highBits(
    _ unit: UnsafeRawPointer, _ column: Int, highHalf: Bool
  ) -> SIMD16<UInt8> {
    let runStride = 4 * Int8Geometry.groupOutputs
    let bits: UInt32 = format.codeBits == 5 ? 1 : 2
    let plane = unsafe unit + layout.halvesByteCount + 4 * column
    var word = unsafe plane.loadUnaligned(
      fromByteOffset: highHalf && bits == 2 ? runStride : 0, as: UInt32.self)
    if highHalf && bits == 1 { word = word &>> 4 }
    let mask: UInt32 = bits == 1 ? 0x0101_0101 : 0x0303_0303
    var runs = SIMD4<UInt32>()
    for run in 0..<4 { runs[run] = (word &>> (UInt32(run) &* bits) & mask) &<< 4 }
    return unsafe unsafeBitCast(runs, to: SIMD16<UInt8>.self)
  }

  /// A hash (FNV-1a) of the Float16 scales of all blocks in order, by which a matrix is known again:
  /// it is the same on every processor and changes with the weights.
  public var digest: UInt64 {
    @export(interface) get {
      var hash: UInt64 = 0xCBF2_9CE4_8422_2325
      for output in 0..<outputCount {
        for index in 0..<blocksPerRow {
          let scale = unsafe place(output, index).loadUnaligned(
            fromByteOffset: 2 * column(output), as: UInt16.self)
          hash = (hash ^ UInt64(scale)) &* 0x100_0000_01B3
        }
      }
      return hash
    }
  }
}

/// For weights that are made up.
extension BitsMatrix {
  /// All bytes of a group of outputs, factors included.
  public func group(_ index: Int) -> UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(
      start: blocks + index * groupByteCount, count: groupByteCount)
  }

  /// Gives random codes of a group factors with which rows have a length of about 1 and a mean of
  /// about 0.
  @export(interface)
  public func setMadeUpFactors(group: Int) {
    let layout = layout
    let groupScale: Int8 = 2
    // Codes that are evenly spread have a standard deviation of 2^bits / sqrt(12).
    let deviation = format.levels?.deviation ?? Float(1 << format.codeBits) * 0.288675
    let scale = 1 / (deviation * squareRoot(Float(k)))
    let middle = Float(1 << format.codeBits - 1) - 0.5
    for index in 0..<blocksPerRow {
      let block = unsafe blocks + group * groupByteCount + index * layout.blockByteCount
      let divisor = format.hasGroupFactors ? Float(groupScale) : 1
      for column in 0..<layout.outputs {
        unsafe block.storeBytes(
          of: Float16(scale / divisor), toByteOffset: 2 * column, as: Float16.self)
        if format.hasMinimums {
          unsafe block.storeBytes(
            of: Float16(format.hasGroupFactors ? scale / divisor : -scale * middle),
            toByteOffset: layout.minimums + 2 * column, as: Float16.self)
        }
      }
      if !format.hasGroupFactors { continue }
      for place in 0..<layout.groupFactorByteCount {
        unsafe block.storeBytes(
          of: groupScale, toByteOffset: layout.groupScales + place, as: Int8.self)
        if format.hasMinimums {
          unsafe block.storeBytes(
            of: UInt8(Float(groupScale) * middle), toByteOffset: layout.groupMinimums + place,
            as: UInt8.self)
        }
      }
    }
  }
}
