import CInstructions

/// Packs the blocks of one output of a matrix in their order. What follows from the format is worked out
/// once for all of them.
@safe public struct BitsRowWriter {
  /// The packed block that is written next.
  private var block: UnsafeMutableRawPointer
  private let column: Int
  private let layout: PackedLayout
  private let codes: CodePlaces
  private let blockByteCount: Int
  private let unitsOffset: Int
  private let unitCount: Int

  /// - Parameter index: of the output's first block that is written.
  @export(interface)
  public init(_ matrix: BitsMatrix, output: Int, from index: Int = 0) {
    layout = matrix.layout
    column = matrix.column(output)
    unsafe block = matrix.place(output, index)
    codes = CodePlaces(layout, column: column)
    blockByteCount = layout.blockByteCount
    unitsOffset = layout.units
    unitCount = layout.format.unitsPerBlock
  }

  /// Stores the next block.
  /// - Parameters:
  ///   - groupScales, groupMinimums: one for each group, in formats that have them.
  ///   - codes: one for each weight.
  /// - Returns: false if a scale or a minimum is not finite.
  public mutating func write(
    scale: Float16, minimum: Float16, groupScales: Span<Int8>, groupMinimums: Span<UInt8>,
    codes: Span<UInt8>
  ) -> Bool {
    // One after the other: to read both at once, a processor would wait for their stores.
    guard scale.isFinite else { return false }
    unsafe block.storeBytes(of: scale, toByteOffset: 2 &* column, as: Float16.self)
    guard minimum.isFinite else { return false }
    if layout.format.hasMinimums {
      unsafe block.storeBytes(
        of: minimum, toByteOffset: layout.minimums &+ 2 &* column, as: Float16.self)
    }
    if layout.format.hasGroupFactors { writeGroups(groupScales, groupMinimums) }
    let places = self.codes
    unsafe codes.withUnsafeBytes {
      var (unit, source) = unsafe (block + unitsOffset, $0.baseAddress!)
      for _ in 0..<unitCount {
        unsafe places.write(source, to: unit)
        unsafe unit += places.unitByteCount
        unsafe source += PackedFormat.unitLength
      }
    }
    unsafe block += blockByteCount
    return true
  }

  private func writeGroups(_ scales: Span<Int8>, _ minimums: Span<UInt8>) {
    for group in 0..<layout.format.groupsPerBlock {
      let place = layout.factor(group, column: column)
      unsafe block.storeBytes(
        of: scales[group], toByteOffset: layout.groupScales + place, as: Int8.self)
      if layout.format.hasMinimums {
        unsafe block.storeBytes(
          of: minimums[group], toByteOffset: layout.groupMinimums + place, as: UInt8.self)
      }
    }
  }
}

/// Where the codes of one output lie in a unit, and how. Places are counted from the unit's start, once for
/// all of its row.
struct CodePlaces {
  private enum Form { case bytes, fourBits, fiveBits, sixBits, paired, spread }

  let unitByteCount: Int
  private let form: Form
  private let change: SIMD16<UInt8>
  /// The output's first word: of its own, or of those that it shares with the output half a group on.
  private let word: Int
  /// From the first half's codes to the second's, in forms that keep them apart, or to the high bits.
  private let secondHalf: Int
  private let isHigh: Bool

  init(_ layout: PackedLayout, column: Int) {
    let format = layout.format
    unitByteCount = layout.unitByteCount
    change = SIMD16(repeating: format.codeChange)
    isHigh = column >= layout.outputs / 2
    if format.hasPairedOutputs || format.hasSpreadCodes {
      form = format.hasPairedOutputs ? .paired : .spread
      word = 4 * (column % (layout.outputs / 2))
      secondHalf = layout.spreadHalfByteCount
    } else {
      form = Self.form(format.codeBits)
      word = 4 * column
      secondHalf = layout.halvesByteCount
    }
  }

  private static func form(_ codeBits: Int) -> Form {
    switch codeBits {
    case 4: .fourBits
    case 5: .fiveBits
    case 6: .sixBits
    default: .bytes
    }
  }

