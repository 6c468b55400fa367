import CInstructions

/// The number format in which a tile multiplies and sums.
public protocol TileFormat {
  /// A vector register of numbers.
  associatedtype Lanes: SIMD where Lanes.Scalar: BinaryFloatingPoint & BitwiseCopyable
  /// Reads the cache's Float16 numbers.
  associatedtype CacheSource: TileSource
  where CacheSource.Format == Self, CacheSource.Element == Float16

  /// The score of a token that lies before the window: a number of the format that is below all scores.
  static var beyondWindow: Lanes.Scalar { get }

  /// Whether reading the cache costs a conversion, which many rows share better in a copy.
  static var widensCache: Bool { get }

  /// sum + a * b, rounded once.
  static func multiplyAdd(_ sum: Lanes, _ a: Lanes, _ b: Lanes) -> Lanes
  static func maximum(_ a: Lanes, _ b: Lanes) -> Lanes
  static func largest(_ v: Lanes) -> Float
  /// target[0 ..< lanes] += v
  static func add(_ v: Lanes, to target: UnsafeMutablePointer<Float>)

  static func rounded(_ v: Float) -> Lanes.Scalar
  /// Rounds four numbers, which lie below each other.
  static func put(_ v: SIMD4<Float>, _ column: inout ColumnStore)
  static func loadFloats(_ from: UnsafePointer<Lanes.Scalar>) -> NativeFloats

  /// scores[i] = 2^(scores[i] - maximum) for `count` scores, a multiple of 32; sums[i % 16] takes what
  /// is stored, before it is rounded to the format.
  static func powersOfTwo(
    _ scores: UnsafeMutablePointer<Lanes.Scalar>, above maximum: Float, count: Int,
    _ sums: inout SixteenFloats)
}

extension TileFormat {
  static var lanes: Int { Lanes.scalarCount }

  @inline(__always)
  static func load(_ from: UnsafePointer<Lanes.Scalar>) -> Lanes {
    unsafe UnsafeRawPointer(from).loadUnaligned(as: Lanes.self)
  }

  @inline(__always)
  static func store(_ v: Lanes, _ to: UnsafeMutablePointer<Lanes.Scalar>) {
    unsafe UnsafeMutableRawPointer(to).storeBytes(of: v, as: Lanes.self)
  }
}

/// Float32.
public enum SinglePrecision: TileFormat {
  public typealias Lanes = NativeFloats
  public typealias CacheSource = WidenedHalves
  public static var beyondWindow: Float { AttentionScratch.hidden }
  public static var widensCache: Bool { true }

  @inline(__always)
  public static func multiplyAdd(_ sum: Lanes, _ a: Lanes, _ b: Lanes) -> Lanes {
    sum.addingProduct(a, b)
  }

  @inline(__always)
  public static func maximum(_ a: Lanes, _ b: Lanes) -> Lanes { Kernels.maximum(a, b) }

  @inline(__always)
  public static func largest(_ v: Lanes) -> Float {
    Kernels.largest(v)
  }

  @inline(__always)
  public static func add(_ v: Lanes, to target: UnsafeMutablePointer<Float>) {
    unsafe (Lanes.load(target) + v).store(target)
  }

  @inline(__always)
  public static func loadFloats(_ from: UnsafePointer<Float>) -> NativeFloats { unsafe .load(from) }

  @inline(__always)
  public static func rounded(_ v: Float) -> Float { v }

  @inline(__always)
  public static func put(_ v: SIMD4<Float>, _ column: inout ColumnStore) { column.put(v) }

  @inline(__always)
  public static func powersOfTwo(
    _ scores: UnsafeMutablePointer<Float>, above maximum: Float, count: Int,
    _ sums: inout SixteenFloats
  ) {
    let maximum = NativeFloats(repeating: maximum)
    for column in stride(from: 0, to: count, by: 16) {
      for part in 0..<SixteenFloats.partCount {
        let place = unsafe scores + (column + part * lanes)
        let weight = unsafe exp2(.load(place) - maximum)
        unsafe weight.store(place)
        sums.add(weight, part: part)
      }
    }
  }
}

/// Float16, for processors that compute in it.
public enum HalfPrecision: TileFormat {
  public typealias Lanes = NativeHalves
  public typealias CacheSource = StoredLanes<HalfPrecision>
  /// A real score may be lower: see `Attention.isInRange`.
  public static var beyondWindow: Float16 { -60_000 }
  public static var widensCache: Bool { false }

  @inline(__always)
  public static func multiplyAdd(_ sum: Lanes, _ a: Lanes, _ b: Lanes) -> Lanes {
    edge_halves_fma(sum, a, b)
  }

  @inline(__always)
  public static func maximum(_ a: Lanes, _ b: Lanes) -> Lanes { edge_halves_max(a, b) }

  @inline(__always)
  public static func largest(_ v: Lanes) -> Float {
    #if arch(x86_64)
      Kernels.largest(Kernels.maximum(edge_halves_low(v), edge_halves_high(v)))
    #else
      edge_largest_f16x8(v)
    #endif
  }

