import CInstructions

/// Products of int8 activations with packed int8 weights, for a range of output groups.
///
/// For each group the weight panel (`kPadded * G` bytes) is read once and stays in the cache while
/// the tokens pass by. `l2ByteCount`, the calling thread's part of the second-level cache, decides
/// how many pass by at a time (`CacheBlocking`); it changes the order of the outputs, not their bits.
public enum Int8Product {
  /// out = x·W
  public static func store(
    _ x: Int8Rows, _ w: Int8Matrix, groups: Range<Int>, into out: ProductOutput,
    l2ByteCount: Int
  ) {
    run(x, w, groups, out, l2ByteCount, Replace.self)
  }

  /// out += x·W
  public static func add(
    _ x: Int8Rows, _ w: Int8Matrix, groups: Range<Int>, to out: ProductOutput,
    l2ByteCount: Int
  ) {
    run(x, w, groups, out, l2ByteCount, Add.self)
  }

  /// out = f(out) * (x·W)
  static func gate(
    _ x: Int8Rows, _ w: Int8Matrix, _ function: GateFunction, groups: Range<Int>,
    into out: ProductOutput, l2ByteCount: Int
  ) {
    switch function {
    case .silu: run(x, w, groups, out, l2ByteCount, Gate.self)
    case .gelu: run(x, w, groups, out, l2ByteCount, GateGELU.self)
    }
  }

  /// out = f(x·gate) * (x·up), the gated unit of Llama's feed-forward part.
  public static func gated(
    _ x: Int8Rows, gate: Int8Matrix, up: Int8Matrix, _ function: GateFunction = .silu,
    groups: Range<Int>, into out: ProductOutput, l2ByteCount: Int
  ) {
    switch function {
    case .silu:
      gated(x, gate: gate, up: up, groups: groups, into: out, l2ByteCount: l2ByteCount, Gate.self)
    case .gelu:
      gated(
        x, gate: gate, up: up, groups: groups, into: out, l2ByteCount: l2ByteCount, GateGELU.self)
    }
  }

  private static func gated<Operation: Combination>(
    _ x: Int8Rows, gate: Int8Matrix, up: Int8Matrix, groups: Range<Int>,
    into out: ProductOutput, l2ByteCount: Int, _ operation: Operation.Type
  ) {
    if x.isPlain {
      // Each weight is read once: nothing is gained by staying near.
      run(x, gate, groups, 0..<1, out, Replace.self)
      run(x, up, groups, 0..<1, out, operation)
      return
    }
    let blocking = CacheBlocking(
      kPadded: gate.kPadded, tileCount: x.tileCount, panelsPerGroup: 2, l2ByteCount: l2ByteCount)
    blocking.forEachPart(of: groups) { groups, tiles in
      for group in groups {
        run(x, gate, group..<group + 1, tiles, out, Replace.self)
        run(x, up, group..<group + 1, tiles, out, operation)
      }
    }
  }

  @inline(__always)
  private static func run<Operation: Combination>(
    _ x: Int8Rows, _ w: Int8Matrix, _ groups: Range<Int>, _ out: ProductOutput,
    _ l2ByteCount: Int, _ operation: Operation.Type
  ) {
    if x.isPlain {
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
    _ x: Int8Rows, _ w: Int8Matrix, _ groups: Range<Int>, _ tiles: Range<Int>,
    _ out: ProductOutput, _ operation: Operation.Type
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
    _ kernel: Kernel.Type, _ x: Int8Rows, _ w: Int8Matrix, _ groups: Range<Int>,
    _ tiles: Range<Int>, _ out: ProductOutput, _ operation: Operation.Type
  ) {
    if x.isPlain { return runRows(kernel, x, w, groups, out, operation) }
    let kPadded = w.kPadded
    let firstToken = tiles.lowerBound * Int8Geometry.tileRows
    for group in groups {
      let sink = TileSink<Operation>(x, w, out, firstGroup: group, firstToken: firstToken)
      unsafe kernel.tiles(
        x.values + firstToken * kPadded, w.weights + group * w.groupByteCount,
        w.starts + group * Int8Geometry.groupOutputs, kPadded: kPadded, tileCount: tiles.count,
        into: sink)
    }
  }

  private static func runRows<Kernel: Int8Kernel, Operation: Combination>(
    _ kernel: Kernel.Type, _ x: Int8Rows, _ w: Int8Matrix, _ groups: Range<Int>,
    _ out: ProductOutput, _ operation: Operation.Type
  ) {
    let sink = TileSink<Operation>(x, w, out, firstGroup: groups.lowerBound, firstToken: 0)
    let weights = unsafe w.weights + groups.lowerBound * w.groupByteCount
    let starts = unsafe w.starts + groups.lowerBound * Int8Geometry.groupOutputs
    if x.tokenCount == 1 {
      unsafe kernel.row(
        x.values, weights, starts, kPadded: w.kPadded, groupCount: groups.count, into: sink)
    } else {
      unsafe kernel.rows(
        x.values, rowCount: x.tokenCount, weights, starts, kPadded: w.kPadded,
        groupCount: groups.count, into: sink)
    }
  }
}
