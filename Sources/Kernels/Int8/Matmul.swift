import CInstructions

/// Products of int8 activations with packed int8 weights, for a range of output groups.
///
/// For each group the weight panel (`kPadded * G` bytes) is read once and stays in the cache while
/// the tokens pass by. `l2ByteCount`, the calling thread's part of the second-level cache, decides
/// how many pass by at a time (`CacheBlocking`); it changes the order of the outputs, not their bits.
public enum Matmul {
  /// out = x·W
  public static func store(
    _ x: ActivationRows, _ w: PackedMatrix, groups: Range<Int>, into out: MatmulOutput,
    l2ByteCount: Int
  ) {
    run(x, w, groups, out, l2ByteCount, Replace.self)
  }

  /// out += x·W
  public static func add(
    _ x: ActivationRows, _ w: PackedMatrix, groups: Range<Int>, to out: MatmulOutput,
    l2ByteCount: Int
  ) {
    run(x, w, groups, out, l2ByteCount, Add.self)
  }

  /// out = silu(x·gate) * (x·up), the gated unit of Llama's feed-forward part.
  public static func gated(
    _ x: ActivationRows, gate: PackedMatrix, up: PackedMatrix, groups: Range<Int>,
    into out: MatmulOutput, l2ByteCount: Int
  ) {
    if x.tokenCount == 1 {
      // Each weight is read once: nothing is gained by staying near.
      run(x, gate, groups, 0..<1, out, Replace.self)
      run(x, up, groups, 0..<1, out, Gate.self)
      return
    }
    let blocking = CacheBlocking(
      kPadded: gate.kPadded, tileCount: x.tileCount, panelsPerGroup: 2, l2ByteCount: l2ByteCount)
    blocking.forEachPart(of: groups) { groups, tiles in
      for group in groups {
        run(x, gate, group..<group + 1, tiles, out, Replace.self)
        run(x, up, group..<group + 1, tiles, out, Gate.self)
      }
    }
  }

  @inline(__always)
  private static func run<Operation: Combination>(
    _ x: ActivationRows, _ w: PackedMatrix, _ groups: Range<Int>, _ out: MatmulOutput,
    _ l2ByteCount: Int, _ operation: Operation.Type
  ) {
    if x.tokenCount == 1 {
      run(x, w, groups, 0..<1, out, operation)
      return
    }
    let blocking = CacheBlocking(
      kPadded: w.kPadded, tileCount: x.tileCount, panelsPerGroup: 1, l2ByteCount: l2ByteCount)
    blocking.forEachPart(of: groups) { groups, tiles in
      run(x, w, groups, tiles, out, operation)
    }
  }

  /// The path of this build.
  @inline(__always)
  private static func run<Operation: Combination>(
    _ x: ActivationRows, _ w: PackedMatrix, _ groups: Range<Int>, _ tiles: Range<Int>,
    _ out: MatmulOutput, _ operation: Operation.Type
  ) {
    #if arch(x86_64)
      if edge_has_vnni() {
        run(VNNIKernel.self, x, w, groups, tiles, out, operation)
      } else if edge_built_with_avx2() {
        run(AVX2Kernel.self, x, w, groups, tiles, out, operation)
      } else {
        run(PortableKernel<AVX2Kernel>.self, x, w, groups, tiles, out, operation)
      }
    #else
      if edge_built_with_i8mm() {
        run(MatrixMultiplyKernel.self, x, w, groups, tiles, out, operation)
      } else if edge_has_dot_product() {
        run(DotProductKernel.self, x, w, groups, tiles, out, operation)
      } else {
        run(WideningKernel.self, x, w, groups, tiles, out, operation)
      }
    #endif
  }

  private static func run<Kernel: Int8Kernel, Operation: Combination>(
    _ kernel: Kernel.Type, _ x: ActivationRows, _ w: PackedMatrix, _ groups: Range<Int>,
    _ tiles: Range<Int>, _ out: MatmulOutput, _ operation: Operation.Type
  ) {
    let kPadded = w.kPadded
    if x.tokenCount == 1 {
      let sink = TileSink<Operation>(x, w, out, firstGroup: groups.lowerBound, firstToken: 0)
      kernel.row(
        x.values, w.weights + groups.lowerBound * w.groupByteCount,
        w.starts + groups.lowerBound * Int8Geometry.groupOutputs, kPadded: kPadded,
        groupCount: groups.count, into: sink)
      return
    }
    let firstToken = tiles.lowerBound * Int8Geometry.tileRows
    for group in groups {
      let sink = TileSink<Operation>(x, w, out, firstGroup: group, firstToken: firstToken)
      kernel.tiles(
        x.values + firstToken * kPadded, w.weights + group * w.groupByteCount,
        w.starts + group * Int8Geometry.groupOutputs, kPadded: kPadded, tileCount: tiles.count,
        into: sink)
    }
  }
}

/// What becomes of the old output and the new product.
protocol Combination {
  static func combine(_ old: NativeFloats, _ product: NativeFloats) -> NativeFloats
}

enum Replace: Combination {
  @inline(__always)
  static func combine(_ old: NativeFloats, _ product: NativeFloats) -> NativeFloats { product }
}

enum Add: Combination {
  @inline(__always)
  static func combine(_ old: NativeFloats, _ product: NativeFloats) -> NativeFloats {
    old + product
  }
}

/// The output holds the gate's product.
enum Gate: Combination {
  @inline(__always)
  static func combine(_ old: NativeFloats, _ product: NativeFloats) -> NativeFloats {
    silu(old) * product
  }
}

/// Float32 rows that a product goes to: `[tokens][stride]`. Columns up to the matrix's padded
/// output count are written.
public struct MatmulOutput {
  let values: UnsafeMutablePointer<Float>
  let stride: Int

  public init(_ values: UnsafeMutablePointer<Float>, stride: Int) {
    self.values = values
    self.stride = stride
  }

  /// Values of the groups' outputs for one token, which `Matmul.add` then adds to.
  /// - Parameter source: one for each output, and padding.
  public func setRow(_ token: Int, groups: Range<Int>, from source: UnsafePointer<Float>) {
    let first = groups.lowerBound * Int8Geometry.groupOutputs
    copy(
      source + first, to: values + token * stride + first,
      count: groups.count * Int8Geometry.groupOutputs)
  }
}
