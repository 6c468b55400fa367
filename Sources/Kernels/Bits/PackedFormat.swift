import CInstructions

/// How a file's block of weights is made up, which says all of its packed form: integer codes, a
/// Float16 scale for each block, and, in long blocks, an integer scale for each group of a block.
///
/// A weight is scale * groupScale * (code - offset), or, in formats with minimums,
/// scale * groupScale * code - minimum * groupMinimum; in short blocks, which have no group factors,
/// scale * code + minimum.
public struct PackedFormat: Sendable, BitwiseCopyable {
  /// 4, 5 or 6; or 8, of signed codes.
  let codeBits: Int
  /// What a code is above the integer that it stands for; 0 in formats with minimums.
  let offset: Int32
  /// What codes choose from; nil if they are numbers themselves.
  let levels: Levels?
  /// Weights of a group, 16 or 32.
  let groupLength: Int
  /// Weights of a block: 32, which is one group, or 256.
  public let blockLength: Int
  let hasMinimums: Bool

  init(
    codeBits: Int, offset: Int32 = 0, levels: Levels? = nil, group: Int = 32, block: Int,
    minimums: Bool = false
  ) {
    self.codeBits = codeBits
    self.offset = offset
    self.levels = levels
    groupLength = group
    blockLength = block
    hasMinimums = minimums
  }
}

/// Sixteen numbers that codes stand for.
enum Levels: Sendable, BitwiseCopyable {
  /// `edge_levels`
  case spread
  /// `edge_float4_levels`
  case float4

  @inline(__always) var table: SIMD16<Int8> {
    self == .spread ? edge_levels() : edge_float4_levels()
  }

  /// The standard deviation of levels that are chosen evenly.
  var deviation: Float { self == .spread ? 72 : 5.85 }
}

/// What follows from the description.
extension PackedFormat {
  @inline(__always) var hasLevels: Bool { levels != nil }
  /// Weights of a unit: the codes that kernels read together, of each output of a group.
  static var unitLength: Int { 32 }
  var unitsPerBlock: Int { blockLength / Self.unitLength }
  var groupsPerUnit: Int { Self.unitLength / groupLength }
  var groupsPerBlock: Int { blockLength / groupLength }
  var hasGroupFactors: Bool { blockLength > Self.unitLength }
  /// Whether a byte has in its low half the code of an output, and in its high half that of the output
  /// half a group on, less 8 and signed.
  @inline(__always) var hasPairedOutputs: Bool {
    codeBits == 4 && !hasLevels && edge_codes_are_paired()
  }
  /// Whether codes of five or six bits are bytes' low bits, with bits of other codes above them
  /// (`SpreadPlaces`), and signed.
  @inline(__always) var hasSpreadCodes: Bool {
    (codeBits == 5 || codeBits == 6) && edge_codes_are_paired()
  }
  /// Whether the factors of four groups lie together for each output, as products of four factors by the sums of four
  /// groups take them.
  @inline(__always) var hasFactorRuns: Bool {
    hasGroupFactors && hasMinimums && edge_codes_are_paired()
  }
  /// Whether nibbles are stored as signed numbers, and multiplied as 16 times what they stand for.
  @inline(__always) var hasSignedNibbles: Bool {
    codeBits == 4 && offset != 0 && edge_codes_are_signed() && !edge_codes_are_paired()
  }
  /// Whether codes are signed numbers, also where products take only unsigned ones with a bias.
  @inline(__always) var isSigned: Bool { hasLevels || codeBits == 8 }
  /// What codes are stored with: their sign's bit changed, or nothing.
  var codeChange: UInt8 {
    if hasSpreadCodes { return UInt8(spreadMiddle) }
    return codeBits == 8 ? UInt8(edge_level_bias()) : hasSignedNibbles ? 8 : 0
  }
  /// What spread codes are less than codes.
  @inline(__always) var spreadMiddle: Int { 1 &<< (codeBits &- 1) }
  /// What a row kernel's sums are multiples of.
  @inline(__always) var sumUnit: Float { hasSignedNibbles ? 0.0625 : 1 }
  /// The same of the kernel that multiplies pairs of registers: of the low outputs, and of the high ones.
  @inline(__always) var lowSumUnit: Float {
    hasSpreadCodes ? 1 / Float(1 &<< (8 &- codeBits)) : 1
  }
  @inline(__always) var highSumUnit: Float { hasPairedOutputs ? 0.0625 : lowSumUnit }
  /// What is subtracted from codes as row kernels see them.
  @inline(__always) var kernelOffset: Int32 {
    isSigned ? edge_level_bias() : hasSignedNibbles ? 0 : offset
  }
  /// The same of the codes of a panel.
  var panelOffset: Int32 { edge_codes_are_signed() ? 0 : kernelOffset }
}

