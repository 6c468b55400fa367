import CInstructions

/// What becomes of the old output and the new product; see `Combination`.
enum ProductStep {
  case store, add, gate, gateGELU
}

/// Products of int8 activations with packed codes, for a range of output groups.
///
/// A single token reads each weight once, from registers. For several tokens a group's weights are
/// unpacked, `BitsGeometry.unitsPerPanel` units at a time, and all tokens of a batch pass by them; a batch is as many
/// tokens as half of `l2ByteCount`, the thread's part of the second-level cache, holds.
enum BitsProduct {
  /// Tokens of a batch at most: their products lie on the stack.
  private static var batchTokenCountMax: Int { 128 }
  fileprivate static var batchByteCount: Int { batchTokenCountMax * BitsGeometry.outputs * 4 }

  static func run(
    _ x: BlockRows, _ w: BitsMatrix, groups: Range<Int>, _ step: ProductStep,
    into out: ProductOutput, l2ByteCount: Int
  ) {
    if x.tokenCount == 1 {
      runRow(x, w, groups, step, out)
    } else {
      runTiles(x, w, groups, step, out, l2ByteCount)
    }
  }

  private static func runRow(
    _ x: BlockRows, _ w: BitsMatrix, _ groups: Range<Int>, _ step: ProductStep,
    _ out: ProductOutput
  ) {
    var memory = InlineArray<32, Float>(repeating: 0)
    unsafe withUnsafeMutableBytes(of: &memory) { bytes in
      let products = unsafe bytes.baseAddress!.assumingMemoryBound(to: Float.self)
      let groupByteCount = w.groupByteCount
      for group in groups {
        unsafe row(w.kind, x, w.blocks + group * groupByteCount, products)
        let target = unsafe out.values + group * BitsGeometry.outputs
        unsafe combine(products, rowCount: 1, target, stride: 0, step)
      }
    }
  }

  private static func row(
    _ kind: BitsKind, _ x: BlockRows, _ weights: UnsafeRawPointer,
    _ products: UnsafeMutablePointer<Float>
  ) {
    switch kind {
    case .q4_0: unsafe BitsRowKernel<Q4>.run(x, weights, into: products)
    case .q4_1: unsafe BitsRowKernel<Q4Minimum>.run(x, weights, into: products)
    case .q5_0: unsafe BitsRowKernel<Q5>.run(x, weights, into: products)
    case .q5_1: unsafe BitsRowKernel<Q5Minimum>.run(x, weights, into: products)
    case .iq4_nl: unsafe BitsRowKernel<Levels>.run(x, weights, into: products)
    case .q4_k: unsafe BitsRowKernel<LongQ4>.run(x, weights, into: products)
    case .q5_k: unsafe BitsRowKernel<LongQ5>.run(x, weights, into: products)
    case .q6_k: unsafe BitsRowKernel<LongQ6>.run(x, weights, into: products)
    case .iq4_xs: unsafe BitsRowKernel<LongLevels>.run(x, weights, into: products)
    case .q8_0: unsafe BitsRowKernel<ByteCodes>.run(x, weights, into: products)
    }
  }

  private static func runTiles(
    _ x: BlockRows, _ w: BitsMatrix, _ groups: Range<Int>, _ step: ProductStep,
    _ out: ProductOutput, _ l2ByteCount: Int
  ) {
    let tileByteCount = BlockRows.byteCount(
      tokens: BlockRows.tileRows, k: x.k, blockLength: x.blockLength)
    let batch = min(
      max(4, l2ByteCount / 2 / tileByteCount), batchTokenCountMax / BlockRows.tileRows)
    var scratch = BatchScratch()
    unsafe scratch.withMemory { panel, products in
      for first in stride(from: 0, to: x.tileCount, by: batch) {
        let tiles = first..<min(first + batch, x.tileCount)
        for group in groups {
          unsafe runGroup(x, w, group, tiles, panel, products)
          let token = first * BlockRows.tileRows
          unsafe combine(
            products, rowCount: min(tiles.count * BlockRows.tileRows, x.tokenCount - token),
            out.values + (token * out.stride + group * BitsGeometry.outputs), stride: out.stride,
            step)
        }
      }
    }
  }