  @inline(__always)
  public static func add(_ v: Lanes, to target: UnsafeMutablePointer<Float>) {
    let high = unsafe target + NativeFloats.scalarCount
    unsafe edge_native_add(.load(target), edge_halves_low(v)).store(target)
    unsafe edge_native_add(.load(high), edge_halves_high(v)).store(high)
  }

  @inline(__always)
  public static func loadFloats(_ from: UnsafePointer<Float16>) -> NativeFloats {
    unsafe loadHalves(from)
  }

  @inline(__always)
  public static func rounded(_ v: Float) -> Float16 { Float16(v) }

  @inline(__always)
  public static func put(_ v: SIMD4<Float>, _ column: inout ColumnStore) {
    column.put(edge_to_f16x4(v))
  }

  @inline(__always)
  public static func powersOfTwo(
    _ scores: UnsafeMutablePointer<Float16>, above maximum: Float, count: Int,
    _ sums: inout SixteenFloats
  ) {
    let maximum = Lanes(repeating: Float16(maximum))
    // So many that the parts of the sums do not depend on the column, and stay in registers.
    let vectorCount = (SixteenFloats.partCount + 1) / 2
    for column in stride(from: 0, to: count, by: vectorCount * lanes) {
      for vector in 0..<vectorCount {
        let place = unsafe scores + (column + vector * lanes)
        let (low, high) = unsafe exp2(edge_halves_subtract(load(place), maximum))
        unsafe edge_native_store_f16(low, place)
        unsafe edge_native_store_f16(high, place + NativeFloats.scalarCount)
        sums.add(low, part: 2 * vector)
        sums.add(high, part: 2 * vector + 1)
      }
    }
  }
}

/// Where a tile's right-hand operand comes from.
public protocol TileSource {
  associatedtype Format: TileFormat
  associatedtype Element
  static func load(_ from: UnsafePointer<Element>) -> Format.Lanes
  /// Neighbouring vectors. `from` moves on by `stride` elements.
  static func load<let count: Int>(
    _ from: inout UnsafePointer<Element>, stride: Int
  ) -> InlineArray<count, Format.Lanes>
  /// Has what will be read soon brought nearer; it need not exist.
  static func prefetch(_ from: UnsafePointer<Element>)
}

extension TileSource {
  @inline(__always)
  public static func load<let count: Int>(
    _ from: inout UnsafePointer<Element>, stride: Int
  ) -> InlineArray<count, Format.Lanes> {
    let vectors = InlineArray<count, Format.Lanes> { vector in
      unsafe load(from + vector &* Format.Lanes.scalarCount)
    }
    unsafe from += stride
    return vectors
  }
}

/// Numbers that are stored in the format itself.
public enum StoredLanes<Format: TileFormat>: TileSource {
  @inline(__always)
  public static func load(_ from: UnsafePointer<Format.Lanes.Scalar>) -> Format.Lanes {
    unsafe Format.load(from)
  }

  #if !arch(x86_64)
    /// One instruction, whose addressing moves `from` on.
    @inline(__always)
    public static func load<let count: Int>(
      _ from: inout UnsafePointer<Format.Lanes.Scalar>, stride: Int
    ) -> InlineArray<count, Format.Lanes> {
      let place = unsafe UnsafeRawPointer(from)
      unsafe from = edge_advance(place, stride &* MemoryLayout<Format.Lanes.Scalar>.size)
        .assumingMemoryBound(to: Format.Lanes.Scalar.self)
      if count == 4 {
        let loaded = unsafe edge_load_i8x16x4(place)
        return InlineArray { vector in
          switch vector {
          case 0: lanes(loaded.first)
          case 1: lanes(loaded.second)
          case 2: lanes(loaded.third)
          default: lanes(loaded.fourth)
          }
        }
      }
      if count == 2 {
        let loaded = unsafe edge_load_i8x16x2(place)
        return InlineArray { vector in lanes(vector == 0 ? loaded.first : loaded.second) }
      }
      return InlineArray { vector in
        unsafe Format.load(
          place.assumingMemoryBound(to: Format.Lanes.Scalar.self)
            + vector &* Format.Lanes.scalarCount)
      }
    }

    @inline(__always)
    private static func lanes(_ register: SIMD16<Int8>) -> Format.Lanes {
      unsafe unsafeBitCast(register, to: Format.Lanes.self)
    }
  #endif

  @inline(__always)
  public static func prefetch(_ from: UnsafePointer<Format.Lanes.Scalar>) {}
}

/// Float16 numbers of the cache, Float32 in the tile. A few rows use a tile up sooner than a processor for
/// x86-64 fetches the next one by itself.
public enum WidenedHalves: TileSource {
  public typealias Format = SinglePrecision

  @inline(__always)
  public static func load(_ from: UnsafePointer<Float16>) -> NativeFloats {
    unsafe loadHalves(from)
  }

  @inline(__always)
  public static func prefetch(_ from: UnsafePointer<Float16>) {
    #if arch(x86_64)
      unsafe edge_prefetch(from)
    #endif
  }
}

/// As many Float16 numbers as a vector of Float32 has lanes.
@inline(__always)
func loadHalves(_ from: UnsafePointer<Float16>) -> NativeFloats {
  unsafe edge_native_load_f16(from)
}
