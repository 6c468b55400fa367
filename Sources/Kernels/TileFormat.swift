import CInstructions

/// The number format in which a tile multiplies and sums.
public protocol TileFormat {
  /// A vector register of numbers.
  associatedtype Lanes: SIMD where Lanes.Scalar: BinaryFloatingPoint & BitwiseCopyable
  /// Reads the cache's Float16 numbers.
  associatedtype CacheSource: TileSource
  where CacheSource.Format == Self, CacheSource.Element == Float16

  /// Whether reading the cache costs a conversion, which many rows share better in a copy.
  static var widensCache: Bool { get }

  /// sum + a * b, rounded once.
  static func multiplyAdd(_ sum: Lanes, _ a: Lanes, _ b: Lanes) -> Lanes
  static func maximum(_ a: Lanes, _ b: Lanes) -> Lanes
  static func largest(_ v: Lanes) -> Float
  /// target[0 ..< lanes] += v
  static func add(_ v: Lanes, to target: UnsafeMutablePointer<Float>)

  static func loadFloats(_ from: UnsafePointer<Lanes.Scalar>) -> NativeFloats
  static func storeFloats(_ v: NativeFloats, _ to: UnsafeMutablePointer<Lanes.Scalar>)
}

extension TileFormat {
  static var lanes: Int { Lanes.scalarCount }

  @inline(__always)
  static func load(_ from: UnsafePointer<Lanes.Scalar>) -> Lanes {
    UnsafeRawPointer(from).loadUnaligned(as: Lanes.self)
  }

  @inline(__always)
  static func store(_ v: Lanes, _ to: UnsafeMutablePointer<Lanes.Scalar>) {
    UnsafeMutableRawPointer(to).storeBytes(of: v, as: Lanes.self)
  }
}

/// Float32.
public enum SinglePrecision: TileFormat {
  public typealias Lanes = NativeFloats
  public typealias CacheSource = WidenedHalves
  public static var widensCache: Bool { true }

  @inline(__always)
  public static func multiplyAdd(_ sum: Lanes, _ a: Lanes, _ b: Lanes) -> Lanes {
    sum.addingProduct(a, b)
  }

  @inline(__always)
  public static func maximum(_ a: Lanes, _ b: Lanes) -> Lanes { Kernels.maximum(a, b) }

  @inline(__always)
  public static func largest(_ v: Lanes) -> Float {
    largestLane(v)
  }

  @inline(__always)
  public static func add(_ v: Lanes, to target: UnsafeMutablePointer<Float>) {
    (Lanes.load(target) + v).store(target)
  }

  @inline(__always)
  public static func loadFloats(_ from: UnsafePointer<Float>) -> NativeFloats { .load(from) }

  @inline(__always)
  public static func storeFloats(_ v: NativeFloats, _ to: UnsafeMutablePointer<Float>) {
    v.store(to)
  }
}

/// Float16, for processors that compute in it.
public enum HalfPrecision: TileFormat {
  #if arch(x86_64)
    public typealias Lanes = SIMD32<Float16>
  #else
    public typealias Lanes = SIMD8<Float16>
  #endif
  public typealias CacheSource = StoredLanes<HalfPrecision>
  public static var widensCache: Bool { false }

  @inline(__always)
  public static func multiplyAdd(_ sum: Lanes, _ a: Lanes, _ b: Lanes) -> Lanes {
    #if arch(x86_64)
      edge_fma_f16x32(sum, a, b)
    #else
      edge_fma_f16x8(sum, a, b)
    #endif
  }

  @inline(__always)
  public static func maximum(_ a: Lanes, _ b: Lanes) -> Lanes {
    #if arch(x86_64)
      edge_max_f16x32(a, b)
    #else
      edge_max_f16x8(a, b)
    #endif
  }

  @inline(__always)
  public static func largest(_ v: Lanes) -> Float {
    #if arch(x86_64)
      Kernels.largest(edge_f16x32_halves_max(v))
    #else
      edge_largest_f16x8(v)
    #endif
  }

  @inline(__always)
  public static func add(_ v: Lanes, to target: UnsafeMutablePointer<Float>) {
    #if arch(x86_64)
      edge_add_f16x32(v, target)
    #else
      edge_add_f16x8(v, target)
    #endif
  }

  @inline(__always)
  public static func loadFloats(_ from: UnsafePointer<Float16>) -> NativeFloats {
    loadHalves(from)
  }

  @inline(__always)
  public static func storeFloats(_ v: NativeFloats, _ to: UnsafeMutablePointer<Float16>) {
    edge_native_store_f16(v, to)
  }
}

/// Where a tile's right-hand operand comes from.
public protocol TileSource {
  associatedtype Format: TileFormat
  associatedtype Element
  static func load(_ from: UnsafePointer<Element>) -> Format.Lanes
}

/// Numbers that are stored in the format itself.
public enum StoredLanes<Format: TileFormat>: TileSource {
  @inline(__always)
  public static func load(_ from: UnsafePointer<Format.Lanes.Scalar>) -> Format.Lanes {
    Format.load(from)
  }
}

/// Float16 numbers in memory, Float32 in the tile.
public enum WidenedHalves: TileSource {
  public typealias Format = SinglePrecision

  @inline(__always)
  public static func load(_ from: UnsafePointer<Float16>) -> NativeFloats { loadHalves(from) }
}

/// As many Float16 numbers as a vector of Float32 has lanes.
@inline(__always)
func loadHalves(_ from: UnsafePointer<Float16>) -> NativeFloats {
  edge_native_load_f16(from)
}
