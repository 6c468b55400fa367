import CInstructions

/// An int8 weight matrix, one scale a row, in the layout `[outputs / G][K / run][G][run]`
/// with G = `Int8Geometry.groupOutputs`, which the build's kernel reads in straight lines.
///
/// Rows are Hadamard-transformed before rounding; outputs and K are padded with zeros.
@safe public struct Int8Matrix: BitwiseCopyable {
  /// `[groupCount][kPadded / run][G][run]`
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
    unsafe self.weights = weights
    unsafe self.scales = scales
    unsafe self.starts = starts
    self.outputCount = outputCount
    self.k = k
  }

  public var kPadded: Int { Self.paddedRowLength(k) }
  public var groupCount: Int { Self.groupCount(outputCount) }
  var groupByteCount: Int { kPadded * Int8Geometry.groupOutputs }

  public static func groupCount(_ outputCount: Int) -> Int {
    (outputCount + Int8Geometry.groupOutputs - 1) / Int8Geometry.groupOutputs
  }

  /// The arrays one after the other, each from a whole cache line on.
  /// - Parameter memory: `byteCount(outputs:k:)` bytes, aligned to a cache line.
  init(memory: UnsafeMutableRawPointer, outputs: Int, k: Int) {
    let scales = unsafe memory + Self.weightCount(outputs: outputs, k: k)
    let starts = unsafe scales + Self.numbersByteCount(outputs)
    let count = Self.paddedOutputCount(outputs)
    unsafe self.init(
      weights: memory.bindMemory(
        to: Int8.self, capacity: Self.weightCount(outputs: outputs, k: k)),
      scales: scales.bindMemory(to: Float.self, capacity: count),
      starts: starts.bindMemory(to: Int32.self, capacity: count), outputCount: outputs, k: k)
  }

  static func byteCount(outputs: Int, k: Int) -> Int {
    weightCount(outputs: outputs, k: k) + 2 * numbersByteCount(outputs)
  }

  /// Of the scales, and of the starts.
  private static func numbersByteCount(_ outputs: Int) -> Int {
    roundUp(paddedOutputCount(outputs) * MemoryLayout<Float>.stride, to: 64)
  }

  /// A multiple of 64, as are the padded K and with it each group.
  public static func weightCount(outputs: Int, k: Int) -> Int {
    groupCount(outputs) * Int8Geometry.groupOutputs * roundUp(k, to: Int8Geometry.kStep)
  }

  static func paddedRowLength(_ k: Int) -> Int { roundUp(k, to: Int8Geometry.kStep) }

  public static func paddedOutputCount(_ outputs: Int) -> Int {
    groupCount(outputs) * Int8Geometry.groupOutputs
  }

  /// The outputs of some groups.
  static func columns(_ groups: Range<Int>) -> Range<Int> {
    groups.lowerBound * Int8Geometry.groupOutputs..<groups.upperBound * Int8Geometry.groupOutputs
  }

  /// Where the first run of an output's row lies; the next ones follow at `runStride`.
  @inline(__always)
  func rowStart(_ output: Int) -> UnsafeMutablePointer<Int8> {
    let g = Int8Geometry.groupOutputs
    return unsafe weights + output / g * groupByteCount + output % g * Int8Geometry.run
  }

  static var runStride: Int { Int8Geometry.groupOutputs * Int8Geometry.run }
}

extension Int8Matrix {
  /// Transforms, rounds and stores one row.
  /// - Parameter row: `kPadded` values, zero from `k` on; overwritten.
  /// - Returns: false if a value is not finite.
  @export(interface)
  public func setRow(_ output: Int, from row: UnsafeMutablePointer<Float>) -> Bool {
    let block = Hadamard.block(for: k)
    let magnitude = unsafe Hadamard.transform(row, count: kPadded, block: block)
    guard unsafe Self.isFinite(row, count: kPadded) else { return false }
    let inverse = Rounding.inverseStep(magnitude)
    var target = unsafe RunWriter(rowStart(output), runStride: Self.runStride)
    var sum = SIMD16<Int32>()
    for offset in stride(from: 0, to: kPadded, by: 16) {
      let rounded = unsafe Rounding.nearest(row.lanes(offset), scale: inverse, bias: 0)
      sum &+= rounded &- Rounding.zero
      target.write(rounded)
    }
    unsafe scales[output] = magnitude / (127 * Float(block))
    unsafe starts[output] = Int8Geometry.activationBias == 0 ? 0 : -128 &* sum.wrappedSum()
    return true
  }

  /// False if a value is infinite or NaN: times 0 it is NaN. (The largest magnitude does not
  /// tell, because the maximum of a number and NaN is the number.)
  private static func isFinite(_ row: UnsafePointer<Float>, count: Int) -> Bool {
    var zeros = SIMD16<Float>()
    for offset in stride(from: 0, to: count, by: 16) { unsafe zeros += row.lanes(offset) * 0 }
    return total(zeros) == 0
  }

  /// One row as the matrix holds it, transformed back: `kPadded` values.
  /// Used for token embeddings, which share their matrix with a tied output head.
  @export(interface)
  public func row(_ output: Int, into row: UnsafeMutablePointer<Float>) {
    let source = unsafe rowStart(output)
    let scale = unsafe scales[output]
    for offset in stride(from: 0, to: kPadded, by: 16) {
      let runs = unsafe source + offset / Int8Geometry.run * Self.runStride
      let values = unsafe Rounding.gather(runs, runStride: Self.runStride)
      unsafe row.store(edge_convert_i8_to_f32(values) * scale, offset)
    }
    // The transform is its own inverse up to the factor `block`, which `scale` holds already.
    _ = unsafe Hadamard.transform(row, count: kPadded, block: Hadamard.block(for: k))
  }
}
