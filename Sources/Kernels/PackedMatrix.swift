import CInstructions

/// The geometry of int8 matrix products in this build.
public enum Int8Geometry {
  /// Activation rows (tokens) in a tile.
  public static let tileRows = 8
  /// Consecutive K values that one instruction multiplies and adds.
  static let quad = 4
  /// K is padded with zeros to a multiple of this.
  public static let kStep = 16
  /// The longest K: 65,536 * 255 * 127 is below 2^31, so that Int32 sums are exact.
  public static let kMax = 65536

  /// Outputs in a vector of sums.
  static var lanes: Int { NativeInts.scalarCount }
  /// Outputs in a group: two vectors of sums.
  public static var groupOutputs: Int { 2 * lanes }

  /// VNNI multiplies unsigned by signed: activations are stored with this added (modulo 256), and
  /// each output starts at -128 times the sum of its weights.
  package static var activationBias: UInt8 { edge_has_vnni() ? 0x80 : 0 }
}

/// An int8 weight matrix, one scale a row, in the layout `[outputs / G][K / 4][G][4]` with G =
/// `Int8Geometry.groupOutputs`: every path reads it in straight lines.
///
/// Rows are Hadamard-transformed before rounding; outputs and K are padded with zeros.
public struct PackedMatrix: BitwiseCopyable {
  /// `[groupCount][kPadded / 4][G][4]`
  public let weights: UnsafeMutablePointer<Int8>
  /// `[groupCount * G]`: what an Int32 sum is multiplied by, besides the activation's scale.
  public let scales: UnsafeMutablePointer<Float>
  /// `[groupCount * G]`: where the Int32 sum of an output starts.
  public let starts: UnsafeMutablePointer<Int32>
  public let outputCount: Int
  /// The true length of a row.
  public let k: Int

  public init(
    weights: UnsafeMutablePointer<Int8>, scales: UnsafeMutablePointer<Float>,
    starts: UnsafeMutablePointer<Int32>, outputCount: Int, k: Int
  ) {
    self.weights = weights
    self.scales = scales
    self.starts = starts
    self.outputCount = outputCount
    self.k = k
  }

  public var kPadded: Int { roundUp(k, to: Int8Geometry.kStep) }
  public var groupCount: Int { Self.groupCount(outputCount) }
  var groupByteCount: Int { kPadded * Int8Geometry.groupOutputs }

  public static func groupCount(_ outputCount: Int) -> Int {
    (outputCount + Int8Geometry.groupOutputs - 1) / Int8Geometry.groupOutputs
  }

  /// Counts for the three arrays.
  public static func weightCount(outputs: Int, k: Int) -> Int {
    groupCount(outputs) * Int8Geometry.groupOutputs * roundUp(k, to: Int8Geometry.kStep)
  }

  public static func paddedOutputCount(_ outputs: Int) -> Int {
    groupCount(outputs) * Int8Geometry.groupOutputs
  }

  /// Where the first quad of an output's row lies; the next ones follow at `quadStride`.
  @inline(__always)
  func rowStart(_ output: Int) -> UnsafeMutablePointer<Int8> {
    let g = Int8Geometry.groupOutputs
    return weights + output / g * groupByteCount + output % g * Int8Geometry.quad
  }

  static var quadStride: Int { Int8Geometry.groupOutputs * Int8Geometry.quad }
}

extension PackedMatrix {
  /// Transforms, rounds and stores one row.
  /// - Parameter row: `kPadded` values, zero from `k` on; overwritten.
  /// - Returns: false where a value is not finite.
  public func setRow(_ output: Int, from row: UnsafeMutablePointer<Float>) -> Bool {
    let block = Hadamard.block(for: k)
    let magnitude = Hadamard.transform(row, count: kPadded, block: block)
    guard Self.isFinite(row, count: kPadded) else { return false }
    let inverse = Rounding.inverseStep(magnitude)
    let target = rowStart(output)
    var sum = SIMD16<Int32>()
    for offset in stride(from: 0, to: kPadded, by: 16) {
      let rounded = Rounding.toInt32(row.lanes(offset), scale: inverse)
      sum &+= rounded
      Rounding.storeQuads(
        rounded, bias: 0, to: UnsafeMutableRawPointer(target + offset / 4 * Self.quadStride),
        stride: Self.quadStride)
    }
    scales[output] = magnitude / (127 * Float(block))
    starts[output] = edge_has_vnni() ? -128 &* sum.wrappedSum() : 0
    return true
  }

  /// False where a value is infinite or NaN: times 0 it is NaN. (The largest magnitude does not
  /// tell, because the maximum of a number and NaN is the number.)
  private static func isFinite(_ row: UnsafePointer<Float>, count: Int) -> Bool {
    var zeros = SIMD16<Float>()
    for offset in stride(from: 0, to: count, by: 16) { zeros += row.lanes(offset) * 0 }
    return total(zeros) == 0
  }

  /// One row as the matrix holds it, transformed back: `kPadded` values.
  /// Used for token embeddings, which share their matrix with a tied output head.
  public func row(_ output: Int, into row: UnsafeMutablePointer<Float>) {
    let source = rowStart(output)
    let scale = scales[output]
    for quad in 0..<kPadded / 4 {
      let values = source + quad * Self.quadStride
      for j in 0..<4 { row[quad * 4 + j] = Float(values[j]) * scale }
    }
    // The transform is its own inverse up to the factor `block`, which `scale` holds already.
    _ = Hadamard.transform(row, count: kPadded, block: Hadamard.block(for: k))
  }
}

/// Rounding of Float32 lanes to int8.
enum Rounding {
  /// Rows whose largest magnitude is below this become zeros: 127 / magnitude must stay in
  /// Float32's range, which ends at 2^128.
  private static var leastMagnitude: Float { 0x1p-120 }

  /// What brings a row into -127 ... 127.
  @inline(__always)
  static func inverseStep(_ magnitude: Float) -> Float {
    magnitude < leastMagnitude ? 0 : 127 / magnitude
  }

  /// `v * scale`, to the nearest integer, ties to even; |v * scale| below 2^22.
  @inline(__always)
  static func toInt32(_ v: SIMD16<Float>, scale: Float) -> SIMD16<Int32> {
    // Adding 1.5 * 2^23 leaves the integer in the low bits.
    let magic = SIMD16<Float>(repeating: 12_582_912)
    let shifted = v * scale + magic
    return unsafeBitCast(shifted, to: SIMD16<Int32>.self) &- 0x4B40_0000
  }

  /// The low bytes of four quads, at `to`, `to + stride`, …
  @inline(__always)
  static func storeQuads(
    _ values: SIMD16<Int32>, bias: UInt8, to target: UnsafeMutableRawPointer, stride: Int
  ) {
    let bytes = edge_i32x16_to_i8(values) ^ SIMD16(repeating: Int8(bitPattern: bias))
    let quads = unsafeBitCast(bytes, to: SIMD4<UInt32>.self)
    target.storeBytes(of: quads[0], as: UInt32.self)
    (target + stride).storeBytes(of: quads[1], as: UInt32.self)
    (target + 2 * stride).storeBytes(of: quads[2], as: UInt32.self)
    (target + 3 * stride).storeBytes(of: quads[3], as: UInt32.self)
  }
}
