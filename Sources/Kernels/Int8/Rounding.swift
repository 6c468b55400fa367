import CInstructions

/// Rounding of Float32 lanes to int8, and the way of sixteen of them to and from a packed row.
enum Rounding {
  /// Rows whose largest magnitude is below this become zeros: 127 / magnitude must stay in
  /// Float32's range, which ends at 2^128.
  private static var leastMagnitude: Float { 0x1p-120 }

  /// 1.5 * 2^23, added to a number below 2^22, leaves the nearest integer in the low bits.
  private static var shift: Float { 12_582_912 }
  /// The bits of `shift`.
  static var zero: Int32 { 0x4B40_0000 }

  /// What brings a row into -127 ... 127.
  @inline(__always)
  static func inverseStep(_ magnitude: Float) -> Float {
    magnitude < leastMagnitude ? 0 : 127 / magnitude
  }

  /// `v * scale`, to the nearest integer, ties to even, plus `bias`, plus `zero`.
  @inline(__always)
  static func nearest(_ v: SIMD16<Float>, scale: Float, bias: UInt8) -> SIMD16<Int32> {
    let shifted = SIMD16<Float>(repeating: shift + Float(bias))
      .addingProduct(v, SIMD16(repeating: scale))
    return unsafe unsafeBitCast(shifted, to: SIMD16<Int32>.self)
  }

  /// Sixteen values of a packed row.
  @inline(__always)
  static func gather(_ from: UnsafePointer<Int8>, runStride: Int) -> SIMD16<Int8> {
    let source = unsafe UnsafeRawPointer(from)
    switch Int8Geometry.run {
    case 4:
      var runs = SIMD4<UInt32>()
      for run in 0..<4 {
        runs[run] = unsafe source.loadUnaligned(fromByteOffset: run &* runStride, as: UInt32.self)
      }
      return unsafe unsafeBitCast(runs, to: SIMD16<Int8>.self)
    case 8:
      let runs = unsafe SIMD2(
        source.loadUnaligned(as: UInt64.self),
        source.loadUnaligned(fromByteOffset: runStride, as: UInt64.self))
      return unsafe unsafeBitCast(runs, to: SIMD16<Int8>.self)
    default:
      return unsafe source.loadUnaligned(as: SIMD16<Int8>.self)
    }
  }
}

/// Writes a packed row, sixteen values at a time.
@safe struct RunWriter {
  private var target: UnsafeMutableRawPointer
  private let run: Int
  private let runStride: Int

  /// - Parameters:
  ///   - target: the row's first run.
  ///   - run: values of a run: 4, 8 or 16.
  ///   - runStride: bytes from one run to the next.
  @inline(__always)
  init(_ target: UnsafeMutablePointer<Int8>, run: Int = Int8Geometry.run, runStride: Int) {
    unsafe self.target = UnsafeMutableRawPointer(target)
    self.run = run
    self.runStride = runStride
  }

  /// The low bytes of the lanes.
  @inline(__always)
  mutating func write(_ values: SIMD16<Int32>) {
    let bytes = edge_low_bytes(values)
    switch run {
    case 4: writeFours(bytes)
    #if !arch(x86_64)
      case 8:
        unsafe target = edge_store_run8_0(target, runStride, bytes)
        unsafe target = edge_store_run8_1(target, runStride, bytes)
    #endif
    default:
      unsafe target.storeBytes(of: bytes, as: SIMD16<Int8>.self)
      unsafe target += runStride
    }
  }

  @inline(__always)
  private mutating func writeFours(_ bytes: SIMD16<Int8>) {
    #if arch(x86_64)
      let runs = unsafe unsafeBitCast(bytes, to: SIMD4<UInt32>.self)
      for run in 0..<4 {
        unsafe target.storeBytes(of: runs[run], as: UInt32.self)
        unsafe target += runStride
      }
    #else
      unsafe target = edge_store_run4_0(target, runStride, bytes)
      unsafe target = edge_store_run4_1(target, runStride, bytes)
      unsafe target = edge_store_run4_2(target, runStride, bytes)
      unsafe target = edge_store_run4_3(target, runStride, bytes)
    #endif
  }
}
