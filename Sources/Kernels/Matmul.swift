import CInstructions

/// Products of int8 activations with packed int8 weights, for a range of output groups.
///
/// For each group the weight panel (`kPadded * G` bytes) is read once and stays in the cache while
/// all tokens pass by.
public enum Matmul {
  /// out = x·W
  public static func store(
    _ x: ActivationRows, _ w: PackedMatrix, groups: Range<Int>, into out: MatmulOutput
  ) {
    run(x, w, groups, out, Replace.self)
  }

  /// out += x·W
  public static func add(
    _ x: ActivationRows, _ w: PackedMatrix, groups: Range<Int>, to out: MatmulOutput
  ) {
    run(x, w, groups, out, Add.self)
  }

  /// out = silu(x·gate) * (x·up), the gated unit of Llama's feed-forward part.
  public static func gated(
    _ x: ActivationRows, gate: PackedMatrix, up: PackedMatrix, groups: Range<Int>,
    into out: MatmulOutput
  ) {
    for group in groups {
      run(x, gate, group..<group + 1, out, Replace.self)
      run(x, up, group..<group + 1, out, Gate.self)
    }
  }

  /// The path of this build.
  @inline(__always)
  private static func run<Operation: Combination>(
    _ x: ActivationRows, _ w: PackedMatrix, _ groups: Range<Int>, _ out: MatmulOutput,
    _ operation: Operation.Type
  ) {
    #if arch(x86_64)
      if edge_has_vnni() {
        run(VNNIKernel.self, x, w, groups, out, operation)
      } else {
        run(PortableKernel.self, x, w, groups, out, operation)
      }
    #else
      if edge_has_dot_product() {
        run(DotProductKernel.self, x, w, groups, out, operation)
      } else {
        run(PortableKernel.self, x, w, groups, out, operation)
      }
    #endif
  }

  private static func run<Kernel: Int8Kernel, Operation: Combination>(
    _ kernel: Kernel.Type, _ x: ActivationRows, _ w: PackedMatrix, _ groups: Range<Int>,
    _ out: MatmulOutput, _ operation: Operation.Type
  ) {
    let kPadded = w.kPadded
    for group in groups {
      let panel = UnsafePointer(w.weights + group * w.groupByteCount)
      let starts = UnsafePointer(w.starts + group * Int8Geometry.groupOutputs)
      if x.tokenCount == 1 {
        let sink = TileSink<Operation>(x, w, out, group: group, tile: 0)
        kernel.row(x.values, panel, starts, kPadded: kPadded, into: sink)
        continue
      }
      for tile in 0..<x.tileCount {
        let sink = TileSink<Operation>(x, w, out, group: group, tile: tile)
        kernel.tile(
          x.values + tile * Int8Geometry.tileRows * kPadded, panel, starts, kPadded: kPadded,
          into: sink)
      }
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

/// Scales the sums of a tile to Float32 and combines them with the output.
struct TileSink<Operation: Combination>: SumSink {
  let activationScales: UnsafePointer<Float>
  let weightScales: UnsafePointer<Float>
  let out: UnsafeMutablePointer<Float>
  let stride: Int
  let rowCount: Int

  @inline(__always)
  init(_ x: ActivationRows, _ w: PackedMatrix, _ out: MatmulOutput, group: Int, tile: Int) {
    let row = tile * Int8Geometry.tileRows
    let column = group * Int8Geometry.groupOutputs
    activationScales = UnsafePointer(x.scales + row)
    weightScales = UnsafePointer(w.scales + column)
    self.out = out.values + row * out.stride + column
    stride = out.stride
    rowCount = min(x.tokenCount - row, Int8Geometry.tileRows)
  }

  @inline(__always)
  func put(_ sums: NativeInts, row: Int, column: Int) {
    if row >= rowCount { return }
    let target = out + row * stride + column
    let product =
      floats(sums) * activationScales[row] * NativeFloats.load(weightScales + column)
    Operation.combine(NativeFloats.load(target), product).store(target)
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
}