  /// - Parameter products: `[tiles][4][G]`.
  private static func runGroup(
    _ x: BlockRows, _ w: BitsMatrix, _ group: Int, _ tiles: Range<Int>, _ panel: BitsPanel,
    _ products: UnsafeMutablePointer<Float>
  ) {
    let (format, weights) = unsafe (w.format, w.blocks + group * w.groupByteCount)
    let tileCount = BlockRows.tileRows * BitsGeometry.outputs
    for index in 0..<tiles.count * tileCount { unsafe products[index] = 0 }
    let blocksPerPanel = format.hasGroupFactors ? 1 : BitsGeometry.unitsPerPanel
    for first in stride(from: 0, to: w.blocksPerRow, by: blocksPerPanel) {
      let count = min(blocksPerPanel, w.blocksPerRow - first)
      unsafe panel.unpack(weights + first * w.layout.blockByteCount, count: count, format)
      unsafe multiply(
        format, x, tiles, panel, firstUnit: first * format.unitsPerBlock,
        unitCount: count * format.unitsPerBlock, products)
    }
  }

  private static func multiply(
    _ format: PackedFormat, _ x: BlockRows, _ tiles: Range<Int>, _ panel: BitsPanel,
    firstUnit: Int, unitCount: Int, _ products: UnsafeMutablePointer<Float>
  ) {
    let offset = format.panelOffset
    switch (format.hasGroupFactors, format.hasMinimums, format.groupsPerUnit) {
    case (false, false, _):
      unsafe BitsTileKernel<Q4>.run(
        x, tiles: tiles, panel, firstUnit: firstUnit, unitCount: unitCount, offset: offset,
        areSigned: format.isSigned, into: products)
    case (false, true, _):
      unsafe BitsTileKernel<Q4Minimum>.run(
        x, tiles: tiles, panel, firstUnit: firstUnit, unitCount: unitCount, offset: 0,
        areSigned: false, into: products)
    case (true, true, _):
      unsafe BitsTileKernel<LongQ4>.run(
        x, tiles: tiles, panel, firstUnit: firstUnit, unitCount: unitCount, offset: 0,
        areSigned: false, into: products)
    case (true, false, 2):
      unsafe BitsTileKernel<LongQ6>.run(
        x, tiles: tiles, panel, firstUnit: firstUnit, unitCount: unitCount, offset: offset,
        areSigned: false, into: products)
    default:
      unsafe BitsTileKernel<LongLevels>.run(
        x, tiles: tiles, panel, firstUnit: firstUnit, unitCount: unitCount, offset: offset,
        areSigned: true, into: products)
    }
  }

  /// Rows of a group's products, `[rowCount][G]`, and those of the output.
  private static func combine(
    _ products: UnsafePointer<Float>, rowCount: Int, _ out: UnsafeMutablePointer<Float>,
    stride: Int, _ step: ProductStep
  ) {
    switch step {
    case .store: unsafe combine(products, rowCount, out, stride, Replace.self)
    case .add: unsafe combine(products, rowCount, out, stride, Add.self)
    case .gate: unsafe combine(products, rowCount, out, stride, Gate.self)
    case .gateGELU: unsafe combine(products, rowCount, out, stride, GateGELU.self)
    }
  }

  @inline(__always)
  private static func combine<Operation: Combination>(
    _ products: UnsafePointer<Float>, _ rowCount: Int, _ out: UnsafeMutablePointer<Float>,
    _ stride: Int, _ operation: Operation.Type
  ) {
    var (products, out) = unsafe (products, out)
    for _ in 0..<rowCount {
      for column in Swift.stride(
        from: 0, to: BitsGeometry.outputs, by: NativeFloats.scalarCount)
      {
        let product = unsafe NativeFloats.load(products + column)
        unsafe operation.combine(NativeFloats.load(out + column), product).store(out + column)
      }
      unsafe products += BitsGeometry.outputs
      unsafe out += stride
    }
  }
}

/// A panel and the products of a batch, on the stack.
private struct BatchScratch {
  #if arch(x86_64)
    private var bytes = InlineArray<464, SIMD16<Float>>(repeating: SIMD16())
  #else
    private var bytes = InlineArray<220, SIMD16<Float>>(repeating: SIMD16())
  #endif

  @inline(__always)
  mutating func withMemory(_ body: (BitsPanel, UnsafeMutablePointer<Float>) -> Void) {
    unsafe withUnsafeMutableBytes(of: &bytes) { bytes in
      precondition(bytes.count >= BitsPanel.byteCount + BitsProduct.batchByteCount)
      let memory = bytes.baseAddress!
      let products = unsafe memory + BitsPanel.byteCount
      unsafe body(BitsPanel(memory: memory), products.assumingMemoryBound(to: Float.self))
    }
  }
}
