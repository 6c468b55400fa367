import CInstructions

/// A column of a matrix that is written from above: keys lie so in a tile of slots, and queries in a group of rows.
@safe public struct ColumnStore {
  private var place: UnsafeMutableRawPointer
  /// Bytes from one row to the next.
  private let stride: Int

  @inline(__always)
  public init<Scalar: BitwiseCopyable>(_ first: UnsafeMutablePointer<Scalar>, stride: Int) {
    unsafe place = UnsafeMutableRawPointer(first)
    self.stride = stride &* MemoryLayout<Scalar>.size
  }

  @inline(__always)
  public mutating func put<Scalar: BitwiseCopyable>(_ v: Scalar) {
    unsafe place.storeBytes(of: v, as: Scalar.self)
    unsafe place += stride
  }

  @inline(__always)
  public mutating func put(_ v: SIMD4<Float16>) {
    #if arch(x86_64)
      for lane in 0..<4 { put(v[lane]) }
    #else
      let bytes = unsafe unsafeBitCast(v.inRegister, to: SIMD16<Int8>.self)
      unsafe place = edge_store_run2_0(place, stride, bytes)
      unsafe place = edge_store_run2_1(place, stride, bytes)
      unsafe place = edge_store_run2_2(place, stride, bytes)
      unsafe place = edge_store_run2_3(place, stride, bytes)
    #endif
  }

  @inline(__always)
  public mutating func put(_ v: SIMD4<Float>) {
    #if arch(x86_64)
      for lane in 0..<4 { put(v[lane]) }
    #else
      let bytes = unsafe unsafeBitCast(v, to: SIMD16<Int8>.self)
      unsafe place = edge_store_run4_0(place, stride, bytes)
      unsafe place = edge_store_run4_1(place, stride, bytes)
      unsafe place = edge_store_run4_2(place, stride, bytes)
      unsafe place = edge_store_run4_3(place, stride, bytes)
    #endif
  }
}

#if !arch(x86_64)
  extension SIMD4<Float16> {
    /// The low half of a register; the high half is of no account.
    @inline(__always)
    fileprivate var inRegister: SIMD8<Float16> { SIMD8(lowHalf: self, highHalf: self) }
  }
#endif