  /// Codes of one output, four K values in a word.
  @inline(__always)
  func write(_ codes: UnsafeRawPointer, to unit: UnsafeMutableRawPointer) {
    let low = unsafe codes.loadUnaligned(as: SIMD16<UInt8>.self) ^ change
    let high = unsafe codes.loadUnaligned(fromByteOffset: 16, as: SIMD16<UInt8>.self) ^ change
    let first = unsafe unit + word
    let second = unsafe first + secondHalf
    switch form {
    case .bytes:
      unsafe Self.store(words(low), first)
      unsafe Self.store(words(high), second)
    case .fourBits: unsafe setHalves(low, high, first)
    case .fiveBits, .sixBits:
      unsafe setHalves(low, high, first)
      unsafe Self.setHighBits(words(low), words(high), second, bits: form == .fiveBits ? 1 : 2)
    case .paired:
      unsafe Self.setPaired(words(low), first, isHigh: isHigh)
      unsafe Self.setPaired(words(high), second, isHigh: isHigh)
    case .spread:
      unsafe Self.setSpread(words(low), first, secondHalf, isHigh: isHigh)
      unsafe Self.setSpread(words(high), second, secondHalf, isHigh: isHigh)
    }
  }

  /// The low four bits of all codes.
  @inline(__always)
  private func setHalves(
    _ low: SIMD16<UInt8>, _ high: SIMD16<UInt8>, _ target: UnsafeMutableRawPointer
  ) {
    let joined = (low & SIMD16(repeating: 15)) | (high &<< SIMD16(repeating: 4))
    unsafe Self.store(words(joined), target)
  }

  @inline(__always)
  private func words(_ bytes: SIMD16<UInt8>) -> SIMD4<UInt32> {
    unsafe unsafeBitCast(bytes, to: SIMD4<UInt32>.self)
  }

  /// Four runs of an output.
  @inline(__always)
  private static func store(_ runs: SIMD4<UInt32>, _ target: UnsafeMutableRawPointer) {
    for run in 0..<4 {
      unsafe target.storeBytes(
        of: runs[run], toByteOffset: run &* 4 &* Int8Geometry.groupOutputs, as: UInt32.self)
    }
  }

  /// The fifth and sixth bits.
  private static func setHighBits(
    _ low: SIMD4<UInt32>, _ high: SIMD4<UInt32>, _ plane: UnsafeMutableRawPointer, bits: UInt32
  ) {
    let four = SIMD4<UInt32>(repeating: 4)
    let mask = SIMD4<UInt32>(repeating: bits == 1 ? 0x0101_0101 : 0x0303_0303)
    let (lowBits, highBits) = (low &>> four & mask, high &>> four & mask)
    if bits == 1 {
      unsafe plane.storeBytes(
        of: joined(lowBits, bits: 1) | joined(highBits, bits: 1) &<< 4, as: UInt32.self)
    } else {
      unsafe plane.storeBytes(of: joined(lowBits, bits: 2), as: UInt32.self)
      unsafe plane.storeBytes(
        of: joined(highBits, bits: 2), toByteOffset: 4 * Int8Geometry.groupOutputs, as: UInt32.self)
    }
  }

  /// The bits of four runs, each so many bits above those before.
  private static func joined(_ runs: SIMD4<UInt32>, bits: UInt32) -> UInt32 {
    runs[0] | runs[1] &<< bits | runs[2] &<< (2 &* bits) | runs[3] &<< (3 &* bits)
  }

  /// Four runs of an output, whose bytes the output half a group on shares.
  private static func setPaired(
    _ runs: SIMD4<UInt32>, _ first: UnsafeMutableRawPointer, isHigh: Bool
  ) {
    for run in 0..<4 {
      let codes = isHigh ? (runs[run] ^ 0x0808_0808) &<< 4 : runs[run]
      unsafe edge_set_bits(
        first + run &* 2 &* Int8Geometry.groupOutputs, codes, isHigh ? 0xF0F0_F0F0 : 0x0F0F_0F0F)
    }
  }

  /// Four runs of an output, whose bits share bytes with other codes.
  private static func setSpread(
    _ runs: SIMD4<UInt32>, _ first: UnsafeMutableRawPointer, _ halfByteCount: Int, isHigh: Bool
  ) {
    let registerByteCount = 2 &* Int8Geometry.groupOutputs
    let codeBits = halfByteCount / registerByteCount
    for run in 0..<4 {
      let pieces = SpreadPlaces.pieces(codeBits: codeBits, run: run, isHigh: isHigh)
      for index in 0..<3 where pieces[index].count > 0 {
        let word = unsafe first + pieces[index].register &* registerByteCount
        unsafe edge_set_bits(word, pieces[index].taken(from: runs[run]), pieces[index].mask)
      }
    }
  }
}
