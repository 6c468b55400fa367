import CInstructions

/// A vector register's worth of Float32 and of Int32: what kernels hold in accumulators. 16 lanes
/// with AVX-512, 8 on other x86, 4 with NEON.
public typealias NativeFloats = edge_native_f32
public typealias NativeInts = edge_native_i32
/// A register's worth of Float16: twice as many lanes.
public typealias NativeHalves = edge_halves

@inline(__always)
func floats(_ v: NativeInts) -> NativeFloats { edge_native_to_f32(v) }

@inline(__always)
func maximum(_ a: NativeFloats, _ b: NativeFloats) -> NativeFloats { edge_native_max(a, b) }

@inline(__always)
func magnitudes(_ v: NativeFloats) -> NativeFloats { edge_native_abs(v) }

extension NativeFloats {
  @inline(__always)
  static func load(_ from: UnsafePointer<Float>) -> NativeFloats {
    unsafe UnsafeRawPointer(from).loadUnaligned(as: NativeFloats.self)
  }

  @inline(__always)
  func store(_ to: UnsafeMutablePointer<Float>) {
    unsafe UnsafeMutableRawPointer(to).storeBytes(of: self, as: NativeFloats.self)
  }
}

/// Sixteen lanes whatever the register, so that partial sums, and their bits, are the same on every
/// instruction set.
public struct SixteenFloats {
  static var partCount: Int { 16 / NativeFloats.scalarCount }
  var parts: InlineArray<4, NativeFloats>

  @inline(__always)
  static func load(_ from: UnsafePointer<Float>) -> SixteenFloats {
    var parts = InlineArray<4, NativeFloats>(repeating: NativeFloats())
    for part in 0..<partCount {
      unsafe parts[unchecked: part] = .load(from + part * NativeFloats.scalarCount)
    }
    return SixteenFloats(parts: parts)
  }

  /// - Parameter part: that of the first lanes is 0; the last one is followed by the first.
  @inline(__always)
  mutating func add(_ values: NativeFloats, part: Int) {
    let index = part % Self.partCount
    unsafe parts[unchecked: index] = edge_native_add(parts[unchecked: index], values)
  }

  /// The sum of the lanes, in the tree order of `total` of a SIMD16.
  @inline(__always)
  var total: Float {
    var parts = parts
    var count = Self.partCount
    while count > 1 {
      count /= 2
      for part in 0..<count { unsafe parts[unchecked: part] += parts[unchecked: part + count] }
    }
    return unsafe Kernels.total(parts[unchecked: 0])
  }

  @inline(__always)
  func store(_ to: UnsafeMutablePointer<Float>) {
    for part in 0..<Self.partCount {
      unsafe parts[unchecked: part].store(to + part * NativeFloats.scalarCount)
    }
  }
}

extension UnsafePointer where Pointee == Float {
  /// Sixteen values from `offset` on.
  @inline(__always)
  func lanes(_ offset: Int) -> SIMD16<Float> {
    unsafe UnsafeRawPointer(self + offset).loadUnaligned(as: SIMD16<Float>.self)
  }
}

extension UnsafeMutablePointer where Pointee == Float {
  @inline(__always)
  func lanes(_ offset: Int) -> SIMD16<Float> { unsafe UnsafePointer(self).lanes(offset) }

  @inline(__always)
  func store(_ value: SIMD16<Float>, _ offset: Int) {
    unsafe UnsafeMutableRawPointer(self + offset).storeBytes(of: value, as: SIMD16<Float>.self)
  }
}

/// Copies `count` elements between places that do not overlap. (`update(from:count:)` goes element
/// by element in Embedded Swift.)
@inline(__always)
public func copy<Element: BitwiseCopyable>(
  _ source: UnsafePointer<Element>, to target: UnsafeMutablePointer<Element>, count: Int
) {
  unsafe UnsafeMutableRawPointer(target).copyMemory(
    from: source, byteCount: count &* MemoryLayout<Element>.stride)
}

/// The largest lane. (Compilers' own reductions go lane by lane, for NaN.)
@inline(__always)
func largest(_ v: SIMD16<Float>) -> Float {
  var m = edge_max_f32x16(v, edge_swap_by_8(v))
  m = edge_max_f32x16(m, edge_swap_by_4(m))
  m = edge_max_f32x16(m, edge_swap_by_2(m))
  return edge_max_f32x16(m, edge_swap_by_1(m))[0]
}

@inline(__always)
func largest(_ v: SIMD8<Float>) -> Float {
  var m = edge_max_f32x8(v, edge_f32x8_swap_by_4(v))
  m = edge_max_f32x8(m, edge_f32x8_swap_by_2(m))
  return edge_max_f32x8(m, edge_f32x8_swap_by_1(m))[0]
}

#if arch(arm64)
  @inline(__always)
  func largest(_ v: SIMD4<Float>) -> Float { edge_largest_f32x4(v) }
#endif

/// The sum of the lanes, in a fixed tree order.
@inline(__always)
func total(_ v: SIMD4<Float>) -> Float { (v[0] + v[2]) + (v[1] + v[3]) }

@inline(__always)
func total(_ v: SIMD8<Float>) -> Float { total(v.lowHalf + v.highHalf) }

@inline(__always)
func total(_ v: SIMD16<Float>) -> Float {
  let eight = v.lowHalf + v.highHalf
  let four = eight.lowHalf + eight.highHalf
  let two = four.lowHalf + four.highHalf
  return two[0] + two[1]
}

/// The least multiple of `step` (a power of two) that is not below `value`.
@inline(__always)
public func roundUp(_ value: Int, to step: Int) -> Int { (value + step - 1) & ~(step - 1) }

/// The square root, correctly rounded.
@inline(__always)
public func squareRoot(_ value: Float) -> Float { edge_square_root(value) }

/// target[i] += source[i]
@export(interface)
public func add(
  _ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int
) {
  var index = 0
  while index &+ 16 <= count {
    unsafe target.store(target.lanes(index) + source.lanes(index), index)
    index &+= 16
  }
  while index < count {
    unsafe target[index] += source[index]
    index &+= 1
  }
}

/// target[i] += source[i] * factor
@export(interface)
public func addProducts(
  _ source: UnsafePointer<Float>, factor: Float, to target: UnsafeMutablePointer<Float>, count: Int
) {
  var index = 0
  while index &+ 16 <= count {
    unsafe target.store(target.lanes(index) + source.lanes(index) * factor, index)
    index &+= 16
  }
  while index < count {
    unsafe target[index] += source[index] * factor
    index &+= 1
  }
}

/// values[i] = values[i] * factor, rounded to the nearest whole number, of two as near ones the even
/// one. The products must be below 2^22.
@export(interface)
public func roundProducts(_ values: UnsafeMutablePointer<Float>, by factor: Float, count: Int) {
  // Next to this number, Float32's are the whole ones.
  let border: Float = 0x1.8p23
  var index = 0
  while index &+ 16 <= count {
    unsafe values.store((values.lanes(index) * factor + border) - border, index)
    index &+= 16
  }
  while index < count {
    unsafe values[index] = (values[index] * factor + border) - border
    index &+= 1
  }
}