/// Places in a packed block, which holds one file block of each of G outputs, one after the other:
/// Float16 scales `[G]`; minimums `[G]`; Int8 group scales `[groups][G]`; UInt8 group minimums
/// `[groups][G]`; and for each unit the low four bits of its codes, and then their high bits. Factors in runs
/// (`hasFactorRuns`) are `[groups / 4][G][4]`.
///
/// Codes of a unit: byte `[run][output][j]`, with eight runs of four K values, has in its low half
/// value 4 run + j, and in its high half value 16 + 4 run + j. High bits: byte `[output][j]` has at
/// bit `run` the fifth bit of value 4 run + j and at bit 4 + run that of value 16 + 4 run + j; of six
/// bits there are two such rows, the first for values below 16 with two bits a run. Codes of eight bits
/// are bytes, `[run][output][j]` with eight runs.
///
/// Paired codes of a unit (`hasPairedOutputs`): byte `[run][output][j]`, with eight runs of four K values
/// and G / 2 outputs, has in its low half value 4 run + j of the output, and in its high half that of
/// output + G / 2, with its highest bit changed.
///
/// Spread codes of a unit (`hasSpreadCodes`): of each half of the unit registers of G / 2 outputs by four K
/// values, as many as the bits of a code (`SpreadPlaces`).
struct PackedLayout {
  let format: PackedFormat
  /// G.
  let outputs: Int

  @inline(__always)
  init(_ format: PackedFormat, outputs: Int = Int8Geometry.groupOutputs) {
    self.format = format
    self.outputs = outputs
  }

  @inline(__always) var minimums: Int { 2 * outputs }
  @inline(__always) var groupScales: Int { minimums + (format.hasMinimums ? 2 * outputs : 0) }
  @inline(__always) var groupMinimums: Int { groupScales + groupFactorByteCount }
  @inline(__always) var units: Int {
    groupMinimums + (format.hasMinimums ? groupFactorByteCount : 0)
  }
  @inline(__always) var groupFactorByteCount: Int {
    format.hasGroupFactors ? format.groupsPerBlock * outputs : 0
  }
  /// Bytes of the factors of four groups.
  @inline(__always) static var factorRun: Int { 4 }
  @inline(__always) var factorRunsByteCount: Int { Self.factorRun * outputs }
  /// A group's factor, from the first.
  @inline(__always)
  func factor(_ group: Int, column: Int) -> Int {
    if !format.hasFactorRuns { return group &* outputs &+ column }
    let run = Self.factorRun
    return (group / run &* outputs &+ column) &* run &+ group % run
  }
  /// The low halves of a unit's codes, or the bytes of its first half.
  @inline(__always) var halvesByteCount: Int { 16 * outputs }
  @inline(__always) var unitByteCount: Int {
    halvesByteCount + (format.codeBits - 4) * 4 * outputs
  }
  /// A register of spread codes, and half a unit.
  var spreadRegisterByteCount: Int { 2 * outputs }
  var spreadHalfByteCount: Int { unitByteCount / 2 }
  @inline(__always) var blockByteCount: Int { units + format.unitsPerBlock * unitByteCount }
}
