import CInstructions

/// A format that a kernel is compiled for.
protocol PackedType {
  static var format: PackedFormat { get }
}

enum Q4: PackedType { static var format: PackedFormat { BitsKind.q4_0.format } }
enum Q4Minimum: PackedType { static var format: PackedFormat { BitsKind.q4_1.format } }
enum Q5: PackedType { static var format: PackedFormat { BitsKind.q5_0.format } }
enum Q5Minimum: PackedType { static var format: PackedFormat { BitsKind.q5_1.format } }
enum SpreadLevels: PackedType { static var format: PackedFormat { BitsKind.iq4_nl.format } }
enum LongQ4: PackedType { static var format: PackedFormat { BitsKind.q4_k.format } }
enum LongQ5: PackedType { static var format: PackedFormat { BitsKind.q5_k.format } }
enum LongQ6: PackedType { static var format: PackedFormat { BitsKind.q6_k.format } }
enum LongLevels: PackedType { static var format: PackedFormat { BitsKind.iq4_xs.format } }
enum Float4: PackedType { static var format: PackedFormat { BitsKind.mxfp4.format } }
enum ByteCodes: PackedType { static var format: PackedFormat { BitsKind.q8_0.format } }

/// Sums, and factors, of as many outputs as a register of codes has.
typealias CodeSums = edge_code_sums
typealias CodeFloats = edge_code_floats
/// Of the outputs of a group: one register or two.
typealias GroupSums = InlineArray<2, CodeSums>
typealias GroupFloats = InlineArray<2, CodeFloats>

/// Registers of a group.
enum BitsGeometry {
  @inline(__always) static var outputs: Int { Int8Geometry.groupOutputs }
  @inline(__always) static var vectors: Int { outputs / CodeSums.scalarCount }
  /// Bytes of a register of codes: four for each output.
  @inline(__always) static var vectorByteCount: Int { 4 * CodeSums.scalarCount }
  /// Units whose codes are unpacked at a time: the longest block at least, and for wide groups no
  /// more, so that a panel and its tokens fit into the first-level cache.
  #if arch(x86_64)
    static var unitsPerPanel: Int { 8 }
  #else
    static var unitsPerPanel: Int { 24 }
  #endif
}

/// The codes of a unit, one run of a register's outputs at a time.
@safe struct UnitCodes<Kind: PackedType> {
  private let unit: UnsafeRawPointer
  private let vector: Int
  private let lowPlane: edge_codes
  private let highPlane: edge_codes

  @inline(__always)
  init(_ unit: UnsafeRawPointer, vector: Int) {
    unsafe self.unit = unit
    self.vector = vector
    let plane = unsafe unit + (16 * BitsGeometry.outputs + vector * BitsGeometry.vectorByteCount)
    let hasPlane = Kind.format.codeBits == 5 || Kind.format.codeBits == 6
    lowPlane = unsafe hasPlane ? edge_load_codes(plane) : edge_codes(repeating: 0)
    highPlane =
      unsafe Kind.format.codeBits == 6
      ? edge_load_codes(plane + 4 * BitsGeometry.outputs) : lowPlane
  }

  /// - Parameter run: 0 to 3.
  /// - Returns: values 4 run + j, and 16 + 4 run + j.
  @inline(__always)
  func pair(_ run: Int) -> (low: edge_codes, high: edge_codes) {
    let place = run * 4 * BitsGeometry.outputs + vector * BitsGeometry.vectorByteCount
    let packed = unsafe edge_load_codes(unit + place)
    if Kind.format.codeBits == 8 {
      return unsafe (packed, edge_load_codes(unit + (place + 16 * BitsGeometry.outputs)))
    }
    if Kind.format.hasSignedNibbles {
      return (edge_low_signed_codes(packed), edge_high_signed_codes(packed))
    }
    let (low, high) = (edge_low_codes(packed), edge_high_codes(packed))
    if let levels = Kind.format.levels {
      return (
        edge_levels_of_codes(levels.table, low), edge_levels_of_codes(levels.table, high)
      )
    }
    switch Kind.format.codeBits {
    case 5:
      return (
        edge_with_fifth_bit(low, lowPlane, run), edge_with_fifth_bit(high, lowPlane, run + 4)
      )
    case 6:
      return (
        edge_with_two_bits(low, lowPlane, 2 * run), edge_with_two_bits(high, highPlane, 2 * run)
      )
    default: return (low, high)
    }
  }
}
